//! The tables agree with the table of kinds and with each other.

use std::collections::BTreeSet;

use aios_record::{Field, Kind};

use super::{KINDS, children, leaves_stub, of, with_stubs};
use crate::{
    GoalStatus, IntelligenceLevel, Role, TaskStatus, kinds::for_kind, row::Fields,
    search::documents::CODES,
};

#[test]
fn a_type_has_the_fields_of_its_kind() {
    fn columns<T: Fields>() -> Option<BTreeSet<&'static str>> {
        Some(T::COLUMNS.iter().copied().collect())
    }
    for &kind in KINDS.iter().filter(|kind| !kind.is_setting()) {
        let stored = kind.fields()[1..].iter().filter(|field| field.member_of.is_none());
        let stored: BTreeSet<&str> = stored.map(|field| field.name).collect();
        assert_eq!(for_kind!(kind, columns(), None), Some(stored), "{kind}");
    }
}

#[test]
fn a_vocabulary_has_the_words_of_its_field() {
    let words = |kind: Kind, name| kind.field(name).map(|field: &Field| field.words);
    assert_eq!(words(Kind::Goal, "status"), Some(GoalStatus::WORDS));
    assert_eq!(words(Kind::Task, "status"), Some(TaskStatus::WORDS));
    assert_eq!(words(Kind::Message, "role"), Some(Role::WORDS));
    assert_eq!(words(Kind::Decision, "intelligence_level"), Some(IntelligenceLevel::WORDS));
}

#[test]
fn a_table_leaves_stubs_if_records_refer_to_it() {
    for &kind in KINDS {
        let is_referred_to = 0 < kind.children().count();
        assert_eq!(leaves_stub(kind), is_referred_to, "{kind}");
        assert_eq!(children(kind).count(), kind.children().count(), "{kind}");
    }
}

#[test]
fn every_reference_has_its_column() {
    for &kind in KINDS {
        let table = of(kind);
        let columns = usize::from(table.parent.is_some()) + usize::from(table.of_session);
        assert_eq!(columns, kind.parents().len(), "{kind}");
    }
}

#[test]
fn children_are_dropped_before_their_parents() {
    let place = |kind| with_stubs().position(|other| other == kind);
    for kind in with_stubs() {
        if let Some(parent) = of(kind).parent {
            assert!(place(kind) < place(parent.kind), "{kind}");
        }
    }
}

#[test]
fn the_index_has_a_code_for_each_kind_with_searched_fields() {
    // Summaries are searched in long-term memory, which is fed all of them.
    let searched = |kind: &&Kind| **kind != Kind::Summary && kind.searched_fields().count() != 0;
    let searched: BTreeSet<Kind> = KINDS.iter().filter(searched).copied().collect();
    assert_eq!(searched, CODES.iter().map(|(kind, _)| *kind).collect());
}
