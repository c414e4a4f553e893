//! Reports: whose records they count, the records that are recalled, and patterns by success.

use aios_memory::{
    AgentMemory, Error, ForgetOptions, ForgetTarget, Kind, MemoryView, Report, ReportOptions,
    longterm, report::DAYS_MAX, working,
};
use serde_json::json;

use crate::{Fixture, of, texts};

async fn report(view: &MemoryView) -> Report {
    view.report(&ReportOptions::default().with_days(7)).await.unwrap()
}

/// Returns the users of a report with their records, `-` for shared ones.
fn users(report: &Report) -> Vec<(String, u64)> {
    let mut users: Vec<_> = report
        .users
        .rows
        .iter()
        .map(|row| (row.name.clone().unwrap_or_else(|| "-".to_owned()), row.records))
        .collect();
    users.sort();
    users
}

async fn filled(memory: &AgentMemory) {
    let (ada, bob) = (of(memory, "ada"), of(memory, "bob"));
    memory.remember("the shared heron").await.unwrap();
    ada.remember("the heron of ada nests in the reeds").await.unwrap();
    ada.remember("the otter of ada swims").await.unwrap();
    bob.remember("the heron of bob is grey").await.unwrap();
    ada.record(Kind::Goal, json!({"description": "count the herons"})).await.unwrap();
    ada.record(Kind::Entry, json!({"category": "pond", "key": "pond", "value": 3})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_the_records_of_its_view_as_stats_do() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let empty = report(&memory.administrator()).await;
    assert_eq!((empty.totals.records, empty.kinds.len(), empty.days.len()), (0, 0, 7));
    filled(&memory).await;
    let (ada, bob, all) = (of(&memory, "ada"), of(&memory, "bob"), memory.administrator());
    let own = |name: &str, count| (name.to_owned(), count);
    assert_eq!(users(&report(&ada).await), [own("-", 1), own("ada", 4)]);
    assert_eq!(users(&report(&bob).await), [own("-", 1), own("bob", 1)]);
    assert_eq!(users(&report(&memory).await), [own("-", 1)]);
    let whole = report(&all).await;
    assert_eq!(users(&whole), [own("-", 1), own("ada", 4), own("bob", 1)]);
    assert!(whole.scope.all_users && !report(&ada).await.scope.all_users);
    // Waiting in the journal or in the library: the same.
    all.longterm().upkeep().drain().await.unwrap();
    assert_eq!(users(&report(&all).await), users(&whole));
    let stats = all.stats().await.unwrap();
    for row in &whole.kinds {
        let kept = stats.longterm.collections.get(row.collection).copied();
        let count = kept.unwrap_or_else(|| stats.working[row.collection]);
        assert_eq!((row.records, row.added), (count, count), "{row:?}");
    }
    let today = whole.days.last().unwrap();
    assert_eq!((today.added, today.records), (6, 6));
    assert_eq!(today.text_bytes, whole.totals.text_bytes);
    for days in [0, DAYS_MAX + 1] {
        let refused = all.report(&ReportOptions::default().with_days(days)).await;
        assert!(matches!(refused, Err(Error::Limit { .. })), "{days}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recalls_are_counted_for_the_owner_and_gone_with_the_record() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    filled(&memory).await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    for _ in 0..3 {
        assert!(texts(&ada, "otter").await.contains(&"the otter of ada swims".to_owned()));
    }
    let options = bob.context_options().with_max_tokens(300);
    bob.assemble_context("the heron of bob", &options).await.unwrap();
    let counted = report(&ada).await.recalls.unwrap();
    let otter = counted.top.iter().find(|row| row.text == "the otter of ada swims").unwrap();
    assert_eq!(otter.recalls, 3);
    assert!(counted.top.iter().all(|row| row.user.as_deref() != Some("bob")), "{counted:?}");
    assert_eq!(counted.recalled + counted.never, 5);
    let of_bob = report(&bob).await.recalls.unwrap();
    assert!(of_bob.top.iter().any(|row| row.text == "the heron of bob is grey"), "{of_bob:?}");
    memory.shutdown().await.unwrap();

    // The counts survive, and leave with the record.
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    let counted = report(&ada).await.recalls.unwrap();
    assert!(counted.top.iter().any(|row| row.text.contains("otter") && row.recalls == 3));
    let otter = ada.recall("otter").await.unwrap().hits[0].identity();
    let file = fixture.config().memory.data_dir.join("recalls.json");
    let has_otter = || std::fs::read_to_string(&file).unwrap().contains(otter.id.as_str());
    assert!(has_otter());
    let target = ForgetTarget::Records(vec![otter.clone()]);
    ada.forget(ForgetOptions::new(target)).await.unwrap();
    assert!(!has_otter());
    memory.shutdown().await.unwrap();
    assert!(!has_otter());
}

#[tokio::test(flavor = "multi_thread")]
async fn recalls_are_not_counted_if_the_setting_is_off() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.report.recalls = false;
    let memory = AgentMemory::open(config).await.unwrap();
    filled(&memory).await;
    texts(&memory, "heron").await;
    assert_eq!(report(&memory).await.recalls, None);
    memory.shutdown().await.unwrap();
    assert!(!fixture.config().memory.data_dir.join("recalls.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_and_procedures_come_by_the_lower_bound_of_their_success() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let patterns = memory.working().patterns();
    for (trigger, uses, failures) in [("often", 40, 4), ("once", 1, 0), ("never", 0, 0)] {
        let pattern = patterns.put(working::Pattern::new(trigger, "act")).await.unwrap();
        for n in 0..uses {
            let is_failure = n < failures;
            let outcome =
                if is_failure { working::Outcome::Failure } else { working::Outcome::Success };
            patterns.record_use(&pattern.id, outcome).await.unwrap();
        }
    }
    let procedures = memory.longterm().procedures();
    let restart = longterm::Procedure::new("restart", "stop it, start it");
    let id = procedures.put(restart).await.unwrap();
    procedures.count(&id, longterm::Outcome::Success, 10).await.unwrap();
    procedures.count(&id, longterm::Outcome::Failure, 10).await.unwrap();
    let report = report(&memory).await;
    let rows: Vec<_> = report.patterns.rows.iter().map(|row| (&*row.name, row.uses)).collect();
    assert_eq!(rows, [("often", 40), ("once", 1)], "one success proves less than 36 of 40");
    assert_eq!((report.patterns.total, report.patterns.unused), (3, 1));
    let row = &report.procedures.rows[0];
    assert_eq!((&*row.name, row.uses, row.success_rate), ("restart", 2, 0.5));
    assert!(0.0 < row.success_bound && row.success_bound < 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_some_kinds_has_no_others() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    filled(&memory).await;
    let options = ReportOptions::default().with_kinds(Some(vec![Kind::Goal]));
    let report = memory.administrator().report(&options).await.unwrap();
    assert_eq!(report.totals.records, 1);
    assert_eq!(report.kinds[0].collection, "goals");
}
