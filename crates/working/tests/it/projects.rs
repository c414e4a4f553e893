//! Projects of one user: sessions, removal and summaries stay within them.

use aios_record::{Id, Kind, Mode, Record, Scope, ScopeFilter};
use aios_working::{
    Error, Goal, Meta, NewMessage, RestoreOutcome, Session, Task, ToolCall, Working, WorkingView,
};
use serde_json::json;

use crate::{id, key, opened, view};

fn in_project(working: &Working, project: &str) -> WorkingView {
    let scope = Scope { project: Some(project.to_owned()), ..Scope::default() };
    view(working, "ada").narrow(&ScopeFilter::new(scope)).unwrap()
}

async fn say(view: &WorkingView, session: &str, text: &str) {
    view.messages().add(NewMessage::new(id(session), "user", text)).await.unwrap();
}

#[tokio::test]
async fn a_session_is_in_the_project_of_its_first_message() {
    let (_place, working) = opened();
    let (one, two) = (in_project(&working, "one"), in_project(&working, "two"));
    let scope = Scope { project: Some("one".to_owned()), ..Scope::default() };
    let message = NewMessage { scope, ..NewMessage::new(id("s"), "user", "The merger is in May.") };
    view(&working, "ada").messages().add(message).await.unwrap();
    one.sessions().set_summary(&id("s"), "merger in May").await.unwrap();
    assert_eq!(two.sessions().get(&id("s")).await.unwrap(), None);
    assert!(two.sessions().set_summary(&id("s"), "").await.unwrap_err().is_not_found());
    assert!(two.records().remove(&key(Kind::Session, "s")).await.unwrap().is_empty());
    assert_eq!(one.records().remove(&key(Kind::Session, "s")).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_record_is_not_removed_with_those_of_another_project() {
    let (_place, working) = opened();
    let (one, two) = (in_project(&working, "one"), in_project(&working, "two"));
    let ada = view(&working, "ada");
    ada.sessions().add(Session::new(id("s"))).await.unwrap();
    ada.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    for (project, name) in [(&one, "one"), (&two, "two")] {
        say(project, "s", name).await;
        let task = Task { id: id(name), goal_id: Some(id("g")), ..Task::new("dig") };
        project.tasks().put(task).await.unwrap();
    }
    for kind in [Kind::Session, Kind::Goal] {
        let id = if kind == Kind::Goal { "g" } else { "s" };
        for mode in [Mode::DryRun, Mode::Apply] {
            let error = two.records().remove_with(&key(kind, id), mode).await.unwrap_err();
            assert!(matches!(&error, Error::BeyondScope { .. }) && error.is_invalid(), "{error}");
        }
        assert_eq!(ada.records().remove(&key(kind, id)).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_summary_holds_texts_of_its_own_project_alone() {
    let (place, working) = opened();
    let (one, two) = (in_project(&working, "one"), in_project(&working, "two"));
    let ada = view(&working, "ada");
    for session in ["own", "mixed"] {
        ada.sessions().add(Session::new(id(session))).await.unwrap();
        say(&one, session, "The merger of the two banks closes in May.").await;
    }
    say(&two, "mixed", "The bridge over the river opens in June.").await;
    say(&ada, "mixed", "Lunch with Bo is at noon on every Friday.").await;
    ada.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("dig up the merger") };
    one.tasks().put(task).await.unwrap();
    ada.goals().set_status(&id("g"), "completed", None).await.unwrap();
    place.pass_hours(25);
    // Two sessions, a goal, and the day of project one, which has two sessions.
    assert_eq!(working.upkeep().age(&Default::default()).await.unwrap().summed_up, 4);
    assert_eq!(working.upkeep().age(&Default::default()).await.unwrap().summed_up, 0);
    let all = working.records().list(Kind::Summary, None, 9).await.unwrap().records;
    let of = |subject: &str| all.iter().find(|it| it.payload["subject"] == subject).unwrap();
    assert_eq!(of("session/own").scope.project.as_deref(), Some("one"));
    assert!(of("session/own").text.contains("merger"));
    assert_eq!(of("session/mixed").scope.project, None);
    assert_eq!(of("session/mixed").text, "Lunch with Bo is at noon on every Friday.");
    assert_eq!(of("goal/g").text, "a garden");
    let session = two.sessions().get(&id("own")).await.unwrap().unwrap();
    assert_eq!(session.summary, None);
}

#[tokio::test]
async fn to_a_view_of_a_project_the_records_of_another_do_not_exist() {
    let (_place, working) = opened();
    let (one, two) = (in_project(&working, "one"), in_project(&working, "two"));
    two.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    two.tasks().put(Task { id: id("t"), ..Task::new("dig") }).await.unwrap();
    for (parent, unknown) in [("g", "h"), ("t", "u")] {
        let mut refusals = Vec::new();
        for name in [parent, unknown] {
            let task = Task { goal_id: Some(id(name)), ..Task::new("plant") };
            let call = ToolCall { task_id: Some(id(name)), ..ToolCall::new("spade") };
            let refused = match parent {
                "g" => one.tasks().put(task).await.unwrap_err(),
                _ => one.tool_calls().put(call).await.unwrap_err(),
            };
            assert!(refused.is_not_found(), "{refused}");
            refusals.push(refused.to_string().replace(&format!("`{name}`"), "it"));
        }
        assert_eq!(refusals[0], refusals[1]);
    }
    // A view without a project refers to all of its owner's.
    let ada = view(&working, "ada");
    let own = Task { id: id("own"), goal_id: Some(id("g")), ..Task::new("plant") };
    ada.tasks().put(own).await.unwrap();
    // An import of the project restores its task without the goal.
    let record = ada.records().get(&key(Kind::Task, "own")).await.unwrap().unwrap();
    let mut record = Record { id: id("copy"), ..record };
    record.payload["id"] = json!("copy");
    let restored = working.intake().restore_in(Some("one"), vec![record]).await.unwrap();
    assert!(matches!(restored[0], Ok(RestoreOutcome::Detached { .. })), "{restored:?}");
}

#[tokio::test]
async fn a_session_and_its_messages_take_nothing_from_another_project() {
    let (_place, working) = opened();
    let (one, two) = (in_project(&working, "one"), in_project(&working, "two"));
    say(&two, "s", "The merger is in May.").await;
    let is_taken = |error: &Error| matches!(error, Error::Conflict { .. });
    let said = NewMessage::new(id("s"), "user", "Which merger?");
    assert!(is_taken(&one.messages().add(said).await.unwrap_err()));
    assert!(is_taken(&one.sessions().add(Session::new(id("s"))).await.unwrap_err()));
    let task = Task { meta: in_session("s"), ..Task::new("ask") };
    assert!(is_taken(&one.tasks().put(task).await.unwrap_err()));
    assert_eq!(two.messages().recent(&id("s"), 9).await.unwrap().len(), 1);

    // In a session of no project, a message of another one is not recognised.
    let ada = view(&working, "ada");
    ada.sessions().add(Session::new(id("open"))).await.unwrap();
    let said = |id: Id, external_id: Option<&str>| NewMessage {
        id: Some(id),
        external_id: external_id.map(str::to_owned),
        ..NewMessage::new("open".parse().unwrap(), "user", "The merger is in May.")
    };
    two.messages().add(said(id("m"), Some("x"))).await.unwrap();
    assert!(two.messages().add(said(id("m"), Some("x"))).await.unwrap().is_known());
    assert!(is_taken(&one.messages().add(said(id("m"), None)).await.unwrap_err()));
    assert!(is_taken(&one.messages().add(said(id("n"), Some("x"))).await.unwrap_err()));
    assert!(ada.messages().add(said(id("n"), Some("x"))).await.unwrap().is_known());
}

fn in_session(session: &str) -> Meta {
    Meta { scope: Scope::default().with_session(session), ..Meta::default() }
}
