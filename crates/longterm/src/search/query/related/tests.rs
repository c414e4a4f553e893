//! Words that count as related.

use aios_analysis::Language;

use super::*;

fn related_to(terms: &[&str], language: Language) -> Vec<&'static str> {
    let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
    let related = related(&terms, Analyzer::of(language));
    assert!(related.iter().all(|related| (0.4..=1.0).contains(&related.cosine)), "{related:?}");
    related.into_iter().map(|related| related.term).collect()
}

#[test]
fn words_of_nearly_the_same_meaning_are_related() {
    let found = related_to(&["dog", "bought"], Language::English);
    assert!(found.contains(&"puppi") && found.contains(&"purchas"), "{found:?}");
    assert!(related_to(&["bought"], Language::English).contains(&"buy"));
}

#[test]
fn what_is_asked_for_or_only_asks_is_not_related_too() {
    assert!(!related_to(&["bought", "buy"], Language::English).contains(&"buy"));
    let analyzer = Analyzer::of(Language::English);
    for found in related_to(&["discuss", "friend", "late"], Language::English) {
        assert!(!analyzer.asks(found), "{found}");
    }
}

#[test]
fn other_languages_and_long_queries_have_no_relations() {
    assert!(related_to(&["dog"], Language::German).is_empty());
    assert!(related_to(&["dog"; QUERY_TERMS_MAX + 1], Language::English).is_empty());
}
