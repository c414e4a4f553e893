//! Limits are named by settings that exist.

use super::*;
use crate::{Error, config::KEYS};

#[test]
fn every_limit_is_a_setting() {
    for (_, setting) in LIMITS {
        assert!(KEYS.iter().any(|key| key.path() == *setting), "{setting}");
    }
}

#[test]
fn a_limit_is_named_by_its_setting_or_not_at_all() {
    let full = aios_longterm::Error::LimitReached { bytes: 2, bytes_max: 1 };
    let remedy = Error::from(full).remedy();
    assert_eq!(remedy, Some(Remedy::Purge { setting: "longterm.max_disk_bytes" }));
    let event = aios_operational::Error::TooLong { what: "event", bytes: 2, bytes_max: 1 };
    assert_eq!(Error::from(event).remedy(), None);
}
