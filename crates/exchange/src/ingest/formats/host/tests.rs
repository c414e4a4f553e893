//! Texts of hosts in messages of a user.

use super::*;

#[test]
fn texts_of_the_host_are_no_words_of_the_user() {
    for text in [
        "<task-notification>\n<task-id>b1</task-id> done\n</task-notification>",
        "<teammate-message teammate_id=\"lead\">My name is Peter.</teammate-message>",
        "<user-prompt-submit-hook>I live in Oslo.</user-prompt-submit-hook>",
        " <ide_opened_file>a.rs</ide_opened_file>\n<ide_selection>x</ide_selection> ",
        "<of_a_later-version a=\"1\">I live in Oslo.</of_a_later-version>",
        "<system-reminder>The <system-reminder> tag is ours.</system-reminder>",
        "<skill>\n<name>sow</name>\n</skill>",
        "<turn_aborted/>",
        "# Context from my IDE setup:\n\n## Active file: a.rs\n",
    ] {
        assert_eq!(own_words(text), "", "{text}");
    }
}

#[test]
fn texts_of_the_host_beside_words_of_the_user_are_removed() {
    for (text, left) in [
        ("Sow kelp.\n<system-reminder>Be brief.</system-reminder>", "Sow kelp."),
        ("<ide_selection>x</ide_selection>\nSow <b>kelp</b>.", "Sow <b>kelp</b>."),
        (
            "<system-reminder>a</system-reminder>Sow <system-reminder>b</system-reminder>kelp.",
            "Sow kelp.",
        ),
        (
            "# Context from my IDE setup:\n\n## Active file: a.rs\n\n## My request for Codex:\n\
             Sow kelp.\n",
            "Sow kelp.",
        ),
    ] {
        assert_eq!(own_words(text), left, "{text}");
    }
}

#[test]
fn pasted_markup_is_the_users() {
    for text in [
        "<div>\n<p>hello</p>\n</div>",
        "<config><port>1</port></config>",
        "Why is <my-button>this</my-button> red?",
        "<user-memory-input>I prefer tabs.</user-memory-input>",
        "<system-reminder> is in my log.",
        "a < b, and <c",
        "# My heading\n\nSow kelp.",
        "<Foo-Bar>x</Foo-Bar>",
    ] {
        assert_eq!(own_words(text), text, "{text}");
    }
}
