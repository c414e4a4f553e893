//! Damage and lack of space: data lost, data kept, and errors reported.

use std::{os::unix::fs::PermissionsExt, process::Command};

use aios_memory_tests::child::{self, Child};
use aios_record::{Kind, Remedy};
use aios_working::{
    Config, Error, Goal, Health, LedgerError, NewMessage, Pattern, Problem, Working,
};

use crate::{Place, id, key};

const PAGE: usize = 4096;

/// Creates a closed memory with 200 goals and a pattern.
async fn filled(place: &Place) {
    let working = place.open(place.config());
    working.patterns().put(Pattern::new("disk full", "clean")).await.unwrap();
    for n in 0..200 {
        let text = "x".repeat(300);
        working.goals().put(Goal { id: id(&format!("g{n}")), ..Goal::new(text) }).await.unwrap();
    }
    working.close().await;
}

/// Returns the leaf pages of a table, as reported by SQLite.
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
async fn a_full_file_refuses_writes_until_there_is_room() {
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
                let message = NewMessage { id: Some(id(&name)), ..said_by(&text) };
                match working.messages().add(message).await {
                    Ok(_) => acknowledged.push(name),
                    Err(Error::LimitReached { .. }) => break,
                    // Another writer reached the limit first, and this command was rolled back with
                    // it.
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
        assert_eq!(working.upkeep().verify().await.unwrap(), []);
        let messages = working.messages().recent(&id("s"), usize::MAX).await.unwrap();
        let mut kept: Vec<_> = messages.iter().map(|message| message.id.to_string()).collect();
        kept.sort_unstable();
        kept
    };
    assert_eq!(kept(&working).await, acknowledged);
    assert_eq!(working.feed().head().await.unwrap(), acknowledged.len() as u64);
    // The same after reopening.
    working.close().await;
    let working = place.open(limited());
    assert_eq!(kept(&working).await, acknowledged);
    let more = async || working.goals().put(Goal::new("boat ".repeat(10_000))).await;
    let error = more().await.unwrap_err();
    assert!(matches!(error, Error::LimitReached { .. }), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::Purge { setting: "file_bytes_max" }));

    // Removal frees space, although it writes as well.
    for name in acknowledged.iter().take(300) {
        assert_eq!(working.records().remove(&key(Kind::Message, name)).await.unwrap().len(), 1);
    }
    more().await.unwrap();
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    assert_eq!(
        working.messages().recent(&id("s"), usize::MAX).await.unwrap().len() + 300,
        acknowledged.len()
    );
    // So does raising the limit.
    working.close().await;
    let working = place.open(place.fed());
    for _ in 0..50 {
        working.goals().put(Goal::new("boat ".repeat(10_000))).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_queue_is_an_error_for_a_handle_that_does_not_wait() {
    let place = Place::new();
    let working = place.open(Config { queue: 1, ..place.config() });
    let eager = working.without_waiting();
    let other = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer takes some calls and then waits for the other connection; one more fits into the
    // queue.
    let mut calls = tokio::task::JoinSet::new();
    let mut health = Health::Good;
    // The writer may take the queued call once more before it waits for the other connection.
    for _ in 0..9 {
        let refused = loop {
            let eager = eager.clone();
            calls.spawn(async move { eager.goals().put(Goal::new("eager")).await });
            tokio::task::yield_now().await;
            if let Some(answer) = calls.try_join_next() {
                break answer.unwrap().unwrap_err();
            }
        };
        let full = matches!(refused, Error::Storage(LedgerError::QueueFull { queue: 1 }));
        assert!(full, "{refused}");
        assert!(refused.is_retryable());
        let checks = working.upkeep().doctor().await.unwrap();
        health = checks.iter().find(|check| check.name == "queue").unwrap().health;
        if health == Health::Warning {
            break;
        }
    }
    assert_eq!(health, Health::Warning);
    let patient = working.clone();
    calls.spawn(async move { patient.goals().put(Goal::new("patient")).await });
    tokio::task::yield_now().await;
    other.execute_batch("ROLLBACK").unwrap();
    let expect = calls.len();
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    assert_eq!(working.goals().active().await.unwrap().len(), expect);
    eager.goals().put(Goal::new("now there is room")).await.unwrap();
    assert!(matches!(eager.goals().get(&id("none")).await, Ok(None)));
}

fn said_by(text: &str) -> NewMessage {
    NewMessage::new(id("s"), "user", text)
}

async fn integrity(working: &Working) -> Health {
    let checks = working.upkeep().doctor().await.unwrap();
    checks.iter().find(|check| check.name == "integrity").unwrap().health
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_the_readable_rows_are_reported() {
    let place = Place::new();
    filled(&place).await;
    let pages = leaves(&place, "goals");
    assert!(8 < pages.len(), "{pages:?}");
    // The type byte of a page in the middle of the goals.
    flip(&place, pages[pages.len() / 2], 0);
    let working = place.open(place.config());
    let problems = working.upkeep().verify().await.unwrap();
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

    // The rows reported as readable can be read.
    let page =
        working.records().list(Kind::Goal, None, usize::try_from(first).unwrap()).await.unwrap();
    assert_eq!(page.records.len() as u64, first);
    assert!(working.goals().get(&id("g199")).await.unwrap().is_some());
    assert_eq!(working.records().list(Kind::Pattern, None, 9).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn a_file_made_read_only_serves_open_handles_and_refuses_new_ones() {
    let place = Place::new();
    filled(&place).await;
    let path = place.folder.path().join("working.db");
    let mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let before = place.open(place.config());
    mode(0o400);
    // A handle that already has the file open can continue.
    before.goals().put(Goal::new("under way")).await.unwrap();
    before.close().await;
    // The superuser can always write.
    let enforced = std::fs::File::options().write(true).open(&path).is_err();
    match Working::open(&path, place.config()) {
        Ok(working) if !enforced => working.close().await,
        Err(error) if enforced && error.is_read_only() => {
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    mode(0o600);
    let again = place.open(place.config());
    again.goals().put(Goal::new("written again")).await.unwrap();
    assert_eq!(again.goals().active().await.unwrap().len(), 202);
    assert_eq!(again.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_log_of_another_memory_is_refused_and_changes_nothing() {
    let (ours, theirs) = (Place::new(), Place::new());
    filled(&ours).await;
    let other = theirs.open(theirs.config());
    for _ in 0..30 {
        other.goals().put(Goal::new("theirs ".repeat(200))).await.unwrap();
    }
    let path = ours.folder.path().join("working.db");
    let log = ours.folder.path().join("working.db-wal");
    std::fs::copy(theirs.folder.path().join("working.db-wal"), &log).unwrap();
    let error = Working::open(&path, ours.config()).unwrap_err();
    assert!(matches!(error, Error::Storage(LedgerError::ForeignLog { .. })), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::MoveAway));
    std::fs::remove_file(&log).unwrap();
    let working = ours.open(ours.config());
    assert_eq!(working.goals().active().await.unwrap().len(), 200);
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

/// Simulates a full disk: the system refuses a child every write beyond a file size.
#[tokio::test]
async fn acknowledged_writes_survive_a_full_disk() {
    let place = Place::new();
    filled(&place).await;
    let path = place.folder.path().join("working.db");
    let blocks = std::fs::metadata(&path).unwrap().len() / 512 + 600;
    let child = child::command("fault::child", &path);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"", "sh"])
        .arg(blocks.to_string())
        .arg(child.get_program())
        .args(child.get_args())
        .envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut acknowledged = Child::of(limited).end();
    acknowledged.sort_unstable();
    assert!(10 < acknowledged.len(), "{acknowledged:?}");
    let working = place.open(place.config());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    let messages = working.messages().recent(&id("s"), usize::MAX).await.unwrap();
    let mut kept: Vec<_> = messages.iter().map(|message| message.id.to_string()).collect();
    kept.sort_unstable();
    assert_eq!(kept, acknowledged);
    working.messages().add(said_by("and goes on")).await.unwrap();
}

/// Runs as a child: writes until every task's write fails.
#[test]
fn child() {
    let Some(path) = child::place() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let working = Working::open(&path, Config::default()).unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let working = working.clone();
            writers.spawn(async move {
                for n in 0.. {
                    let name = format!("{writer}-{n}");
                    let text = format!("message {name} {}", "boat ".repeat(500));
                    let message = NewMessage { id: Some(id(&name)), ..said_by(&text) };
                    match working.messages().add(message).await {
                        Ok(_) => child::say(name),
                        Err(_) => break,
                    }
                }
            });
        }
        writers.join_all().await;
        // Existing rows can still be read.
        assert!(!working.messages().recent(&id("s"), 9).await.unwrap().is_empty());
    });
}
