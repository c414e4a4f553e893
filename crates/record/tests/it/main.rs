//! The vocabulary through its public API.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod forms;
mod gate;
mod keys;
mod kinds;
mod remedy;

use aios_record::{Error, Id, Kind, Record, Scope, ScopeFilter, Tier};

#[test]
fn an_id_has_1_to_128_bytes() {
    assert_eq!(Id::new(""), Err(Error::IdLength { bytes: 0 }));
    assert!(Id::new("x".repeat(128)).is_ok());
    assert_eq!(Id::new("x".repeat(129)), Err(Error::IdLength { bytes: 129 }));
    assert!(serde_json::from_str::<Id>("\"\"").is_err());
}

#[test]
fn generated_ids_differ_and_fit() {
    let (a, b) = (Id::generate(), Id::generate());
    assert_ne!(a, b);
    assert_eq!(a.as_str().len(), 36);
}

#[test]
fn every_kind_is_found_by_its_names() {
    for &kind in Kind::ALL {
        assert_eq!(kind.as_str().parse::<Kind>(), Ok(kind));
        assert_eq!(Kind::from_collection(kind.collection()), Ok(kind));
        for meant in [kind.as_str(), kind.collection(), &kind.as_str().replace('_', "-")] {
            assert_eq!(Kind::meant_by(meant), Ok(kind));
        }
    }
    let error = "tool".parse::<Kind>().unwrap_err().to_string();
    assert!(error.contains("tool_call"), "{error}");
}

#[test]
fn tiers_are_known_by_every_spelling() {
    for name in ["longterm", "long_term", "long-term", "LongTerm"] {
        assert_eq!(name.parse::<Tier>(), Ok(Tier::Longterm));
    }
    assert!("attic".parse::<Tier>().is_err());
}

#[test]
fn a_scope_on_a_read_means_equal_or_absent() {
    let ada = Scope::default().with_user("ada");
    let bob = Scope::default().with_user("bob");
    let shared = Scope::default();
    let filter = ScopeFilter::new(ada.clone());
    assert!(filter.admits(&ada) && filter.admits(&shared) && !filter.admits(&bob));
    let exact = ScopeFilter::exact(ada.clone());
    assert!(exact.admits(&ada) && !exact.admits(&shared) && !exact.admits(&bob));
    let anyone = ScopeFilter::default();
    assert!(anyone.admits(&ada) && anyone.admits(&shared));
    assert!(filter.admits(&ada.clone().with_session("s1")));
}

#[test]
fn a_record_survives_json() {
    let id = Id::new("m/1").unwrap();
    let mut record = Record::new(Kind::Message, id, "hi", Scope::default().with_session("s"));
    record.occurred_at = Some("2023-05-08T13:56:00Z".parse().unwrap());
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    assert_eq!(record.key().to_string(), "message/m/1");
}
