//! Two owners in one store behave like two owners in two stores: for any sequence of calls, each
//! gets the same answers, including errors, and ends with the same records.

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aios_record::{Change, FeedItem, Gate, Kind, Mode, Owner, Timestamp};
use aios_working::{
    AgentState, Clock, Config, Decision, EntriesBackend, Entry, EntryStore, EntryUpdate, Error,
    FEED_KINDS, Goal, KINDS, NewMessage, Outcome, Pattern, Session, Task, TaskUpdate, ToolCall,
    Working, WorkingView,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{HOUR_US, START, id, key, user};

/// A call, with few different names so that they collide.
#[derive(Debug, Clone)]
enum Call {
    StoreGoal { name: u8, agent: bool },
    EndGoal { name: u8 },
    StoreTask { name: u8, goal: Option<u8>, session: Option<u8> },
    EndTask { name: u8 },
    Run { name: u8, task: Option<u8> },
    Decide { name: u8 },
    StorePattern { name: u8 },
    UsePattern { name: u8 },
    StoreState { name: u8 },
    AddMessage { session: u8, name: u8, external: Option<u8> },
    AmendMessage { name: u8 },
    Trim { session: u8 },
    CreateSession { name: u8 },
    Touch { session: u8 },
    SumUp { session: u8 },
    CleanUp,
    CreateEntry { name: u8, json: bool },
    PutEntry { name: u8, json: bool },
    UpdateEntry { name: u8, json: bool },
    DeleteEntry { name: u8, json: bool },
    ClearEntries { json: bool },
    Prefer { name: u8 },
    DropPreference { name: u8 },
    Remove { kind: Kind, name: u8 },
    Update { kind: Kind, name: u8, field: usize },
}

/// Field updates. Each kind accepts some and refuses others.
const FIELDS: [&str; 5] = ["description", "goal_id", "value", "summary", "none"];

fn name() -> std::ops::Range<u8> {
    0..2
}

/// Calls on parents and children only, which collide more often.
fn family_call() -> impl Strategy<Value = Call> {
    let parent =
        || prop::sample::select(vec![Kind::Goal, Kind::Task, Kind::ToolCall, Kind::Session]);
    prop_oneof![
        3 => name().prop_map(|name| Call::StoreGoal { name, agent: false }),
        3 => name().prop_map(|name| Call::EndGoal { name }),
        4 => (name(), prop::option::weighted(0.8, name()), prop::option::weighted(0.3, name()))
            .prop_map(|(name, goal, session)| Call::StoreTask { name, goal, session }),
        2 => name().prop_map(|name| Call::EndTask { name }),
        2 => (name(), prop::option::weighted(0.8, name()))
            .prop_map(|(name, task)| Call::Run { name, task }),
        1 => (name(), name())
            .prop_map(|(session, name)| Call::AddMessage { session, name, external: None }),
        1 => (parent(), name()).prop_map(|(kind, name)| Call::Remove { kind, name }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let kind = || prop::sample::select(KINDS);
    prop_oneof![
        3 => (name(), any::<bool>()).prop_map(|(name, agent)| Call::StoreGoal { name, agent }),
        2 => name().prop_map(|name| Call::EndGoal { name }),
        4 => (name(), prop::option::of(name()), prop::option::of(name()))
            .prop_map(|(name, goal, session)| Call::StoreTask { name, goal, session }),
        1 => name().prop_map(|name| Call::EndTask { name }),
        2 => (name(), prop::option::of(name()))
            .prop_map(|(name, task)| Call::Run { name, task }),
        1 => name().prop_map(|name| Call::Decide { name }),
        1 => name().prop_map(|name| Call::StorePattern { name }),
        1 => name().prop_map(|name| Call::UsePattern { name }),
        1 => name().prop_map(|name| Call::StoreState { name }),
        4 => (name(), name(), prop::option::of(name()))
            .prop_map(|(session, name, external)| Call::AddMessage { session, name, external }),
        1 => name().prop_map(|name| Call::AmendMessage { name }),
        1 => name().prop_map(|session| Call::Trim { session }),
        1 => name().prop_map(|name| Call::CreateSession { name }),
        1 => name().prop_map(|session| Call::Touch { session }),
        1 => name().prop_map(|session| Call::SumUp { session }),
        1 => Just(Call::CleanUp),
        2 => (name(), any::<bool>()).prop_map(|(name, json)| Call::CreateEntry { name, json }),
        1 => (name(), any::<bool>()).prop_map(|(name, json)| Call::PutEntry { name, json }),
        1 => (name(), any::<bool>()).prop_map(|(name, json)| Call::UpdateEntry { name, json }),
        1 => (name(), any::<bool>()).prop_map(|(name, json)| Call::DeleteEntry { name, json }),
        1 => any::<bool>().prop_map(|json| Call::ClearEntries { json }),
        2 => name().prop_map(|name| Call::Prefer { name }),
        1 => name().prop_map(|name| Call::DropPreference { name }),
        5 => (kind(), name()).prop_map(|(kind, name)| Call::Remove { kind, name }),
        3 => (kind(), name(), 0..FIELDS.len())
            .prop_map(|(kind, name, field)| Call::Update { kind, name, field }),
    ]
}

/// Calls with their owner; `None` stands for maintenance.
fn steps() -> impl Strategy<Value = Vec<(Option<usize>, Call)>> {
    let who = || prop_oneof![5 => (0..3_usize).prop_map(Some), 1 => Just(None)];
    prop_oneof![
        prop::collection::vec((who(), call()), 1..60),
        prop::collection::vec((who(), family_call()), 1..60),
    ]
}

struct Store {
    _folder: TempDir,
    working: Working,
    clock: Arc<AtomicI64>,
}

impl Store {
    fn new() -> Store {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(0));
        let time = Arc::clone(&clock);
        let now = move || Timestamp::from_microsecond(time.load(Ordering::Relaxed)).unwrap();
        let config = Config {
            clock: Clock::new(now),
            feed_kinds: FEED_KINDS.to_vec(),
            durability: aios_working::Durability::Normal,
            ..Config::default()
        };
        let working = Working::open(&folder.path().join("working.db"), config).unwrap();
        Store { _folder: folder, working, clock }
    }
}

fn owners() -> [Owner; 3] {
    [Owner::SHARED, user("ada"), user("bob")]
}

fn told<T: Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    }
}

