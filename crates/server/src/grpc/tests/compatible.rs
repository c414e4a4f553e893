//! The 24 compatible RPCs.

use aios_memory::{Key, Kind};
use tonic::Code;

use super::{Fixture, fails, json, ok};
use crate::{
    operation::Right,
    wire::{
        AgentState, AgentStateRequest, ConfigChange, ContextRequest, Decision, Empty, Event,
        GoalIdRequest, GoalRecord, GoalUpdate, Incident, KnowledgeEntry, MetricRequest,
        MetricUpdate, Pattern, PatternQuery, PatternStatsUpdate, Procedure, RecentEventsRequest,
        SemanticSearchRequest, TaskRecord, ToolCallRecord,
    },
};

fn event(category: &str) -> Event {
    Event {
        category: category.to_owned(),
        source: "sensor-3".to_owned(),
        data_json: br#"{"free_gb":2}"#.to_vec(),
        ..Event::default()
    }
}

fn goal(id: &str, description: &str) -> GoalRecord {
    GoalRecord { id: id.to_owned(), description: description.to_owned(), ..Default::default() }
}

fn search(query: &str) -> SemanticSearchRequest {
    SemanticSearchRequest { query: query.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_critical_event_is_on_disk_when_the_call_returns() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let critical = Event { id: "e1".to_owned(), critical: true, ..event("disk") };
    ok(client.push_event(critical).await);
    let key = Key::new(Kind::Event, "e1".parse().unwrap());
    let stored = fixture.memory.working().records().get(&key).await.unwrap().unwrap();
    assert_eq!(stored.payload["data"]["free_gb"], 2);
    ok(client.push_event(Event { id: "e2".to_owned(), ..event("disk") }).await);
    let key = Key::new(Kind::Event, "e2".parse().unwrap());
    assert!(fixture.memory.working().records().get(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn recent_events_are_the_newest_first_by_category_and_source() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    for category in ["disk", "net", "disk", ""] {
        ok(client.push_event(event(category)).await);
    }
    let recent = async |mut client: super::Client, count, category: &str| {
        let category = category.to_owned();
        let request = RecentEventsRequest { count, category, ..Default::default() };
        ok(client.get_recent_events(request).await).events
    };
    let all = recent(client.clone(), 0, "").await;
    assert_eq!(all.iter().map(|it| it.seq).collect::<Vec<_>>(), [3, 2, 1, 0]);
    assert_eq!(all[0].category, "event");
    assert_eq!(all[3].data_json, br#"{"free_gb":2}"#);
    assert!(all.iter().all(|it| 0 < it.timestamp && !it.id.is_empty()));
    assert_eq!(recent(client.clone(), 1, "disk").await[0].seq, 2);
    let request = RecentEventsRequest { source: "other".to_owned(), ..Default::default() };
    assert!(ok(client.get_recent_events(request).await).events.is_empty());
    let request = RecentEventsRequest { count: -1, ..Default::default() };
    fails(client.get_recent_events(request).await, Code::InvalidArgument);
}

#[tokio::test]
async fn events_and_metrics_belong_to_no_user() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_with(Some("ada"), &[Right::Write]).await;
    fails(client.push_event(event("disk")).await, Code::PermissionDenied);
    fails(
        client.push_event(Event { critical: true, ..event("disk") }).await,
        Code::PermissionDenied,
    );
    let update = MetricUpdate { key: "cpu.usage".to_owned(), value: 3.0, timestamp: 0 };
    fails(client.update_metric(update.clone()).await, Code::PermissionDenied);
    // A caller that may read all events may add events.
    let mut client = fixture.client_with(Some("ada"), &[Right::Write, Right::Observe]).await;
    ok(client.push_event(Event { critical: true, ..event("disk") }).await);
    ok(client.update_metric(update).await);
}

#[tokio::test]
async fn an_event_whose_data_is_no_json_is_refused() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let deep = "[".repeat(10_000);
    for data in ["{", "\u{0}", &deep] {
        let event = Event { data_json: data.as_bytes().to_vec(), ..event("disk") };
        let message = fails(client.push_event(event).await, Code::InvalidArgument);
        assert!(message.contains("`data_json`"), "{message}");
    }
    let event = Event { timestamp: -1, ..event("disk") };
    fails(client.push_event(event).await, Code::InvalidArgument);
}

#[tokio::test]
async fn the_latest_value_of_a_metric_wins_and_an_unknown_one_is_not_found() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let at = |value, timestamp| MetricUpdate { key: "gpu.utilization".into(), value, timestamp };
    ok(client.update_metric(at(40.0, 1_700_000_100)).await);
    ok(client.update_metric(at(30.0, 1_700_000_000)).await);
    let metric = ok(client.get_metric(MetricRequest { key: "gpu.utilization".to_owned() }).await);
    assert_eq!((metric.value, metric.timestamp), (40.0, 1_700_000_100));
    let unknown = MetricRequest { key: "other".to_owned() };
    fails(client.get_metric(unknown).await, Code::NotFound);
    let snapshot = ok(client.get_system_snapshot(Empty {}).await);
    assert_eq!(snapshot.gpu_utilization, 40.0);
    fails(client.update_metric(at(f64::NAN, 0)).await, Code::InvalidArgument);
    fails(client.update_metric(at(1.0, i64::MAX)).await, Code::InvalidArgument);
}

#[tokio::test]
async fn a_goal_keeps_its_result_and_gets_its_end() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let low = GoalRecord { priority: 9, ..goal("g2", "Sweep the floor") };
    let high = GoalRecord {
        priority: 1,
        created_at: 1_700_000_000,
        metadata_json: br#"{"team":"ops"}"#.to_vec(),
        ..goal("g1", "Ship the parser")
    };
    ok(client.store_goal(low).await);
    ok(client.store_goal(high).await);
    let goals = ok(client.get_active_goals(Empty {}).await).goals;
    assert_eq!(goals.iter().map(|it| &*it.id).collect::<Vec<_>>(), ["g1", "g2"]);
    assert_eq!((&*goals[0].status, goals[0].created_at), ("pending", 1_700_000_000));
    assert_eq!(json(&goals[0].metadata_json)["team"], "ops");

    let update = |status: &str, result: &str| GoalUpdate {
        id: "g1".to_owned(),
        status: status.to_owned(),
        result: result.to_owned(),
    };
    ok(client.update_goal(update("active", "half done")).await);
    ok(client.update_goal(update("completed", "")).await);
    let working = fixture.memory.working();
    let done = working.goals().get(&"g1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(done.result.as_deref(), Some("half done"));
    assert!(done.completed_at.is_some());
    assert_eq!(ok(client.get_active_goals(Empty {}).await).goals.len(), 1);
    ok(client.update_goal(update("active", "")).await);
    assert_eq!(ok(client.get_active_goals(Empty {}).await).goals[0].completed_at, 0);

    let unknown = GoalUpdate { id: "g9".to_owned(), ..update("active", "") };
    fails(client.update_goal(unknown).await, Code::NotFound);
    fails(client.update_goal(update("", "")).await, Code::InvalidArgument);
    let message = fails(client.store_goal(goal("g3", "")).await, Code::InvalidArgument);
    assert!(message.contains("description"), "{message}");
    fails(client.store_goal(goal(&"x".repeat(200), "too long")).await, Code::InvalidArgument);
}

#[tokio::test]
async fn tasks_and_tool_calls_belong_to_what_they_name() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    ok(client.store_goal(goal("g1", "Ship the parser")).await);
    let task = TaskRecord {
        id: "t1".to_owned(),
        goal_id: "g1".to_owned(),
        description: "Write the tests".to_owned(),
        status: "completed".to_owned(),
        input_json: b"[1]".to_vec(),
        started_at: 1_700_000_000,
        completed_at: 1_700_000_060,
        ..Default::default()
    };
    ok(client.store_task(task.clone()).await);
    let tasks =
        ok(client.get_tasks_for_goal(GoalIdRequest { goal_id: "g1".to_owned() }).await).tasks;
    assert_eq!(tasks[0].duration_ms, 60_000);
    assert_eq!((&*tasks[0].input_json, &*tasks[0].output_json), (&b"[1]"[..], &b""[..]));
    let orphan = TaskRecord { id: "t2".to_owned(), goal_id: "g9".to_owned(), ..task.clone() };
    fails(client.store_task(orphan).await, Code::NotFound);
    fails(client.store_task(TaskRecord { duration_ms: -1, ..task }).await, Code::InvalidArgument);

    let made = ToolCallRecord {
        id: "c1".to_owned(),
        task_id: "t1".to_owned(),
        tool_name: "cargo test".to_owned(),
        output_json: br#""12 passed""#.to_vec(),
        success: true,
        ..Default::default()
    };
    ok(client.store_tool_call(made.clone()).await);
    let key = Key::new(Kind::ToolCall, "c1".parse().unwrap());
    let stored = fixture.memory.get(&key).await.unwrap().unwrap();
    assert_eq!(
        (&stored.payload["output"], &stored.payload["success"]),
        (&"12 passed".into(), &true.into())
    );
    let message = fails(
        client.store_tool_call(ToolCallRecord { output_json: b"12 passed".to_vec(), ..made }).await,
        Code::InvalidArgument,
    );
    assert!(message.contains("`output_json`"), "{message}");
}

