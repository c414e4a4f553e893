//! Pushing and following events.

use aios_memory::Event;
use axum::{body::Body, response::Response};
use http::Method;
use http_body_util::BodyExt;
use serde_json::json;

use super::{Fixture, json_request, request, with_header};
use crate::{caller::Naming, operation::Right};

const PATH: &str = "/api/v1/events";

/// The text of a stream, read as it comes.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    async fn open(it: &Fixture, path: &str, last: Option<&str>) -> Stream {
        let mut get = request(Method::GET, path, Body::empty());
        if let Some(last) = last {
            get = with_header(get, "last-event-id", last);
        }
        let response: Response = it.open(it.shared(), get).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { body: response.into_body(), text: String::new() }
    }

    /// Reads until the text has this part.
    async fn until(&mut self, part: &str) -> &str {
        while !self.text.contains(part) {
            let frame = self.body.frame().await.expect("the stream goes on").unwrap();
            self.text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
        &self.text
    }
}

fn push(it: &Fixture, category: &str, n: u64) {
    it.memory.observe(Event::new(category, "test", json!({"n": n}))).unwrap();
}

#[tokio::test]
async fn pushed_events_are_followed_and_resumed() {
    let it = Fixture::new().await;
    push(&it, "before", 0);
    let mut stream = Stream::open(&it, PATH, None).await;
    let body = json!({"events": [
        {"category": "disk", "source": "sensor", "data": {"free_gb": 2}},
        {"category": "alarm", "critical": true}
    ]});
    let pushed = it.post(PATH, &body).await.expect(200).json();
    assert_eq!(pushed["events"][0], json!({"seq": 1, "durable": false}));
    assert_eq!(pushed["events"][1], json!({"seq": 2, "durable": true}));
    let text = stream.until("alarm").await;
    assert!(!text.contains("before"), "{text}");
    assert!(text.contains("id: 1\nevent: event\ndata: {"), "{text}");
    assert_eq!(it.get("/api/v1/stats").await.json()["working"]["events"], 1);

    let mut resumed = Stream::open(&it, PATH, Some("1")).await;
    let text = resumed.until("alarm").await;
    assert!(!text.contains("\"disk\""), "{text}");
    let mut filtered = Stream::open(&it, &format!("{PATH}?category=disk&after=0"), None).await;
    push(&it, "disk", 7);
    let text = filtered.until("\"n\":7").await;
    assert!(text.contains("free_gb") && !text.contains("alarm"), "{text}");
}

#[tokio::test]
async fn a_slow_reader_is_told_exactly_what_it_lost() {
    let it = Fixture::new().await;
    let capacity = it.memory.config().operational.capacity as u64;
    let mut stream = Stream::open(&it, &format!("{PATH}?after=0"), None).await;
    // Without an event, the position 0 is later than all.
    assert!(stream.until("restarted").await.contains("event: restarted"));
    let count = capacity + 300;
    for n in 0..count {
        push(&it, "flood", n);
    }
    let text = stream.until(&format!("\"n\":{}", count - 1)).await.to_owned();
    let lost: u64 = text
        .split("event: lapped\ndata: {\"lost\":")
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap().parse::<u64>().unwrap())
        .sum();
    let seen = text.matches("event: event\n").count() as u64;
    assert_eq!(lost + seen, count);
    assert!(300 <= lost, "{lost}");
}

#[tokio::test]
async fn one_lost_event_is_told_where_it_was() {
    let it = Fixture::new().await;
    for n in 0..4 {
        let id = format!("e{n}").parse().unwrap();
        it.memory.observe(Event::new("a", "test", json!({"n": n})).with_id(id)).unwrap();
    }
    it.memory.operational().forget_events(&["e2".parse().unwrap()].into());
    let mut stream = Stream::open(&it, &format!("{PATH}?after=0"), None).await;
    let text = stream.until("\"n\":3").await;
    let lost = text.find("id: 2\nevent: lapped\ndata: {\"lost\":1}\n\n").expect(text);
    assert!(text.find("id: 1\n") < Some(lost) && Some(lost) < text.find("id: 3\n"), "{text}");
}

#[tokio::test]
async fn a_reader_with_a_later_position_than_there_is_begins_again() {
    let it = Fixture::new().await;
    push(&it, "first", 0);
    let mut stream = Stream::open(&it, PATH, Some("99")).await;
    let text = stream.until("first").await;
    assert!(text.contains("event: restarted"), "{text}");
}

#[tokio::test]
async fn a_stream_ends_when_the_call_is_ended() {
    let it = Fixture::new().await;
    let mut stream = Stream::open(&it, PATH, None).await;
    stream.until("retry").await;
    it.ended.cancel();
    assert!(stream.body.frame().await.is_none());
}

#[tokio::test]
async fn a_comment_comes_after_a_silence() {
    let it = Fixture::new().await;
    let mut stream = Stream::open(&it, PATH, None).await;
    stream.until("retry").await;
    let began = std::time::Instant::now();
    stream.until(": quiet").await;
    assert!(super::QUIET_MAX <= began.elapsed());
    assert_eq!(super::super::events::QUIET_MAX.as_secs(), 15);
}

#[tokio::test]
async fn events_that_are_invalid_or_of_a_user_are_refused() {
    let it = Fixture::new().await;
    it.post(PATH, &json!({"events": []})).await.expect(400);
    it.post(PATH, &json!({"events": [{"category": " "}]})).await.expect(400);
    it.post(PATH, &json!({"events": [{"category": "a", "seq": 5}]})).await.expect(400);
    let body = json!({"events": [{"category": "a"}]});
    let push = || json_request(Method::POST, PATH, &body);
    let writer = it.caller(Some("ada"), &[Right::Write], Naming::Fixed);
    assert_eq!(it.send(writer, push()).await.expect(403).json()["code"], "denied");
    // A caller that may read all events may add events.
    it.send(it.user("ada"), push()).await.expect(200);
    let bad = with_header(request(Method::GET, PATH, Body::empty()), "last-event-id", "x");
    it.send(it.shared(), bad).await.expect(400);
}
