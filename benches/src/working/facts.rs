//! Reads of 100,000 facts of one owner: the profile of a context, and the facts as of a time. Half
//! of them are open statements; half fill slots, and each slot had several values in sequence.

use std::{hint::black_box, time::Instant};

use aios_record::{Gate, Id, Owner, Timestamp};
use aios_working::{Durability, Fact, FactEnd, FactQuery, FactStep, WorkingView};
use tokio::runtime::Runtime;

use super::{text::Texts, writes::open};
use crate::{
    Size,
    report::{Bound, Report},
};

/// Number of values that each slot had.
const VALUES: usize = 10;
/// Number of facts per transaction.
const BATCH: usize = 1_000;
/// Number of facts that a context considers for its profile, as in the setting
/// `learning.profile_facts`.
const PROFILE: usize = 40;
/// Time of the first statement, in seconds since 1970. The others follow at intervals of a minute.
const START_SECONDS: i64 = 1_700_000_000;
const MINUTE_SECONDS: i64 = 60;

const CURRENT: &str = "current facts, a page of 100";
const AS_OF: &str = "facts as of a moment, a page of 100";
const PROFILED: &str = "profile of 40 facts";
const ONE_SLOT: &str = "facts of a slot as of a moment";

/// Limits of the design, in milliseconds.
const PROFILE_MS_MAX: f64 = 1.0;
const AS_OF_MS_MAX: f64 = 5.0;

pub(super) fn measure(size: Size, runtime: &Runtime, report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let working = open(&folder.path().join("working.db"), Durability::Normal);
    let count = size.pick(1_000, 100_000);
    let ada = working.scoped(Gate::owner(Owner::from_stored("ada")));
    let contender = format!("{count} facts");
    let began = Instant::now();
    fill(count, runtime, &ada);
    let each_ns = began.elapsed().as_nanos() as f64 / count as f64;
    report.add("store a fact, 1,000 at once", &contender, &[each_ns]);
    let rounds = size.pick(3, 200);
    let mut read = |name: &str, facts: &dyn Fn() -> usize, expect: usize| {
        let mut samples = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let began = Instant::now();
            let found = black_box(facts());
            samples.push(began.elapsed().as_nanos() as u64);
            assert_eq!(found, expect, "{name}");
        }
        report.add_tail(name, &contender, samples);
    };
    let page = |query: FactQuery| {
        let found = runtime.block_on(ada.facts().list(query));
        found.expect("readable").facts.len()
    };
    read(PROFILED, &|| runtime.block_on(ada.facts().profile(PROFILE)).expect("readable").len(), 40);
    read(CURRENT, &|| page(FactQuery::default()), 100);
    for (name, part) in [("the last", 1.0), ("the middle", 0.5), ("the first third", 0.33)] {
        let query = FactQuery::default().with_as_of(time((count as f64 * part) as usize));
        read(&format!("{AS_OF}: {name}"), &|| page(query.clone()), 100);
    }
    let slot = FactQuery::default().with_subject("ada".to_owned());
    let slot = slot.with_attribute(attribute(1)).with_as_of(time(count / 2));
    read(ONE_SLOT, &|| page(slot.clone()), 1);
    targets(report, &contender);
    runtime.block_on(working.close());
}

/// Stores facts in the order of their statement.
fn fill(count: usize, runtime: &Runtime, view: &WorkingView) {
    let mut texts = Texts::new(11);
    let slots = (count / 2 / VALUES).max(1);
    let mut last: Vec<Option<Id>> = vec![None; slots];
    let mut steps = Vec::with_capacity(BATCH);
    for at in 0..count {
        let id = Id::new(format!("f{at}")).expect("short");
        let stated_at = Some(time(at));
        let fact = Fact { id: id.clone(), stated_at, ..Fact::new(texts.text()) };
        let source = format!("message/m{at}");
        let mut step = FactStep { source, stated_at, ..FactStep::default() };
        let slot = at / 2 % slots;
        if at % 2 == 0 {
            let value = format!("value {at}");
            step.added.push(fact.with_slot("ada", attribute(slot), value));
            let ended = last[slot].replace(id.clone());
            let end = |it| FactEnd { id: it, valid_to: None, superseded_by: Some(id) };
            step.ended.extend(ended.map(end));
        } else {
            step.added.push(fact);
        }
        steps.push(step);
        if steps.len() == BATCH || at + 1 == count {
            let steps = std::mem::take(&mut steps);
            runtime.block_on(view.facts().apply(steps)).expect("they are stored");
        }
    }
}

fn attribute(slot: usize) -> String {
    format!("attribute {slot}")
}

fn time(at: usize) -> Timestamp {
    let seconds = START_SECONDS + MINUTE_SECONDS * i64::try_from(at).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).expect("within the calendar")
}

fn targets(report: &mut Report, contender: &str) {
    let limits: Vec<(String, f64)> = report
        .rows
        .iter()
        .filter(|row| row.contender == *contender && row.tail.is_some())
        .map(|row| (row.workload.clone(), row.median / 1e6))
        .collect();
    for (name, median_ms) in limits {
        let limit = if name == PROFILED { PROFILE_MS_MAX } else { AS_OF_MS_MAX };
        report.target_in(&name, median_ms, "ms", Bound::AtMost(limit));
    }
}
