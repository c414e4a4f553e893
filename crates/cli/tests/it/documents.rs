//! Documents that are edited, shared, moved and forgotten.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt, os::unix::fs::symlink};

use serde_json::{Value, json};

use crate::program::Program;

/// Returns the counts of a report that are not zero.
fn counts(report: &Value) -> Value {
    let names = ["added", "known", "updated", "retired", "forgotten", "failed_count"];
    let counted = names.iter().filter(|name| report[**name] != 0);
    Value::Object(counted.map(|name| ((*name).to_owned(), report[*name].clone())).collect())
}

impl Program {
    fn ingest(&self, name: impl AsRef<OsStr>) -> Value {
        counts(&self.json(&["ingest".as_ref(), name.as_ref()]))
    }
}

#[test]
fn an_edited_document_is_found_in_its_current_text() {
    let program = Program::new();
    program.file("m.md", "# Boiler\n\nThe boiler pressure must be 1.5 bar.\n");
    assert_eq!(program.ingest("m.md"), json!({"added": 1}));
    let first = program.json(&["list", "knowledge"])["items"][0].clone();
    program.file("m.md", "# Boiler\n\nThe boiler pressure must be 1.8 bar.\n");
    assert_eq!(program.ingest("m.md"), json!({"added": 1, "retired": 1}));
    assert_eq!(program.ingest("m.md"), json!({"known": 1}));
    let now = "# Boiler\n\nThe boiler pressure must be 1.8 bar.";
    assert_eq!(program.recall("boiler pressure"), [now]);

    let then = first["recorded_at"].as_str().unwrap();
    let found = program.json(&["recall", "boiler pressure", "--as-of", then]);
    assert_eq!(found["hits"][0]["id"], first["id"]);
    let key = format!("knowledge/{}", first["id"].as_str().unwrap());
    let shown = program.run(&["show", &key]);
    assert!(shown.stderr.contains("valid until"), "{shown:?}");
    let listed = program.run(&["list", "knowledge"]).stdout;
    let marked: Vec<bool> = listed.lines().map(|line| line.contains("valid until")).collect();
    assert_eq!(marked, [true, false], "{listed}");
    assert!(program.run(&["history", &key]).stdout.contains("1.5 bar"));
    let said = program.run(&["ingest", "m.md"]).stdout;
    assert!(!said.contains("retired"), "{said}");
}

#[test]
fn forgetting_one_document_leaves_the_paragraph_of_another() {
    let program = Program::new();
    let shared = "# Licence\n\nThis text is provided under the shared house licence.";
    for (folder, own) in [("a", "# Boiler\n\n1.5 bar."), ("b", "# Lift\n\nIt stops at nine.")] {
        fs::create_dir(program.path(folder)).unwrap();
        program.file(&format!("{folder}/manual.md"), format!("{own}\n\n{shared}\n"));
    }
    let report = program.json(&["ingest", "a/manual.md", "b/manual.md"]);
    assert_eq!(counts(&report), json!({"added": 4}));
    assert_eq!(program.recall("house licence")[..1], [shared]);
    assert_eq!(program.json(&["recall", "house licence"])["hits"].as_array().unwrap().len(), 3);
    let receipt = program.json(&["forget", "file/a/manual.md", "--yes"]);
    assert_eq!(receipt["forgotten"], 2);
    assert_eq!(program.recall("house licence")[0], shared);
    assert_eq!(program.ingest("b/manual.md"), json!({"known": 2}));
    assert_eq!(program.ingest("a/manual.md"), json!({"forgotten": 2}));
    assert_eq!(program.recall("house licence")[0], shared);
    program.json(&["forget", "file/b/manual.md", "--yes", "--purge"]);
    assert_eq!(program.recall("house licence"), [""; 0]);
    assert_eq!(program.ingest("b/manual.md"), json!({"forgotten": 2}));
}

#[test]
fn every_spelling_of_a_path_names_the_same_document() {
    let program = Program::new();
    fs::create_dir(program.path("a")).unwrap();
    let absolute = program.file("a/m.md", "# A\n\nThe zebra.\n");
    symlink("a", program.path("linked")).unwrap();
    symlink("a/m.md", program.path("other.md")).unwrap();
    assert_eq!(program.ingest("a/m.md"), json!({"added": 1}));
    for spelling in ["./a/m.md", "a/../a/m.md", "linked/m.md", "other.md"] {
        assert_eq!(program.ingest(spelling), json!({"known": 1}), "{spelling}");
    }
    assert_eq!(program.ingest(absolute.as_os_str()), json!({"known": 1}));

    // A moved file is another document.
    fs::copy(&absolute, program.path("m.md")).unwrap();
    assert_eq!(program.ingest("m.md"), json!({"added": 1}));
    let dry = |name: &str| {
        let receipt = program.json(&["forget", name, "--dry-run"]);
        receipt["forgotten"].as_u64().unwrap()
    };
    for spelling in ["a/m.md", "./a/m.md", "linked/m.md", "other.md", "m.md"] {
        assert_eq!(dry(&format!("file/{spelling}")), 1, "{spelling}");
    }
    fs::remove_file(program.path("m.md")).unwrap();
    assert_eq!(dry("file/m.md"), 1, "it is known by its path when it is gone");
    program.json(&["forget", "file/m.md", "--yes"]);
    assert_eq!(dry("file/m.md"), 1, "only one document ends so");
}

