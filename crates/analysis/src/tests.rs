//! The terms of texts, and those that a query matches.

use proptest::prelude::*;
use unicode_normalization::char::is_combining_mark;

use super::*;

fn check(text: &str, expect: &str) {
    assert_eq!(Analyzer::of(Language::English).terms(text).join(" "), expect, "{text}");
}

#[test]
fn words_are_lower_case_stemmed_and_plain() {
    check("She was RUNNING, quickly!", "she was run quick");
    check("  ", "");
    check("--- ... !!!", "");
    check("Z\u{fc}rich na\u{ef}ve", "zurich naiv");
    check("Caroline's painting", "carolin paint");
    check("stra\u{df}e STRASSE", "strass strass");
    check("\u{ff21}\u{ff22}\u{ff23} \u{fb01}ne m\u{b2} Zoe\u{301}", "abc fine m2 zoe");
    check("soft\u{ad}ware\u{200b}", "softwar");
    check("caf\u{e9}\u{2014}bar", "cafe bar");
}

#[test]
fn identifiers_are_found_whole_joined_and_by_part() {
    check("ERR_CONN_RESET", "errconnreset err conn reset");
    check("nginx-1.24.0.", "nginx-1.24.0 nginx 1 24 0");
    check("getUserName()", "getusernam get user name");
    check("get_user_name", "getusernam get user name");
    check("HTTPServer PCs", "httpserver http server pcs");
    check("log-in", "login log in");
    check("(/etc/hosts)", "/etc/hosts etc/hosts etc host");
    check("node.js v1.2.3", "nodej node js v1.2.3 v1 2 3");
    check(
        "a@example.org, 10.0.0.1:80",
        "a@example.org a exampl org 10.0.0.1:80 10.0.0.1 10 0 0 1 80",
    );
}

#[test]
fn signs_distinguish_terms() {
    check("C C++ (C#), C/C++.", "c c++ `c c# `c c/c++ c c++ `c");
    check(".NET is at -5 +5 5", ".net net is at -5 `5 +5 `5 5");
    check("\u{2212}4 degrees", "-4 `4 degre");
    check("5% and 5 %, \u{20ac}5 $ 5", "5% `5 and 5% `5 \u{20ac}5 `5 $5 `5");
    check("#tag @name --force -f", "#tag tag @name name --force forc -f f");
    check("well - known 3-5", "well known 3-5 3 5");
    check("**bold** `-5` \"quoted\"", "bold -5 `5 quot");
}

#[test]
fn groups_of_digits_are_one_number() {
    check("$1,299.00", "$1299 `1299 1,299.00 1299.00 1,299 1299");
    check("-1,299", "-1299 `1299 1,299");
    check("1,299 1'299 1299.00", "1,299 1299 1'299 1299 1299.00 1299");
    check("1.299,00", "1.299,00 1299 1299,00 1.299");
    check("1,299,000", "1,299,000 1299000");
    check("1 299,", "1299 1 299");
    check("1.299 3,14", "1.299 1 299 3,14 3 14");
    check("1,299.50", "1,299.50 1299.50 1,299 1299");
    check("192.168.100.200", "192.168.100.200 192 168 100 200");
    check("\u{661}\u{662}", "12");
}

#[test]
fn days_have_one_spelling() {
    for text in ["02.03.2026", "2 March 2026", "March 2nd, 2026", "2026/03/02", "2. Mar. 2026"] {
        let terms = Analyzer::of(Language::English).terms(text);
        assert!(terms.contains(&"2026-03-02".to_owned()), "{text}: {terms:?}");
    }
    let day = |text: &str| Analyzer::of(Language::English).terms(text).pop().unwrap();
    check("on 2026-03-02.", "on 2026-03-02 2026 03 02");
    assert_eq!(day("13/02/2026"), "2026-02-13");
    assert_eq!(day("02/13/2026"), "2026-02-13");
    assert_eq!(day("02/03/2026"), "2026");
    assert_eq!(day("32 March 2026"), "2026");
}

#[test]
fn a_query_for_a_day_has_no_terms_for_its_numbers() {
    let check = |text: &str, expect: &[&str]| {
        assert_eq!(Analyzer::of(Language::English).query(text).terms, expect, "{text}");
    };
    for text in ["2026-03-02", "02.03.2026", "(2. 3. 2026)?", "2026/03/02"] {
        check(text, &["2026-03-02"]);
    }
    check("met on 2 March 2026, or 4 cats", &["met", "march", "4", "cat", "2026-03-02"]);
    check("March 2nd, 2026", &["march", "2026-03-02"]);
    check("02/03/2026", &["02/03/2026", "02", "03", "2026"]);
    let log = "log-2026-03-02.txt";
    check(log, &["log-2026-03-02.txt", "log", "2026", "03", "02", "txt", "2026-03-02"]);
}

