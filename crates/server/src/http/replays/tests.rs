//! The bounds of the kept keys.

use std::time::{Duration, Instant};

use super::*;

fn done(at: Instant, bytes: usize) -> Done {
    let body = Bytes::from(vec![b'x'; bytes]);
    let (status, headers) = (StatusCode::OK, HeaderMap::new());
    Done { hash: [0; 32], at, answer: Some(Answer { status, headers, body }) }
}

fn keep(store: &mut Store, key: &str, at: Instant, bytes: usize) {
    store.keep(key.into(), done(at, bytes));
}

#[test]
fn the_oldest_keys_are_dropped_above_the_number() {
    let mut store = Store::default();
    let now = Instant::now();
    for n in 0..KEYS_MAX + 5 {
        keep(&mut store, &n.to_string(), now, 1);
    }
    assert_eq!((store.calls.len(), store.answers_bytes), (KEYS_MAX, KEYS_MAX));
    assert!(!store.calls.contains_key("4") && store.calls.contains_key("5"));
}

#[test]
fn the_oldest_answers_are_dropped_above_the_bytes() {
    let mut store = Store::default();
    let now = Instant::now();
    for n in 0..20 {
        keep(&mut store, &n.to_string(), now, 1 << 20);
    }
    assert_eq!((store.calls.len(), store.answers_bytes), (16, ANSWERS_BYTES_MAX));
}

#[test]
fn a_key_is_dropped_after_a_day_and_a_newer_one_of_the_same_name_stays() {
    let mut store = Store::default();
    let began = Instant::now();
    let later = began + KEPT / 2;
    keep(&mut store, "old", began, 10);
    keep(&mut store, "again", began, 10);
    keep(&mut store, "again", later, 30);
    assert_eq!(store.answers_bytes, 40);
    store.trim(began + KEPT - Duration::from_secs(1));
    assert_eq!(store.calls.len(), 2);
    store.trim(began + KEPT);
    assert_eq!((store.calls.len(), store.answers_bytes), (1, 30));
    store.trim(later + KEPT);
    assert_eq!((store.calls.len(), store.answers_bytes), (0, 0));
}

#[test]
fn ids_of_a_call_differ_by_its_key_its_body_and_their_index() {
    let with = |name: &str, content| Derived { name: name.into(), content, is_repeated: false };
    let of = |name: &str| with(name, [0; 32]);
    assert_eq!(of("a").id(0), of("a").id(0));
    assert_ne!(of("a").id(0), of("a").id(1));
    assert_ne!(of("a").id(0), of("b").id(0));
    assert_ne!(of("a").id(0), with("a", [1; 32]).id(0));
}
