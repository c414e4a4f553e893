//! Files: the answers of the commands, refusals, rights, projects, repetition.

use http::Method;
use serde_json::{Value, json};

use super::{super::files::Command, Fixture, json_request, with_header};
use crate::{caller::Naming, operation::Right};

const PATH: &str = "/api/v1/files";

fn create(path: &str, text: &str) -> Value {
    json!({"command": "create", "path": path, "file_text": text})
}

#[tokio::test]
async fn commands_answer_the_text_for_the_model() {
    let it = Fixture::new().await;
    let created = it.post(PATH, &create("/memories/ports.md", "Staging: 5433\n")).await.expect(200);
    let said = json!({"ok": true, "text": "File created successfully at: /memories/ports.md"});
    assert_eq!(created.json(), said);
    let again = it.post(PATH, &create("/memories/ports.md", "x")).await.expect(200);
    let said = json!({"ok": false, "text": "File /memories/ports.md already exists"});
    assert_eq!(again.json(), said);
    let edit = json!({"command": "str_replace", "path": "/memories/ports.md", "old_str": "5433",
        "new_str": "5434"});
    let edited = it.post(PATH, &edit).await.expect(200).json();
    assert!(edited["text"].as_str().unwrap().ends_with("     1\tStaging: 5434\n     2\t"));
    let insert = json!({"command": "insert", "path": "/memories/ports.md", "insert_line": 1,
        "insert_text": "Live: 5432"});
    it.post(PATH, &insert).await.expect(200);
    let rename = json!({"command": "rename", "old_path": "/memories/ports.md",
        "new_path": "/memories/db/ports.md"});
    assert_eq!(it.post(PATH, &rename).await.json()["ok"], true);
    let view = json!({"command": "view", "path": "/memories/db/ports.md", "view_range": [2, 2]});
    let shown = it.post(PATH, &view).await.expect(200).json();
    assert!(shown["text"].as_str().unwrap().ends_with("     2\tLive: 5432"), "{shown}");
    // Searches find it, and the history has its former version.
    let found = it.post("/api/v1/recall", &json!({"query": "port of staging"})).await.json();
    assert_eq!(found["hits"][0]["title"], "/memories/db/ports.md", "{found}");
    let key = found["hits"][0]["key"].as_str().unwrap();
    let history = it.get(&format!("/api/v1/records/{key}/history")).await.expect(200).text();
    assert!(history.contains("5433") && history.contains("/memories/ports.md"), "{history}");
    let delete = json!({"command": "delete", "path": "/memories/db"});
    assert_eq!(it.post(PATH, &delete).await.json()["text"], "Successfully deleted /memories/db");
    it.get(&format!("/api/v1/records/{key}")).await.expect(404);
}

#[tokio::test]
async fn a_command_of_another_form_is_refused_by_name() {
    let it = Fixture::new().await;
    for (body, name) in [
        (json!({"command": "list", "path": "/memories"}), "`list`"),
        (json!({"command": "view", "path": "/memories", "depth": 2}), "`depth`"),
        (json!({"command": "create", "path": "/memories/a"}), "`file_text`"),
        (json!({"path": "/memories"}), "`command`"),
    ] {
        let refused = it.post(PATH, &body).await.expect(400);
        assert!(refused.text().contains(name), "{name}: {}", refused.text());
    }
    let view = json!({"command": "view", "path": "/memories"});
    let refused = it.post(&format!("{PATH}?user=ada"), &view).await.expect(400);
    assert!(refused.text().contains("user"), "{}", refused.text());
}

