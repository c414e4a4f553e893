//! Cuts of Markdown at headings.

use proptest::prelude::*;

use super::*;

/// Returns the title and the text of each section.
fn cut(text: &str) -> Vec<(String, &str)> {
    let cut = sections(text);
    let ranges: String = cut.iter().map(|section| &text[section.range.clone()]).collect();
    assert_eq!(ranges.trim(), text.trim(), "the sections are all of the text");
    let named = |section: Section| (section.headings.join(" > "), &text[section.range]);
    cut.into_iter().map(named).collect()
}

#[track_caller]
fn check(text: &str, expect: &[(&str, &str)]) {
    let expect: Vec<_> = expect.iter().map(|(title, body)| ((*title).to_owned(), *body)).collect();
    assert_eq!(cut(text), expect);
}

#[test]
fn markdown_is_cut_at_headings_outside_code() {
    check(
        "intro\n# Top\n\n## A ##\nbody a\n```\n# no heading\n```\n## B\nbody b\n# End\n",
        &[
            ("", "intro\n"),
            ("Top > A", "# Top\n\n## A ##\nbody a\n```\n# no heading\n```\n"),
            ("Top > B", "## B\nbody b\n"),
            ("End", "# End\n"),
        ],
    );
}

#[test]
fn headings_inside_code_comments_and_quotes_do_not_cut() {
    for inside in [
        "````md\n```\n# no\n```\n# no\n````\n",
        "```\n~~~\n# no\n```\n",
        "~~~\n```\n# no\n~~~~\n",
        "```\n``` rust\n# no\n```\n",
        "   ```\n# no\n  ```\n",
        "```\n    ```\n# no\n```\n",
        "    # no\n",
        "<!--\n# no\n-->\n",
        "<!--\n\n# no\n\n-->\n",
        "#no\n",
        "\\# no\n",
        "####### no\n",
        "> # no\n",
        "- # no\n",
    ] {
        let text = format!("# A\n\nfirst\n\n{inside}\n# B\nlast\n");
        let body = format!("# A\n\nfirst\n\n{inside}\n");
        check(&text, &[("A", &body), ("B", "# B\nlast\n")]);
    }
}

#[test]
fn every_form_of_a_heading_is_recognised() {
    for heading in ["# B", "  # B", "# B ##", "#\tB", "B\n===", "B\n-", " B \n  ====", "# B \\\n"] {
        let text = format!("first\n\n{heading}\n\nlast\n");
        let title = if heading.contains('\\') { "B \\" } else { "B" };
        let body = format!("{heading}\n\nlast\n");
        check(&text, &[("", "first\n\n"), (title, &body)]);
        let text = text.replace('\n', "\r\n");
        let body = body.replace('\n', "\r\n");
        check(&text, &[("", "first\r\n\r\n"), (title, &body)]);
    }
}

#[test]
fn a_title_keeps_its_markup_and_its_first_bytes() {
    check(
        "# The *`m.md`* [file](x) #\ntext",
        &[("The *`m.md`* [file](x)", "# The *`m.md`* [file](x) #\ntext")],
    );
    let long = format!("# {}\ntext", "\u{20ac}".repeat(100));
    let cut = cut(&long);
    assert_eq!(cut[0].0.len(), 255);
    assert_eq!(cut[0].1, long);
}

#[test]
fn front_matter_has_no_headings_and_is_kept() {
    for (front, rest) in [
        ("---\ntitle: x\n# a comment\n---\n", "# A\ntext\n"),
        ("+++\ntitle = 'x'\n+++\n", "# A\ntext\n"),
        ("---\r\na: 1\r\n\r\n# b\r\n...\r\n", "# A\r\ntext"),
    ] {
        check(&format!("{front}{rest}"), &[("", front), ("A", rest)]);
    }
    check("---\n\nB\n---\ntext\n", &[("", "---\n\n"), ("B", "B\n---\ntext\n")]);
    check("---\n# A\ntext\n", &[("", "---\n"), ("A", "# A\ntext\n")]);
}

#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    check("# A\r\rold\r# B\rtwo\r", &[("A", "# A\r\rold\r"), ("B", "# B\rtwo\r")]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn sections_cover_any_text(
        text in "([#>` =*a\\-\r\n\t\u{e9}]|# |\r# |\n---\n){0,40}",
        any in ".{0,20}",
    ) {
        cut(&format!("{text}{any}"));
        cut(&format!("{any}{text}"));
    }
}
