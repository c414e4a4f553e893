//! Tests of the schedule with given times, and of the background task.

use std::{path::Path, path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    check_schedule,
    schedule::{Made, due_at, name_of, newest, retry_at, surplus, time_of},
    status::{BackupFailure, Status},
};
use crate::{AgentMemory, Config};

/// Longest wait for the background task, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn made(name: &str) -> Made {
    Made { path: PathBuf::from(name), at: time_of(name).unwrap() }
}

#[test]
fn a_name_is_the_time_in_utc_and_other_names_have_none() {
    assert_eq!(name_of(at("2026-11-30T12:00:00.9Z")), "2026-11-30T120000Z");
    assert_eq!(name_of(at("2026-11-30T12:00:00+05:00")), "2026-11-30T070000Z");
    assert_eq!(time_of("2026-11-30T120000Z"), Some(at("2026-11-30T12:00:00Z")));
    let others = [
        "",
        "2026-11-30",
        "2026-11-30T120000",
        "2026-11-30T12:00:00Z",
        "2026-13-30T120000Z",
        "2026-1-3T120000Z",
        "2026-11-30T120000Z-of-mine",
        ".2026-11-30T120000Z.partial",
        "before 2026-11-30T120000Z",
    ];
    for name in others {
        assert_eq!(time_of(name), None, "{name}");
    }
}

#[test]
fn the_next_is_an_interval_after_the_newest_and_a_clock_that_was_ahead_does_not_stop_it() {
    let (now, day) = (at("2026-11-30T12:00:00Z"), SignedDuration::from_hours(24));
    assert_eq!(due_at(None, day, now), now);
    assert_eq!(due_at(Some(now), day, now), at("2026-12-01T12:00:00Z"));
    let found = [made("2026-11-29T120000Z"), made("2126-11-30T120000Z")];
    assert_eq!(newest(&found, now).unwrap().at, at("2026-11-29T12:00:00Z"));
    assert_eq!(newest(&found[1..], now), None);
    assert_eq!(due_at(Some(Timestamp::MAX), day, now), Timestamp::MAX);
}

#[test]
fn the_oldest_go_first_then_as_many_as_were_asked_for_are_left_and_the_newest_always_stays() {
    let now = at("2026-11-30T12:00:00Z");
    let names = ["2026-11-27T120000Z", "2026-11-28T120000Z", "2026-11-29T120000Z"];
    let found: Vec<Made> = names.iter().map(|name| made(name)).collect();
    let gone = |found: &[Made], keep| {
        let newest = newest(found, now).unwrap().path.clone();
        let gone = surplus(found, &newest, keep, now).map(|made| made.path.clone());
        gone.collect::<Vec<PathBuf>>()
    };
    assert!(gone(&found, 3).is_empty());
    assert_eq!(gone(&found, 2), [Path::new(names[0])]);
    assert_eq!(gone(&found, 1), [Path::new(names[0]), Path::new(names[1])]);
    // Backups with a time in the future were made earlier, when the clock was ahead.
    let ahead = [&found[..], &[made("2126-11-30T120000Z")]].concat();
    assert_eq!(gone(&ahead, 3), [Path::new("2126-11-30T120000Z")]);
}

#[test]
fn a_failed_backup_is_tried_again_after_one_minute_then_later_and_at_last_every_hour() {
    let failed_at = at("2026-11-30T12:00:00Z");
    let waits = |failed_in_a_row, now: &str| {
        let last_failure = Some(BackupFailure { at: failed_at, reason: String::new() });
        let status = Status { failures: 99, failed_in_a_row, last_failure };
        retry_at(&status, at(now)).map(|at| at.duration_since(failed_at).as_mins())
    };
    let now = "2026-11-30T12:00:01Z";
    assert_eq!(waits(0, now), None);
    assert_eq!(
        [1, 2, 3, 6, 7, 40, u32::MAX].map(|n| waits(n, now).unwrap()),
        [1, 2, 4, 32, 60, 60, 60]
    );
    assert_eq!(waits(3, "2026-11-30T11:00:00Z"), None, "the clock was set back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_memory_makes_a_backup_by_itself_and_ends_its_task_at_shutdown() {
    let dir = tempfile::tempdir().unwrap();
    let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await.unwrap();
    memory.remember("the heron nests in the reeds").await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let shared = memory.shared();
    check_schedule(shared, Duration::ZERO);
    let made = async {
        while memory.administrator().upkeep().backups().await.unwrap().kept.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, made).await.unwrap();
    memory.shutdown().await.unwrap();
}
