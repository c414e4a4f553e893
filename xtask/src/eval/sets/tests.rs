//! Tests with directories of sets and other files.

#![allow(clippy::unwrap_used)]

use std::env::temp_dir;
use std::process;

use super::*;

/// A directory that is removed on drop.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str, files: &[(&str, &str)]) -> Dir {
        let dir = temp_dir().join(format!("xtask-{name}-{}", process::id()));
        for (name, content) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Dir(dir)
    }

    fn found(&self, name: &str) -> Vec<(Format, String)> {
        let sets = find(&self.0.join(name)).unwrap();
        sets.iter().map(|set| (set.format, set.name())).collect()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const TALK: &str = r#"[{"sample_id": "c", "conversation": {}, "qa": []}]"#;
const NOTES: &str = "{\"id\": \"a\", \"text\": \"b\"}\n{\"q\": \"c\", \"gold\": [\"a\"]}\n";

#[test]
fn sets_are_recognised_by_their_files() {
    let dir = Dir::new(
        "sets",
        &[
            ("README.md", "what it is"),
            ("locomo/conv-2.json", TALK),
            ("locomo/conv-1.json", TALK),
            ("locomo/observations.json", r#"{"conv-1": []}"#),
            ("long.json", r#"[{"haystack_sessions": []}]"#),
            ("cranfield/cran.all.1400", ""),
            ("cisi/CISI.ALL", ""),
            ("deep/er/abstracts/corpus.jsonl", NOTES),
            ("notes/some.jsonl", NOTES),
            ("learning/cases.jsonl", "{\"id\": 1, \"messages\": []}\n"),
            ("cases/locomo.json", TALK),
            (".hidden/conv.json", TALK),
        ],
    );
    let expect = [
        (Format::Cisi, "cisi"),
        (Format::Cranfield, "cranfield"),
        (Format::Beir, "abstracts"),
        (Format::Locomo, "conv-1.json"),
        (Format::Locomo, "conv-2.json"),
        (Format::LongMemEval, "long.json"),
        (Format::Notes, "some.jsonl"),
    ];
    assert_eq!(dir.found(""), expect.map(|(format, name)| (format, name.to_owned())));
    assert_eq!(dir.found("cisi"), [(Format::Cisi, "cisi".to_owned())]);
    assert_eq!(dir.found("locomo/conv-2.json"), [(Format::Locomo, "conv-2.json".to_owned())]);
}

#[test]
fn a_path_without_a_set_is_an_error() {
    let dir = Dir::new("no-sets", &[("README.md", "nothing"), ("x.json", "[]")]);
    for name in ["", "README.md", "x.json"] {
        let error = find(&dir.0.join(name)).unwrap_err();
        assert!(matches!(error, Error::NoSets { .. }), "{name}: {error}");
        assert!(error.to_string().contains("no labelled data found; pass files"), "{error}");
    }
    assert!(matches!(find(&dir.0.join("absent")), Err(Error::File { .. })));
}

#[test]
fn formats_have_the_names_of_the_binary() {
    assert_eq!(Format::named("notes"), Some(Format::Notes));
    assert_eq!(Format::named("odd"), None);
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()), Some(*format));
        assert!(!(format.is_conversations() && format.is_documents()));
    }
}
