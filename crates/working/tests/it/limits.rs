//! Invalid input: a typed error or a correct answer.

use aios_record::{Id, Timestamp};
use aios_working::{
    Config, Decision, EntriesBackend, Entry, EntryFilter, EntryStore, Error, Goal, JSON_DEPTH_MAX,
    LABEL_BYTES_MAX, NewMessage, Pattern, Task, TaskUpdate,
};
use serde_json::{Value, json};

use crate::{Place, id, opened};

#[tokio::test]
async fn nul_characters_round_trip_and_are_searched_around() {
    let (_place, working) = opened();
    let text = "before\0after \u{0} end";
    let goal = Goal { id: id("a\0b"), metadata: json!({"k\0": "v\0"}), ..Goal::new(text) };
    working.goals().put(goal.clone()).await.unwrap();
    let read = working.goals().get(&id("a\0b")).await.unwrap().unwrap();
    assert_eq!((read.description.as_str(), &read.metadata), (text, &goal.metadata));
    assert_eq!(working.goals().get(&id("a")).await.unwrap(), None);
    assert_eq!(working.records().find("end", Default::default()).await.unwrap().len(), 1);
    assert_eq!(working.records().find("after", Default::default()).await.unwrap().len(), 1);
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn times_outside_1970_to_9999_are_refused_and_the_ends_are_kept() {
    let (_place, working) = opened();
    let early: Timestamp = "1969-12-31T23:59:59Z".parse().unwrap();
    let message = NewMessage { timestamp: Some(early), ..NewMessage::new(id("s"), "user", "x") };
    let error = working.messages().add(message).await.unwrap_err();
    assert!(matches!(error, Error::Time { .. }), "{error}");
    for time in [early, Timestamp::MAX, Timestamp::MIN] {
        let decision = Decision { timestamp: Some(time), ..Decision::new("c", "d") };
        let error = working.decisions().put(decision).await.unwrap_err();
        assert!(matches!(error, Error::Time { field: "timestamp", .. }), "{error}");
    }
    for time in [Timestamp::UNIX_EPOCH, "9999-12-30T22:00:00Z".parse().unwrap()] {
        let decision = Decision { timestamp: Some(time), ..Decision::new("c", "d") };
        let stored = working.decisions().put(decision).await.unwrap();
        let read = working.decisions().get(&stored.id).await.unwrap().unwrap();
        assert_eq!(read.timestamp, Some(time));
    }
}

#[tokio::test]
async fn long_texts_are_refused_at_the_limit() {
    let place = Place::new();
    let working = place.open(Config { text_bytes_max: 1000, ..place.config() });
    let check = async |error: Result<(), Error>, field: &str| {
        let error = error.unwrap_err();
        assert!(
            matches!(&error, Error::TooLong { field: found, .. } if *found == field),
            "{error}"
        );
        assert!(error.is_invalid());
    };
    working.goals().put(Goal::new("x".repeat(1000))).await.unwrap();
    check(working.goals().put(Goal::new("x".repeat(1001))).await.map(drop), "description").await;
    let goal = Goal { metadata: json!(vec!["word"; 200]), ..Goal::new("g") };
    check(working.goals().put(goal).await.map(drop), "metadata").await;
    let goal = Goal { status: "x".repeat(10_000).as_str().into(), ..Goal::new("g") };
    check(working.goals().put(goal).await.map(drop), "status").await;
    let goal = working.goals().put(Goal::new("g")).await.unwrap();
    let result = Some("x".repeat(1001));
    check(working.goals().set_status(&goal.id, "failed", result).await.map(drop), "result").await;
    let task = working.tasks().put(Task::new("t")).await.unwrap();
    let update = TaskUpdate { error: Some("x".repeat(1001)), ..TaskUpdate::default() };
    check(working.tasks().set_status(&task.id, "failed", update).await.map(drop), "error").await;
    check(working.preferences().put("k", json!("x".repeat(1001))).await, "value").await;
    check(working.persona().put("k", "x".repeat(1001)).await, "value").await;
}

#[tokio::test]
async fn a_text_of_100_mb_exceeds_the_default_limit() {
    let (_place, working) = opened();
    let huge = "x".repeat(100 * 1024 * 1024);
    let error = working.messages().add(NewMessage::new(id("s"), "user", huge)).await.unwrap_err();
    let limit = 16 * 1024 * 1024;
    assert!(
        matches!(error, Error::TooLong { field: "content", bytes_max: found, .. } if found == limit)
    );
    assert!(working.sessions().get(&id("s")).await.unwrap().is_none());
    let error = error.to_string();
    assert!(error.contains("104857600") && error.len() < 200, "{error}");
}

#[tokio::test]
async fn ids_of_128_bytes_fit_and_longer_sessions_do_not() {
    let (_place, working) = opened();
    assert!(Id::new("x".repeat(129)).is_err());
    let longest = "x".repeat(128);
    working.goals().put(Goal { id: id(&longest), ..Goal::new("g") }).await.unwrap();
    assert!(working.goals().get(&id(&longest)).await.unwrap().is_some());
    let mut task = Task::new("t");
    task.meta.scope.session = Some("x".repeat(129));
    let error = working.tasks().put(task).await.unwrap_err();
    assert!(matches!(error, Error::Record(aios_record::Error::IdLength { bytes: 129 })), "{error}");
}

#[tokio::test]
async fn nan_is_refused() {
    let (_place, working) = opened();
    let mut goal = Goal::new("g");
    goal.meta.importance = f32::NAN;
    assert!(matches!(working.goals().put(goal).await, Err(Error::NotFinite { .. })));
    let pattern = Pattern { success_rate: f64::NAN, ..Pattern::new("a", "b") };
    assert!(working.patterns().put(pattern).await.is_err());
}

#[tokio::test]
async fn an_empty_id_is_refused() {
    let (_place, working) = opened();
    let error = Id::new("").unwrap_err();
    assert_eq!(error, aios_record::Error::IdLength { bytes: 0 });
    let given = json!({"id": "", "description": "g"});
    assert!(serde_json::from_value::<Goal>(given).unwrap_err().to_string().contains("128"));
    let mut task = Task::new("t");
    task.meta.scope.session = Some(String::new());
    assert!(matches!(working.tasks().put(task).await, Err(Error::Record(_))));
}

#[tokio::test]
async fn lone_surrogates_are_rejected_from_every_source() {
    let place = Place::new();
    let working = place.open(place.config());
    // From a caller: it cannot be parsed.
    let lone = r#"{"description": "half \ud83e of a character"}"#;
    assert!(serde_json::from_str::<Goal>(lone).is_err());
    let whole = r#"{"description": "a whole \ud83e\udd80", "metadata": {"k": "\ud83e\udd80"}}"#;
    let goal = working.goals().put(serde_json::from_str(whole).unwrap()).await.unwrap();
    let read = working.goals().get(&goal.id).await.unwrap().unwrap();
    assert_eq!(
        (read.description.as_str(), &read.metadata["k"]),
        ("a whole \u{1f980}", &json!("\u{1f980}"))
    );
    // From another program that wrote the file: the error names the record; others can be read.
    let other = rusqlite::Connection::open(working.path()).unwrap();
    let sql = r#"UPDATE goals SET metadata = '"\ud83e"'"#;
    other.execute(sql, []).unwrap();
    working.goals().put(Goal { id: id("sound"), ..Goal::new("sound") }).await.unwrap();
    let error = working.goals().get(&goal.id).await.unwrap_err();
    assert!(matches!(&error, Error::Damaged { id, .. } if *id == *goal.id.as_str()), "{error}");
    assert!(working.goals().get(&id("sound")).await.unwrap().is_some());
    // In a JSON file of entries: the file is not changed.
    let entries = working.entry_store(EntriesBackend::Json);
    let file = place.folder.path().join("entries.json");
    std::fs::write(&file, r#"[{"category": "c", "key": "k", "value": "\ud83e"}]"#).unwrap();
    let error = entries.list(EntryFilter::default()).await.unwrap_err();
    assert!(matches!(error, Error::DamagedFile { .. }), "{error}");
    let error = entries.add(Entry::new("c", "k", json!(1))).await.unwrap_err();
    assert!(matches!(error, Error::DamagedFile { .. }), "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("ud83e"));
}

#[tokio::test]
async fn json_nested_too_deeply_is_refused_and_other_json_round_trips() {
    let (_place, working) = opened();
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]));
    let goal = |metadata: Value| Goal { metadata, ..Goal::new("deep") };
    let stored = working.goals().put(goal(nested(JSON_DEPTH_MAX))).await.unwrap();
    let read = working.goals().get(&stored.id).await.unwrap().unwrap();
    assert_eq!(read.metadata, nested(JSON_DEPTH_MAX));
    let page = working.records().list(aios_record::Kind::Goal, None, 9).await.unwrap();
    let travelling = serde_json::to_string(&page.records[0]).unwrap();
    assert!(serde_json::from_str::<aios_record::Record>(&travelling).is_ok());
    for depth in [JSON_DEPTH_MAX + 1, 2000] {
        let error = working.goals().put(goal(nested(depth))).await.unwrap_err();
        assert!(matches!(error, Error::TooDeep { field: "metadata", .. }), "{error}");
        assert!(error.is_invalid());
    }
}

