//! Scheduled backups: one of several processes makes a due one, a killed one leaves nothing that
//! stays, the oldest go only after a new one, and others' entries are never touched.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aios_memory::{
    AgentMemory, Config, Error, ForgetOptions, ForgetTarget, Timestamp,
    upkeep::{ScheduledBackup, doctor, restore},
    working::Health,
};
use aios_memory_tests::child::{self, Child};

use crate::{Fixture, texts};

/// A time at which the first backup of a test is made.
const DAY: &str = "2026-11-30T12:00:00Z";

/// Returns the time `hours` after the first backup.
fn after(hours: i64) -> Timestamp {
    let day: Timestamp = DAY.parse().unwrap();
    day + jiff::SignedDuration::from_hours(hours)
}

impl Fixture {
    /// Returns a memory with one record, which has backups enabled and keeps three.
    async fn backed_up(&self) -> AgentMemory {
        let memory = AgentMemory::open(self.with_backups()).await.unwrap();
        memory.remember("the heron nests in the reeds").await.unwrap();
        memory.administrator().longterm().upkeep().drain().await.unwrap();
        memory
    }

    fn with_backups(&self) -> Config {
        with_backups(self.dir.path())
    }

    fn copies(&self) -> PathBuf {
        self.dir.path().join("copies")
    }
}

fn with_backups(dir: &Path) -> Config {
    let mut config = Config::at(dir.join("memory"));
    config.backup.dir = dir.join("copies");
    config.backup.keep = 3;
    fs::create_dir_all(&config.backup.dir).unwrap();
    config
}

/// Returns the settings with the schedule enabled, for `stats` and `doctor`.
fn enabled(mut config: Config) -> Config {
    config.backup.enabled = true;
    config
}

async fn back_up(memory: &AgentMemory, now: Timestamp) -> Result<ScheduledBackup, Error> {
    memory.administrator().upkeep().scheduled_backup(now, |_| {}).await
}

