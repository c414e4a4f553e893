//! Files: the wording of the commands, their limits, their layers, and their life in the memory.

mod layers;
mod limits;
mod model;
mod reference;
mod wording;

use aios_record::{Kind, Record};
use aios_working::{Error, File, FileCommand, FilePath, RestoreOutcome, WorkingView};
use serde_json::{Value, json};

use crate::{Place, opened, view};

/// Runs a command given as the input of the tool, and returns the answer; that of a refused one
/// begins with `error: `.
async fn answer(view: &WorkingView, input: Value) -> String {
    let command: FileCommand = serde_json::from_value(input).unwrap();
    let reply = view.files().run(command).await.unwrap();
    if reply.is_error { format!("error: {}", reply.text) } else { reply.text }
}

fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

async fn text_of(view: &WorkingView, at: &str) -> Option<String> {
    view.files().get(&path(at)).await.unwrap().map(|file| file.text)
}

#[tokio::test]
async fn a_file_is_a_record_with_a_title_that_searches_find() {
    let (_place, working) = opened();
    working.files().create("/memories/ports/db.md", "Staging listens on 5433.\n").await.unwrap();
    let file = working.files().get(&path("/memories/ports/db.md")).await.unwrap().unwrap();
    let record = working.records().get(&aios_record::Key::new(Kind::File, file.id)).await.unwrap();
    let record = record.unwrap();
    assert_eq!(record.title.as_deref(), Some("/memories/ports/db.md"));
    assert_eq!(record.text, "/memories/ports/db.md\nStaging listens on 5433.\n");
    assert_eq!(record.payload["path"], "/memories/ports/db.md");
    for query in ["staging", "ports", "5433"] {
        let hits = working.records().find(query, Default::default()).await.unwrap();
        assert_eq!(hits.len(), 1, "{query}");
    }
    working.files().str_replace("/memories/ports/db.md", "5433", "5434").await.unwrap();
    assert_eq!(working.records().find("5433", Default::default()).await.unwrap().len(), 0);
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn each_change_is_in_the_feed_and_a_directory_moves_as_a_whole() {
    let (_place, working) = opened();
    let files = working.files();
    files.create("/memories/a/x.md", "one").await.unwrap();
    files.create("/memories/a/y.md", "two").await.unwrap();
    let ids: Vec<_> = files.list(&path("/memories")).await.unwrap();
    let before = working.feed().head().await.unwrap();
    files.rename("/memories/a", "/memories/deep/b").await.unwrap();
    let moved = files.list(&path("/memories/deep")).await.unwrap();
    let paths: Vec<&str> = moved.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["/memories/deep/b/x.md", "/memories/deep/b/y.md"]);
    assert!(moved.iter().zip(&ids).all(|(a, b)| a.identity == b.identity), "ids stay");
    let told = working.feed().after(before, 99).await.unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    let before = working.feed().head().await.unwrap();
    let said = files.delete("/memories/deep").await.unwrap();
    assert_eq!(said, "Successfully deleted /memories/deep");
    assert_eq!(working.feed().after(before, 99).await.unwrap().len(), 2);
    assert_eq!(files.list(&path("/memories")).await.unwrap(), []);
    assert_eq!(working.records().counts().await.unwrap()["files"], 0);
}