#[tokio::test]
async fn a_pattern_is_found_by_its_trigger_and_counts_its_uses() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let pattern = Pattern {
        id: "p1".to_owned(),
        trigger: "a test hangs".to_owned(),
        action: "look for a lock held over an await".to_owned(),
        ..Default::default()
    };
    ok(client.store_pattern(pattern.clone()).await);
    let use_of = |id: &str, success| PatternStatsUpdate { id: id.to_owned(), success };
    ok(client.update_pattern_stats(use_of("p1", true)).await);
    ok(client.update_pattern_stats(use_of("p1", false)).await);
    fails(client.update_pattern_stats(use_of("p9", true)).await, Code::NotFound);
    let query = |trigger: &str, min_success_rate| PatternQuery {
        trigger: trigger.to_owned(),
        min_success_rate,
    };
    let found = ok(client.find_pattern(query("the test hangs", 0.0)).await);
    let found = found.pattern.unwrap();
    assert_eq!((found.uses, found.success_rate), (2, 0.5));
    for (trigger, rate) in [("the test hangs", 0.6), ("the disk is full", 0.0)] {
        let none = ok(client.find_pattern(query(trigger, rate)).await);
        assert_eq!((none.found, none.pattern), (false, None));
    }
    fails(client.find_pattern(query("x", 2.0)).await, Code::InvalidArgument);

    let failed = Pattern { id: "p2".to_owned(), uses: 3, ..pattern.clone() };
    ok(client.store_pattern(failed).await);
    let id = "p2".parse().unwrap();
    let failed = fixture.memory.working().patterns().get(&id).await.unwrap().unwrap();
    assert_eq!((failed.uses, failed.success_rate), (3, 0.0));
    fails(client.store_pattern(Pattern { uses: -1, ..pattern }).await, Code::InvalidArgument);
}

