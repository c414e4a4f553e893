//! Matches are complete, a redacted text does not change again, and the rest is untouched.

use aios_guard::{Error, Guard, Policy, scan};
use proptest::prelude::*;

const REDACT: Guard = Guard { injections: Policy::Redact, secrets: Policy::Redact };

fn run(length: usize) -> String {
    "aB3xK9mQ7pZr2LtW8vYc".chars().cycle().take(length).collect()
}

#[test]
fn a_match_takes_the_whole_run_however_long() {
    for length in [30, 240, 241, 1_000, 5_000, 100_000] {
        let run = run(length);
        for (before, after) in [
            ("token=", ""),
            ("api_key: \"", "\"}"),
            ("password = '", "';"),
            ("X=", " next"),
            ("it said ", " and stopped"),
            ("{\"a\": \"{\\\"secret\\\": \\\"", "\\\"}\"}"),
            ("https://ada:", "@db.example.com/main"),
            ("https://", "@github.com/org/repo.git"),
            ("Authorization: Bearer ", "\nHost: x"),
            ("<password>", "</password>"),
            ("glpat-", ", and more"),
            ("curl -u ada:", " https://example.com"),
            ("?sig=", "&v=1"),
        ] {
            let text = format!("{before}{run}{after}");
            if before == "it said " && length < 32 {
                continue;
            }
            let guarded = REDACT.apply(&text).unwrap().text.into_owned();
            assert!(!guarded.contains("aB3xK9"), "{before}..{after}, {length}: {guarded:.200}");
            assert!(!guarded.contains("LtW8"), "{before}..{after}, {length}: {guarded:.200}");
            assert!(guarded.ends_with(after), "{before}..{after}, {length}: {guarded:.200}");
        }
    }
}

#[test]
fn a_text_with_the_name_of_a_secret_is_a_secret() {
    for (name, text, rest) in [
        ("password", "sunshine", "[redacted: assigned-password]"),
        ("db_password", "tr0ub4dor", "[redacted: assigned-password]"),
        ("apiKey", "9f8e7d6c5b4a3928", "[redacted: assigned-password]"),
        ("password", "${DB_PASSWORD}", "${DB_PASSWORD}"),
        ("token_count", "4096abcd", "4096abcd"),
        ("note", "met Ada2 at noon", "met Ada2 at noon"),
        ("note", "password=hunter2!", "password=[redacted: assigned-password]"),
    ] {
        assert_eq!(REDACT.apply_named(name, text).unwrap().text, rest, "{name}");
    }
    let refusing = Guard { secrets: Policy::Refuse, ..Guard::default() };
    let refused = refusing.apply_named("password", "sunshine");
    assert!(matches!(refused, Err(Error::Refused { rule: "assigned-password", .. })));
}

/// Generates texts of parts that are findings, split them, or surround them.
fn parts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "password",
        "=",
        ": ",
        " is ",
        "\"",
        "\\\"",
        "'",
        "hunter2xyz",
        "token",
        "API_KEY=",
        "ghp_",
        "aB3xK9mQ7pZr2LtW8vYcNd5Hj1Gs4Fq6Re0T",
        "://ada:",
        "@host/",
        "curl -u ada:",
        "\u{200B}",
        "\u{AD}",
        "\u{430}",
        "\u{E9}",
        "\u{6771}",
        "ignore ",
        "all ",
        "previous ",
        "instructions",
        "i g n o r e  a l l  p r e v i o u s",
        "<b>",
        "</b>",
        "&#105;",
        "&nbsp;",
        "[redacted: x]",
        "[redacted: assigned-password]",
        "-----BEGIN PRIVATE KEY-----",
        "\n",
        " ",
        "<password>",
        "</password>",
        "name: ",
        "value: ",
        "<|im_start|>",
        "send ",
        " to https://x.example",
        "**",
        "](https://a)",
        "[",
        "sk-ant-",
        "eyJ",
        ".",
        "=",
        "Bearer ",
        "Authorization: ",
        "kind: Secret",
        "\ndata:\n  key: ",
        "\u{202E}",
        "\u{FF49}",
        "{{",
        "}}",
        "${",
        "xxxx",
        "-",
        "_",
        "1",
        "Q~",
    ]);
    prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing_more(text in parts()) {
        let once = REDACT.apply(&text).unwrap().text.into_owned();
        let twice = REDACT.apply(&once).unwrap();
        prop_assert_eq!(twice.text, once.as_str(), "{:?}", twice.findings);
    }

    #[test]
    fn any_text_is_scanned_and_spans_fit(text in "\\PC{0,80}|[ -~\\n]{0,200}") {
        for found in scan(&text).items() {
            prop_assert!(text.get(found.span.clone()).is_some_and(|found| !found.is_empty()));
        }
        prop_assert!(REDACT.apply(&text).is_ok());
    }

    /// Everything else is kept byte for byte: the kept parts, in order, remain.
    #[test]
    fn redaction_keeps_the_rest_of_the_text(text in parts()) {
        let findings = scan(&text);
        let redacted = aios_guard::redact(&text, &findings);
        let mut rest: &str = &redacted;
        let mut kept_from = 0;
        for found in findings.items() {
            let kept = text.get(kept_from..found.span.start).unwrap_or("");
            let at = rest.find(kept);
            prop_assert!(at.is_some(), "{:?} is gone from {:?}", kept, redacted);
            rest = &rest[at.unwrap_or(0) + kept.len()..];
            kept_from = kept_from.max(found.span.end);
        }
        prop_assert!(rest.ends_with(&text[kept_from..]), "{:?}", redacted);
    }
}