#[tokio::test]
async fn concurrent_edits_of_one_file_are_all_kept() {
    let (_place, working) = opened();
    working.files().create("/memories/log.md", "begin\n").await.unwrap();
    let edits = (0..32).map(|n| {
        let working = working.clone();
        tokio::spawn(async move {
            let new = format!("begin\nline {n}.");
            working.files().str_replace("/memories/log.md", "begin", &new).await.unwrap();
        })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap();
    }
    let text = text_of(&working, "/memories/log.md").await.unwrap();
    assert!((0..32).all(|n| text.contains(&format!("line {n}."))), "{text}");
}

#[tokio::test]
async fn an_edit_waits_for_the_version_that_the_feed_has_not_delivered() {
    let (_place, working) = opened();
    working.files().create("/memories/a.md", "one").await.unwrap();
    let command = || FileCommand::StrReplace {
        path: "/memories/a.md".to_owned(),
        old_str: "one".to_owned(),
        new_str: "two".to_owned(),
    };
    assert_eq!(working.files().run_told(command(), 0, Ok).await.unwrap(), None);
    assert_eq!(text_of(&working, "/memories/a.md").await.as_deref(), Some("one"));
    let head = working.feed().head().await.unwrap();
    let reply = working.files().run_told(command(), head, Ok).await.unwrap().unwrap();
    assert!(!reply.is_error && reply.changed.len() == 1, "{reply:?}");
}

#[tokio::test]
async fn an_examination_sees_each_new_text_whole_and_can_replace_or_refuse_it() {
    let (_place, working) = opened();
    let run = async |command: Value, examine: fn(String) -> Result<String, String>| {
        let command = serde_json::from_value(command).unwrap();
        working.files().run_told(command, u64::MAX, examine).await.unwrap().unwrap()
    };
    let create = json!({"command": "create", "path": "/memories/a.md", "file_text": "to"});
    run(create, Ok).await;
    let edit = |old: &str, new: &str| {
        let path = "/memories/a.md";
        json!({"command": "str_replace", "path": path, "old_str": old, "new_str": new})
    };
    let refused = run(edit("to", "token"), |text| Err(format!("`{text}` is a secret"))).await;
    assert_eq!(refused.text, "The text for /memories/a.md was refused: `token` is a secret");
    assert!(refused.is_error && refused.changed.is_empty());
    let redacted = run(edit("to", "token"), |text| Ok(text.replace("token", "[secret]"))).await;
    assert!(redacted.text.ends_with("     1\t[secret]"), "{}", redacted.text);
    assert_eq!(text_of(&working, "/memories/a.md").await.as_deref(), Some("[secret]"));
}

#[tokio::test]
async fn records_of_files_keep_the_rules_of_paths() {
    let (_place, working) = opened();
    let put = |at: &str| working.files().put(File::new(path(at), "text"));
    let first = put("/memories/a/b.md").await.unwrap();
    let refused = async |at: &str| put(at).await.unwrap_err().to_string();
    assert_eq!(
        refused("/memories").await,
        "/memories is a directory. Please provide the path of a file in it."
    );
    assert_eq!(refused("/memories/a/b.md").await, "File /memories/a/b.md already exists");
    assert_eq!(refused("/memories/a").await, "The path /memories/a is a directory");
    assert_eq!(
        refused("/memories/a/b.md/c").await,
        "The path /memories/a/b.md is a file, so it cannot contain /memories/a/b.md/c"
    );
    let key = aios_record::Key::new(Kind::File, first.id.clone());
    let change = |name: &str, value: &str| {
        let changes = [(name.to_owned(), Value::from(value))].into_iter().collect();
        working.records().update(&key, changes)
    };
    assert!(change("path", "/etc/passwd").await.is_err());
    assert!(change("path", "/memories/../etc").await.is_err());
    change("path", "/memories/c.md").await.unwrap();
    assert_eq!(text_of(&working, "/memories/c.md").await.as_deref(), Some("text"));
    // The same file under its id is a new version.
    let again = working.files().put(File { text: "new".to_owned(), ..first }).await.unwrap();
    assert_eq!(again.path.as_str(), "/memories/a/b.md");
    assert_eq!(working.records().counts().await.unwrap()["files"], 1);
}

#[tokio::test]
async fn a_restored_file_keeps_its_id_and_yields_to_one_of_its_path() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    ada.files().create("/memories/a.md", "of ada").await.unwrap();
    let page = ada.records().list(Kind::File, None, 9).await.unwrap();
    let (_place, other) = opened();
    let restore =
        async |records: Vec<Record>| other.intake().restore(records).await.unwrap().pop().unwrap();
    assert_eq!(restore(page.records.clone()).await.unwrap(), RestoreOutcome::Added);
    assert_eq!(restore(page.records.clone()).await.unwrap(), RestoreOutcome::Known);
    let there = view(&other, "ada").records().list(Kind::File, None, 9).await.unwrap();
    assert_eq!(there.records, page.records);
    let mut second = page.records[0].clone();
    second.id = aios_record::Id::generate();
    second.payload["id"] = json!(second.id);
    let error = restore(vec![second]).await.unwrap_err();
    assert!(matches!(error, Error::File(_)) && error.is_invalid(), "{error}");
}

#[tokio::test]
async fn an_expired_file_makes_way_for_another() {
    let place = Place::new();
    let working = place.open(place.fed());
    let mut file = File::new(path("/memories/a.md"), "short");
    let start: aios_record::Timestamp = crate::START.parse().unwrap();
    file.meta.expires_at = Some(start + jiff::SignedDuration::from_hours(1));
    working.files().put(file).await.unwrap();
    place.pass_hours(2);
    assert_eq!(text_of(&working, "/memories/a.md").await, None);
    working.files().create("/memories/a.md", "long").await.unwrap();
    assert_eq!(text_of(&working, "/memories/a.md").await.as_deref(), Some("long"));
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_command_names_unknown_fields_and_commands() {
    let refused =
        |input: Value| serde_json::from_value::<FileCommand>(input).unwrap_err().to_string();
    let view = json!({"command": "view", "path": "/memories", "depth": 3});
    assert_eq!(refused(view), "unknown field `depth`, expected `path` or `view_range`");
    let list = refused(json!({"command": "list", "path": "/memories"}));
    assert!(list.starts_with("unknown variant `list`, expected one of `view`, `create`"), "{list}");
    let create = json!({"command": "create", "path": "/memories/a"});
    assert_eq!(refused(create), "missing field `file_text`");
    let insert = json!({"command": "insert", "path": "/memories/a", "insert_line": "1",
        "insert_text": ""});
    assert!(refused(insert).starts_with("invalid type: string \"1\", expected i64"));
}
