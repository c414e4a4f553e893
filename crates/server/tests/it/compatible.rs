//! gRPC as an existing client uses it: over a connection, with the messages of the protocol.

use std::{collections::BTreeSet, time::Duration};

use aios_memory::{Event as Pushed, Key, Kind};
use aios_memory_server::{
    NewToken, Right,
    wire::{
        AgentState, AgentStateRequest, ConfigChange, ContextRequest, Decision, Empty, Event,
        ExportRecordsRequest, ForgetRequest, GetRecordRequest, GoalIdRequest, GoalRecord,
        GoalUpdate, Incident, KnowledgeEntry, MetricRequest, MetricUpdate, Pattern, PatternQuery,
        PatternStatsUpdate, Procedure, RecallRequest, RecentEventsRequest, RememberItem,
        RememberRequest, SemanticSearchRequest, TaskRecord, ToolCallRecord, WatchEventsRequest,
        memory_service_client::MemoryServiceClient,
    },
};
use serde_json::json;
use tonic::{
    Code, Request, Response, Status, Streaming,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};

use tonic_types::StatusExt;

use crate::support::{PATIENCE, Service};

type Client = MemoryServiceClient<Channel>;

async fn client(service: &Service) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    MemoryServiceClient::new(endpoint.connect().await.unwrap())
}

fn ok<T>(answer: Result<Response<T>, Status>) -> T {
    answer.unwrap().into_inner()
}

#[track_caller]
fn fails<T: std::fmt::Debug>(answer: Result<Response<T>, Status>, code: Code) -> Status {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    status
}

async fn next<T>(stream: &mut Streaming<T>) -> Option<T> {
    let message = tokio::time::timeout(PATIENCE, stream.message());
    message.await.expect("the stream is silent").unwrap()
}

fn goal(id: &str, description: &str) -> GoalRecord {
    GoalRecord { id: id.to_owned(), description: description.to_owned(), ..Default::default() }
}

fn texts(texts: &[&str]) -> RememberRequest {
    let item = |text: &&str| RememberItem { text: (*text).to_owned(), ..Default::default() };
    RememberRequest { items: texts.iter().map(item).collect(), scope: None }
}

fn search(query: &str) -> SemanticSearchRequest {
    SemanticSearchRequest { query: query.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn all_of_tier_0_is_reached() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let event = Event {
        id: "e1".to_owned(),
        category: "alarm".to_owned(),
        data_json: br#"{"free_gb":2}"#.to_vec(),
        critical: true,
        ..Default::default()
    };
    ok(client.push_event(event.clone()).await);
    let key = Key::new(Kind::Event, "e1".parse().unwrap());
    assert!(service.memory.working().records().get(&key).await.unwrap().is_some());
    let recent = ok(client.get_recent_events(RecentEventsRequest::default()).await).events;
    assert_eq!((&*recent[0].id, &recent[0].data_json), ("e1", &event.data_json));
    let update = MetricUpdate { key: "gpu.utilization".to_owned(), value: 40.0, timestamp: 0 };
    ok(client.update_metric(update).await);
    let metric = MetricRequest { key: "gpu.utilization".to_owned() };
    assert_eq!(ok(client.get_metric(metric).await).value, 40.0);
    assert_eq!(ok(client.get_system_snapshot(Empty {}).await).gpu_utilization, 40.0);
    let deep = Event { data_json: "[".repeat(10_000).into_bytes(), ..event };
    let status = fails(client.push_event(deep).await, Code::InvalidArgument);
    assert!(!status.details().is_empty());
    service.stop().await;
}

#[tokio::test]
async fn all_of_tier_1_is_reached() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    ok(client.store_goal(goal("g1", "Ship the parser")).await);
    let task = TaskRecord {
        id: "t1".to_owned(),
        goal_id: "g1".to_owned(),
        description: "Write the tests".to_owned(),
        ..Default::default()
    };
    ok(client.store_task(task).await);
    let tasks = ok(client.get_tasks_for_goal(GoalIdRequest { goal_id: "g1".to_owned() }).await);
    assert_eq!(tasks.tasks[0].id, "t1");
    let made = ToolCallRecord {
        task_id: "t1".to_owned(),
        tool_name: "cargo".to_owned(),
        ..Default::default()
    };
    ok(client.store_tool_call(made).await);
    let decision = Decision {
        context: "Queue?".to_owned(),
        chosen: "sqlite".to_owned(),
        ..Default::default()
    };
    ok(client.store_decision(decision).await);
    let update = GoalUpdate {
        id: "g1".to_owned(),
        status: "completed".to_owned(),
        result: "shipped".to_owned(),
    };
    ok(client.update_goal(update.clone()).await);
    let done = service.memory.working().goals().get(&"g1".parse().unwrap()).await.unwrap();
    assert!(done.unwrap().completed_at.is_some());
    assert!(ok(client.get_active_goals(Empty {}).await).goals.is_empty());
    fails(client.update_goal(GoalUpdate { id: "g9".to_owned(), ..update }).await, Code::NotFound);

    let pattern = Pattern {
        id: "p1".to_owned(),
        trigger: "a test hangs".to_owned(),
        action: "look for a lock".to_owned(),
        ..Default::default()
    };
    ok(client.store_pattern(pattern).await);
    ok(client
        .update_pattern_stats(PatternStatsUpdate { id: "p1".to_owned(), success: true })
        .await);
    let query = PatternQuery { trigger: "the test hangs".to_owned(), min_success_rate: 0.5 };
    assert_eq!(ok(client.find_pattern(query).await).pattern.unwrap().uses, 1);
    let named = AgentStateRequest { agent_name: "planner".to_owned() };
    fails(client.get_agent_state(named.clone()).await, Code::NotFound);
    let state = AgentState {
        agent_name: "planner".to_owned(),
        state_json: br#"{"step":3}"#.to_vec(),
        updated_at: 0,
    };
    ok(client.store_agent_state(state.clone()).await);
    assert_eq!(ok(client.get_agent_state(named).await).state_json, state.state_json);
    service.stop().await;
}

