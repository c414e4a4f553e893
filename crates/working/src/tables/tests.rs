//! The tables agree with the kinds and with each other.

use super::{KINDS, TABLES, WITH_STUBS, children, leaves_stub, of};

#[test]
fn every_kind_has_one_table() {
    let kinds: Vec<_> = TABLES.iter().map(|table| table.kind).collect();
    assert_eq!(kinds, KINDS);
}

#[test]
fn a_table_leaves_stubs_if_records_refer_to_it() {
    for &kind in KINDS {
        let is_referred_to = 0 < children(kind).count();
        assert_eq!(leaves_stub(kind), is_referred_to, "{kind}");
        assert_eq!(WITH_STUBS.contains(&kind), is_referred_to, "{kind}");
    }
}

#[test]
fn children_are_dropped_before_their_parents() {
    let place = |kind| WITH_STUBS.iter().position(|other| *other == kind);
    for &kind in WITH_STUBS {
        if let Some(parent) = of(kind).parent {
            assert!(place(kind) < place(parent.kind), "{kind}");
        }
    }
}
