//! The three streams.

use std::{collections::BTreeSet, time::Duration};

use aios_memory::Event;
use futures::stream;
use serde_json::json;
use tonic::{Code, Streaming};

use super::{Fixture, fails, json, ok};
use crate::wire::{
    EventNews, ExportRecordsRequest, GoalRecord, RememberItem, RememberRequest, WatchEventsRequest,
};

fn event(number: usize) -> Event {
    let category = if number.is_multiple_of(2) { "even" } else { "odd" };
    Event::new(category, "counter", json!(number))
}

/// Returns the next message of a stream, which must arrive soon.
async fn next<T>(stream: &mut Streaming<T>) -> Option<T> {
    let message = tokio::time::timeout(Duration::from_secs(20), stream.message());
    message.await.expect("the stream is silent").unwrap()
}

#[tokio::test]
async fn events_are_followed_from_now_on() {
    let fixture = Fixture::new().await;
    fixture.memory.observe(event(0)).unwrap();
    let mut client = fixture.client().await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    let begun = next(&mut watch).await.unwrap();
    assert_eq!((begun.events.len(), begun.lost), (0, 0));
    fixture.memory.observe(event(1)).unwrap();
    let news = next(&mut watch).await.unwrap();
    assert_eq!((news.events[0].seq, &*news.events[0].data_json), (1, &b"1"[..]));

    // Another stream continues at the position of this one.
    fixture.memory.observe(event(2)).unwrap();
    let resumed = WatchEventsRequest { cursor: news.cursor.clone(), ..Default::default() };
    let mut resumed = ok(client.watch_events(resumed).await);
    assert_eq!(next(&mut resumed).await.unwrap().events[0].seq, 2);

    let all = WatchEventsRequest { replay: true, category: "odd".to_owned(), ..Default::default() };
    let mut all = ok(client.watch_events(all).await);
    let seen: Vec<u64> = next(&mut all).await.unwrap().events.iter().map(|it| it.seq).collect();
    assert_eq!(seen, [1]);
}

#[tokio::test]
async fn a_cursor_of_another_run_is_refused() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    let cursor = next(&mut watch).await.unwrap().cursor;
    let (run, _) = cursor.split_once('.').unwrap();
    let ahead = format!("{run}.1000");
    for cursor in ["1", "x.1", &*format!("{cursor}x"), &*format!("{run}.-1"), &*ahead] {
        let request = WatchEventsRequest { cursor: cursor.to_owned(), ..Default::default() };
        fails(client.watch_events(request).await, Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_exactly_how_many_events_it_lost() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    assert!(next(&mut watch).await.unwrap().events.is_empty());
    let capacity = fixture.memory.config().operational.capacity;
    let pushed = capacity + 777;
    for number in 0..pushed {
        fixture.memory.observe(event(number)).unwrap();
    }
    let mut received = BTreeSet::new();
    let mut lost = 0;
    while (received.len() as u64 + lost) < pushed as u64 {
        let EventNews { events, lost: more, .. } = next(&mut watch).await.unwrap();
        lost += more;
        received.extend(events.into_iter().map(|event| event.seq));
    }
    assert!(777 <= lost, "{lost}");
    assert_eq!(received.len() as u64 + lost, pushed as u64);
    assert_eq!(received.last(), Some(&(pushed as u64 - 1)));
}

#[tokio::test]
async fn a_stream_ends_when_the_service_ends_it() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    assert!(next(&mut watch).await.is_some());
    fixture.ended.cancel();
    let end = tokio::time::timeout(Duration::from_secs(20), watch.message()).await.unwrap();
    assert_eq!(end.unwrap_err().code(), Code::Unavailable);

    let waiting = stream::pending::<RememberRequest>();
    fails(client.remember_stream(waiting).await, Code::Unavailable);
}

#[tokio::test]
async fn a_stream_of_texts_stores_all_that_can_be_stored() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let item = |text: String| RememberItem { text, ..Default::default() };
    let mut requests: Vec<RememberRequest> = (0..700)
        .map(|number| RememberRequest {
            items: vec![item(format!("Reading number {number} of the meter."))],
            scope: None,
        })
        .collect();
    requests[300].items.push(item("  ".to_owned()));
    requests[600].items[0].kind = "dream".to_owned();
    let summary = ok(client.remember_stream(stream::iter(requests.clone())).await);
    assert_eq!((summary.added, summary.known, summary.refused), (699, 0, 2));
    let refused: Vec<i64> = summary.refusals.iter().map(|it| it.index).collect();
    assert_eq!(refused, [301, 601]);
    assert_eq!(summary.refusals[0].code, "invalid");
    assert_eq!(fixture.memory.stats().await.unwrap().longterm.records, 699);
    let summary = ok(client.remember_stream(stream::iter(requests)).await);
    assert_eq!((summary.added, summary.known, summary.refused), (0, 699, 2));

    let empty = stream::iter([RememberRequest::default()]);
    fails(client.remember_stream(empty).await, Code::InvalidArgument);
    let summary = ok(client.remember_stream(stream::iter([])).await);
    assert_eq!((summary.added, summary.refused), (0, 0));
}

#[tokio::test]
async fn an_export_has_every_own_record_once() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_of("ada").await;
    ok(fixture.client_of("bob").await.store_goal(goal("g0")).await);
    for number in 0..150 {
        ok(client.store_goal(goal(&format!("g{number}"))).await);
    }
    let texts = (0..120).map(|number| RememberItem {
        text: format!("Reading number {number} of the meter."),
        ..Default::default()
    });
    ok(client.remember(RememberRequest { items: texts.collect(), scope: None }).await);
    let export = async |mut client: super::Client, kinds: &[&str]| {
        let kinds = kinds.iter().map(|&kind| kind.to_owned()).collect();
        let request = ExportRecordsRequest { kinds, scope: None };
        let mut stream = ok(client.export_records(request).await);
        let mut records = Vec::new();
        while let Some(message) = next(&mut stream).await {
            assert!(!message.records_json.is_empty());
            records.extend(message.records_json.iter().map(|record| json(record)));
        }
        records
    };
    let all = export(client.clone(), &[]).await;
    assert!(all.iter().all(|record| record["scope"]["user"] == "ada"));
    let keys: BTreeSet<String> =
        all.iter().map(|record| format!("{}/{}", record["kind"], record["id"])).collect();
    assert_eq!((all.len(), keys.len()), (270, 270));
    assert_eq!(all[0]["kind"], "goal");
    assert_eq!(export(client.clone(), &["notes"]).await.len(), 120);
    assert_eq!(export(client, &["goals", "message"]).await.len(), 150);
}

fn goal(id: &str) -> GoalRecord {
    GoalRecord { id: id.to_owned(), description: format!("The goal {id}"), ..Default::default() }
}
