//! Cuts of documents into pieces.

use super::*;

#[test]
fn a_piece_names_its_file_and_line() {
    let (mut pieces, mut has_end) = (Vec::new(), false);
    let text = "# Ledger\n\nSQLite holds it.\n\n# Library\n\nLanceDB finds it.\n";
    let name = Some(Path::new("docs/map.md"));
    let whole = |text: &str| Vec::from_iter(Some(0..text.trim_end().len()));
    let _ = read(text, Markup::Markdown, name, &Defaults::default(), &whole, &mut |piece| {
        match piece {
            Piece::Draft(line, draft) => {
                let source = draft.source.unwrap().id;
                pieces.push((line, draft.title.unwrap(), source, draft.text));
            }
            Piece::Document(document) => assert!(document.source().is_some()),
            Piece::End => has_end = true,
            piece => panic!("{piece:?}"),
        }
        ControlFlow::Continue(())
    });
    let file = std::env::current_dir().unwrap().join("docs/map.md").display().to_string();
    let expect = [
        (1, "Ledger".to_owned(), file.clone(), "# Ledger\n\nSQLite holds it.".to_owned()),
        (5, "Library".to_owned(), file, "# Library\n\nLanceDB finds it.".to_owned()),
    ];
    assert_eq!(pieces, expect);
    assert!(has_end);
}