#[tokio::test]
async fn the_state_of_an_unknown_agent_is_not_found() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    let named = |name: &str| AgentStateRequest { agent_name: name.to_owned() };
    fails(client.get_agent_state(named("planner")).await, Code::NotFound);
    let state = AgentState {
        agent_name: "planner".to_owned(),
        state_json: br#"{"step":3}"#.to_vec(),
        updated_at: 7,
    };
    ok(client.store_agent_state(state).await);
    let stored = ok(client.get_agent_state(named("planner")).await);
    assert_eq!(json(&stored.state_json)["step"], 3);
    assert!(7 < stored.updated_at);
    fails(client.get_agent_state(named("")).await, Code::InvalidArgument);
    let mut other = fixture.client_of("ada").await;
    let own = AgentState {
        agent_name: "planner".to_owned(),
        state_json: b"null".to_vec(),
        updated_at: 0,
    };
    fails(other.store_agent_state(own).await, Code::InvalidArgument);
}

/// Stores one record of each searched kind of the compatible protocol.
async fn store_library(client: &mut super::Client) {
    ok(client
        .store_decision(Decision {
            id: "d1".to_owned(),
            context: "Which queue for the harvester?".to_owned(),
            options_json: br#"["kafka","sqlite"]"#.to_vec(),
            chosen: "sqlite".to_owned(),
            timestamp: 1_700_000_000,
            ..Default::default()
        })
        .await);
    ok(client
        .store_procedure(Procedure {
            id: "pr1".to_owned(),
            name: "Restart the harvester".to_owned(),
            steps_json: br#"[{"tool":"systemctl"}]"#.to_vec(),
            success_count: 3,
            tags: vec!["ops".to_owned()],
            ..Default::default()
        })
        .await);
    ok(client
        .store_incident(Incident {
            id: "i1".to_owned(),
            description: "The harvester lost its disk".to_owned(),
            symptoms_json: br#"["read errors","silence"]"#.to_vec(),
            timestamp: 1_700_000_000,
            ..Default::default()
        })
        .await);
    ok(client
        .store_config_change(ConfigChange {
            id: "c1".to_owned(),
            file_path: "/etc/harvester.toml".to_owned(),
            content: "threads = 4".to_owned(),
            reason: "The harvester was slow".to_owned(),
            ..Default::default()
        })
        .await);
    ok(client
        .add_knowledge(KnowledgeEntry {
            title: "Harvester".to_owned(),
            content: "The harvester collects meter readings every night.".to_owned(),
            source: "handbook".to_owned(),
            tags: vec!["ops".to_owned()],
        })
        .await);
}

