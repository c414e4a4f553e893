//! Queries in scripts without spaces, and the remaining words.

use super::*;

#[test]
fn phrases_that_only_ask_are_cut_out_unless_nothing_else_is_left() {
    let cases = [
        ("\u{732b}\u{53eb}\u{4ec0}\u{4e48}\u{540d}\u{5b57}", "\u{732b}\u{53eb} \u{540d}\u{5b57}"),
        (
            "\u{8bf7}\u{95ee}\u{4e0a}\u{6b21}\u{8bf4}\u{7684}\u{7259}\u{533b}\u{662f}\u{4ec0}\u{4e48}\u{65f6}\u{5019}",
            "  \u{7259}\u{533b}\u{662f} ",
        ),
        ("\u{732b}\u{53eb}\u{4ec0}\u{9ebc}\u{540d}\u{5b57}", "\u{732b}\u{53eb} \u{540d}\u{5b57}"),
        (
            "\u{4f55}\u{6642}\u{3067}\u{3059}\u{304b}\u{4f1a}\u{8b70}\u{306f}",
            "  \u{4f1a}\u{8b70}\u{306f}",
        ),
        (
            "\u{d68c}\u{c758}\u{b294} \u{c5b8}\u{c81c} \u{c2dc}\u{c791}\u{d574}",
            "\u{d68c}\u{c758}\u{b294}   \u{c2dc}\u{c791}\u{d574}",
        ),
        ("\u{4ec0}\u{4e48}\u{65f6}\u{5019}", "\u{4ec0}\u{4e48}\u{65f6}\u{5019}"),
        ("\u{4ec0}\u{4e48} (why?)", "  (why?)"),
        ("\u{c65c}\u{ace1}\u{b41c} \u{c0ac}\u{c9c4}", "\u{c65c}\u{ace1}\u{b41c} \u{c0ac}\u{c9c4}"),
        ("when is it", "when is it"),
    ];
    for (query, expect) in cases {
        assert_eq!(without_asking(query), expect, "{query}");
    }
}