#[tokio::test]
async fn all_of_tier_2_is_reached() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let named = "The harvester".to_owned();
    ok(client.store_procedure(Procedure { name: named.clone(), ..Default::default() }).await);
    ok(client.store_incident(Incident { description: named.clone(), ..Default::default() }).await);
    let change = ConfigChange { file_path: "/etc/harvester".to_owned(), ..Default::default() };
    ok(client.store_config_change(change).await);
    ok(client.add_knowledge(KnowledgeEntry { title: named, ..Default::default() }).await);
    let found = ok(client.semantic_search(search("harvester")).await).results;
    assert_eq!(found.len(), 4);
    let request = SemanticSearchRequest { min_relevance: 0.3, ..search("harvester") };
    let relevant = ok(client.semantic_search(request).await).results;
    assert!(relevant.iter().all(|result| 0.3 <= result.relevance));
    assert_eq!(ok(client.search_knowledge(search("harvester")).await).results.len(), 1);
    let request = SemanticSearchRequest { collections: vec!["x".to_owned()], ..search("a") };
    fails(client.semantic_search(request).await, Code::InvalidArgument);
    for (max_tokens, tier) in [(20, "long_term"), (200, "long-term"), (0, "LongTerm")] {
        let request = ContextRequest {
            task_description: "repair the harvester".to_owned(),
            max_tokens,
            memory_tiers: vec![tier.to_owned()],
        };
        let context = ok(client.assemble_context(request).await);
        assert!(max_tokens == 0 || context.total_tokens <= max_tokens);
        assert!(context.chunks.iter().all(|chunk| chunk.source == "longterm"));
    }
    service.stop().await;
}