#[tokio::test]
async fn a_search_covers_the_collections_that_it_names_or_else_all() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    store_library(&mut client).await;
    let all = ok(client.semantic_search(search("harvester")).await).results;
    let collections: std::collections::BTreeSet<&str> =
        all.iter().map(|result| &*result.collection).collect();
    let expected = ["config_history", "decisions", "incidents", "knowledge", "procedures"];
    assert_eq!(collections.into_iter().collect::<Vec<_>>(), expected);
    assert!(all.is_sorted_by(|a, b| b.relevance <= a.relevance));
    let incident = all.iter().find(|result| result.collection == "incidents").unwrap();
    assert_eq!(incident.id, "i1");
    let metadata = json(&incident.metadata_json);
    assert_eq!(metadata["kind"], "incident");
    assert_eq!(metadata["occurred_at"], "2023-11-14T22:13:20Z");
    let procedure = all.iter().find(|result| result.collection == "procedures").unwrap();
    assert_eq!(json(&procedure.metadata_json)["tags"][0], "ops");

    for name in ["incident", "incidents"] {
        let request =
            SemanticSearchRequest { collections: vec![name.to_owned()], ..search("harvester") };
        let found = ok(client.semantic_search(request).await).results;
        assert_eq!((found.len(), &*found[0].collection), (1, "incidents"));
    }
    let request =
        SemanticSearchRequest { collections: vec!["receipts".to_owned()], ..search("harvester") };
    let message = fails(client.semantic_search(request).await, Code::InvalidArgument);
    assert!(message.contains("receipts") && message.contains("incidents"), "{message}");

    let request = SemanticSearchRequest { n_results: 2, ..search("harvester") };
    assert_eq!(ok(client.semantic_search(request).await).results.len(), 2);
    let request = SemanticSearchRequest { min_relevance: 0.3, ..search("harvester disk") };
    let relevant = ok(client.semantic_search(request).await).results;
    assert!(!relevant.is_empty() && relevant.iter().all(|result| 0.3 <= result.relevance));
    for request in [
        SemanticSearchRequest { n_results: -1, ..search("harvester") },
        SemanticSearchRequest { n_results: 1001, ..search("harvester") },
        SemanticSearchRequest { min_relevance: 1.5, ..search("harvester") },
        SemanticSearchRequest { min_relevance: -0.5, ..search("harvester") },
    ] {
        fails(client.semantic_search(request).await, Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_search_of_knowledge_finds_knowledge_alone() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    store_library(&mut client).await;
    let found = ok(client.search_knowledge(search("harvester")).await).results;
    assert_eq!((found.len(), &*found[0].collection), (1, "knowledge"));
    assert!(found[0].content.contains("meter readings"));
    let request =
        SemanticSearchRequest { collections: vec!["incidents".to_owned()], ..search("harvester") };
    fails(client.search_knowledge(request).await, Code::InvalidArgument);
}

#[tokio::test]
async fn records_that_lack_their_text_or_have_negative_counts_are_refused() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    fails(client.store_procedure(Procedure::default()).await, Code::InvalidArgument);
    let negative = Procedure { name: "x".to_owned(), fail_count: -1, ..Default::default() };
    fails(client.store_procedure(negative).await, Code::InvalidArgument);
    fails(client.store_incident(Incident::default()).await, Code::InvalidArgument);
    let symptoms = Incident {
        description: "x".to_owned(),
        symptoms_json: br#"{"a":1}"#.to_vec(),
        ..Default::default()
    };
    fails(client.store_incident(symptoms).await, Code::InvalidArgument);
    fails(client.store_config_change(ConfigChange::default()).await, Code::InvalidArgument);
    fails(client.add_knowledge(KnowledgeEntry::default()).await, Code::InvalidArgument);
    fails(client.store_decision(Decision::default()).await, Code::InvalidArgument);
}

