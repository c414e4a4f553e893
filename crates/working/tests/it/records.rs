//! Operations on all kinds: lists, display, statistics, health.

use aios_record::{Identity, Kind, Scope, ScopeFilter};
use aios_working::{Error, Goal, KINDS, NewMessage, Problem, Task, WorkingView};
use serde_json::json;

use crate::{Place, id, key, opened, shared, user, view};

#[tokio::test]
async fn records_are_paged_in_the_order_of_storing() {
    let (_place, working) = opened();
    for n in 0..5 {
        working.goals().put(Goal { id: id(&format!("g{n}")), ..Goal::new("g") }).await.unwrap();
    }
    let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = working.records().list(Kind::Goal, after, 2).await.unwrap();
        names.extend(page.records.iter().map(|record| record.id.to_string()));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((names, pages), (["g0", "g1", "g2", "g3", "g4"].map(str::to_owned).to_vec(), 3));
    assert!(working.records().list(Kind::Note, None, 9).await.unwrap().records.is_empty());
    assert_eq!(working.records().get(&key(Kind::Note, "x")).await.unwrap(), None);
    assert_eq!(working.records().get(&key(Kind::Goal, "none")).await.unwrap(), None);
}

#[tokio::test]
async fn every_kind_is_listed_and_shown() {
    let (_place, working) = opened();
    crate::schema::fill(&working).await;
    working.files().create("/memories/a.md", "text").await.unwrap();
    for &kind in KINDS {
        let page = working.records().list(kind, None, 99).await.unwrap();
        assert_eq!((page.records.is_empty(), page.next), (kind == Kind::Summary, None), "{kind}");
        for record in page.records {
            assert_eq!(record.kind, kind);
            assert!(record.payload.is_object(), "{record:?}");
            let shown = working.records().get(&key(kind, record.id.as_str())).await.unwrap();
            assert_eq!(shown, Some(record));
        }
    }
}

#[tokio::test]
async fn preferences_and_the_persona_are_records_too() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    working.preferences().put("tone", json!("nobody")).await.unwrap();
    ada.preferences().put("tone", json!("ada")).await.unwrap();
    ada.preferences().put("editor", json!("ada")).await.unwrap();
    working.persona().put("name", "Mia").await.unwrap();
    let keys = async |working: &WorkingView, after| {
        let page = working.records().list(Kind::Preference, after, 2).await.unwrap();
        let keys = page.records.iter().map(|record| record.text.clone()).collect::<Vec<_>>();
        (keys, page.next)
    };
    let (first, next) = keys(&working, None).await;
    assert_eq!(first, ["tone: nobody", "tone: ada"]);
    assert_eq!(keys(&working, next).await, (vec!["editor: ada".to_owned()], None));
    let own = ada.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert_eq!(keys(&own, None).await.0, ["tone: ada", "editor: ada"]);

    let shown = ada.records().get(&key(Kind::Preference, "tone")).await.unwrap().unwrap();
    assert_eq!(shown.identity(), Identity::new(user("ada"), Kind::Preference, id("tone")));
    assert_eq!(shown.payload["value"], json!("ada"));
    let error = working.records().get(&key(Kind::Preference, "tone")).await.unwrap_err();
    assert_eq!(error.to_string(), "several owners have a preference `tone`: shared, ada");
    let nobodys = shared(Kind::Preference, "tone");
    let shown = working.records().get_exactly(&nobodys).await.unwrap().unwrap();
    assert_eq!(shown.payload.get("user"), None);
    let shown = working.records().get(&key(Kind::Persona, "name")).await.unwrap().unwrap();
    assert_eq!((shown.text.as_str(), &shown.payload["value"]), ("name: Mia", &json!("Mia")));

    assert_eq!(ada.records().remove(&key(Kind::Preference, "tone")).await.unwrap().len(), 1);
    let error = ada.records().remove(&key(Kind::Preference, "tone")).await.unwrap_err();
    assert!(matches!(error, Error::NotYours { .. }), "{error}");
    assert!(matches!(ada.preferences().remove("tone").await, Err(Error::NotYours { .. })));
    assert_eq!(ada.preferences().get("tone").await.unwrap(), Some(json!("nobody")));
    assert!(ada.preferences().remove("editor").await.unwrap());
    assert!(!ada.preferences().remove("editor").await.unwrap());
    for error in [
        ada.persona().put("name", "x").await.unwrap_err(),
        ada.persona().remove("name").await.unwrap_err(),
        ada.records().remove(&key(Kind::Persona, "name")).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::MachineWide { kind: Kind::Persona }), "{error}");
    }
    assert!(ada.records().get(&key(Kind::Persona, "name")).await.unwrap().is_some());
    assert_eq!(working.records().remove(&key(Kind::Persona, "name")).await.unwrap().len(), 1);
    assert!(!working.persona().remove("name").await.unwrap());
    assert!(working.persona().list().await.unwrap().is_empty());
    for key in [String::new(), "k".repeat(129)] {
        let error = working.preferences().put(&key, json!(1)).await.unwrap_err();
        assert!(error.is_invalid() && matches!(error, Error::Record(_)), "{error}");
        assert!(working.persona().put(&key, "x").await.unwrap_err().is_invalid());
    }
}

