//! Where documents are cut.

use super::*;

/// A token is a word here.
fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn check_chunks(text: &str, expect: &[&str]) {
    let found: Vec<_> = chunks(text, 6, 3, &words).into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, expect);
}

#[test]
fn chunks_end_with_sentences_and_overlap_by_whole_ones() {
    check_chunks("", &[]);
    check_chunks("  \n ", &[]);
    check_chunks("One two three.", &["One two three."]);
    check_chunks(
        "One two three. Four five. Six seven. Eight nine ten eleven.",
        &[
            "One two three. Four five.",
            "Four five. Six seven.",
            "Six seven. Eight nine ten eleven.",
        ],
    );
    check_chunks(
        "One two. Three four. Five six. A b c d e.",
        &["One two. Three four. Five six.", "A b c d e."],
    );
    check_chunks("A b c d e f. G h i j k l. M.", &["A b c d e f.", "G h i j k l.", "M."]);
}

#[test]
fn a_sentence_that_is_too_long_is_cut_between_words() {
    check_chunks("a b c d e f g h i j k l m", &["a b c d e f", "g h i j k l", "m"]);
    let unbroken = "x".repeat(1000);
    check_chunks(&unbroken, &[&unbroken]);
}

#[test]
fn nothing_falls_between_chunks() {
    let text = "Mist rose. The valley lay still, and nobody spoke a word that day. \
                Then it rained! Why? We never knew. Three men came by on grey horses, slowly.";
    let chunks = chunks(text, 7, 3, &words);
    let mut covered = 0;
    for chunk in chunks {
        assert!(text[covered.min(chunk.start)..chunk.start].trim().is_empty());
        covered = chunk.end;
    }
    assert_eq!(covered, text.len());
}

#[test]
fn markdown_is_cut_at_headings_outside_code() {
    let text = "intro\n# Top\n\n## A ##\nbody a\n```\n# no heading\n```\n## B\nbody b\n# End\n";
    let found: Vec<_> = sections(text)
        .into_iter()
        .map(|section| (section.headings.join(" > "), text[section.range].to_owned()))
        .collect();
    let expect = [
        ("", "intro\n"),
        ("Top > A", "# Top\n\n## A ##\nbody a\n```\n# no heading\n```\n"),
        ("Top > B", "## B\nbody b\n"),
        ("End", "# End\n"),
    ];
    assert_eq!(found, expect.map(|(title, body)| (title.to_owned(), body.to_owned())));
}

#[test]
fn a_piece_says_which_file_and_line_it_is_from() {
    let mut pieces = Vec::new();
    let text = "# Ledger\n\nSQLite holds it.\n\n# Library\n\nLanceDB finds it.\n";
    let name = Some(Path::new("docs/map.md"));
    let _ = read(text, Markup::Markdown, name, &Defaults::default(), &words, &mut |piece| {
        let Piece::Draft(line, draft) = piece else { panic!("{piece:?}") };
        pieces.push((line, draft.title.unwrap(), draft.source.unwrap().id, draft.text));
        ControlFlow::Continue(())
    });
    let file = "docs/map.md".to_owned();
    let expect = [
        (1, "Ledger".to_owned(), file.clone(), "# Ledger\n\nSQLite holds it.".to_owned()),
        (5, "Library".to_owned(), file, "# Library\n\nLanceDB finds it.".to_owned()),
    ];
    assert_eq!(pieces, expect);
}