#[tokio::test]
async fn a_context_never_counts_more_tokens_than_asked() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    store_library(&mut client).await;
    for max_tokens in [1, 20, 60, 200, 0] {
        let request = ContextRequest {
            task_description: "repair the harvester".to_owned(),
            max_tokens,
            memory_tiers: Vec::new(),
        };
        let context = ok(client.assemble_context(request).await);
        let most = if max_tokens == 0 { 4000 } else { max_tokens };
        assert!(context.total_tokens <= most, "{} of {most}", context.total_tokens);
        let sum: i32 = context.chunks.iter().map(|chunk| chunk.tokens).sum();
        assert!(sum <= most, "{sum} of {most}");
        assert!(max_tokens != 0 || !context.chunks.is_empty());
    }
    let request = ContextRequest { max_tokens: -1, ..Default::default() };
    fails(client.assemble_context(request).await, Code::InvalidArgument);
}

#[tokio::test]
async fn tiers_are_named_in_any_spelling() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client().await;
    store_library(&mut client).await;
    let request = |tiers: &[&str]| ContextRequest {
        task_description: "repair the harvester".to_owned(),
        max_tokens: 0,
        memory_tiers: tiers.iter().map(|&tier| tier.to_owned()).collect(),
    };
    let context = ok(client.assemble_context(request(&["longterm"])).await);
    assert!(!context.chunks.is_empty());
    assert!(context.chunks.iter().all(|chunk| chunk.source == "longterm"));
    for spelling in ["long_term", "long-term", "LongTerm"] {
        assert_eq!(ok(client.assemble_context(request(&[spelling])).await), context);
    }
    assert_eq!(ok(client.assemble_context(request(&["long_term", "dreams"])).await), context);
    let message = fails(client.assemble_context(request(&["dreams"])).await, Code::InvalidArgument);
    assert!(message.contains("knowledge"), "{message}");
}

#[tokio::test]
async fn tier_0_needs_the_right_to_observe() {
    let fixture = Fixture::new().await;
    let mut client = fixture.client_with(Some("ada"), &[Right::Read]).await;
    let request = |tiers: &[&str]| ContextRequest {
        task_description: "anything".to_owned(),
        max_tokens: 0,
        memory_tiers: tiers.iter().map(|&tier| tier.to_owned()).collect(),
    };
    let context = ok(client.assemble_context(request(&[])).await);
    assert!(context.chunks.iter().all(|chunk| chunk.source != "operational"));
    fails(client.assemble_context(request(&["operational"])).await, Code::PermissionDenied);
    let mut observer = fixture.client_with(Some("ada"), &[Right::Read, Right::Observe]).await;
    let context = ok(observer.assemble_context(request(&["Operational"])).await);
    assert_eq!(context.chunks[0].source, "operational");
}

#[tokio::test]
async fn users_see_their_own_and_shared_records_and_change_their_own() {
    let fixture = Fixture::new().await;
    let mut shared = fixture.client().await;
    let (mut ada, mut bob) = (fixture.client_of("ada").await, fixture.client_of("bob").await);
    ok(shared.store_goal(goal("g1", "Everybody's goal")).await);
    ok(ada.store_goal(goal("g2", "Ada's goal")).await);
    let ids = |goals: Vec<GoalRecord>| goals.into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(ok(ada.get_active_goals(Empty {}).await).goals), ["g1", "g2"]);
    assert_eq!(ids(ok(bob.get_active_goals(Empty {}).await).goals), ["g1"]);
    let update = |id: &str| GoalUpdate {
        id: id.to_owned(),
        status: "failed".to_owned(),
        result: String::new(),
    };
    fails(bob.update_goal(update("g2")).await, Code::NotFound);
    fails(bob.update_goal(update("g1")).await, Code::PermissionDenied);
    ok(ada.update_goal(update("g2")).await);
}