#[tokio::test]
async fn a_command_needs_its_right_beside_that_to_read() {
    let it = Fixture::new().await;
    it.post(PATH, &create("/memories/a.md", "a")).await.expect(200);
    let run = |rights: &[Right], command: Value| {
        let caller = it.caller(None, rights, Naming::Fixed);
        it.send(caller, json_request(Method::POST, PATH, &command))
    };
    let view = || json!({"command": "view", "path": "/memories/a.md"});
    let delete = || json!({"command": "delete", "path": "/memories/a.md"});
    let rename = json!({"command": "rename", "old_path": "/memories/a.md",
        "new_path": "/memories/b.md"});
    let (reads, writes) = ([Right::Read], [Right::Read, Right::Write]);
    run(&reads, view()).await.expect(200);
    for command in [create("/memories/b.md", "b"), rename.clone(), delete()] {
        let refused = run(&reads, command).await.expect(403);
        assert_eq!(refused.json()["code"], "denied");
    }
    run(&writes, delete()).await.expect(403);
    assert_eq!(run(&writes, rename).await.expect(200).json()["ok"], true);
    let forgets = [Right::Read, Right::Forget];
    run(&forgets, create("/memories/c.md", "c")).await.expect(403);
    let delete = json!({"command": "delete", "path": "/memories/b.md"});
    assert_eq!(run(&forgets, delete).await.expect(200).json()["ok"], true);
}

#[tokio::test]
async fn a_user_and_a_project_have_their_own_files() {
    let it = Fixture::new().await;
    let run = |user: &str, query: &str, command: Value| {
        it.send(it.user(user), json_request(Method::POST, &format!("{PATH}{query}"), &command))
    };
    run("ada", "", create("/memories/a.md", "of ada")).await.expect(200);
    run("ada", "?project=blog", create("/memories/b.md", "of the blog")).await.expect(200);
    let list = || json!({"command": "view", "path": "/memories"});
    let text = |answer: super::Answer| answer.json()["text"].as_str().unwrap().to_owned();
    let whole = text(run("ada", "", list()).await);
    assert!(whole.contains("a.md") && !whole.contains("b.md"), "{whole}");
    let blog = text(run("ada", "?project=blog", list()).await);
    assert!(blog.contains("a.md") && blog.contains("b.md"), "{blog}");
    let bob = text(run("bob", "", list()).await);
    assert!(!bob.contains("a.md"), "{bob}");
    let view = json!({"command": "view", "path": "/memories/a.md"});
    assert_eq!(run("bob", "", view).await.json()["ok"], false);
    run("ada", "?project=%20", list()).await.expect(400);
}

#[tokio::test]
async fn a_repeated_command_is_carried_out_once_and_its_answer_has_no_text() {
    let it = Fixture::new().await;
    it.post(PATH, &create("/memories/a.md", "one\n")).await.expect(200);
    let insert = json!({"command": "insert", "path": "/memories/a.md", "insert_line": 1,
        "insert_text": "two"});
    let request =
        || with_header(json_request(Method::POST, PATH, &insert), "idempotency-key", "k1");
    it.send(it.shared(), request()).await.expect(200);
    let again = it.send(it.shared(), request()).await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.json(), json!({"ok": true, "text": "The command has been carried out."}));
    let view = json!({"command": "view", "path": "/memories/a.md"});
    let text = it.post(PATH, &view).await.text();
    assert_eq!(text.matches("two").count(), 1, "{text}");
}

#[test]
fn the_described_commands_are_those_that_are_read() {
    let path = "/memories/a";
    for command in [
        json!({"command": "view", "path": path}),
        json!({"command": "view", "path": path, "view_range": [1, -1]}),
        json!({"command": "create", "path": path, "file_text": ""}),
        json!({"command": "str_replace", "path": path, "old_str": "a", "new_str": "b"}),
        json!({"command": "insert", "path": path, "insert_line": 0, "insert_text": ""}),
        json!({"command": "delete", "path": path}),
        json!({"command": "rename", "old_path": path, "new_path": path}),
    ] {
        serde_json::from_value::<Command>(command.clone()).unwrap();
        let read: aios_memory::FileCommand = serde_json::from_value(command.clone()).unwrap();
        assert_eq!(json!(read), command);
        let mut other = command;
        other["other"] = json!(1);
        let described = serde_json::from_value::<Command>(other.clone()).unwrap_err().to_string();
        let read = serde_json::from_value::<aios_memory::FileCommand>(other).unwrap_err();
        assert_eq!(described, read.to_string());
    }
}