#[tokio::test]
async fn negative_priorities_come_first() {
    let (_place, working) = opened();
    for priority in [1, i32::MAX, -3, 0, i32::MIN] {
        let goal = Goal { priority, ..Goal::new("g") };
        working.goals().put(goal).await.unwrap();
    }
    let goals = working.goals().active().await.unwrap();
    let priorities: Vec<_> = goals.iter().map(|goal| goal.priority).collect();
    assert_eq!(priorities, [i32::MIN, -3, 0, 1, i32::MAX]);
}

#[tokio::test]
async fn a_status_is_any_text_up_to_the_label_limit() {
    let (_place, working) = opened();
    for status in ["INIT", "", "PLANNING \u{1f980}", &"x".repeat(LABEL_BYTES_MAX)] {
        let goal =
            working.goals().put(Goal { status: status.into(), ..Goal::new("g") }).await.unwrap();
        let read = working.goals().get(&goal.id).await.unwrap().unwrap();
        assert_eq!(read.status.as_str(), status);
    }
    let long = "x".repeat(10_000);
    let error =
        working.goals().put(Goal { status: long.into(), ..Goal::new("g") }).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooLong { field: "status", bytes: 10_000, bytes_max: LABEL_BYTES_MAX }
        ),
        "{error}"
    );
}

#[test]
fn an_unknown_back_end_is_refused_with_the_list_of_known_ones() {
    let error = "redis".parse::<EntriesBackend>().unwrap_err();
    assert!(matches!(&error, Error::UnknownBackend { name } if name == "redis"));
    assert_eq!(error.to_string(), "unknown back end `redis`; known are sqlite, json");
    assert_eq!("json".parse::<EntriesBackend>().unwrap(), EntriesBackend::Json);
}
