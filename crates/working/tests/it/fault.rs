//! Damage and want: what is lost, what is not, and what is said.

use aios_record::Kind;
use aios_working::{Config, Error, Goal, Health, NewMessage, Pattern, Problem, Working};

use crate::{Place, id};

const PAGE: usize = 4096;

/// A memory with 200 goals and a pattern, closed.
async fn filled(place: &Place) {
    let working = place.open(place.config());
    working.store_pattern(Pattern::new("disk full", "clean")).await.unwrap();
    for n in 0..200 {
        let text = "x".repeat(300);
        working.store_goal(Goal { id: id(&format!("g{n}")), ..Goal::new(text) }).await.unwrap();
    }
    working.close().await;
}

/// The leaf pages of a table, by what SQLite says of its own file.
fn leaves(place: &Place, table: &str) -> Vec<usize> {
    let file = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
    let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path";
    let mut statement = file.prepare(sql).unwrap();
    let pages = statement.query_map([table], |row| row.get::<_, i64>(0)).unwrap();
    pages.map(|page| usize::try_from(page.unwrap()).unwrap()).collect()
}

fn flip(place: &Place, page: usize, offset: usize) {
    let path = place.folder.path().join("working.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(page - 1) * PAGE + offset] ^= 0x40;
    std::fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn a_full_file_refuses_what_does_not_fit_and_goes_on_when_there_is_room() {
    const FILE_BYTES_MAX: u64 = 2 << 20;
    let place = Place::new();
    let limited = || Config { file_bytes_max: Some(FILE_BYTES_MAX), ..place.fed() };
    let working = place.open(limited());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let working = working.clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                let name = format!("{writer}-{n}");
                let text = format!("message {name} {}", "boat ".repeat(200));
                let message = NewMessage { id: Some(id(&name)), ..said(&text) };
                match working.add_message(message).await {
                    Ok(_) => acknowledged.push(name),
                    Err(Error::Full { .. }) => break,
                    // A neighbour met the limit first, and the transaction was undone with it.
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            }
            acknowledged
        });
    }
    let mut acknowledged: Vec<String> = writers.join_all().await.concat();
    acknowledged.sort_unstable();
    assert!(500 < acknowledged.len(), "{}", acknowledged.len());
    let kept = async |working: &Working| {
        assert_eq!(working.verify().await.unwrap(), []);
        let messages = working.recent_messages("s", usize::MAX).await.unwrap();
        let mut kept: Vec<_> = messages.iter().map(|message| message.id.to_string()).collect();
        kept.sort_unstable();
        kept
    };
    assert_eq!(kept(&working).await, acknowledged);
    assert_eq!(working.feed_head().await.unwrap(), acknowledged.len() as u64);
    // The same after reopening.
    working.close().await;
    let working = place.open(limited());
    assert_eq!(kept(&working).await, acknowledged);
    let more = async || working.store_goal(Goal::new("boat ".repeat(10_000))).await;
    let error = more().await.unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert!(error.to_string().contains("file_bytes_max"), "{error}");

    // Room is made by removing, though a removal writes as well.
    for name in acknowledged.iter().take(300) {
        assert_eq!(working.remove(Kind::Message, name).await.unwrap().len(), 1);
    }
    more().await.unwrap();
    assert_eq!(working.verify().await.unwrap(), []);
    assert_eq!(
        working.recent_messages("s", usize::MAX).await.unwrap().len() + 300,
        acknowledged.len()
    );
    // Or by raising the limit.
    working.close().await;
    let working = place.open(place.fed());
    for _ in 0..50 {
        working.store_goal(Goal::new("boat ".repeat(10_000))).await.unwrap();
    }
}

#[tokio::test]
async fn a_handle_that_does_not_wait_is_told_when_the_queue_is_full() {
    let place = Place::new();
    let working = place.open(Config { queue: 1, ..place.config() });
    let eager = working.without_waiting();
    let other = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer takes some and then waits for the other; one more fits into the queue.
    let mut calls = tokio::task::JoinSet::new();
    let refused = loop {
        let eager = eager.clone();
        calls.spawn(async move { eager.store_goal(Goal::new("eager")).await });
        tokio::task::yield_now().await;
        if let Some(answer) = calls.try_join_next() {
            break answer.unwrap().unwrap_err();
        }
    };
    assert!(matches!(refused, Error::QueueFull { queue: 1 }), "{refused}");
    assert!(refused.is_retryable());
    let checks = working.doctor().await.unwrap();
    assert_eq!(checks.iter().find(|check| check.name == "queue").unwrap().health, Health::Warning);
    let patient = working.clone();
    calls.spawn(async move { patient.store_goal(Goal::new("patient")).await });
    tokio::task::yield_now().await;
    other.execute_batch("ROLLBACK").unwrap();
    let expect = calls.len();
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    assert_eq!(working.active_goals().await.unwrap().len(), expect);
    eager.store_goal(Goal::new("now there is room")).await.unwrap();
    assert!(matches!(eager.goal("none").await, Ok(None)));
}

fn said(text: &str) -> NewMessage {
    NewMessage::new(id("s"), "user", text)
}

async fn integrity(working: &Working) -> Health {
    let checks = working.doctor().await.unwrap();
    checks.iter().find(|check| check.name == "integrity").unwrap().health
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_what_can_be_read_is_told() {
    let place = Place::new();
    filled(&place).await;
    let pages = leaves(&place, "goals");
    assert!(8 < pages.len(), "{pages:?}");
    // The type of a page in the middle of the goals.
    flip(&place, pages[pages.len() / 2], 0);
    let working = place.open(place.config());
    let problems = working.verify().await.unwrap();
    assert!(matches!(problems.first(), Some(Problem::Damaged { .. })), "{problems:?}");
    let unreadable: Vec<_> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Unreadable { kind, first, last, .. } => Some((*kind, *first, *last)),
            _ => None,
        })
        .collect();
    let [(Kind::Goal, first, last)] = unreadable[..] else { panic!("{problems:?}") };
    assert!((50..150).contains(&first) && (50..150).contains(&last) && first + last < 200);
    assert_eq!(integrity(&working).await, Health::Bad);

    // What was said to be readable is.
    let page = working.records(Kind::Goal, None, usize::try_from(first).unwrap()).await.unwrap();
    assert_eq!(page.records.len() as u64, first);
    assert!(working.goal("g199").await.unwrap().is_some());
    assert_eq!(working.records(Kind::Pattern, None, 9).await.unwrap().records.len(), 1);
}
