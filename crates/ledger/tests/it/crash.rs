//! A child process is killed while it writes: its acknowledged writes must survive.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use aios_ledger::Error;

use crate::{insert, opened, place, texts};

const CHILD: &str = "AIOS_LEDGER_TEST_CHILD";
/// Default number of kills; `AIOS_CRASH_ROUNDS` overrides it.
const ROUNDS: usize = 5;

/// Runs as the child if the parent's test names a file, until it is killed.
#[test]
fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    let ledger = opened(Path::new(&path));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let ledger = &ledger;
            scope.spawn(move || {
                for n in 0_u64.. {
                    let text = format!("{}/{writer}/{n}", std::process::id());
                    ledger.write_blocking(insert(text.clone())).unwrap();
                    let mut out = std::io::stderr().lock();
                    out.write_all(format!("{text}\n").as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn acknowledged_rows_survive_a_kill() {
    let (_folder, path) = place();
    let mut acknowledged = BTreeSet::new();
    let rounds = env::var("AIOS_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        acknowledged.extend(lines.by_ref().take(50 + 37 * (round % 10)).map(Result::unwrap));
        child.kill().unwrap();
        // Lines written before the kill took effect are acknowledgements too; the last one may be
        // cut short.
        let mut rest: Vec<String> = lines.map_while(Result::ok).collect();
        rest.pop();
        acknowledged.extend(rest);
        child.wait().unwrap();

        let ledger = opened(&path);
        let kept = ledger.read_blocking(texts).unwrap();
        let whole: BTreeSet<String> = kept.iter().cloned().collect();
        assert_eq!(whole.len(), kept.len());
        let lost: Vec<&String> = acknowledged.difference(&whole).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        let check = |connection: &rusqlite::Connection| -> Result<String, Error> {
            Ok(connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
        };
        assert_eq!(ledger.read_blocking(check).unwrap(), "ok");
    }
}
