//! `files`: commands on the command line, and files among the other records.

use serde_json::json;

use crate::program::Program;

#[test]
fn files_are_edited_from_the_command_line() {
    let program = Program::new();
    let said = |arguments: &[&str]| {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.stdout
    };
    let path = "/memories/ports.md";
    let created = said(&["files", "create", path, "Staging: 5433"]);
    assert_eq!(created, "File created successfully at: /memories/ports.md\n");
    let edited = said(&["files", "str_replace", path, "--old", "5433", "--new", "5434"]);
    assert!(edited.ends_with("     1\tStaging: 5434\n"), "{edited}");
    said(&["files", "insert", path, "--line", "1", "- [ ] ask for the live port"]);
    said(&["files", "rename", path, "/memories/db/ports.md"]);
    assert!(said(&["files", "view"]).contains("/memories/db/ports.md"));
    let shown = said(&["files", "view", "/memories/db/ports.md", "--from", "2", "--to", "2"]);
    assert!(shown.ends_with("     2\t- [ ] ask for the live port\n"), "{shown}");
    let refused = program.run(&["files", "create", "/memories/db/ports.md", "x"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("File /memories/db/ports.md already exists"), "{refused:?}");
    assert!(program.recall("port of staging")[0].contains("5434"));
    // Without a terminal, deleting has to be confirmed in the command.
    assert_eq!(program.run(&["files", "delete", "/memories/db"]).code, 2);
    assert_eq!(
        said(&["files", "delete", "/memories/db", "--yes"]),
        "Successfully deleted /memories/db\n"
    );
}

#[test]
fn texts_and_commands_are_read_from_stdin() {
    let program = Program::new();
    let created = program.json_with(&["files", "create", "/memories/a.md", "-"], b"--one\ntwo\n");
    assert_eq!(created["text"], "File created successfully at: /memories/a.md");
    assert!(created["changed"][0].as_str().unwrap().starts_with("file/"), "{created}");
    let view = json!({"command": "view", "path": "/memories/a.md", "view_range": [1, 1]});
    let shown = program.json_with(&["files", "run"], view.to_string().as_bytes());
    let text = "Here's the content of /memories/a.md with line numbers:\n     1\t--one";
    assert_eq!(shown, json!({"ok": true, "text": text, "changed": []}));
    let wrong = program.run_with(&["files", "run"], b"{\"command\": \"list\"}", &[]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("`list`"), "{wrong:?}");
}

#[test]
fn a_file_is_a_record_and_no_document() {
    let program = Program::new();
    program.json(&["files", "create", "/memories/a.md", "Staging: 5433"]);
    let key = program.json(&["list", "file"])["items"][0]["id"].as_str().unwrap().to_owned();
    let key = format!("file/{key}");
    assert_eq!(program.json(&["show", &key])["payload"]["path"], "/memories/a.md");
    program.json(&["files", "str_replace", "/memories/a.md", "--old", "5433", "--new", "5434"]);
    assert_eq!(program.json(&["history", &key])["versions"].as_array().unwrap().len(), 2);
    let document = program.file("manual.md", "# Manual\n\nTurn the key twice.\n");
    program.json(&["ingest", document.to_str().unwrap()]);
    // A file and a document are told apart by what is stored.
    assert_eq!(program.json(&["forget", "file/manual.md", "--dry-run"])["forgotten"], 1);
    assert_eq!(program.json(&["forget", &key, "--yes"])["forgotten"], 1);
    assert_eq!(program.json(&["forget", &key, "--yes", "--purge"])["purged"], true);
    assert_eq!(program.json(&["forget", "file/manual.md", "--yes"])["forgotten"], 1);
    assert_eq!(program.run(&["forget", "file/nothing", "--yes"]).code, 3);
    assert!(program.recall("staging").is_empty());
}
