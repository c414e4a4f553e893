//! The profile `files`: one tool with the six file commands.

use aios_memory_server::Right;
use serde_json::{Value, json};

use super::{call, refusal, request, result, text, token};
use crate::support::{Request, Service};

const PATH: &str = "/mcp?tools=files";

fn memory(arguments: Value) -> Request<'static> {
    Request { path: PATH, ..call("memory", arguments) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_six_commands_have_the_answers_of_the_reference() {
    let service = Service::start().await;
    let ask = async |arguments: Value| text(&service.send(&memory(arguments)).await);
    let path = "/memories/ports.md";
    let created = json!({"command": "create", "path": path, "file_text": "Staging zeppelin: 5433"});
    assert_eq!(ask(created.clone()).await, format!("File created successfully at: {path}"));
    let again = refusal(&service.send(&memory(created)).await);
    assert_eq!(again, format!("File {path} already exists"), "word for word, with nothing added");
    let edit = json!({"command": "str_replace", "path": path, "old_str": "5433", "new_str": ""});
    assert!(ask(edit).await.starts_with("The memory file has been edited."));
    let insert =
        json!({"command": "insert", "path": path, "insert_line": 0.0, "insert_text": "# Ports\n"});
    assert_eq!(ask(insert).await, format!("The file {path} has been edited."));
    let lines = json!({"command": "view", "path": path, "view_range": [1, -1]});
    let shown = ask(lines).await;
    assert!(shown.contains("     1\t# Ports\n     2\tStaging zeppelin: "), "{shown}");
    let listed = ask(json!({"command": "view", "path": "/memories", "view_range": null})).await;
    assert!(listed.contains(path), "{listed}");
    let found = text(&service.send(&call("recall", json!({"query": "zeppelin"}))).await);
    assert!(found.contains("Staging zeppelin"), "files are found by recall: {found}");
    let moved = "/memories/old.md";
    let rename = json!({"command": "rename", "old_path": path, "new_path": moved});
    assert_eq!(ask(rename).await, format!("Successfully renamed {path} to {moved}"));
    let delete = json!({"command": "delete", "path": moved});
    assert_eq!(ask(delete).await, format!("Successfully deleted {moved}"));
    let structured = Request {
        path: "/mcp?tools=files&structured=true",
        ..memory(json!({"command": "create", "path": path, "file_text": ""}))
    };
    let structured = result(&service.send(&structured).await)["structuredContent"].clone();
    assert_eq!(structured["ok"], true, "{structured}");
    assert!(structured["changed"][0].as_str().unwrap().starts_with("file/"), "{structured}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_demands_its_right_and_is_of_its_user() {
    let service = Service::start().await;
    let all = [Right::Read, Right::Write, Right::Forget];
    let ada = service.token(token("ada", "ada", &all));
    let path = "/memories/a";
    let view = json!({"command": "view", "path": "/memories"});
    let create = json!({"command": "create", "path": path, "file_text": "a"});
    let delete = json!({"command": "delete", "path": path});
    text(&service.send(&memory(create.clone()).bearer(&ada)).await);
    for (rights, allowed) in [
        (&[Right::Read][..], &["view"][..]),
        (&[Right::Read, Right::Write], &["view", "create"]),
        (&[Right::Read, Right::Forget], &["view", "delete"]),
        (&[Right::Write, Right::Forget], &[]),
    ] {
        // Of another user, who has no such file.
        let name = rights.iter().map(|right| right.as_str()).collect::<Vec<_>>().join("-");
        let secret = service.token(token(&name, "bob", rights));
        let list = Request { path: PATH, ..request("tools/list", json!({})) }.bearer(&secret);
        let listed = result(&service.send(&list).await)["tools"].as_array().unwrap().len();
        assert_eq!(listed, usize::from(rights.contains(&Right::Read)), "{rights:?}");
        for (command, arguments) in [("view", &view), ("create", &create), ("delete", &delete)] {
            let answer = service.send(&memory(arguments.clone()).bearer(&secret)).await;
            let answer = result(&answer)["content"][0]["text"].as_str().unwrap().to_owned();
            let is_denied = answer.contains("needs the right");
            assert_eq!(is_denied, !allowed.contains(&command), "{rights:?} {command}: {answer}");
        }
    }
    let listed = text(&service.send(&memory(view).bearer(&ada)).await);
    assert!(listed.contains(path), "{listed}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_commands_are_answers_that_name_the_argument() {
    let service = Service::start().await;
    for (arguments, part) in [
        (json!({}), "`command`: expected one of view, create, str_replace, insert, delete, rename"),
        (json!({"command": "list"}), "`command`: expected one of view"),
        (json!({"command": "view"}), "`path` is missing; expected a text"),
        (json!({"command": "view", "path": 7}), "`path`: expected a text, not 7"),
        (
            json!({"command": "view", "path": "/memories", "view_range": "all"}),
            "`view_range`: expected a list of whole numbers",
        ),
        (
            json!({"command": "delete", "path": "/memories/a", "old_str": "b"}),
            "unknown argument `old_str`; `delete` has `command`, `path`",
        ),
        (json!({"command": "view", "path": "/memories/../etc"}), "/memories/../etc"),
        (json!({"command": "view", "path": "/memories/none"}), "does not exist"),
    ] {
        let refused = refusal(&service.send(&memory(arguments.clone())).await);
        assert!(refused.contains(part), "{arguments}: {refused}");
    }
    let hidden =
        service.send(&call("memory", json!({"command": "view", "path": "/"}))).await.json();
    assert_eq!(hidden["error"]["code"], -32602, "not in the default profile: {hidden}");
    service.stop().await;
}
