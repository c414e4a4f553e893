//! A record passes the same filter in the journal and in the library.

use std::{collections::BTreeSet, time::Duration};

use aios_longterm::{Config, LIMIT_MAX, Longterm, SearchOptions};
use aios_record::{
    Gate, Id, Identity, Kind, Owner, Record, Scope, ScopeFilter, ScopeMatch, Timestamp,
};
use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::TestRunner};

use crate::support::model;

const CASES: u32 = 3;
const RECORDS: usize = 40;
const FILTERS: usize = 25;

/// Generates few values, so that they coincide; some that a careless filter would parse as syntax.
fn name() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "a b", "it's", "%", "\u{e9}"]).prop_map(str::to_owned)
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-3_i64..=3).prop_map(|step| Timestamp::from_second(1_700_000_000 + step).unwrap())
}

fn scope() -> impl Strategy<Value = Scope> {
    (option::of(name()), option::of(name()), option::of(name()), option::of(name()))
        .prop_map(|(user, project, agent, session)| Scope { user, project, agent, session })
}

/// Generates every kind of searcher.
fn gate() -> impl Strategy<Value = Gate> {
    let user = name().prop_map(|name| Gate::owner(Owner::user(&name).unwrap()));
    prop_oneof![Just(Gate::administrator()), Just(Gate::shared()), user]
}

/// Returns the number of identities of `records` that the gate sees.
fn of_scope(records: &[Record], gate: &Gate) -> usize {
    let seen = records.iter().filter(|record| gate.sees(&record.scope));
    seen.map(Record::identity).collect::<BTreeSet<_>>().len()
}

fn kind() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Note, Kind::Fact, Kind::Message])
}

fn record() -> impl Strategy<Value = Record> {
    let times = vec(option::weighted(0.3, moment()), 4);
    (kind(), scope(), vec(name(), 0..3), times, moment(), prop::bool::weighted(0.2)).prop_map(
        |(kind, scope, tags, times, recorded_at, is_superseded)| {
            let mut record = Record::new(kind, Id::generate(), "common word", scope);
            record.text.push_str(&format!(" {}", record.id));
            record.tags = tags;
            record.occurred_at = times[0];
            record.valid_from = times[1];
            record.valid_to = times[2];
            record.expires_at = times[3];
            record.recorded_at = recorded_at;
            record.superseded_by = is_superseded.then(Id::generate);
            record
        },
    )
}

fn options() -> impl Strategy<Value = SearchOptions> {
    let scope = (scope(), prop::bool::ANY).prop_map(|(scope, is_exact)| ScopeFilter {
        scope,
        matching: if is_exact { ScopeMatch::Exact } else { ScopeMatch::EqualOrShared },
    });
    let scope = prop_oneof![Just(ScopeFilter::default()), scope];
    let times = vec(option::weighted(0.3, moment()), 3);
    (scope, option::weighted(0.3, vec(kind(), 0..3)), vec(name(), 0..2), times).prop_map(
        |(scope, kinds, tags, times)| {
            SearchOptions::default()
                .with_limit(LIMIT_MAX)
                .with_scope(scope)
                .with_kinds(kinds)
                .with_tags(tags)
                .with_since(times[0])
                .with_until(times[1])
                .with_as_of(times[2])
        },
    )
}

#[test]
fn the_journal_and_the_library_filter_alike() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: CASES, ..Default::default() });
    let inputs = (vec(record(), RECORDS), vec((gate(), options()), FILTERS));
    let outcome = runner.run(&inputs, |(records, filters)| {
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            // Longer than the test, so that nothing is drained before it is requested.
            let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
            let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
            longterm.store(records.clone()).await.unwrap();
            assert_eq!(longterm.stats().await.unwrap().pending, RECORDS as u64);
            let found = async |longterm: &Longterm, (gate, options): &(Gate, SearchOptions)| {
                let view = longterm.scoped(gate.clone());
                let Ok(found) = view.search("common", options).await else { return None };
                assert!(found.hits.iter().all(|hit| gate.sees(&hit.record.scope)));
                let mut found: Vec<Identity> =
                    found.hits.iter().map(|hit| hit.record.identity()).collect();
                found.sort();
                let narrowed = gate.narrow(&options.scope).unwrap();
                let all = longterm.scoped(narrowed.clone()).records().identities().await.unwrap();
                let expect = of_scope(&records, &narrowed);
                assert_eq!(all.len(), expect, "{narrowed:?}");
                Some(found)
            };
            let mut in_journal = Vec::new();
            for options in &filters {
                in_journal.push(found(&longterm, options).await);
            }
            longterm.upkeep().drain().await.unwrap();
            assert!(longterm.upkeep().warm().await.unwrap());
            let config = Config { resident_bytes_max: 0, ..Config::default() };
            let by_index = Longterm::open(dir.path(), config, model()).await.unwrap();
            for (options, expect) in filters.iter().zip(in_journal) {
                assert_eq!(found(&longterm, options).await, expect, "in RAM: {options:?}");
                assert_eq!(found(&by_index, options).await, expect, "by index: {options:?}");
            }
        });
        Ok(())
    });
    outcome.unwrap();
}
