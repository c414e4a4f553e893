//! The list of ageing kinds agrees with the table of kinds.

use std::collections::BTreeSet;

use aios_record::Kind;

use super::AGEING;
use crate::KINDS;

#[test]
fn every_kind_but_settings_ages_or_expires() {
    let ageing: BTreeSet<Kind> = AGEING.iter().map(|(kind, _)| *kind).collect();
    let stored = KINDS.iter().copied().filter(|kind| !kind.is_setting());
    assert_eq!(ageing, stored.collect());
}

#[test]
fn children_age_before_their_parents() {
    let place = |kind| AGEING.iter().position(|(other, _)| *other == kind);
    for (kind, _) in AGEING {
        for parent in kind.parents() {
            assert!(place(*kind) < place(parent.kind), "{kind} {}", parent.kind);
        }
    }
}