async fn act(view: &WorkingView, call: &Call, says: &str) -> String {
    let backend = |json| if json { EntriesBackend::Json } else { EntriesBackend::Sqlite };
    let named = |name: &u8| id(&format!("n{name}"));
    let entry = |name: &u8| Entry {
        id: named(name),
        ..Entry::new("c", format!("k{}", name % 2), json!(says))
    };
    match call {
        Call::StoreGoal { name, agent } => {
            let mut goal = Goal { id: named(name), ..Goal::new(says) };
            goal.meta.scope.agent = agent.then(|| "scout".to_owned());
            told(view.goals().put(goal).await)
        }
        Call::EndGoal { name } => {
            told(view.goals().set_status(&named(name), "completed", None).await)
        }
        Call::StoreTask { name, goal, session } => {
            let goal_id = goal.as_ref().map(named);
            let mut task = Task { id: named(name), goal_id, ..Task::new(says) };
            task.meta.scope.session = session.as_ref().map(|name| named(name).to_string());
            told(view.tasks().put(task).await)
        }
        Call::EndTask { name } => {
            let update = TaskUpdate { summary: Some(says.to_owned()), ..TaskUpdate::default() };
            told(view.tasks().set_status(&named(name), "completed", update).await)
        }
        Call::Run { name, task } => {
            let task_id = task.as_ref().map(named);
            told(
                view.tool_calls()
                    .put(ToolCall { id: named(name), task_id, ..ToolCall::new(says) })
                    .await,
            )
        }
        Call::Decide { name } => told(
            view.decisions().put(Decision { id: named(name), ..Decision::new(says, "x") }).await,
        ),
        Call::StorePattern { name } => {
            told(view.patterns().put(Pattern { id: named(name), ..Pattern::new(says, "x") }).await)
        }
        Call::UsePattern { name } => {
            told(view.patterns().record_use(&named(name), Outcome::Success).await)
        }
        Call::StoreState { name } => {
            told(view.agent_states().put(AgentState::new(named(name), json!(says))).await)
        }
        Call::AddMessage { session, name, external } => {
            let message = NewMessage {
                id: Some(named(name)),
                external_id: external.map(|name| format!("x{name}")),
                ..NewMessage::new(named(session), "user", says)
            };
            told(view.messages().add_all(vec![message]).await)
        }
        Call::AmendMessage { name } => {
            let message = NewMessage::new(named(name), "user", says);
            told(view.messages().amend(&named(name), &message).await)
        }
        Call::Trim { session } => told(view.messages().trim(&named(session), 1).await),
        Call::CreateSession { name } => told(view.sessions().add(Session::new(named(name))).await),
        Call::Touch { session } => told(view.sessions().touch(&named(session)).await),
        Call::SumUp { session } => told(view.sessions().set_summary(&named(session), says).await),
        Call::CleanUp => told(view.sessions().clean_up(0).await),
        Call::CreateEntry { name, json } => {
            told(view.entry_store(backend(*json)).add(entry(name)).await)
        }
        Call::PutEntry { name, json } => {
            told(view.entry_store(backend(*json)).put(entry(name)).await)
        }
        Call::UpdateEntry { name, json } => {
            let update = EntryUpdate { value: Some(json!(says)), ..EntryUpdate::default() };
            let entries = view.entry_store(backend(*json));
            told(entries.update(&named(name), update).await)
        }
        Call::DeleteEntry { name, json } => {
            told(view.entry_store(backend(*json)).remove(&named(name)).await)
        }
        Call::ClearEntries { json } => told(view.entry_store(backend(*json)).clear().await),
        Call::Prefer { name } => {
            told(view.preferences().put(named(name).as_str(), json!(says)).await)
        }
        Call::DropPreference { name } => {
            told(view.preferences().remove(named(name).as_str()).await)
        }
        Call::Remove { kind, name } => {
            let would = told(
                view.records().remove_with(&key(*kind, named(name).as_str()), Mode::DryRun).await,
            );
            let removed = told(view.records().remove(&key(*kind, named(name).as_str())).await);
            assert_eq!(would, removed);
            removed
        }
        Call::Update { kind, name, field } => {
            let value = if FIELDS[*field] == "goal_id" { "n0" } else { says };
            let changes = Map::from_iter([(FIELDS[*field].to_owned(), json!(value))]);
            let updated = view.records().update(&key(*kind, named(name).as_str()), changes).await;
            told(updated.map(stripped))
        }
    }
}