#[tokio::test]
async fn the_latest_records_include_every_kind() {
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("g"), ..Goal::new("g") }).await.unwrap();
    let said = NewMessage { id: Some(id("m")), ..NewMessage::new(id("s"), "user", "hello") };
    working.messages().add(said).await.unwrap();
    working.tasks().put(Task { id: id("t"), ..Task::new("t") }).await.unwrap();
    let latest = working.records().latest(2).await.unwrap();
    assert_eq!(
        latest.iter().map(|record| record.key().to_string()).collect::<Vec<_>>(),
        ["task/t", "message/m"]
    );
}

#[tokio::test]
async fn statistics_count_everything() {
    let (place, working) = opened();
    working.goals().put(Goal::new("g")).await.unwrap();
    for _ in 0..3 {
        working.messages().add(NewMessage::new(id("s"), "user", "hello")).await.unwrap();
    }
    let stats = working.upkeep().stats().await.unwrap();
    assert_eq!(stats.records.len(), KINDS.len());
    assert_eq!((stats.records["goals"], stats.records["messages"]), (1, 3));
    assert_eq!((stats.sessions_active, stats.feed_pending), (1, 4));
    assert!(4096 < stats.file_bytes);
    place.pass_hours(25);
    assert_eq!(working.upkeep().stats().await.unwrap().sessions_active, 0);
}

#[tokio::test]
async fn verify_finds_problems_and_reindex_repairs_the_index() {
    let place = Place::new();
    let working = place.open(place.config());
    for n in 0..300 {
        working.goals().put(Goal { id: id(&format!("g{n}")), ..Goal::new("boat") }).await.unwrap();
    }
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    let other = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
    other
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             DELETE FROM search WHERE rowid = (1 << 32 | 1);
             INSERT INTO search (rowid, text) VALUES (1 << 32 | 999, 'ghost');
             INSERT INTO tasks (id, goal_row, description, agent, status, input, output, metadata,
                 owner, module, importance, created_at, updated_at, recorded_at)
             VALUES ('t', 999, 'd', '', 'pending', 'null', 'null', 'null', '', '', 0.5, 0, 0, 0);",
        )
        .unwrap();
    let problems = working.upkeep().verify().await.unwrap();
    let dangling = Problem::Dangling { table: "tasks".to_owned(), parent: "goals".to_owned() };
    let goals = Problem::IndexOutOfStep { kind: Kind::Goal, missing: 1, orphaned: 1 };
    let tasks = Problem::IndexOutOfStep { kind: Kind::Task, missing: 1, orphaned: 0 };
    assert_eq!(problems, [dangling.clone(), goals, tasks]);
    working.upkeep().reindex().await.unwrap();
    assert_eq!(working.upkeep().verify().await.unwrap(), [dangling]);
    let options = aios_working::FindOptions::default().with_limit(999);
    assert_eq!(working.records().find("boat", options).await.unwrap().len(), 300);
}
