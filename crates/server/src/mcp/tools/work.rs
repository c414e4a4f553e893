//! `begin`, `log`, `finish`, `resume_list`: units of work.

use aios_memory::{
    Key, Kind,
    work::{InterruptedTask, Known},
};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::{
    bounds::LOGGED_MAX,
    failure::Failure,
    http::{BeginTask, FinishTask, TaskLog, begun, finished, id_of, logged},
    mcp::{
        answer::{Answer, Budgeted, day, number, tokens},
        arguments::Arguments,
        quote::{self, Quotable},
        schema::{TOKENS_MAX, TOKENS_MIN, budget, closed, described, text},
        visit::Visit,
    },
};

/// Default token budget.
const TOKENS: usize = 800;
/// Maximum length of an id, in characters.
const ID_CHARS_MAX: usize = 256;
/// Maximum length of a description or an input in an answer, in characters.
const SHOWN_CHARS_MAX: usize = 500;

const BEGIN: &[&str] = &["description", "id", "goal", "agent", "idempotent", "max_tokens"];
const LOG: &[&str] = &["id", "follow", "decisions", "tool_calls"];
const FINISH: &[&str] = &["id", "status", "text", "summary", "output", "leaves_goal_open"];

pub(super) fn about_begin() -> (&'static str, JsonObject) {
    let arguments = json!({
        "description": text(),
        "id": described("of a new task, or alone: of a pending one"),
        "goal": described("id of a goal"),
        "agent": text(),
        "idempotent": {"type": "boolean"},
        "max_tokens": budget(TOKENS),
    });
    (
        "Begin a task before working on it. Answers its id, and steps that worked before. Log \
         what you do, and finish it.",
        closed(arguments, &[]),
    )
}

pub(super) fn about_log() -> (&'static str, JsonObject) {
    let decision = json!({
        "context": text(), "chosen": text(), "options": {}, "reasoning": text(),
        "intelligence_level": text(), "decided_by": text(), "model_used": text(),
    });
    let call = json!({
        "tool_name": text(), "input": {}, "output": {}, "success": {"type": "boolean"},
        "duration_ms": {"type": "integer"}, "reason": text(),
    });
    let list = |properties, required: &[&str]| {
        let items = closed(properties, required);
        json!({"type": "array", "items": items, "maxItems": LOGGED_MAX})
    };
    let arguments = json!({
        "id": text(),
        "follow": described("key of the known steps that you follow"),
        "decisions": list(decision, &["context", "chosen"]),
        "tool_calls": list(call, &["tool_name"]),
    });
    (
        "Log decisions and tool calls of a task. Continues one that was interrupted.",
        closed(arguments, &["id"]),
    )
}

pub(super) fn about_finish() -> (&'static str, JsonObject) {
    let arguments = json!({
        "id": text(),
        "status": {"type": "string", "enum": ["completed", "failed", "cancelled"]},
        "text": described("result, error, or reason"),
        "summary": text(),
        "output": {},
        "leaves_goal_open": {"type": "boolean"},
    });
    ("End a task. Its steps are learned if it succeeded.", closed(arguments, &["id", "status"]))
}

pub(super) fn about_resume_list() -> (&'static str, JsonObject) {
    let arguments = json!({"max_tokens": budget(TOKENS)});
    ("List interrupted tasks, oldest first. `log` continues one.", closed(arguments, &[]))
}

pub(super) async fn begin(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("begin", BEGIN, arguments)?;
    let tokens_max = arguments.number("max_tokens", TOKENS_MIN..=TOKENS_MAX, TOKENS)?;
    let task: BeginTask = arguments.rest()?;
    let (id, known) = begun(&visit.call, &visit.view, task, None).await?;
    let key = Key::new(Kind::Task, id);
    let mut lines = Budgeted::new(tokens_max);
    lines.add(format!("begun: {}\n", quote::key(&key)), 0);
    let value = match &known {
        Some(known) => {
            add_known(&mut lines, visit, known);
            json!({"key": key, "known": {
                "key": known.key, "bound": known.bound, "action": known.action,
                "steps": known.steps,
            }})
        }
        None => json!({"key": key, "known": null}),
    };
    let total = 1 + known.as_ref().map_or(0, |known| 1 + known.steps.len().max(1));
    let text = lines.close(|count, pieces| closing(count, total - pieces));
    Ok(Answer::done(text, value, vec![key.to_string()]))
}