#[test]
fn an_ambiguous_path_suffix_is_refused_with_the_full_paths() {
    let program = Program::new();
    for folder in ["a", "b"] {
        fs::create_dir(program.path(folder)).unwrap();
        program.file(&format!("{folder}/m.md"), format!("# A\n\nThe zebra of {folder}.\n"));
        program.ingest(format!("{folder}/m.md"));
    }
    let ended = program.run(&["forget", "file/m.md", "--yes"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    for path in ["a/m.md", "b/m.md"] {
        let path = fs::canonicalize(program.path(path)).unwrap();
        assert!(ended.stderr.contains(path.to_str().unwrap()), "{ended:?}");
    }
    assert_eq!(program.recall("zebra").len(), 2);
    assert_eq!(program.run(&["forget", "file/c/m.md", "--yes"]).code, 3);
}

#[test]
fn names_of_documents_may_be_long_and_need_not_be_utf_8() {
    let program = Program::new();
    let long = format!("{}.md", "\u{9577}".repeat(80));
    let names = [OsStr::new(&long), OsStr::from_bytes(b"\xff.md"), OsStr::from_bytes(b"\xfe.md")];
    for name in names {
        fs::write(program.path("").join(name), "The zebra is\n\nlong.\n").unwrap();
        assert_eq!(program.ingest(name), json!({"added": 1}), "{name:?}");
        assert_eq!(program.ingest(name), json!({"known": 1}), "{name:?}");
    }
    let pieces = program.json(&["list", "knowledge"]);
    let source = |it: &Value| it["source"]["id"].as_str().unwrap().to_owned();
    let sources: Vec<String> = pieces["items"].as_array().unwrap().iter().map(source).collect();
    let escaped = sources.iter().find(|it| it.ends_with("/\\xFF.md")).unwrap();
    let receipt = program.json(&["forget", &format!("file/{escaped}"), "--yes"]);
    assert_eq!(receipt["forgotten"], 1);
    assert_eq!(program.ingest(names[1]), json!({"forgotten": 1}));
    assert_eq!(program.ingest(names[2]), json!({"known": 1}));
}

#[test]
fn an_emptied_or_broken_document_stays_as_it_was_read() {
    let program = Program::new();
    program.file("m.md", "# A\n\nThe zebra.\n");
    program.ingest("m.md");
    for content in [&b""[..], b" \n", b"\x00\x01\xff"] {
        program.file("m.md", content);
        let ended = program.run(&["ingest", "m.md"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert_eq!(program.recall("zebra"), ["# A\n\nThe zebra."]);
    }
}

#[test]
fn a_record_cannot_refer_to_a_record_of_another_owner() {
    let program = Program::new();
    program.json(&["--user", "bob", "record", "note", "--id", "secret", "--content", "a hat"]);
    program.json(&["--user", "ada", "record", "note", "--id", "n", "--content", "a coat"]);
    let of = |owner: &str| match owner {
        "" => json!([{"key": "note/secret"}]),
        _ => json!([{"key": "note/secret", "user": owner}]),
    };
    for flags in [&["--user", "ada"][..], &["--all-users"]] {
        let set = format!("references={}", of("bob"));
        let ended = program.run(&[flags, &["update", "note/n", "--set", &set]].concat());
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("refer"), "{ended:?}");
    }
    program.json(&["--user", "ada", "export", "ada.jsonl"]);
    let lines = fs::read_to_string(program.path("ada.jsonl")).unwrap();
    let line = lines.lines().find(|line| line.contains("a coat")).unwrap();
    let mut line: Value = serde_json::from_str(line).unwrap();
    line["id"] = json!("n2");
    line["payload"]["id"] = json!("n2");
    line["text"] = json!("another coat");
    for (owner, code) in [("bob", 1), ("", 0), ("ada", 0)] {
        line["references"] = of(owner);
        line["id"] = json!(format!("n-{owner}"));
        line["payload"]["id"] = line["id"].clone();
        program.file("in.jsonl", format!("{}\n{line}\n", lines.lines().next().unwrap()));
        let ended = program.run(&["--user", "ada", "import", "--from", "in.jsonl"]);
        assert_eq!(ended.code, code, "{owner}: {ended:?}");
    }
}

#[test]
fn a_piece_of_a_long_text_does_not_replace_a_record() {
    let program = Program::new();
    let long = "A sentence about the weir and its keeper. ".repeat(200);
    program.json(&["record", "knowledge", "--id", "x#2", "--content", "My own record."]);
    let ended = program.run(&["record", "knowledge", "--id", "x", "--content", &long]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("x#2"), "{ended:?}");
    program.json(&["record", "knowledge", "--id", "x", "--content", "short"]);
    let ended = program.run(&["update", "knowledge/x", "--content", &long]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(program.json(&["show", "knowledge/x#2"])["text"], "My own record.");

    program.json(&["record", "knowledge", "--id", "y", "--content", &long]);
    program.json(&["record", "knowledge", "--id", "y", "--content", &format!("{long}More.")]);
    let ended = program.run(&["record", "knowledge", "--id", "y#2", "--content", "mine"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_ne!(program.json(&["show", "knowledge/y#2"])["text"], "mine");
}