/// Removes the ids of summaries, which differ between stores.
fn stripped(mut record: aios_record::Record) -> aios_record::Record {
    if record.kind == Kind::Summary {
        record.id = id("summary");
        record.payload["id"] = Value::Null;
    }
    record
}

/// Returns everything that a view can read.
async fn picture(view: &WorkingView) -> Vec<String> {
    let mut lines = Vec::new();
    for &kind in KINDS {
        for record in view.records().list(kind, None, 999).await.unwrap().records {
            lines.push(format!("{:?}", stripped(record)));
        }
        for n in name() {
            let name = format!("n{n}");
            lines.push(told(
                view.records().get(&key(kind, &name)).await.map(|found| found.map(stripped)),
            ));
        }
    }
    for n in name() {
        let name = format!("n{n}");
        lines.push(told(view.messages().recent(&id(&name), 99).await));
        lines.push(told(view.tasks().of_goal(&id(&name)).await));
        lines.push(told(view.tasks().list(Some(&id(&name)), None).await));
        lines.push(told(view.tool_calls().of_task(&id(&name)).await));
        lines.push(told(view.preferences().get(&name).await));
    }
    lines.push(told(view.records().counts().await));
    lines.push(told(view.goals().active().await));
    lines.push(told(view.sessions().active(24).await));
    lines.push(told(view.sessions().recent_summaries(9, 999).await));
    lines.push(told(view.tasks().history(99).await));
    lines.push(told(view.preferences().list().await));
    for backend in [EntriesBackend::Sqlite, EntriesBackend::Json] {
        lines.push(told(view.entry_store(backend).list(Default::default()).await));
    }
    for words in ["says", "says 1 2 3 5 8 13 21 34"] {
        let options = aios_working::FindOptions::default().with_limit(999);
        for found in view.records().find(words, options).await.unwrap() {
            lines.push(format!("{} {:?}", found.score.to_bits(), stripped(found.record)));
        }
    }
    lines
}

/// Returns the feed's changes of these owners, without their sequence numbers.
async fn heard(working: &Working, of: &[&Owner]) -> Vec<String> {
    let told = working.feed().after(0, usize::MAX).await.unwrap();
    let owner = |item: &FeedItem| match &item.change {
        Change::Upsert(record) => record.owner(),
        Change::Delete { owner, .. } => owner.clone().unwrap(),
    };
    let told = told.into_iter().filter(|item| of.contains(&&owner(item)));
    told.map(|item| match item.change {
        Change::Upsert(record) => format!("{:?}", stripped(*record)),
        delete @ Change::Delete { .. } => format!("{delete:?}"),
    })
    .collect()
}