#[test]
fn scripts_without_spaces_give_neighbours_and_characters() {
    check(
        "\u{6771}\u{4eac}\u{30bf}",
        "\u{6771}\u{4eac} \u{4eac}\u{30bf} \u{6771} \u{4eac} \u{30bf}",
    );
    check("\u{732b}", "\u{732b}");
    check("\u{e41}\u{e21}\u{e27}", "\u{e41}\u{e21} \u{e21}\u{e27} \u{e41} \u{e21} \u{e27}");
    check(
        "\u{1f680}go \u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}",
        "\u{1f680} go \u{1f1e9}\u{1f1ea} \u{1f1eb}\u{1f1f7}",
    );
    check("\u{1f44d}\u{1f3fd} 4\u{b0}C", "\u{1f44d} 4 \u{b0} c");
    // The marks of Devanagari are kept, the marks of Arabic are not.
    check(
        "\u{926}\u{93f}\u{932}\u{94d}\u{932}\u{940}",
        "\u{926}\u{93f}\u{932}\u{94d}\u{932}\u{940}",
    );
    check("\u{643}\u{650}\u{62a}", "\u{643}\u{62a}");
}

#[test]
fn long_terms_are_cut_at_character_boundaries() {
    let terms = Analyzer::of(Language::None).terms(&"\u{e9}\u{4e00}".repeat(100));
    assert!(terms.iter().all(|term| term.len() <= words::TERM_BYTES_MAX));
}

#[test]
fn a_query_drops_question_words_unless_it_has_no_others() {
    let terms = |text: &str| Analyzer::of(Language::English).query(text).terms;
    assert_eq!(terms("When did Ada go to Rome, Rome?"), ["ada", "go", "rome"]);
    assert_eq!(terms("Where does Ada live now?"), ["ada", "live"]);
    assert_eq!(terms("Who is it?"), ["who", "is", "it"]);
    assert!(terms("?!").is_empty());
    assert_eq!(terms("\u{6771}\u{4eac}\u{30bf}"), ["\u{6771}\u{4eac}", "\u{4eac}\u{30bf}"]);
    assert_eq!(terms("C++ or C++"), ["c++"]);
}

#[test]
fn variants_differ_in_signs() {
    let check = |text: &str, expect: &[(&str, usize)]| {
        let variants = Analyzer::of(Language::English).query(text).variants();
        let found: Vec<_> = variants.iter().map(|it| (&*it.term, it.to)).collect();
        assert_eq!(found, expect, "{text}");
    };
    check("5", &[("`5", 0)]);
    check("-5", &[("5", 0), ("`5", 0)]);
    check("1,299.00", &[("1299", 0), ("`1299", 0)]);
    check("#tag", &[("tag", 0)]);
    check("oven -5", &[("`oven", 0), ("5", 1), ("`5", 1)]);
}

#[test]
fn other_spellings_are_used_if_texts_have_them() {
    let check = |query: &str, texts: &[(&str, u64)], expect: &[(&str, usize)]| {
        let analyzer = Analyzer::of(Language::English);
        let query = analyzer.query(query);
        let with = |term: &str| texts.iter().find(|it| it.0 == term).map_or(0, |it| it.1);
        let known = |at: usize| if 0 < with(&query.terms[at]) { Known::InTexts } else { Known::No };
        let guesses = query.guesses(analyzer, known);
        let taken = Guess::taken(guesses, with);
        let taken: Vec<_> = taken.iter().map(|it| (&*it.term, it.to)).collect();
        assert_eq!(taken, expect);
    };
    let texts = [("databas", 9), ("port", 8), ("stage", 7), ("data", 3), ("base", 2), ("login", 1)];
    check("databse prot stagign", &texts, &[("databas", 0), ("port", 1), ("stage", 2)]);
    check("database", &texts, &[]);
    check("data base", &texts, &[("databas", 0), ("databas", 1)]);
    check("database", &texts[3..], &[("data", 0), ("base", 0)]);
    check("log in", &texts, &[("login", 0)]);
    check("data, base", &texts, &[("databas", 0), ("databas", 1)]);
    // Known words and wrong first letters are not corrected.
    check("port atabase", &texts, &[]);
    let many = [("plane", 1), ("plank", 2), ("plant", 3), ("plain", 4), ("leaf", 1), ("per", 1)];
    check("planx", &many, &[("plant", 0), ("plank", 0), ("plane", 0)]);
    check("plani", &many, &[("plain", 0), ("plant", 0), ("plank", 0)]);
    check("leak person", &many, &[]);
}

#[test]
fn a_word_of_the_language_is_split_but_not_corrected() {
    let analyzer = Analyzer::of(Language::English);
    let guessed = |word: &str, known: Known| -> Vec<String> {
        let guesses = analyzer.query(word).guesses(analyzer, |_| known);
        guesses.iter().flat_map(Guess::terms).map(str::to_owned).collect()
    };
    let has = |terms: &[String], term: &str| terms.iter().any(|it| it == term);
    assert!(has(&guessed("listed", Known::No), "listen"));
    assert!(!has(&guessed("listed", Known::InLanguage), "listen"));
    assert!(has(&guessed("database", Known::InLanguage), "base"));
    assert!(guessed("database", Known::InTexts).is_empty());
}

