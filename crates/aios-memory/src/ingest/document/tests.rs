//! Where documents are cut.

use super::*;

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
    let whole = |text: &str| Vec::from_iter(Some(0..text.trim_end().len()));
    let _ = read(text, Markup::Markdown, name, &Defaults::default(), &whole, &mut |piece| {
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
