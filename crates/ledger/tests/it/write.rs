//! Writing and reading: shared commits, isolation of failures, back-pressure.

use std::{
    collections::BTreeSet,
    sync::{Arc, Barrier, mpsc},
    time::{Duration, Instant},
};

use aios_ledger::{Durability, Error, Ledger, Options};
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::{insert, opened, options, place, texts};

#[tokio::test]
async fn a_written_row_is_read_back_at_once_and_after_reopening() {
    for durability in [Durability::Full, Durability::Normal] {
        let (_folder, path) = place();
        let ledger = Ledger::open(&path, Options { durability, ..options() }).unwrap();
        ledger.write(insert("a")).await.unwrap();
        assert_eq!(ledger.read(texts).await.unwrap(), ["a"]);
        ledger.close().await;
        assert!(matches!(ledger.write(insert("b")).await, Err(Error::Closed)));
        ledger.close().await;
        assert_eq!(opened(&path).read(texts).await.unwrap(), ["a"]);
    }
}

#[tokio::test]
async fn a_file_is_private_and_the_log_is_empty_after_closing() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let ledger = opened(&path);
    ledger.write(insert("a")).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    ledger.close().await;
    assert!(!path.with_file_name("test.db-wal").exists());
}

#[tokio::test]
async fn the_log_is_emptied_when_nothing_is_written() {
    let (_folder, path) = place();
    let options = Options { checkpoint_after: Duration::ZERO, ..options() };
    let ledger = Ledger::open(&path, options).unwrap();
    ledger.write(insert("a")).await.unwrap();
    let log = path.with_file_name("test.db-wal");
    let deadline = Instant::now() + Duration::from_secs(10);
    while frames(&log) != 0 {
        assert!(Instant::now() < deadline, "the log still has {} pages", frames(&log));
        tokio::task::yield_now().await;
    }
    assert_eq!(ledger.read(texts).await.unwrap(), ["a"]);
}

