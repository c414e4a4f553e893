//! What counts as a term.

use super::*;

fn check(text: &str, expect: &str) {
    assert_eq!(Analyzer::new(Language::English).terms(text).join(" "), expect);
}

#[test]
fn words_are_lower_case_stemmed_and_plain() {
    check("She was RUNNING, quickly!", "she was run quick");
    check("  ", "");
    check("--- ... !!!", "");
    check("Z\u{fc}rich na\u{ef}ve", "zurich naiv");
    check("Caroline's painting", "carolin paint");
}

#[test]
fn identifiers_are_found_whole_and_by_part() {
    check("ERR_CONN_RESET", "err_conn_reset err conn reset");
    check("nginx-1.24.0.", "nginx-1.24.0 nginx 1 24 0");
    check("getUserName()", "getusername get user name");
    check("/etc/hosts", "etc/hosts etc host");
}

#[test]
fn cjk_is_cut_into_bigrams() {
    check("\u{6771}\u{4eac}\u{30bf}", "\u{6771}\u{4eac} \u{4eac}\u{30bf}");
}

#[test]
fn a_term_has_a_limit_and_stays_whole_characters() {
    let terms = Analyzer::new(Language::None).terms(&"\u{e9}\u{4e00}".repeat(100));
    assert!(terms.iter().all(|term| term.len() <= TERM_BYTES_MAX));
}

#[test]
fn a_query_loses_what_only_asks_unless_nothing_else_is_left() {
    let analyzer = Analyzer::new(Language::English);
    assert_eq!(analyzer.query_terms("When did Ada go to Rome, Rome?"), ["ada", "go", "rome"]);
    assert_eq!(analyzer.query_terms("Who is it?"), ["who", "is", "it"]);
    assert!(analyzer.query_terms("?!").is_empty());
}

#[test]
fn names_that_are_words_which_only_ask_are_told_by_their_capital() {
    let check = |query: &str, expect: &[&str]| {
        assert_eq!(Analyzer::new(Language::English).query_names(query), expect, "{query}");
    };
    check("What did Will say to May?", &["will", "may"]);
    check("Will's dog. May I pet it?", &["will"]);
    check("what will he do in may", &[]);
    check("WHAT WILL HE DO", &[]);
    check("What did Ada and I say?", &[]);
}

#[test]
fn another_language_stems_by_its_own_rules() {
    let terms = Analyzer::new(Language::German).terms("H\u{e4}user");
    assert_eq!(terms, ["haus"]);
}
