//! Projects of one user: sessions, removal and summaries stay within them.

use aios_record::{Kind, Mode, Scope, ScopeFilter};
use aios_working::{Error, Goal, NewMessage, Session, Task, Working, WorkingView};

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
