//! The methods of `WorkingView` that read and write.

use aios_memory::{
    Id, Identity, Kind, Mode, Owner, Record, Scope, ScopeFilter, Timestamp,
    working::{
        AgentState, Decision, EntriesBackend, Entry, EntryFilter, EntryStore, EntryUpdate, Error,
        EventFilter, Fact, FactEnd, FactQuery, FactStep, File, FileCommand, FilePath, FindOptions,
        Goal, GoalStatus, Interaction, NewMessage, Outcome, Pattern, Role, Session, Task,
        TaskStatus, TaskUpdate, ToolCall,
    },
};
use serde_json::{Map, Value, json};

use super::{Exercise, Hand, exercises, key, value};

pub(super) const TABLE: &[Exercise] = exercises! { h;
    "WorkingView::gate" => [value(h.view.working().gate())];
    "AgentStates::get" => [
        h.view.working().agent_states().get(&id("keeper")).await,
        h.view.working().agent_states().get(&id("nobody")).await,
    ];
    "Decisions::get" => [h.view.working().decisions().get(&id("d1")).await];
    "Decisions::latest" => [h.view.working().decisions().latest(10).await];
    "Facts::has_told" => [h.view.working().facts().has_told().await];
    "Entries::get" => [h.view.working().entries().get(&id("e1")).await];
    "Entries::get_by_key" => [h.view.working().entries().get_by_key("hay").await];
    "Entries::list" => [
        h.view.working().entries().list(EntryFilter::default()).await,
        h.view.working().entries().list(EntryFilter {
            category: Some("stock".to_owned()),
            limit: Some(3),
            ..EntryFilter::default()
        }).await,
        h.view.working().entries().list(EntryFilter {
            entity_type: Some("device".to_owned()),
            entity_id: Some("scale".to_owned()),
            tags: vec!["feed".to_owned()],
            ..EntryFilter::default()
        }).await,
    ];
    "Events::list" => [h.view.working().events().list(EventFilter::default()).await];
    "Goals::get" => [
        h.view.working().goals().get(&id("g1")).await,
        h.view.working().goals().get(&id("g-only-zebra1")).await
            .map(|goal| goal.map(|it| it.priority)),
        h.view.working().goals().get(&id("g-only-zebra2")).await
            .map(|goal| goal.map(|it| it.priority)),
    ];
    "Goals::active" => [h.view.working().goals().active().await];
    "Records::counts" => [h.view.working().records().counts().await];
    "Interactions::recent" => [
        h.view.working().interactions().recent(1).await,
        h.view.working().interactions().recent(10).await,
    ];
    "WorkingView::narrow" => [
        h.view.working().narrow(&in_session("s1")).map(|it| it.gate().clone()),
        h.view.working().narrow(&in_session("s1")).unwrap().records().counts().await,
        h.view.working().narrow(&exact("s1")).unwrap().records().counts().await,
        h.view.working().narrow(&exact("s1")).unwrap().tasks().list(None, None).await,
    ];
    "WorkingView::with_expired" => [h.view.working().with_expired().records().counts().await];
    "WorkingView::without_waiting" => [h.view.working().without_waiting().records().counts().await];
    "Messages::get" => [
        h.view.working().messages().get(&id("m1")).await,
        h.view.working().messages().get(&id("m4")).await,
    ];
    "Messages::recent" => [
        h.view.working().messages().recent(&id("s1"), 2).await,
        h.view.working().messages().recent(&id("s1"), 20).await,
        h.view.working().messages().recent(&id("s3"), 20).await,
    ];
    "Messages::chat_history" => [
        h.view.working().messages().chat_history(&id("s1"), 20).await,
        h.view.working().messages().chat_history(&id("nowhere"), 20).await,
    ];
    "Metrics::keys" => [h.view.working().metrics().keys().await];
    "Metrics::newest" => [h.view.working().metrics().newest().await];
    "Metrics::history" => [
        h.view.working().metrics().history("barn", Timestamp::UNIX_EPOCH, Timestamp::now()).await,
    ];
    "Patterns::get" => [h.view.working().patterns().get(&id("p1")).await];
    "Preferences::get" => [
        h.view.working().preferences().get("coding_style").await,
        h.view.working().preferences().get("nothing").await,
    ];
    "Preferences::list" => [h.view.working().preferences().list().await];
    "Persona::list" => [h.view.working().persona().list().await];
    "Records::get" => [
        h.view.working().records().get(&key(Kind::Goal, "g1")).await,
        h.view.working().records().get(&key(Kind::Message, "m1")).await,
        h.view.working().records().get(&key(Kind::Preference, "colour")).await,
    ];
    "Records::get_exactly" => [
        h.view.working().records().get_exactly(&identity("", Kind::Goal, "g1")).await,
        h.view.working().records().get_exactly(&identity("u1", Kind::Goal, "g1")).await,
        h.view.working().records().get_exactly(&identity("u2", Kind::Goal, "g1")).await,
    ];
    "Records::get_all" => [
        h.view.working().records().get_all(vec![identity("u1", Kind::Goal, "g1")]).await,
        h.view.working().records().get_all(vec![identity("u2", Kind::Goal, "g1")]).await,
    ];
    "Records::list_by_time" => [
        h.view.working().records().list_by_time(Kind::Goal, None, 100).await
            .map(|it| it.records),
        h.view.working().records().list_by_time(Kind::Message, None, 100).await
            .map(|it| it.records),
        // The cursor is specific to the file.
        h.view.working().records().list_by_time(Kind::Message, None, 2).await.map(|it| it.records),
        h.view.working().records().list_by_time(Kind::Preference, None, 100).await
            .map(|it| it.records),
    ];
    "Records::list_from" => [
        h.view.working().records().list_from(Kind::Goal, 0, 100).await.map(|it| it.records),
    ];
    "Records::list" => [
        h.view.working().records().list(Kind::Goal, None, 100).await,
        h.view.working().records().list(Kind::Message, None, 100).await,
        // The cursor is specific to the file.
        h.view.working().records().list(Kind::Message, None, 2).await.map(|page| page.records),
        h.view.working().records().list(Kind::Session, None, 100).await,
    ];
    "Records::latest" => [
        h.view.working().records().latest(5).await,
        h.view.working().records().latest(1000).await,
    ];
    "Records::find" => [
        h.view.working().records().find("zebra paddock", everything()).await,
        h.view.working().records().find("zebra0 zebra1 zebra2 gate", everything()).await,
        h.view.working().records()
            .find("gate", everything().with_kinds([Kind::ToolCall, Kind::Task]))
            .await,
    ];
    "Decisions::of_task" => [
        h.view.working().decisions().of_task(&id("t1")).await,
        h.view.working().decisions().of_task(&id("nothing")).await,
    ];
    "Decisions::find_similar" => [
        h.view.working().decisions().find_similar("which paddock", 10).await,
    ];
    "Patterns::find" => [h.view.working().patterns().find("storm warning", 0.1).await];
    "Patterns::find_best" => [h.view.working().patterns().find_best("storm warning", 0.1).await];
    "Sessions::get" => [h.view.working().sessions().get(&id("s1")).await];
    "Sessions::active" => [
        h.view.working().sessions().active(1).await,
        h.view.working().sessions().active(24 * 365 * 5).await,
    ];
    "Sessions::recent_summaries" => [h.view.working().sessions().recent_summaries(10, 1000).await];
    "Tasks::get" => [h.view.working().tasks().get(&id("t1")).await];
    "Tasks::of_goal" => [
        h.view.working().tasks().of_goal(&id("g1")).await,
        h.view.working().tasks().of_goal(&id("g-only-zebra1")).await,
        h.view.working().tasks().of_goal(&id("g-only-zebra2")).await,
    ];
    "Tasks::list" => [
        h.view.working().tasks().list(None, None).await,
        h.view.working().tasks().list(Some(&id("s1")), None).await,
        h.view.working().tasks().list(None, Some(TaskStatus::Completed)).await,
    ];
    "Tasks::history" => [h.view.working().tasks().history(10).await];
    "ToolCalls::get" => [h.view.working().tool_calls().get(&id("c1")).await];
    "ToolCalls::of_task" => [h.view.working().tool_calls().of_task(&id("t1")).await];
    "Records::remove_with" => [
        h.view.working().records().remove_with(&key(Kind::Goal, "g1"), Mode::DryRun).await,
        h.view.working().records().remove_with(&key(Kind::Session, "s1"), Mode::DryRun).await,
        h.view.working().records().remove_with(&key(Kind::Goal, "nothing"), Mode::DryRun).await,
    ];

    "AgentStates::put" => [
        h.view.working().agent_states().put(AgentState::new(id("keeper"), json!({"at": 2}))).await,
        h.view.working().agent_states().put(AgentState::new(id("new"), json!({"at": 1}))).await,
    ];
    "Decisions::put" => [
        h.view.working().decisions().put(Decision {
            id: id("d2"),
            ..Decision::new(h.text("Which fence for the zebra@?"), "wood")
        }).await,
    ];
    "Decisions::set_outcome" => [
        h.view.working().decisions().set_outcome(&id("d1"), h.text("zebra@ is happy")).await,
        h.view.working().decisions().set_outcome(&id("nothing"), "it is not there").await,
    ];
    "Entries::put_by_id" => [
        h.view.working().entries().put_by_id(Entry {
            id: id("e4"),
            ..Entry::new("stock", "bran", json!(h.text("for zebra@")))
        }).await,
    ];
    "Entries::add" => [
        h.view.working().entries().add(Entry {
            id: id("e3"),
            ..Entry::new("stock", "oats", json!(h.text("for zebra@")))
        }).await,
        h.view.working().entries().add(Entry {
            id: id("e1"),
            ..Entry::new("stock", "oats", json!("an id that is taken"))
        }).await,
    ];
    "Facts::put" => [
        h.view.working().facts().put(fact("f1", &h.text("zebra@"))).await,
        h.view.working().facts().put(fact("f2", &h.text("zebra@ two"))).await,
        h.view.working().facts().put(fact("f3", "the same words of everybody")).await,
    ];
    "Facts::put_all" => [
        h.view.working().facts().put_all(vec![
            fact("f1", &h.text("zebra@")),
            fact("f4", &h.text("zebra@ four")),
        ]).await,
    ];
    "Facts::get" => [
        h.view.working().facts().get(&id("f1")).await,
        h.view.working().facts().get(&id("nothing")).await,
    ];
    "Facts::list" => [
        h.view.working().facts().list(FactQuery::default().with_ended()).await.map(|it| it.facts),
    ];
    "Facts::history" => [h.view.working().facts().history("gate", "f1").await];
    "Facts::profile" => [h.view.working().facts().profile(10).await];
    "Facts::contradictions" => [h.view.working().facts().contradictions(10).await];
    "Facts::citing" => [
        h.view.working().facts().citing(vec![
            key(Kind::Message, "m1").of(Owner::SHARED),
            key(Kind::Message, "m1").of(Owner::user("zebra1").unwrap()),
        ]).await.map(|facts| facts.len()),
    ];
    "Facts::apply" => [{
        // A version is in the history if the feed has delivered it.
        h.memory.feed().catch_up().await.unwrap();
        h.view.working().facts().apply(vec![FactStep {
            source: "message/m1".to_owned(),
            added: vec![fact("f4", &h.text("zebra@ three"))],
            ended: vec![FactEnd { id: id("f3"), valid_to: None, superseded_by: None }],
            ..FactStep::default()
        }]).await
    }];
    "Facts::own" => [h.view.working().facts().own(None, 10).await.map(|it| {
        it.map(|it| it.facts)
    })];
    "Facts::confirm" => [
        {
            h.memory.feed().catch_up().await.unwrap();
            h.view.working().facts().confirm(&id("f4")).await
        },
        h.view.working().facts().confirm(&id("nothing")).await,
    ];
    "Facts::reject" => [
        {
            h.memory.feed().catch_up().await.unwrap();
            h.view.working().facts().reject(&id("f3")).await
        },
        h.view.working().facts().reject(&id("nothing")).await,
    ];
    "Facts::withdraw" => [
        h.view.working().facts().withdraw(vec![key(Kind::Message, "m9")]).await,
    ];
    "Facts::remove" => [h.view.working().facts().remove(&id("nothing")).await];
    "Files::create" => [
        h.view.working().files().create("/memories/barn.md", &h.text("zebra@ sleeps here\n")).await,
        h.view.working().files().create(&h.text("/memories/zebra@/hay.md"), "two bales\n").await,
        h.view.working().files().create("/memories/barn.md", "a path that is taken").await,
    ];
    "Files::put" => [
        h.view.working().files()
            .put(File { id: id("f1"), ..File::new(path("/memories/vet.md"), h.text("zebra@")) })
            .await,
        h.view.working().files().put(File::new(path("/memories/vet.md"), "taken")).await,
        h.view.working().files().put(File::new(path("/memories/barn.md/x"), "in a file")).await,
    ];
    "Files::get" => [
        h.view.working().files().get(&path("/memories/barn.md")).await,
        h.view.working().files().get(&path("/memories/zebra1/hay.md")).await.map(|it| {
            it.map(|it| it.text)
        }),
        h.view.working().files().get(&path("/memories/zebra2/hay.md")).await.map(|it| {
            it.map(|it| it.text)
        }),
    ];
    "Files::list" => [h.view.working().files().list(&path("/memories")).await];
    "Files::view" => [
        h.view.working().files().view("/memories", None).await,
        h.view.working().files().view("/memories/barn.md", Some([1, -1])).await,
    ];
    "Files::str_replace" => [
        h.view.working().files().str_replace("/memories/barn.md", "here", "there").await,
        h.view.working().files().str_replace("/memories/barn.md", "nothing", "x").await,
    ];
    "Files::insert" => [
        h.view.working().files().insert("/memories/barn.md", 0, &h.text("of zebra@")).await,
    ];
    "Files::rename" => [
        h.view.working().files().rename(&h.text("/memories/zebra@"), &h.text("/memories/z@")).await,
        h.view.working().files().rename(&h.text("/memories/z@"), "/memories/barn.md").await,
    ];
    "Files::run" => [
        h.view.working().files().run(command(json!({"command": "view", "path": "/memories"})))
            .await,
    ];
    "Files::run_told" => [
        h.view.working().files().run_told(
            command(json!({
                "command": "insert", "path": "/memories/barn.md", "insert_line": 0,
                "insert_text": "first",
            })),
            0,
            Ok,
        ).await,
        h.view.working().files().run_told(
            command(json!({
                "command": "create", "path": "/memories/told.md", "file_text": h.text("zebra@"),
            })),
            u64::MAX,
            Ok,
        ).await,
    ];
    "Entries::put" => [
        h.view.working().entries()
            .put(Entry::new("stock", "straw", json!(h.text("zebra@ 8"))))
            .await,
    ];
    "Entries::update" => [
        h.view.working().entries().update(&id("e1"), EntryUpdate {
            value: Some(json!(h.text("eleven bales for zebra@"))),
            ..EntryUpdate::default()
        }).await,
        h.view.working().entries().update(&id("nothing"), EntryUpdate::default()).await,
    ];
    "WorkingView::entry_store" => [
        entries(&h).get_by_key("hay").await,
        entries(&h).user_preferences("u1").await,
        entries(&h).set_user_preference("someone", "tone", json!(h.text("zebra@"))).await,
        entries(&h).user_preferences("someone").await,
        entries(&h).set_device_info("scale", json!(h.text("weighs zebra@"))).await,
        entries(&h).device_info("scale").await,
        entries(&h).record_task("feed", json!(h.text("fed zebra@")), Vec::new()).await,
        entries(&h).list(EntryFilter::default()).await,
        entries(&h).copy_to(&h.view.working().entry_store(EntriesBackend::Sqlite)).await,
    ];
    "Goals::put" => [
        h.view.working().goals().put(Goal {
            id: id("g3"),
            ..Goal::new(h.text("Paint the stable of the zebra@"))
        }).await,
        h.view.working().goals().put(Goal {
            id: id("g2"),
            ..Goal::new(h.text("Order more hay for the zebra@"))
        }).await,
    ];
    "Goals::set_status" => [
        h.view.working().goals()
            .set_status(&id("g1"), GoalStatus::Completed, Some(h.text("zebra@ moved")))
            .await,
        h.view.working().goals().set_status(&id("nothing"), GoalStatus::Completed, None).await,
    ];
    "Interactions::put" => [
        h.view.working().interactions().put(Interaction {
            id: id("i2"),
            ..Interaction::new(h.text("Where is zebra@?"), "In the barn.")
        }).await,
    ];
    "Messages::add" => [
        h.view.working().messages().add(NewMessage {
            id: Some(id("m5")),
            ..NewMessage::new(id("s1"), Role::User, h.text("Locked in, zebra@ sleeps."))
        }).await,
        h.view.working().messages().add(NewMessage {
            id: Some(id("m1")),
            ..NewMessage::new(id("s1"), Role::User, "an id that is taken")
        }).await,
        h.view.working().messages().add(NewMessage {
            external_id: Some("x1".to_owned()),
            ..NewMessage::new(id("s3"), Role::User, "a name that another program gave before")
        }).await,
    ];
    "Messages::add_all" => [
        h.view.working().messages().add_all(vec![
            NewMessage::new(id("s2"), Role::User, h.text("One of two about zebra@.")),
            NewMessage::new(id("s9"), Role::User, h.text("Two of two, a new talk of zebra@.")),
        ]).await,
    ];
    "Messages::amend" => [
        h.view.working().messages()
            .amend(&id("m2"), &NewMessage::new(id("s1"), Role::Assistant, h.text("East: zebra@.")))
            .await,
        h.view.working().messages()
            .amend(&id("nothing"), &NewMessage::new(id("s1"), Role::Assistant, "not there")).await,
    ];
    "Patterns::put" => [
        h.view.working().patterns().put(Pattern {
            id: id("p2"),
            ..Pattern::new("storm warning", h.text("close the door on zebra@"))
        }).await,
    ];
    "Patterns::record_use" => [
        h.view.working().patterns().record_use(&id("p1"), Outcome::Failure).await,
        h.view.working().patterns().record_use(&id("nothing"), Outcome::Failure).await,
    ];
    "Preferences::put" => [
        h.view.working().preferences().put("colour", json!(h.text("dots of zebra@"))).await,
        h.view.working().preferences().put("new", json!(h.text("zebra@"))).await,
        h.view.working().preferences().list().await,
    ];
    "Persona::put" => [
        h.view.working().persona().put("tone", "brisk").await,
        h.view.working().persona().list().await,
    ];
    "Sessions::add" => [
        h.view.working().sessions().add(Session::new(id("s4"))).await,
        h.view.working().sessions().add(Session::new(id("s1"))).await,
    ];
    "Sessions::touch" => [
        h.view.working().sessions().touch(&id("s1")).await,
        h.view.working().sessions().touch(&id("nothing")).await,
        h.view.working().sessions().active(1).await,
    ];
    "Sessions::set_summary" => [
        h.view.working().sessions().set_summary(&id("s1"), h.text("All of zebra@")).await,
        h.view.working().sessions().set_summary(&id("nothing"), "not there").await,
    ];
    "Tasks::put" => [
        h.view.working().tasks().put(Task {
            id: id("t3"),
            goal_id: Some(id("g1")),
            ..Task::new(h.text("Oil the gate of zebra@"))
        }).await,
        h.view.working().tasks().put(Task {
            id: id("t4"),
            goal_id: Some(id("g-only-zebra1")),
            ..Task::new("a task of a goal that only one has")
        }).await.map(|task| task.description).map_err(unnamed),
        h.view.working().tasks().put(Task {
            id: id("t5"),
            goal_id: Some(id("g-only-zebra2")),
            ..Task::new("a task of a goal that only one has")
        }).await.map(|task| task.description).map_err(unnamed),
    ];
    "Tasks::add" => [
        h.view.working().tasks().add(Task {
            id: id("t6"),
            ..Task::new(h.text("Paint the gate of zebra@"))
        }).await,
        h.view.working().tasks().add(Task {
            id: id("t6"),
            ..Task::new("an id that is taken")
        }).await,
    ];
    "Tasks::set_status" => [
        h.view.working().tasks().set_status(&id("t1"), TaskStatus::Completed, TaskUpdate {
            result: Some(h.text("zebra@ went through")),
            ..TaskUpdate::default()
        }).await,
        h.view.working().tasks()
            .set_status(&id("nothing"), TaskStatus::Completed, TaskUpdate::default())
            .await,
    ];
    "ToolCalls::put" => [
        h.view.working().tool_calls().put(ToolCall {
            id: id("c2"),
            task_id: Some(id("t1")),
            ..ToolCall::new("gate")
        }).await,
    ];
    "Records::update" => [
        h.view.working().records().update(&key(Kind::Goal, "g1"), h.fields(json!({"priority": 9})))
            .await,
        h.view.working().records()
            .update(&key(Kind::Goal, "nothing"), h.fields(json!({"priority": 9})))
            .await,
        h.view.working().records().get(&key(Kind::Goal, "g1")).await,
    ];
    "Goals::update" => [
        h.view.working().goals().update(&id("g1"), {
            let text = h.text("Move the zebra@ again");
            move |it| it.description = text
        }).await,
        h.view.working().goals().update(&id("nothing"), |_| {}).await,
    ];
    "Tasks::update" => [
        h.view.working().tasks().update(&id("t1"), {
            let text = h.text("Open the gate for zebra@");
            move |it| it.description = text
        }).await,
        h.view.working().tasks().update(&id("nothing"), |_| {}).await,
    ];
    "ToolCalls::update" => [
        h.view.working().tool_calls().update(&id("c1"), {
            let text = h.text("gate of zebra@");
            move |it| it.tool_name = text
        }).await,
        h.view.working().tool_calls().update(&id("nothing"), |_| {}).await,
    ];
    "Decisions::update" => [
        h.view.working().decisions().update(&id("d1"), {
            let text = h.text("zebra@ likes it");
            move |it| it.reasoning = text
        }).await,
        h.view.working().decisions().update(&id("nothing"), |_| {}).await,
    ];
    "Patterns::update" => [
        h.view.working().patterns().update(&id("p1"), {
            let text = h.text("call zebra@");
            move |it| it.action = text
        }).await,
        h.view.working().patterns().update(&id("nothing"), |_| {}).await,
    ];
    "AgentStates::update" => [
        h.view.working().agent_states().update(&id("keeper"), {
            let text = h.text("at zebra@");
            move |it| it.state = json!(text)
        }).await,
        h.view.working().agent_states().update(&id("nothing"), |_| {}).await,
    ];
    "Interactions::update" => [
        h.view.working().interactions().update(&id("i1"), {
            let text = h.text("zebra@ is in the barn");
            move |it| it.assistant_response = text
        }).await,
        h.view.working().interactions().update(&id("nothing"), |_| {}).await,
    ];
    "Interactions::get" => [
        h.view.working().interactions().get(&id("i1")).await,
        h.view.working().interactions().get(&id("nothing")).await,
    ];
    "Records::change" => [
        changed(&h, "g1").await,
        changed(&h, "nothing").await,
        h.view.working().records().get(&key(Kind::Goal, "g1")).await,
    ];
    "Records::update_told" => [
        just_changed(&h, "g1").await,
        told(&h, "g1", u64::MAX).await,
        told(&h, "nothing", u64::MAX).await,
        h.view.working().records().get(&key(Kind::Goal, "g1")).await,
    ];
};

