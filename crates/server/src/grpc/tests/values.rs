//! Conversions of single values.

use aios_memory::{Kind, Timestamp};

use crate::grpc::{
    records::{opened, sealed},
    values,
};

#[test]
fn zero_and_empty_mean_not_given() {
    assert_eq!(values::text(String::new()), None);
    assert_eq!(values::time("t", 0).unwrap(), None);
    assert_eq!(values::count("n", 0, 10).unwrap(), None);
    assert_eq!(values::share("r", 0.0).unwrap(), None);
    assert_eq!(values::json("j", b"").unwrap(), None);
    assert_eq!(values::kinds("k", &[]).unwrap(), None);
}

#[test]
fn times_are_seconds_since_1970() {
    // Eight digits are not parsed as a date.
    let time = values::time("t", 20_260_508).unwrap();
    assert_eq!(time, Some(Timestamp::from_second(20_260_508).unwrap()));
    for seconds in [-1, i64::MIN, i64::MAX, 400_000_000_000] {
        let failure = values::time("created_at", seconds).unwrap_err();
        assert_eq!(failure.class.grpc(), tonic::Code::InvalidArgument);
        assert!(failure.message.contains("`created_at`"), "{}", failure.message);
    }
}

#[test]
fn numbers_outside_their_range_are_refused_with_the_field() {
    for (count, most) in [(-1, 10), (11, 10), (i32::MIN, 10)] {
        assert!(values::count("n_results", count, most).unwrap_err().message.contains("n_results"));
    }
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(values::share("min_relevance", share).is_err(), "{share}");
    }
    assert_eq!(values::count("n", 10, 10).unwrap(), Some(10));
    assert_eq!(values::share("r", 1.0).unwrap(), Some(1.0));
}

#[test]
fn json_that_is_none_or_too_deep_is_refused_with_the_field() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for bytes in ["{", "{} {}", "\u{1}", &deep] {
        let failure = values::json("data_json", bytes.as_bytes()).unwrap_err();
        assert!(failure.message.contains("`data_json`"), "{}", failure.message);
    }
    assert!(values::json("data_json", &[0xff]).is_err());
    assert_eq!(values::json("data_json", b"[1]").unwrap(), Some(serde_json::json!([1])));
}

#[test]
fn kinds_are_named_by_kind_or_collection() {
    for name in ["config_change", "config_history", "config-history"] {
        assert_eq!(values::kind("k", name).unwrap(), Kind::ConfigChange);
    }
    let failure = values::kind("collections", "receipts").unwrap_err();
    for part in ["`collections`", "`receipts`", "procedures", "config_history"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
}

#[test]
fn a_page_token_opens_only_the_list_that_it_is_of() {
    let token = sealed(Kind::Goal, "2026-05-08T13:56:00Z.7");
    assert!(token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(opened(Kind::Goal, &token).as_deref(), Some("2026-05-08T13:56:00Z.7"));
    assert_eq!(opened(Kind::Task, &token), None);
    for other in ["", "7", "zz", &token[1..], "\u{e4}\u{e4}"] {
        assert_eq!(opened(Kind::Goal, other), None, "{other}");
    }
}

#[test]
fn json_with_a_field_given_twice_is_refused() {
    let failure = values::json("data_json", br#"{"a": {"b": 1, "b": 2}}"#).unwrap_err();
    assert!(failure.message.starts_with("`data_json`: duplicate field `b`"), "{}", failure.message);
    assert!(values::json("data_json", br#"{"a": 1, "b": {"a": 2}}"#).unwrap().is_some());
}
