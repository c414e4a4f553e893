//! A durable counter: one caller, then many at once. All callers of a batch share one commit, so
//! many are faster than one although each waits until its own increment is on disk.
//!
//! ```text
//! cargo run -p aios-ledger --example counter --release
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{error::Error, time::Instant};

use aios_ledger::{Error as LedgerError, Ledger, Migration, Options};
use tokio::task::JoinSet;

const APPLICATION_ID: i32 = 0x636e_7472;
const INCREMENTS: i64 = 1024;
const MIGRATIONS: &[Migration] = &[Migration {
    name: "counter",
    sql: "CREATE TABLE counter (value INTEGER NOT NULL) STRICT; INSERT INTO counter VALUES (0);",
}];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("counter.db");
    let ledger = Ledger::open(&path, Options::new(APPLICATION_ID, MIGRATIONS))?;

    let mut expected = 0;
    for callers in [1, 8, 64] {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..callers {
            tasks.spawn(count(ledger.clone(), INCREMENTS / callers));
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        expected += INCREMENTS;
        let each = started.elapsed() / INCREMENTS as u32;
        println!("callers: {callers:>2}   {each:>8.1?} per durable increment");
    }
    ledger.close().await;

    // Another process would find the same.
    let ledger = Ledger::open(&path, Options::new(APPLICATION_ID, MIGRATIONS))?;
    let value: i64 = ledger
        .read(|connection| -> Result<i64, LedgerError> {
            Ok(connection.query_row("SELECT value FROM counter", [], |row| row.get(0))?)
        })
        .await?;
    println!("after reopening: {value} of {expected}");
    ledger.close().await;
    Ok(())
}

/// Adds 1 to the counter `times` times, each time as a write of its own.
async fn count(ledger: Ledger, times: i64) -> Result<(), LedgerError> {
    for _ in 0..times {
        ledger
            .write(|connection| -> Result<usize, LedgerError> {
                Ok(connection.execute("UPDATE counter SET value = value + 1", [])?)
            })
            .await?;
    }
    Ok(())
}
