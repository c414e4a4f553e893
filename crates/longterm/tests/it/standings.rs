//! Records found elsewhere, compared with the stored ones.

use aios_longterm::{Longterm, Standing, StoreOutcome};
use aios_record::{Gate, Id, Key, Kind, Owner, Record, Scope, ScopeFilter};

use crate::support::{note, open, shared};

async fn standing(of: &aios_longterm::LongtermView, record: &Record) -> Standing {
    of.records().standings(std::slice::from_ref(record)).await.unwrap()[0]
}

fn ada(longterm: &Longterm) -> aios_longterm::LongtermView {
    longterm.scoped(Gate::owner(Owner::user("ada").unwrap()))
}

#[tokio::test]
async fn a_record_is_the_same_or_another_by_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "two  lines\r\nof text")]).await.unwrap();
    for _ in ["in the journal", "in the library"] {
        let alike = [note("a", "two lines\nof text"), note("a", "two  lines\r\nof text")];
        let others = [note("a", "Two lines\nof text"), note("a", "other")];
        let unknown = [note("b", "two lines\nof text")];
        let records = [&alike[..], &others[..], &unknown[..]].concat();
        let expected = [Standing::Same, Standing::Same, Standing::Other, Standing::Other];
        let standings = longterm.records().standings(&records).await.unwrap();
        assert_eq!(standings, [&expected[..], &[Standing::Unknown]].concat());
        longterm.upkeep().drain().await.unwrap();
    }
    let stored = longterm.store(vec![note("a", "two lines of text")]).await.unwrap();
    assert_eq!(stored[0].outcome, StoreOutcome::Known);
    let kept = longterm.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap().unwrap();
    assert_eq!(kept.text, "two  lines\r\nof text");
    longterm.forget(vec![shared("note/a")]).await.unwrap();
    assert_eq!(standing(&longterm, &note("a", "two lines of text")).await, Standing::Unknown);
}

#[tokio::test]
async fn a_view_compares_only_with_its_own_records() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "text")]).await.unwrap();
    let ada = ada(&longterm);
    assert_eq!(standing(&ada, &note("a", "text")).await, Standing::Unknown);
    ada.store(vec![note("a", "hers")]).await.unwrap();
    assert_eq!(standing(&ada, &note("a", "hers")).await, Standing::Same);
    assert_eq!(standing(&longterm, &note("a", "hers")).await, Standing::Other);
    let of_bob = Record { scope: Scope::default().with_user("bob"), ..note("a", "hers") };
    ada.records().standings(std::slice::from_ref(&of_bob)).await.unwrap_err();
    assert_eq!(standing(&longterm, &of_bob).await, Standing::Unknown);
    let narrowed = |session: &str| {
        ada.narrow(&ScopeFilter::new(Scope::default().with_session(session))).unwrap()
    };
    narrowed("one").store(vec![note("s", "in a session")]).await.unwrap();
    assert_eq!(standing(&narrowed("one"), &note("s", "in a session")).await, Standing::Same);
    assert_eq!(standing(&narrowed("two"), &note("s", "in a session")).await, Standing::Unknown);
}
