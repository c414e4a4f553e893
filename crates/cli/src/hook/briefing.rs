//! The context at the start or continuation of a session: the person and the current facts, the
//! open work, the last decisions, and the end of the previous session.

use std::collections::HashSet;

use aios_memory::{
    Id, Identity, Key, Kind, MemoryView, Record, Tier, Timestamp,
    context::{Candidate, Section},
    record::Trust,
    working::{Fact, Role, TaskStatus},
};

use super::{
    call::Call,
    input::Start,
    packing::{self, Limits},
    session::{Anew, Given, is_in, is_of_sub_agent, session_of},
    told::is_told,
};
use crate::failure::Failure;

/// Limits of the context. Claude Code replaces more than 10,000 characters by a preview.
const LIMITS: Limits = Limits { tokens: 1_200, chars: 9_000 };

/// Maximum numbers of records.
const GOALS_MAX: usize = 8;
const TASKS_MAX: usize = 12;
const DECISIONS_MAX: usize = 5;
const DECISIONS_SINCE_MAX: usize = 10;
const GIVEN_MAX: usize = 16;

/// Number of messages at the end of the previous session that are examined.
const CLOSING_MESSAGES: usize = 20;

/// Number of latest sessions that are searched for the previous one, since they may be of other
/// projects.
const SESSIONS_MAX: usize = 64;

/// Maximum age of the previous session's last activity, in hours: 90 days.
const SESSION_HOURS_MAX: u32 = 90 * 24;

/// Priorities of the records if the space is limited. The lowest ones are left out first.
const FACT: f64 = 0.95;
const GOAL: f64 = 0.9;
const DECIDED_SINCE: f64 = 0.85;
const TASK: f64 = 0.8;
const DECISION: f64 = 0.7;
const CLOSING: f64 = 0.6;
const GIVEN: f64 = 0.5;

/// Returns the context for the start of a call's session. `None` if the memory has nothing for it.
pub(super) async fn of(call: &Call) -> Result<Option<String>, Failure> {
    let view = call.in_project().await?;
    let session = session_of(call)?;
    let start = call.input.start();
    let given = match start {
        Start::New => Given::default(),
        Start::Compacted | Start::Resumed => Given::of(call)?,
        Start::Forked => Given::of_parent(call)?,
    };
    match (start, given.at) {
        (Start::Resumed, Some(_)) => return since(call, &view, &given).await,
        (Start::Forked, _) => {
            // Records that the host repeats count as given to the new session as well.
            let given = given.keep_for_fork(call)?;
            return since(call, &view, &given).await;
        }
        _ => {}
    }
    let mut records = open_work(&view).await?;
    records.extend(decisions(&view, given.at).await?);
    records.extend(closing(&view, &session).await?);
    for key in given.last(GIVEN_MAX) {
        records.extend(view.get(&key).await?.map(|record| (GIVEN, record)));
    }
    let now = Timestamp::now();
    let mut keys: Vec<(String, Key)> = Vec::new();
    let mut candidates = profile(&view).await?;
    let shown: HashSet<Identity> = records.iter().map(|(_, record)| record.identity()).collect();
    for (fact, key) in current_facts(&view, &shown).await? {
        keys.push((fact.id.clone(), key));
        candidates.push(fact);
    }
    for (relevance, record) in records {
        let id = record.identity().to_string();
        if !is_told(&record, now) || keys.iter().any(|(known, _)| *known == id) {
            continue;
        }
        candidates.push(Candidate::from_record(Tier::Working, &record, relevance));
        keys.push((id, record.key()));
    }
    packing::given(call, &view, candidates, &keys, LIMITS, Anew::Yes).await
}

/// Returns the context of a session whose earlier contexts the host repeats: the decisions since
/// then.
async fn since(call: &Call, view: &MemoryView, given: &Given) -> Result<Option<String>, Failure> {
    let mut decided = decisions(view, given.at).await?;
    let now = Timestamp::now();
    decided.retain(|(relevance, record)| {
        *relevance == DECIDED_SINCE && is_told(record, now) && !given.has(&record.key())
    });
    let candidates = decided
        .iter()
        .map(|(relevance, record)| Candidate::from_record(Tier::Working, record, *relevance));
    let keys: Vec<(String, Key)> =
        decided.iter().map(|(_, record)| (record.identity().to_string(), record.key())).collect();
    packing::given(call, view, candidates.collect(), &keys, LIMITS, Anew::No).await
}

/// Returns the preferences and the persona.
async fn profile(view: &MemoryView) -> Result<Vec<Candidate>, Failure> {
    let failed = aios_memory::Error::from;
    let preferences = view.working().preferences().list().await.map_err(failed)?;
    let preferences = serde_json::to_value(preferences).unwrap_or_default();
    let preferences = preferences.as_object().into_iter().flatten().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (Kind::Preference, name.clone(), value)
    });
    let persona = view.working().persona().list().await.map_err(failed)?;
    let persona = persona.into_iter().map(|(name, value)| (Kind::Persona, name, value));
    let entries = preferences.chain(persona).map(|(kind, name, value)| {
        Candidate::new(Tier::Working, kind, format!("{kind}/{name}"), format!("{name}: {value}"))
            .with_section(Section::Profile)
            .with_relevance(1.0)
    });
    Ok(entries.collect())
}