async fn check(steps: Vec<(Option<usize>, Call)>) {
    let owners = owners();
    // Calls of the shared owner are made in each store.
    let (both, adas, bobs) = (Store::new(), Store::new(), Store::new());
    let start: Timestamp = START.parse().unwrap();
    for (n, (who, call)) in steps.iter().enumerate() {
        let now = start.as_microsecond() + n as i64 * 24 * HOUR_US;
        for store in [&both, &adas, &bobs] {
            store.clock.store(now, Ordering::Relaxed);
        }
        let Some(who) = who else {
            for store in [&both, &adas, &bobs] {
                let head = store.working.feed().head().await.unwrap();
                store.working.feed().trim(head).await.unwrap();
                store.working.upkeep().age(&crate::stores::aged()).await.unwrap();
            }
            continue;
        };
        let single: &[&Store] = match who {
            0 => &[&adas, &bobs],
            1 => &[&adas],
            _ => &[&bobs],
        };
        let view = |store: &Store| store.working.scoped(Gate::owner(owners[*who].clone()));
        let says = format!("says {n}");
        let answer = act(&view(&both), call, &says).await;
        for store in single {
            assert_eq!(act(&view(store), call, &says).await, answer, "{who} {call:?}");
        }
    }
    for (owner, single) in
        [(&owners[0], &adas), (&owners[0], &bobs), (&owners[1], &adas), (&owners[2], &bobs)]
    {
        let view = |store: &Store| store.working.scoped(Gate::owner(owner.clone()));
        let (together, alone) = (picture(&view(&both)).await, picture(&view(single)).await);
        for (together, alone) in together.iter().zip(&alone) {
            assert_eq!(together, alone, "{owner}");
        }
        assert_eq!(together.len(), alone.len(), "{owner}");
        let of = [owner, &Owner::SHARED];
        assert_eq!(heard(&both.working, &of).await, heard(&single.working, &of).await);
    }
    for store in [&both, &adas, &bobs] {
        assert_eq!(store.working.upkeep().verify().await.unwrap(), []);
    }
}

/// Ended goals and tasks are moved out after three days, so that parents go before their children.
fn aged() -> aios_working::Retention {
    aios_working::Retention {
        goals_and_tasks_days: Some(3),
        messages_days: Some(9),
        sessions_days: Some(5),
        ..Default::default()
    }
}

/// A shared task ends, and ageing leaves its stub for ada's tool call. The task belongs to goal and
/// session `n0`, which are not moved out yet. Each step takes a day.
fn task_kept_by_ada() -> Vec<(Option<usize>, Call)> {
    let (shared, ada) = (Some(0), Some(1));
    let waits = (shared, Call::Touch { session: 1 });
    vec![
        (shared, Call::StoreGoal { name: 0, agent: false }),
        (shared, Call::AddMessage { session: 0, name: 0, external: None }),
        (shared, Call::StoreTask { name: 0, goal: Some(0), session: Some(0) }),
        (shared, Call::EndTask { name: 0 }),
        (ada, Call::Run { name: 0, task: Some(0) }),
        waits.clone(),
        waits.clone(),
        waits,
        (None, Call::CleanUp),
    ]
}

async fn check_kept_by_ada(then: Vec<(Option<usize>, Call)>) {
    check([task_kept_by_ada(), then].concat()).await;
}

#[tokio::test]
async fn a_goal_does_not_stand_by_a_task_that_another_owner_keeps() {
    let (shared, ada, bob) = (Some(0), Some(1), Some(2));
    let steps = vec![
        (shared, Call::StoreGoal { name: 0, agent: false }),
        (shared, Call::StoreTask { name: 0, goal: Some(0), session: None }),
        (shared, Call::EndTask { name: 0 }),
        (bob, Call::StoreGoal { name: 0, agent: false }),
        (shared, Call::EndGoal { name: 0 }),
        (ada, Call::Run { name: 0, task: Some(0) }),
        (None, Call::CleanUp),
        (shared, Call::StoreGoal { name: 1, agent: false }),
        (None, Call::CleanUp),
        (shared, Call::StoreTask { name: 1, goal: Some(0), session: None }),
    ];
    check(steps).await;
}

#[tokio::test]
async fn a_goal_stored_again_is_new_if_another_owner_keeps_its_stub() {
    let shared = Some(0);
    let mut steps = vec![(shared, Call::EndGoal { name: 0 })];
    steps.extend(vec![(None, Call::CleanUp); 5]);
    steps.push((shared, Call::StoreGoal { name: 0, agent: true }));
    steps.push((Some(1), Call::Run { name: 1, task: Some(0) }));
    check_kept_by_ada(steps).await;
}

#[tokio::test]
async fn a_session_counts_from_0_if_another_owner_keeps_its_stub() {
    let says = |name| (Some(0), Call::AddMessage { session: 0, name, external: None });
    let mut steps = vec![(None, Call::CleanUp); 9];
    steps.extend([says(0), says(1)]);
    check_kept_by_ada(steps).await;
}

#[tokio::test]
async fn a_removal_does_not_report_a_task_that_another_owner_keeps() {
    for kind in [Kind::Goal, Kind::Session] {
        let again = Call::StoreTask { name: 0, goal: None, session: None };
        for then in [(Some(1), Call::Run { name: 1, task: Some(0) }), (Some(0), again)] {
            check_kept_by_ada(vec![(Some(0), Call::Remove { kind, name: 0 }), then]).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 400,
        ..ProptestConfig::with_cases(16)
    })]

    #[test]
    fn two_owners_in_one_store_behave_as_in_two(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(steps));
    }
}
