//! The bundled model.

use std::sync::Arc;

use aios_embedding::{Embedder, StaticModel};

use crate::dot;

#[test]
fn it_is_loaded_once_and_names_itself() {
    let model = StaticModel::bundled().unwrap();
    assert!(Arc::ptr_eq(&model, &StaticModel::bundled().unwrap()));
    assert_eq!(model.dimension(), 256);
    let fingerprint = model.fingerprint().as_str();
    assert!(fingerprint.starts_with("all-MiniLM-L6-v2-static@"), "{fingerprint}");
    assert!(fingerprint.ends_with("/mean/256"), "{fingerprint}");
}

#[test]
fn similar_texts_have_similar_vectors() {
    let model = StaticModel::bundled().unwrap();
    let check = |query: &str, near: &str, far: &str| {
        let query_vector = model.embed_query(query).unwrap();
        let vectors = model.embed_documents(&[near, far]).unwrap();
        let (near, far) = (dot(&query_vector, &vectors[0]), dot(&query_vector, &vectors[1]));
        assert!(far + 0.1 < near, "{query}: {near} against {far}");
    };
    check("which database do we use", "The ledger is kept in SQLite", "She adopted a puppy");
    check("pets", "Melanie has a dog and two cats", "The invoice is due on Friday");
    check("server crash", "nginx went down after the restart", "We hiked in the mountains");
}

#[test]
fn vectors_have_length_one_or_are_zero() {
    let model = StaticModel::bundled().unwrap();
    let unknown = "\u{E000}".repeat(3) + &"x".repeat(101);
    for text in ["one", "a longer text, with 3 numbers: 1 2 3", "naïve café"] {
        let vector = model.embed_query(text).unwrap();
        assert!((dot(&vector, &vector) - 1.0).abs() < 1e-5, "{text}");
    }
    for text in ["", "  \n", &unknown, "\u{0}\u{7}", "東京"] {
        assert_eq!(model.embed_query(text).unwrap(), vec![0.0; 256], "{text:?}");
    }
}

#[test]
fn tokens_are_counted_with_unknown_words_and_without_special_tokens() {
    let model = StaticModel::bundled().unwrap();
    let check = |text: &str, expect: usize| assert_eq!(model.count_tokens(text), expect, "{text}");
    check("", 0);
    check("hello world", 2);
    check("Hello, World!", 4);
    check("unaffable", 3);
    check("[SEP]", 3);
    check(&"x".repeat(101), 1);
    check("日本", 2);
}
