//! The files of several owners and projects in one view.

use aios_record::{Gate, Scope, ScopeFilter};
use aios_working::WorkingView;
use serde_json::json;

use super::{answer, path, text_of};
use crate::{opened, view};

fn in_project(view: &WorkingView, project: &str) -> WorkingView {
    view.narrow(&Scope::default().with_project(project).into()).unwrap()
}

async fn paths(view: &WorkingView) -> Vec<String> {
    let entries = view.files().list(&path("/memories")).await.unwrap();
    entries.into_iter().map(|entry| entry.path.into()).collect()
}

#[tokio::test]
async fn an_owner_has_its_own_files_and_sees_shared_ones() {
    let (_place, working) = opened();
    let everybody = working.scoped(Gate::shared());
    let [ada, bob] = ["ada", "bob"].map(|name| view(&working, name));
    everybody.files().create("/memories/house.md", "rules").await.unwrap();
    ada.files().create("/memories/a.md", "of ada").await.unwrap();
    bob.files().create("/memories/a.md", "of bob").await.unwrap();
    assert_eq!(paths(&ada).await, ["/memories/a.md", "/memories/house.md"]);
    assert_eq!(text_of(&ada, "/memories/a.md").await.as_deref(), Some("of ada"));
    assert_eq!(text_of(&bob, "/memories/a.md").await.as_deref(), Some("of bob"));
    assert_eq!(paths(&everybody).await, ["/memories/house.md"]);
    // The administrator acts for nobody, or for the user that it chooses.
    assert_eq!(paths(&working).await, ["/memories/house.md"]);
    let chosen = working.narrow(&Scope::default().with_user("bob").into()).unwrap();
    assert_eq!(text_of(&chosen, "/memories/a.md").await.as_deref(), Some("of bob"));
    let exact = ada.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert_eq!(paths(&exact).await, ["/memories/a.md"]);
}

#[tokio::test]
async fn a_user_does_not_change_a_shared_file() {
    let (_place, working) = opened();
    let everybody = working.scoped(Gate::shared());
    everybody.files().create("/memories/d/house.md", "rules").await.unwrap();
    let ada = view(&working, "ada");
    ada.files().create("/memories/d/own.md", "own").await.unwrap();
    let shared = "error: The file /memories/d/house.md is shared with other users and cannot be \
                  changed.";
    let house = "/memories/d/house.md";
    for command in [
        json!({"command": "str_replace", "path": house, "old_str": "rules", "new_str": "x"}),
        json!({"command": "insert", "path": house, "insert_line": 0, "insert_text": "x"}),
        json!({"command": "delete", "path": house}),
        json!({"command": "delete", "path": "/memories/d"}),
        json!({"command": "rename", "old_path": "/memories/d", "new_path": "/memories/e"}),
    ] {
        assert_eq!(answer(&ada, command).await, shared);
    }
    let create = json!({"command": "create", "path": house, "file_text": "mine"});
    assert_eq!(answer(&ada, create).await, format!("error: File {house} already exists"));
    assert_eq!(paths(&ada).await, ["/memories/d/house.md", "/memories/d/own.md"]);
}

#[tokio::test]
async fn a_project_has_its_own_files_and_those_without_a_project() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    let (blog, shop) = (in_project(&ada, "blog"), in_project(&ada, "shop"));
    ada.files().create("/memories/me.md", "ada").await.unwrap();
    blog.files().create("/memories/notes.md", "blog").await.unwrap();
    shop.files().create("/memories/notes.md", "shop").await.unwrap();
    assert_eq!(text_of(&blog, "/memories/notes.md").await.as_deref(), Some("blog"));
    assert_eq!(text_of(&shop, "/memories/notes.md").await.as_deref(), Some("shop"));
    assert_eq!(text_of(&blog, "/memories/me.md").await.as_deref(), Some("ada"));
    assert_eq!(paths(&ada).await, ["/memories/me.md"]);
    // A renamed file stays in its scope.
    blog.files().rename("/memories/me.md", "/memories/you.md").await.unwrap();
    assert_eq!(paths(&ada).await, ["/memories/you.md"]);
}

#[tokio::test]
async fn a_path_of_a_nearer_layer_hides_that_of_another() {
    let (_place, working) = opened();
    let everybody = working.scoped(Gate::shared());
    let ada = view(&working, "ada");
    let blog = in_project(&ada, "blog");
    blog.files().create("/memories/a", "a file hides a directory").await.unwrap();
    blog.files().create("/memories/b/x.md", "a directory hides a file").await.unwrap();
    blog.files().create("/memories/c.md", "a file hides a file").await.unwrap();
    ada.files().create("/memories/a/y.md", "hidden").await.unwrap();
    ada.files().create("/memories/b", "hidden").await.unwrap();
    ada.files().create("/memories/c.md", "hidden").await.unwrap();
    everybody
        .files()
        .create("/memories/b/z.md", "directories have the files of both")
        .await
        .unwrap();
    let seen = ["/memories/a", "/memories/b/x.md", "/memories/b/z.md", "/memories/c.md"];
    assert_eq!(paths(&blog).await, seen);
    assert_eq!(paths(&ada).await, ["/memories/a/y.md", "/memories/b", "/memories/c.md"]);
    // With the nearer file gone, the other one is seen.
    blog.files().delete("/memories/c.md").await.unwrap();
    assert_eq!(text_of(&blog, "/memories/c.md").await.as_deref(), Some("hidden"));
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn the_agent_and_the_session_do_not_count() {
    let (_place, working) = opened();
    let scope = |session: &str| Scope {
        session: Some(session.to_owned()),
        agent: Some("helper".to_owned()),
        ..Scope::default()
    };
    let one = working.narrow(&ScopeFilter::exact(scope("s1"))).unwrap();
    let two = working.narrow(&scope("s2").into()).unwrap();
    one.files().create("/memories/a.md", "text").await.unwrap();
    assert_eq!(text_of(&one, "/memories/a.md").await.as_deref(), Some("text"));
    two.files().str_replace("/memories/a.md", "text", "more").await.unwrap();
    assert_eq!(text_of(&working, "/memories/a.md").await.as_deref(), Some("more"));
}