/// Holds the writer until the returned sender is used, so that commands queued meanwhile share the
/// next batch.
fn hold(ledger: &Ledger) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), Error>>) {
    let (release, held) = mpsc::channel();
    let started = Arc::new(Barrier::new(2));
    let (ledger, reached) = (ledger.clone(), Arc::clone(&started));
    let holder = tokio::spawn(async move {
        let wait = move |_: &rusqlite::Connection| -> Result<(), Error> {
            reached.wait();
            held.recv().expect("the test releases the writer");
            Ok(())
        };
        ledger.write(wait).await
    });
    started.wait();
    (release, holder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_or_panic_affects_only_its_caller() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let (release, holder) = hold(&ledger);
    let mut callers = JoinSet::new();
    for n in 0..30 {
        let ledger = ledger.clone();
        callers.spawn(async move {
            let run = move |connection: &rusqlite::Connection| -> Result<i64, Error> {
                let id = insert(format!("row {n}"))(connection)?;
                match n % 3 {
                    0 => Ok(id),
                    1 => Err(insert(format!("row {n}"))(connection).unwrap_err()),
                    _ => panic!("command {n}"),
                }
            };
            (n, ledger.write(run).await)
        });
    }
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    while let Some(done) = callers.join_next().await {
        let (n, outcome) = done.unwrap();
        match n % 3 {
            0 => assert!(outcome.is_ok(), "{n}: {outcome:?}"),
            1 => assert!(matches!(outcome, Err(Error::Sqlite(_))), "{n}: {outcome:?}"),
            _ => assert!(
                matches!(&outcome, Err(Error::Panicked { message })
                    if *message == format!("command {n}")),
                "{outcome:?}"
            ),
        }
    }
    let kept: BTreeSet<String> = ledger.read(texts).await.unwrap().into_iter().collect();
    assert_eq!(kept, (0..30).step_by(3).map(|n| format!("row {n}")).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_wait_share_one_commit() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let (release, holder) = hold(&ledger);
    let mut waiting: Vec<_> =
        (0..20).map(|n| Box::pin(ledger.write(insert(format!("row {n}"))))).collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for caller in &mut waiting {
        assert!(caller.as_mut().poll(&mut context).is_pending());
    }
    let commits = path.with_file_name("test.db-wal");
    let before = frames(&commits);
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    for caller in waiting {
        caller.await.unwrap();
    }
    // Each commit logs every page that it changed: twenty rows on two pages (table and index).
    assert!(frames(&commits) - before <= 4, "{} pages", frames(&commits) - before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deferred_work_runs_in_order_at_the_end_and_not_for_failed_commands() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let (release, holder) = hold(&ledger);
    let leave = |n: i64| {
        ledger.write_deferring(move |connection, deferred| -> Result<(), Error> {
            insert(format!("command {n}"))(connection)?;
            deferred.push(-n, move |connection| {
                let text = format!("left by {n}");
                connection.execute("INSERT INTO rows (text) VALUES (?1)", [text]).map(drop)
            });
            if n == 1 { Err(Error::Closed) } else { Ok(()) }
        })
    };
    let mut callers: Vec<_> = (0..3).map(|n| Box::pin(leave(n))).collect();
    let mut alone = Box::pin(ledger.write_alone(insert("alone")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for caller in &mut callers {
        assert!(caller.as_mut().poll(&mut context).is_pending());
    }
    assert!(alone.as_mut().poll(&mut context).is_pending());
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    for (n, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.await.is_ok(), n != 1);
    }
    alone.await.unwrap();
    let expected = ["command 0", "command 2", "left by 2", "left by 0", "alone"];
    assert_eq!(ledger.read(texts).await.unwrap(), expected);
}

#[tokio::test]
async fn deferred_work_that_fails_or_panics_fails_only_its_batch() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let left: [fn(&rusqlite::Connection) -> rusqlite::Result<()>; 2] =
        [|connection| connection.execute_batch("no statement"), |_| panic!("left")];
    for work in left {
        let outcome = ledger
            .write_deferring(move |connection, deferred| -> Result<i64, Error> {
                deferred.push(0, work);
                insert("half")(connection)
            })
            .await;
        assert!(matches!(outcome, Err(Error::Sqlite(_) | Error::Panicked { .. })), "{outcome:?}");
    }
    ledger.write(insert("whole")).await.unwrap();
    assert_eq!(ledger.read(texts).await.unwrap(), ["whole"]);
}

/// Returns the number of pages in a write-ahead log.
fn frames(log: &std::path::Path) -> u64 {
    std::fs::metadata(log).map_or(0, |log| log.len()) / 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_lose_nothing_and_see_their_own_writes() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let mut callers = JoinSet::new();
    for caller in 0..32 {
        let ledger = ledger.clone();
        callers.spawn(async move {
            for n in 0..20 {
                let text = format!("{caller}/{n}");
                ledger.write(insert(text.clone())).await.unwrap();
                assert!(ledger.read(texts).await.unwrap().contains(&text));
            }
        });
    }
    callers.join_all().await;
    assert_eq!(ledger.read(texts).await.unwrap().len(), 32 * 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_and_an_abandoned_command_still_runs() {
    let (_folder, path) = place();
    let ledger = Ledger::open(&path, Options { queue: 1, ..options() }).unwrap();
    let (release, holder) = hold(&ledger);

    // The queue holds one command, whose caller drops the future once it is queued.
    let mut left = Box::pin(ledger.write(insert("left")));
    let waker = std::task::Waker::noop();
    assert!(left.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    drop(left);

    let refused = ledger.try_write(insert("refused")).await.unwrap_err();
    assert!(matches!(refused, Error::QueueFull { queue: 1 }) && refused.is_retryable());

    // A reader does not wait for the held writer.
    assert!(ledger.read(texts).await.unwrap().is_empty());

    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    ledger.write(insert("last")).await.unwrap();
    assert_eq!(ledger.read(texts).await.unwrap(), ["left", "last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_ends_the_transaction_fails_only_its_batch() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let outcome = ledger
        .write(|connection| -> Result<(), Error> {
            insert("half")(connection)?;
            Ok(connection.execute_batch("ROLLBACK")?)
        })
        .await;
    assert!(matches!(outcome, Err(Error::RolledBack)));
    ledger.write(insert("whole")).await.unwrap();
    assert_eq!(ledger.read(texts).await.unwrap(), ["whole"]);
}

#[tokio::test]
async fn a_failed_commit_is_an_error_for_every_caller() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let deferred = |connection: &rusqlite::Connection| -> Result<(), Error> {
        connection.execute_batch(
            "CREATE TABLE child (parent INTEGER REFERENCES rows DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO child VALUES (404);",
        )?;
        Ok(())
    };
    assert!(matches!(ledger.write(deferred).await, Err(Error::Commit(_))));
    ledger.write(insert("after")).await.unwrap();
    assert_eq!(ledger.read(texts).await.unwrap(), ["after"]);
}

#[tokio::test]
async fn a_query_cannot_write_and_its_panic_is_contained() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    for _ in 0..4 {
        assert!(ledger.read(insert("a")).await.is_err());
        let panicked = ledger.read(|_| -> Result<(), Error> { panic!("query") }).await;
        assert!(matches!(panicked, Err(Error::Panicked { .. })));
    }
    assert!(ledger.read(texts).await.unwrap().is_empty());
}

#[test]
fn blocking_calls_work_and_dropping_the_last_handle_removes_the_log() {
    // Repeated: which connection closes first decides whether the log stays.
    for _ in 0..50 {
        let (_folder, path) = place();
        let ledger = opened(&path);
        ledger.write_blocking(insert("a")).unwrap();
        assert_eq!(ledger.read_blocking(texts).unwrap(), ["a"]);
        drop(ledger);
        assert!(!path.with_file_name("test.db-wal").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_handle_may_be_dropped_in_a_query() {
    let (_folder, path) = place();
    let ledger = opened(&path);
    let last = ledger.clone();
    let (started, start) = mpsc::channel();
    let (others_gone, go) = mpsc::channel();
    let (ended, end) = mpsc::channel();
    let query = move |_: &Connection| -> Result<(), Error> {
        started.send(()).unwrap();
        go.recv().unwrap();
        drop(last);
        ended.send(()).unwrap();
        Ok(())
    };
    let reading = tokio::spawn(async move { ledger.read(query).await });
    start.recv().unwrap();
    reading.abort();
    assert!(reading.await.unwrap_err().is_cancelled());
    others_gone.send(()).unwrap();
    end.recv_timeout(Duration::from_secs(10)).expect("no thread waits for itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ledgers_share_one_file() {
    let (_folder, path) = place();
    let ledgers = [opened(&path), opened(&path)];
    let mut callers = JoinSet::new();
    for (which, ledger) in ledgers.iter().enumerate() {
        for caller in 0..4 {
            let ledger = ledger.clone();
            callers.spawn(async move {
                for n in 0..25 {
                    ledger.write(insert(format!("{which}/{caller}/{n}"))).await.unwrap();
                }
            });
        }
    }
    callers.join_all().await;
    for ledger in &ledgers {
        assert_eq!(ledger.read(texts).await.unwrap().len(), 200);
    }
}

#[tokio::test]
async fn a_backup_is_a_usable_file_and_never_replaces_another() {
    let (folder, path) = place();
    let ledger = opened(&path);
    ledger.write(insert("a")).await.unwrap();
    let copy = folder.path().join("copy.db");
    ledger.backup(&copy).await.unwrap();
    assert!(matches!(ledger.backup(&copy).await, Err(Error::Io { .. })));
    ledger.write(insert("b")).await.unwrap();
    ledger.vacuum().await.unwrap();
    assert_eq!(ledger.read(texts).await.unwrap(), ["a", "b"]);
    assert_eq!(opened(&copy).read(texts).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn scrubbing_removes_every_deleted_byte_or_fails_while_a_reader_holds_the_log() {
    let (_folder, path) = place();
    let options = Options { busy_timeout: std::time::Duration::from_millis(50), ..options() };
    let ledger = Ledger::open(&path, options).unwrap();
    ledger.write(insert("wobblefrotz")).await.unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    let count = |reader: &rusqlite::Connection| {
        reader.query_row("SELECT count(*) FROM rows", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 1);
    let delete = |db: &rusqlite::Connection| -> Result<(), Error> {
        db.execute("DELETE FROM rows", [])?;
        Ok(())
    };
    ledger.write(delete).await.unwrap();
    let error = ledger.scrub().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    reader.execute_batch("COMMIT").unwrap();
    ledger.scrub().await.unwrap();
    for path in [path.clone(), format!("{}-wal", path.display()).into()] {
        let bytes = std::fs::read(path).unwrap_or_default();
        assert!(!bytes.windows(11).any(|part| part == b"wobblefrotz"));
    }
}

#[test]
fn a_full_file_refuses_further_rows_and_keeps_the_acknowledged_ones() {
    const FILE_BYTES_MAX: u64 = 256 * 1024;
    let (_folder, path) = place();
    let limited = || Options { file_bytes_max: Some(FILE_BYTES_MAX), ..options() };
    let ledger = Ledger::open(&path, limited()).unwrap();
    let acknowledged = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (ledger, acknowledged) = (&ledger, &acknowledged);
            scope.spawn(move || {
                for n in 0.. {
                    let text = format!("{writer}/{n} {}", "x".repeat(500));
                    match ledger.write_blocking(insert(text.clone())) {
                        Ok(_) => acknowledged.lock().unwrap().push(text),
                        Err(error) if error.is_disk_full() => break,
                        Err(error) => assert!(error.is_retryable(), "{error}"),
                    }
                }
            });
        }
    });
    let sorted = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts
    };
    let acknowledged = sorted(acknowledged.into_inner().unwrap());
    assert!(100 < acknowledged.len());
    assert_eq!(sorted(ledger.read_blocking(texts).unwrap()), acknowledged);
    drop(ledger);
    assert!(std::fs::metadata(&path).unwrap().len() <= FILE_BYTES_MAX);
    let ledger = Ledger::open(&path, limited()).unwrap();
    assert_eq!(sorted(ledger.read_blocking(texts).unwrap()), acknowledged);
    assert!(ledger.write_blocking(insert("y".repeat(100_000))).unwrap_err().is_disk_full());
    let half = |connection: &rusqlite::Connection| -> Result<usize, Error> {
        Ok(connection.execute("DELETE FROM rows WHERE id % 2 = 0", [])?)
    };
    let deleted = ledger.write_blocking(half).unwrap();
    ledger.write_blocking(insert("there is room")).unwrap();
    assert_eq!(ledger.read_blocking(texts).unwrap().len(), acknowledged.len() - deleted + 1);
}