#[tokio::test]
async fn tokens_of_two_users_see_nothing_of_each_other() {
    let service = Service::start().await;
    let secret = |user: &str| {
        let mut new = NewToken::new(user);
        new.user = Some(user.to_owned());
        new.rights = Right::ALL.into();
        service.token(new)
    };
    let (ada, bob) = (secret("ada"), secret("bob"));
    let mut client = client(&service).await;
    let remember = by(&ada, texts(&["The safe is in room 4."]));
    let key = ok(client.remember(remember).await).results.remove(0).key;
    let get = GetRecordRequest { key: key.clone(), history: true };
    assert!(ok(client.get_record(by(&ada, get.clone())).await).record.is_some());
    fails(client.get_record(by(&bob, get.clone())).await, Code::NotFound);
    let recall = RecallRequest { query: "safe".to_owned(), ..Default::default() };
    assert!(ok(client.recall(by(&bob, recall)).await).hits.is_empty());
    let forget = ForgetRequest { keys: vec![key], ..Default::default() };
    fails(client.forget(by(&bob, forget.clone())).await, Code::NotFound);
    let mut export = ok(client.export_records(by(&bob, ExportRecordsRequest::default())).await);
    assert!(next(&mut export).await.is_none());
    assert_eq!(ok(client.forget(by(&ada, forget)).await).forgotten, 1);
    fails(client.get_record(by(&ada, get)).await, Code::NotFound);
    service.stop().await;
}

/// Returns a request that carries a token.
fn by<T>(secret: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer: MetadataValue<_> = format!("Bearer {secret}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

#[tokio::test]
async fn a_reader_that_sleeps_is_told_what_it_lost_and_slows_nobody() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    assert!(next(&mut watch).await.unwrap().events.is_empty());
    // More than the ring and the connection hold together.
    let text = "x".repeat(1_000);
    let pushed = 40_000;
    for number in 0..pushed {
        let event = Pushed::new("test", "counter", json!({"n": number, "text": text}));
        service.memory.observe(event).unwrap();
        if number % 1_000 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let (mut received, mut lost) = (BTreeSet::new(), 0);
    while (received.len() as u64 + lost) < pushed {
        let news = next(&mut watch).await.unwrap();
        lost += news.lost;
        received.extend(news.events.iter().map(|event| event.seq));
    }
    assert!(0 < lost, "the test does not fill the ring");
    assert_eq!(received.len() as u64 + lost, pushed);
    assert_eq!(received.last(), Some(&(pushed - 1)));
    drop(watch);
    service.stop().await;
}

#[tokio::test]
async fn streams_end_and_unary_calls_finish_when_the_service_stops() {
    let mut service = Service::start().await;
    let mut client = client(&service).await;
    let mut watch = ok(client.watch_events(WatchEventsRequest::default()).await);
    assert!(next(&mut watch).await.is_some());
    service.ask_to_end();
    let end = tokio::time::timeout(PATIENCE, watch.message()).await.unwrap();
    assert_eq!(end.unwrap_err().code(), Code::Unavailable);
    drop((watch, client));
    service.ended().await;
}

#[tokio::test]
async fn a_stream_of_texts_and_an_export_are_whole() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let requests = (0..500).map(|number| texts(&[&format!("Reading {number} of the meter.")]));
    let requests: Vec<_> = requests.collect();
    let stream = futures::stream::iter(requests);
    let summary = ok(client.remember_stream(stream).await);
    assert_eq!((summary.added, summary.known, summary.refused), (500, 0, 0));
    let mut export = ok(client.export_records(ExportRecordsRequest::default()).await);
    let mut count = 0;
    while let Some(message) = next(&mut export).await {
        count += message.records_json.len();
    }
    assert_eq!(count, 500);
    service.stop().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let service = Service::start_with(|config| config.message_bytes_max = 64 * 1024).await;
    let mut client = client(&service).await;
    let large = "word ".repeat(30_000);
    let status = client.remember(texts(&[&large])).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(status.get_error_details().error_info().unwrap().metadata.contains_key("try"));
    ok(client.remember(texts(&["A short text."])).await);
    service.stop().await;
}

#[tokio::test]
async fn a_deadline_ends_a_stream() {
    let service = Service::start().await;
    let mut client = client(&service).await;
    let mut request = Request::new(WatchEventsRequest::default());
    request.set_timeout(Duration::from_millis(300));
    let mut watch = ok(client.watch_events(request).await);
    assert!(next(&mut watch).await.is_some());
    let end = tokio::time::timeout(PATIENCE, watch.message()).await.unwrap();
    let code = end.unwrap_err().code();
    assert!(matches!(code, Code::DeadlineExceeded | Code::Cancelled), "{code:?}");
    drop((watch, client));
    service.stop().await;
}