/// Changes the priority of a goal.
async fn changed(hand: &Hand, goal: &str) -> Result<Record, Error> {
    let change = |fields: &mut Map<String, Value>| drop(fields.insert("priority".into(), json!(6)));
    hand.view.working().records().change(&key(Kind::Goal, goal), change).await
}

/// Updates a goal if the feed has no change of it after `seq`.
async fn told(hand: &Hand, goal: &str, seq: u64) -> Result<Option<Record>, Error> {
    let changes = hand.fields(json!({"priority": 8}));
    hand.view.working().records().update_told(&key(Kind::Goal, goal), changes, seq).await
}

/// Updates a goal, then calls `told` with 0, which the change in the feed must block. Repeats if
/// the feed was trimmed in between.
async fn just_changed(hand: &Hand, goal: &str) -> Result<Option<Record>, Error> {
    for _ in 0..9 {
        hand.view
            .working()
            .records()
            .update(&key(Kind::Goal, goal), hand.fields(json!({"priority": 7})))
            .await?;
        hand.memory.feed().catch_up().await.unwrap();
        let changed = told(hand, goal, 0).await?;
        if changed.is_none() {
            return Ok(None);
        }
    }
    told(hand, goal, 0).await
}

fn id(id: &str) -> Id {
    Id::new(id).unwrap()
}