/// Returns the names in a directory.
fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn is_made(outcome: &Result<ScheduledBackup, Error>) -> bool {
    matches!(outcome, Ok(ScheduledBackup::Made { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_backups_go_after_a_new_one_is_whole_and_other_entries_stay() {
    let fixture = Fixture::new();
    let memory = fixture.backed_up().await;
    let copies = fixture.copies();
    // Not made by the schedule: another name, a copy by hand under such a name, and a file.
    fs::create_dir_all(copies.join("mine")).unwrap();
    let by_hand = copies.join("2020-01-01T000000Z");
    memory.administrator().upkeep().backup(&by_hand, |_| {}).await.unwrap();
    fs::write(copies.join("2020-01-02T000000Z"), "a file").unwrap();
    let others = names(&copies);
    for day in 0..5 {
        let now = after(24 * day);
        assert!(is_made(&back_up(&memory, now).await), "{day}");
        let early = back_up(&memory, after(24 * day + 23)).await.unwrap();
        let ScheduledBackup::NotDue { due_at, .. } = early else { panic!("{early:?}") };
        assert_eq!(due_at, after(24 * (day + 1)));
    }
    let made: BTreeSet<String> = names(&copies).difference(&others).cloned().collect();
    let kept = ["2026-12-02T120000Z", "2026-12-03T120000Z", "2026-12-04T120000Z"];
    assert_eq!(made, kept.map(str::to_owned).into());
    assert!(others.is_subset(&names(&copies)));
    // Another memory with the same directory neither counts nor removes them.
    let mut config = Config::at(fixture.dir.path().join("other"));
    config.backup = fixture.with_backups().backup;
    config.backup.keep = 1;
    let other = AgentMemory::open(config).await.unwrap();
    other.remember("a note of another memory").await.unwrap();
    other.administrator().longterm().upkeep().drain().await.unwrap();
    assert!(is_made(&back_up(&other, after(24 * 4 + 1)).await));
    assert!(kept.iter().all(|name| copies.join(name).is_dir()));

    let restored = Config::at(fixture.dir.path().join("restored"));
    restore(&copies.join(kept[2]), &restored).await.unwrap();
    let restored = AgentMemory::open(restored).await.unwrap();
    let verified = restored.administrator().upkeep().verify(|_| {}).await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
    assert_eq!(texts(&restored, "heron").await, ["the heron nests in the reeds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_backups_are_in_the_data_directory_and_the_schedule_survives_a_restart() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    assert_eq!(back_up(&memory, after(0)).await.unwrap(), ScheduledBackup::Empty);
    memory.remember("the heron nests in the reeds").await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let made = back_up(&memory, after(0)).await.unwrap();
    let ScheduledBackup::Made { copied, .. } = made else { panic!("{made:?}") };
    assert_eq!(copied.path, fixture.config().memory.data_dir.join("backups/2026-11-30T120000Z"));
    memory.shutdown().await.unwrap();
    let memory = fixture.open().await;
    let early = back_up(&memory, after(12)).await.unwrap();
    assert!(matches!(early, ScheduledBackup::NotDue { .. }), "{early:?}");
    let backups = memory.administrator().upkeep().backups().await.unwrap();
    assert_eq!((backups.kept.len(), backups.kept[0].bytes), (1, copied.bytes));
    // A purge names it.
    let own = memory.recall("heron").await.unwrap().hits[0].identity();
    let purge = ForgetOptions::new(ForgetTarget::Records(vec![own])).with_purge();
    let receipt = memory.forget(purge).await.unwrap();
    assert_eq!(receipt.backups, [fs::canonicalize(&copied.path).unwrap()]);
    // Any other place within the data directory is refused.
    memory.shutdown().await.unwrap();
    let mut config = fixture.config();
    config.backup.dir = config.memory.data_dir.join("longterm/copies");
    let memory = AgentMemory::open(config).await.unwrap();
    let refused = back_up(&memory, after(48)).await;
    assert!(matches!(refused, Err(Error::Place(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backup_removes_nothing_and_is_counted_and_reported_until_one_succeeds() {
    let fixture = Fixture::new();
    fixture.backed_up().await.shutdown().await.unwrap();
    let memory = AgentMemory::open(enabled(fixture.with_backups())).await.unwrap();
    let copies = fixture.copies();
    for day in 0..3 {
        assert!(is_made(&back_up(&memory, after(24 * day)).await));
    }
    let before = names(&copies);
    // A file stands in the way of the next one.
    fs::write(copies.join(".2026-12-03T120000Z.partial"), "in the way").unwrap();
    for _ in 0..2 {
        let failed = back_up(&memory, after(72)).await;
        assert!(matches!(failed, Err(Error::Place(_))), "{failed:?}");
    }
    fs::remove_file(copies.join(".2026-12-03T120000Z.partial")).unwrap();
    assert_eq!(names(&copies), before);
    let stats = memory.stats().await.unwrap().backups.unwrap();
    assert_eq!((stats.kept, stats.failures, stats.failed_in_a_row), (3, 2, 2));
    memory.shutdown().await.unwrap();
    let finding = examined(&enabled(fixture.with_backups())).await.unwrap();
    assert!(finding.1.contains("2 failed since") && finding.1.contains(".partial"), "{finding:?}");

    let memory = AgentMemory::open(enabled(fixture.with_backups())).await.unwrap();
    assert!(is_made(&back_up(&memory, after(73)).await));
    let stats = memory.stats().await.unwrap().backups.unwrap();
    assert_eq!((stats.kept, stats.failures, stats.failed_in_a_row), (3, 2, 0));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_missing_is_not_created_and_a_purge_names_it() {
    let fixture = Fixture::new();
    let memory = fixture.backed_up().await;
    // As if its disk was not mounted.
    fs::remove_dir(fixture.copies()).unwrap();
    let failed = back_up(&memory, after(0)).await;
    assert!(matches!(failed, Err(Error::Output { .. })), "{failed:?}");
    assert!(!fixture.copies().exists());
    let own = memory.recall("heron").await.unwrap().hits[0].identity();
    let purge = ForgetOptions::new(ForgetTarget::Records(vec![own])).with_purge();
    let receipt = memory.forget(purge).await.unwrap();
    assert_eq!(receipt.backups, [fixture.copies()]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_by_hand_into_an_existing_directory_has_its_parts_alone() {
    let fixture = Fixture::new();
    let memory = fixture.backed_up().await;
    let target = fixture.dir.path().join("by hand");
    fs::create_dir_all(target.join(".partial")).unwrap();
    memory.administrator().upkeep().backup(&target, |_| {}).await.unwrap();
    assert!(target.join("working.db").is_file() && !target.join("scheduled.json").exists());
    memory.shutdown().await.unwrap();
}

/// Returns the finding of the check of backups.
async fn examined(config: &Config) -> Option<(Health, String)> {
    let found = doctor(config).await;
    let backup = found.into_iter().find(|examined| examined.part == "backup");
    backup.map(|examined| (examined.check.health, examined.check.finding))
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_complains_about_a_newest_backup_that_is_older_than_two_intervals() {
    let fixture = Fixture::new();
    assert_eq!(examined(&fixture.config()).await, None, "it is disabled");
    let memory = fixture.backed_up().await;
    memory.shutdown().await.unwrap();
    let none = examined(&enabled(fixture.with_backups())).await.unwrap();
    assert_eq!(none.0, Health::Warning, "{none:?}");
    for (hours_ago, health) in [(49, Health::Bad), (47, Health::Good)] {
        let memory = AgentMemory::open(fixture.with_backups()).await.unwrap();
        let now = Timestamp::now() - jiff::SignedDuration::from_hours(hours_ago);
        fs::remove_dir_all(fixture.copies()).unwrap();
        fs::create_dir(fixture.copies()).unwrap();
        assert!(is_made(&back_up(&memory, now).await));
        memory.shutdown().await.unwrap();
        let found = examined(&enabled(fixture.with_backups())).await.unwrap();
        assert_eq!(found.0, health, "{found:?}");
    }
}

/// Makes the backup that is due, when the parent says so.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(dir) = child::place() else { return };
    let memory = AgentMemory::open(with_backups(&dir)).await.unwrap();
    child::say("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let outcome = back_up(&memory, after(line.trim().parse().unwrap())).await.unwrap();
    child::say(match outcome {
        ScheduledBackup::Made { .. } => "made",
        ScheduledBackup::NotDue { .. } => "not due",
        ScheduledBackup::Busy => "busy",
        _ => "other",
    });
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_several_processes_makes_a_due_backup() {
    let fixture = Fixture::new();
    fixture.backed_up().await.shutdown().await.unwrap();
    let start = || Child::start("scheduled::child", fixture.dir.path());
    let mut children = [start(), start(), start()];
    for child in &mut children {
        assert_eq!(child.hear().as_deref(), Some("ready"));
    }
    children.iter_mut().for_each(|child| child.tell("0"));
    let said: Vec<String> = children.into_iter().map(|child| child.end().remove(0)).collect();
    let (made, others): (Vec<_>, Vec<_>) = said.iter().partition(|said| *said == "made");
    assert_eq!(made.len(), 1, "{said:?}");
    assert!(others.iter().all(|said| ["busy", "not due"].contains(&&***said)), "{said:?}");
    assert_eq!(names(&fixture.copies()), ["2026-11-30T120000Z".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_a_backup_leaves_the_older_ones_and_the_next_one_removes_its_rest() {
    let fixture = Fixture::new();
    let memory = fixture.backed_up().await;
    for n in 0..500 {
        memory.remember(&format!("note {n}: {}", "reed ".repeat(100))).await.unwrap();
    }
    assert!(is_made(&back_up(&memory, after(0)).await));
    memory.shutdown().await.unwrap();
    let partial = fixture.copies().join(".2026-12-01T120000Z.partial");
    for reached in [partial.clone(), partial.join("working.db"), partial.join("longterm")] {
        let mut process = Child::start("scheduled::child", fixture.dir.path());
        assert_eq!(process.hear().as_deref(), Some("ready"));
        process.tell("24");
        if process.kill_when(|| reached.exists()) && partial.exists() {
            assert!(!fixture.copies().join("2026-12-01T120000Z").exists());
        }
        assert!(fixture.copies().join("2026-11-30T120000Z").is_dir());
    }
    // The remains of a removal, too.
    fs::create_dir_all(fixture.copies().join(".2026-11-29T120000Z.removing/longterm")).unwrap();
    let memory = AgentMemory::open(fixture.with_backups()).await.unwrap();
    assert!(is_made(&back_up(&memory, after(49)).await));
    let left = names(&fixture.copies());
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    assert!(left.contains("2026-11-30T120000Z") && left.contains("2026-12-02T130000Z"), "{left:?}");
    let restored = Config::at(fixture.dir.path().join("restored"));
    restore(&fixture.copies().join("2026-11-30T120000Z"), &restored).await.unwrap();
    memory.shutdown().await.unwrap();
}
