//! Owners, keys and identities.

use aios_record::{Error, Id, Identity, Key, Kind, OWNER_BYTES_MAX, Owner, encode};
use proptest::prelude::*;

#[test]
fn a_user_name_is_1_to_128_visible_bytes() {
    for refused in ["", " ", "\t", "\u{3000}", "a\nb", "a\u{1f}b", "a\u{85}b", "\u{7f}"] {
        let error = Owner::user(refused).expect_err(refused);
        assert!(matches!(error, Error::OwnerName { .. }), "{refused:?}");
    }
    assert!(Owner::user(&"x".repeat(OWNER_BYTES_MAX)).is_ok());
    assert!(Owner::user(&"x".repeat(OWNER_BYTES_MAX + 1)).is_err());
    assert!(Owner::user(&"x".repeat(5000)).is_err());
    for accepted in ["ada", "ada lovelace", "default", "shared", "a/b", "\u{5c71}"] {
        assert_eq!(Owner::user(accepted).unwrap().name(), Some(accepted));
    }
}

#[test]
fn user_names_are_compared_after_nfc() {
    let composed = Owner::user("Jos\u{e9}").unwrap();
    assert_eq!(Owner::user("Jose\u{301}").unwrap(), composed);
    assert_ne!(Owner::user("jos\u{e9}").unwrap(), composed);
}

#[test]
fn a_key_is_kind_and_id() {
    let key: Key = "goal/a/b".parse().unwrap();
    assert_eq!((key.kind, key.id.as_str()), (Kind::Goal, "a/b"));
    assert_eq!("goals/a/b".parse::<Key>(), Ok(key));
    for malformed in ["goal", "///", "/", " /g1"] {
        assert!(matches!(malformed.parse::<Key>(), Err(Error::NotAKey { .. })), "{malformed}");
    }
    assert!(matches!("gaol/1".parse::<Key>(), Err(Error::UnknownKind { .. })));
    assert!(matches!("goal/".parse::<Key>(), Err(Error::IdLength { .. })));
}

#[test]
fn an_identity_serializes_with_its_user() {
    let key: Key = "goal/g1".parse().unwrap();
    let check = |identity: Identity, expected: &str| {
        let text = serde_json::to_string(&identity).unwrap();
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Identity>(&text).unwrap(), identity);
    };
    check(key.clone().of(Owner::SHARED), r#"{"key":"goal/g1"}"#);
    check(key.of(Owner::user("ada").unwrap()), r#"{"key":"goal/g1","user":"ada"}"#);
}

#[test]
fn decode_refuses_other_texts() {
    for text in ["", "goal/g1", "ada\u{1f}goal", "ada\u{1f}gaol/1", "ada\u{1f}goal/"] {
        assert!(Identity::decode(text).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn encoded_identities_are_read_back_and_differ(
        owners in prop::array::uniform2("[^\\x00-\\x1f]{0,12}"),
        ids in prop::array::uniform2("\\PC{1,12}|[\\x01-\\x7f]{1,12}"),
        kinds in prop::array::uniform2(prop::sample::select(Kind::ALL.to_vec())),
    ) {
        let identity = |at: usize| {
            let id = Id::new(ids[at].as_str()).unwrap();
            Identity::new(Owner::from_stored(owners[at].as_str()), kinds[at], id)
        };
        let (a, b) = (identity(0), identity(1));
        prop_assert_eq!(Identity::decode(&a.encode()).unwrap(), a.clone());
        prop_assert_eq!(a.encode(), encode(a.owner.as_str(), a.kind, a.id.as_str()));
        prop_assert_eq!(a == b, a.encode() == b.encode());
    }
}