fn identity(owner: &str, kind: Kind, of: &str) -> Identity {
    let owner = if owner.is_empty() { Owner::SHARED } else { Owner::user(owner).unwrap() };
    Identity::new(owner, kind, id(of))
}

/// Returns the kind of an error, without the name in it.
fn unnamed(error: Error) -> std::io::Error {
    std::io::Error::other(match error {
        Error::MissingParent { .. } => "missing parent",
        _ => panic!("{error}"),
    })
}

fn in_session(session: &str) -> ScopeFilter {
    ScopeFilter::new(Scope::default().with_session(session))
}

fn exact(session: &str) -> ScopeFilter {
    ScopeFilter::exact(Scope::default().with_session(session))
}

fn everything() -> FindOptions {
    FindOptions::default().with_limit(1000)
}

fn entries(hand: &Hand) -> impl EntryStore + use<> {
    hand.view.working().entry_store(EntriesBackend::Sqlite)
}

fn path(text: &str) -> FilePath {
    FilePath::new(text).unwrap()
}

fn command(input: Value) -> FileCommand {
    serde_json::from_value(input).unwrap()
}

/// Returns an explicitly stored fact about the gate.
fn fact(name: &str, value: &str) -> Fact {
    Fact { id: id(name), ..Fact::new("").with_slot("gate", name, value) }
}