/// Returns the current facts that no record in `shown` states: first those with a slot, then the
/// latest stated. They count towards the profile's share of the context.
async fn current_facts(
    view: &MemoryView,
    shown: &HashSet<Identity>,
) -> Result<Vec<(Candidate, Key)>, Failure> {
    let settings = &view.config().learning;
    if !settings.enabled || settings.profile_facts == 0 {
        return Ok(Vec::new());
    }
    let facts = view.working().facts().profile(settings.profile_facts).await;
    let facts = facts.map_err(aios_memory::Error::from)?;
    // Excludes facts of low trust, which a model derived, and those that a shown record states.
    let is_new = |fact: &Fact| {
        let owner = fact.meta.scope.owner();
        let evidence = fact.evidence.iter().filter_map(|key| key.parse::<Key>().ok());
        !evidence.map(|key| key.of(owner.clone())).any(|record| shown.contains(&record))
    };
    let facts = facts.into_iter().filter(|fact| fact.trust() != Trust::Low && is_new(fact));
    let facts = facts.map(|fact| {
        let key = Key::new(Kind::Fact, fact.id.clone());
        let id = key.clone().of(fact.meta.scope.owner()).to_string();
        let candidate = Candidate::new(Tier::Working, Kind::Fact, id, fact.statement())
            .with_section(Section::Profile)
            .with_relevance(FACT);
        (Candidate { trust: fact.trust(), time: fact.stated_at, ..candidate }, key)
    });
    Ok(facts.collect())
}

/// Returns the open goals, and the tasks that are in progress or pending.
async fn open_work(view: &MemoryView) -> Result<Vec<(f64, Record)>, Failure> {
    let failed = aios_memory::Error::from;
    let working = view.working();
    let goals = working.goals().active().await.map_err(failed)?;
    let goals = goals
        .into_iter()
        .take(GOALS_MAX)
        .map(|goal| (GOAL, Key::new(Kind::Goal, goal.id).of(goal.meta.scope.owner())));
    let mut identities: Vec<_> = goals.collect();
    for status in [TaskStatus::InProgress, TaskStatus::Pending] {
        let tasks = working.tasks().list(None, Some(status)).await.map_err(failed)?;
        // Only the newest ones.
        let tasks = tasks
            .into_iter()
            .rev()
            .take(TASKS_MAX)
            .map(|task| (TASK, Key::new(Kind::Task, task.id).of(task.meta.scope.owner())));
        identities.extend(tasks);
    }
    read(view, identities).await
}

/// Returns the last decisions, and those made after `since`.
async fn decisions(
    view: &MemoryView,
    since: Option<Timestamp>,
) -> Result<Vec<(f64, Record)>, Failure> {
    let latest = view.working().decisions().latest(DECISIONS_SINCE_MAX).await;
    let latest = latest.map_err(aios_memory::Error::from)?;
    let is_since =
        |time: Option<Timestamp>| since.is_some_and(|since| time.is_some_and(|time| since < time));
    let chosen = latest.into_iter().enumerate().filter_map(|(place, decision)| {
        let relevance = match is_since(decision.timestamp) {
            true => DECIDED_SINCE,
            false if place < DECISIONS_MAX => DECISION,
            false => return None,
        };
        let owner = decision.meta.scope.owner();
        Some((relevance, Key::new(Kind::Decision, decision.id).of(owner)))
    });
    read(view, chosen.collect()).await
}

/// Returns the last prompt and the last answer of the session before `current`. Sessions of
/// sub-agents do not count.
async fn closing(view: &MemoryView, current: &Id) -> Result<Vec<(f64, Record)>, Failure> {
    let failed = aios_memory::Error::from;
    let project = &view.gate().filter().scope.project;
    let sessions = view.working().sessions().active(SESSION_HOURS_MAX).await.map_err(failed)?;
    let others = sessions.into_iter().filter(|session| {
        !is_in(Some(session.id.as_str()), current) && !is_of_sub_agent(&session.id)
    });
    let mut messages = Vec::new();
    for session in others.take(SESSIONS_MAX) {
        let recent = view.working().messages().recent(&session.id, CLOSING_MESSAGES).await;
        messages = recent.map_err(failed)?;
        messages.retain(|message| message.meta.scope.project == *project);
        if !messages.is_empty() {
            break;
        }
    }
    let last = |role: Role| messages.iter().rev().find(|message| message.role == role);
    let last = [last(Role::User), last(Role::Assistant)].into_iter().flatten();
    let identities = last.map(|message| {
        (CLOSING, Key::new(Kind::Message, message.id.clone()).of(message.meta.scope.owner()))
    });
    read(view, identities.collect()).await
}

/// Reads records from working memory, each with its relevance.
async fn read(
    view: &MemoryView,
    identities: Vec<(f64, aios_memory::Identity)>,
) -> Result<Vec<(f64, Record)>, Failure> {
    let wanted = identities.iter().map(|(_, identity)| identity.clone()).collect();
    let records = view.working().records().get_all(wanted).await;
    let records = records.map_err(aios_memory::Error::from)?;
    let relevance = |record: &Record| {
        let identity = record.identity();
        identities.iter().find(|(_, of)| *of == identity).map_or(0.0, |(relevance, _)| *relevance)
    };
    Ok(records.into_iter().map(|record| (relevance(&record), record)).collect())
}