#[test]
fn capitalised_question_words_may_be_names() {
    let check = |query: &str, expect: &[&str]| {
        assert_eq!(Analyzer::of(Language::English).query_names(query), expect, "{query}");
    };
    check("What did Will say to May?", &["will", "may"]);
    check("Will's dog. May I pet it?", &["will"]);
    check("what will he do in may", &[]);
    check("WHAT WILL HE DO", &[]);
    check("What did Ada and I say?", &[]);
}

#[test]
fn another_language_stems_by_its_own_rules() {
    let terms = Analyzer::of(Language::German).terms("H\u{e4}user");
    assert_eq!(terms, ["haus"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each word of a text finds the text: by a term, or by a variant of one.
    #[test]
    fn a_text_is_found_by_each_of_its_words(text in "(\\PC{1,8} ){1,6}") {
        let analyzer = Analyzer::of(Language::English);
        let terms: HashSet<String> = analyzer.terms(&text).into_iter().collect();
        for term in &terms {
            prop_assert!(!term.contains(char::is_whitespace) && !term.is_empty(), "{term:?}");
        }
        for word in text.split_whitespace() {
            let query = analyzer.query(word);
            let variants = query.variants();
            let found = query.terms.iter().chain(variants.iter().map(|it| &it.term));
            let is_found = found.into_iter().any(|term| terms.contains(term));
            prop_assert!(query.terms.is_empty() || is_found, "{word:?} in {text:?}: {terms:?}");
            // A vowel sign alone is not a word.
            let says = |c: char| c.is_alphanumeric() && !is_combining_mark(c);
            prop_assert!(!word.contains(says) || !query.terms.is_empty(), "{word:?}");
        }
    }
}

/// A text in each language, and another form of one of its words.
const INFLECTED: [(&str, &str); 8] = [
    ("Wir haben gestern zwei alte H\u{e4}user in der Stadt besichtigt.", "Haus"),
    ("Der Hund l\u{e4}uft mit den Kindern durch den Garten.", "Kinder"),
    ("Compramos muchas manzanas rojas en el mercado del pueblo.", "comprar"),
    ("Les enfants ont chant\u{e9} de belles chansons pour la f\u{ea}te.", "chanter"),
    ("Abbiamo visitato le chiese antiche della nostra citt\u{e0}.", "visitare"),
    ("As crian\u{e7}as brincavam nos jardins da escola nova.", "brincar"),
    ("De kinderen hebben vandaag twee grote huizen getekend.", "getekende"),
    (
        "\u{41c}\u{44b} \u{43a}\u{443}\u{43f}\u{438}\u{43b}\u{438} \
         \u{43d}\u{43e}\u{432}\u{44b}\u{435} \u{43a}\u{43d}\u{438}\u{433}\u{438} \
         \u{434}\u{43b}\u{44f} \u{448}\u{43a}\u{43e}\u{43b}\u{44b}.",
        "\u{43a}\u{43d}\u{438}\u{433}\u{430}",
    ),
];

#[test]
fn a_text_is_found_by_other_forms_of_its_words_in_its_own_language() {
    let analyzer = Analyzer::of(Language::Auto);
    for (text, word) in INFLECTED {
        let terms: HashSet<String> = analyzer.terms(text).into_iter().collect();
        let variants = analyzer.query(word).variants();
        let found = variants.iter().filter(|it| it.term.starts_with(words::FOREIGN));
        let found: Vec<_> = found.filter(|it| terms.contains(&it.term)).collect();
        assert!(!found.is_empty(), "{word}: {variants:?} in {terms:?}");
        // A store set to English has no terms of other languages.
        let english = Analyzer::of(Language::English);
        assert!(english.terms(text).iter().all(|term| !term.starts_with(words::FOREIGN)));
        assert!(!english.query(word).variants().iter().any(|it| it.term.starts_with('^')));
    }
}

#[test]
fn english_texts_have_no_terms_of_other_languages() {
    let (auto, english) = (Analyzer::of(Language::Auto), Analyzer::of(Language::English));
    for text in [
        "She bought two kilos of apples and a loaf of bread.",
        "ok, see you there",
        "The disk is almost full and backups are failing.",
        "Meeting moved to Thursday",
        "I usually go running before work.",
        "cargo build --release fails with error E0433",
        "Restart nginx on the staging host",
        "Ada prefers short answers with the command to run.",
        "Paris, Berlin and Rome",
        "GET /api/v1/users returned 500",
        "pizza margherita for two",
        "Quarterly revenue grew by four percent.",
    ] {
        assert_eq!(auto.terms(text), english.terms(text), "{text}");
        assert_eq!(auto.query(text).terms, english.query(text).terms, "{text}");
    }
}