/// Adds as many steps as fit, each quoted.
fn add_known(lines: &mut Budgeted, visit: &Visit, known: &Known) {
    let reserved = tokens(&closing(TOKENS_MAX, known.steps.len()));
    let key = quote::key(&known.key);
    lines.add(format!("known: {key}, success at least {:.2}\n", known.bound), reserved);
    if known.steps.is_empty() {
        let action = Quotable::of(&visit.view, &known.action);
        lines.add(format!("{}{}\n", action.warning(), action.line(SHOWN_CHARS_MAX)), reserved);
    }
    for step in &known.steps {
        let input = Quotable::of(&visit.view, &step.input.to_string());
        let tool = quote::label(&visit.view, &step.tool);
        let line = format!("{tool} {}{}\n", input.warning(), input.line(SHOWN_CHARS_MAX));
        if !lines.add(line, reserved) {
            break;
        }
    }
}

pub(super) async fn log(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("log", LOG, arguments)?;
    let id = id_of(arguments.text("id", ID_CHARS_MAX)?)?;
    let steps: TaskLog = arguments.rest()?;
    let keys = logged(&visit.call, &visit.view, id, steps, None).await?;
    let text = format!("logged {}", number(keys.len(), "step"));
    Ok(Answer::done(text, json!({"keys": keys}), keys))
}

pub(super) async fn finish(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("finish", FINISH, arguments)?;
    let id = id_of(arguments.text("id", ID_CHARS_MAX)?)?;
    let end: FinishTask = arguments.rest()?;
    let ended = finished(&visit.call, &visit.view, id, end).await?;
    let key = ended.task.key();
    let mut text = format!("{}: {}", ended.status, quote::key(&key));
    if let Some(learned) = &ended.learned {
        text.push_str(&format!("\nlearned: {}", quote::key(learned)));
    }
    if let Some(followed) = &ended.followed {
        text.push_str(&format!("\nfollowed: {}", quote::key(followed)));
    }
    if let Some(goal) = &ended.completed_goal {
        let goal = Key::new(Kind::Goal, goal.clone());
        text.push_str(&format!("\ncompleted: {}", quote::key(&goal)));
    }
    let value = json!({
        "key": key, "status": ended.status, "learned": ended.learned,
        "followed": ended.followed, "completed_goal": ended.completed_goal,
    });
    Ok(Answer::done(text, value, vec![key.to_string()]))
}

pub(super) async fn resume_list(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("resume_list", &["max_tokens"], arguments)?;
    let tokens_max = arguments.number("max_tokens", TOKENS_MIN..=TOKENS_MAX, TOKENS)?;
    let view = visit.view.clone();
    let listing = Box::pin(async move { view.work().resume_list().await });
    let tasks = visit.call.read(listing).await?;
    let total = tasks.len();
    let reserved = tokens(&closing(TOKENS_MAX, total));
    let mut lines = Budgeted::new(tokens_max);
    if tasks.is_empty() {
        lines.add("No task is interrupted.\n".to_owned(), reserved);
    }
    for task in &tasks {
        if !lines.add(line(visit, task), reserved) {
            break;
        }
    }
    let shown = lines.len().min(total);
    let text = lines.close(|count, pieces| closing(count, total - pieces.min(total)));
    let listed: Vec<Value> = tasks[..shown].iter().map(value).collect();
    Ok(Answer::read(text, json!({"tasks": listed, "more": total - shown})))
}

/// Returns an interrupted task in one line: key, day, last tool, and the quoted description.
fn line(visit: &Visit, task: &InterruptedTask) -> String {
    let description = Quotable::of(&visit.view, &task.description);
    let since = task.since.map(|since| format!(" {}", day(since))).unwrap_or_default();
    let last = task.last_call.as_ref();
    let last = last.map(|call| format!(" after {}", quote::label(&visit.view, &call.tool_name)));
    format!(
        "{}{since}{} {}{}\n",
        quote::key(&task.task.key()),
        last.unwrap_or_default(),
        description.warning(),
        description.line(SHOWN_CHARS_MAX),
    )
}

fn value(task: &InterruptedTask) -> Value {
    let key = task.task.key();
    json!({"key": key, "description": task.description, "since": task.since})
}

fn closing(count: usize, more: usize) -> String {
    let tokens = number(count, "token");
    match more {
        0 => format!("({tokens})"),
        more => format!("({tokens}; {more} more: raise max_tokens)"),
    }
}
