//! `facts`: statements learned from messages, as of a time.

use std::time::Duration;

use aios_memory::{Fact, FactQuery, Id, Key, Kind, MemoryView, Timestamp};
use serde_json::{Value, json};

use crate::{
    args::{Facts, FactsCommand},
    failure::Failure,
    output::{Output, line, number_of, one_line},
};

/// Time limit for learning from messages that were stored before.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

/// Maximum number of characters of a statement in one line.
const CHARS_SHOWN: usize = 200;

pub(crate) async fn facts(
    memory: &MemoryView,
    arguments: Facts,
    output: Output,
) -> Result<(), Failure> {
    if let Some(command) = arguments.command {
        return change(memory, command, output).await;
    }
    let behind = memory.facts().catch_up_within(CATCH_UP_MAX).await;
    match behind {
        Ok(0) => {}
        Ok(behind) => {
            let changes = number_of(behind, "change");
            output.note(&format!(
                "left to learn from: {changes}; a running service or the next command goes on"
            ));
        }
        Err(error) => output.note(&format!("the newest messages are left to learn from: {error}")),
    }
    if let Some(query) = &arguments.search {
        let found = memory.facts().search(query, arguments.limit).await?;
        return show(&found, None, output);
    }
    if let [subject, attribute] = arguments.history.as_slice() {
        let found = memory.facts().history(subject, attribute).await?;
        return show(&found, None, output);
    }
    if arguments.contradictions {
        let found: Vec<Fact> =
            memory.facts().contradictions().await?.into_iter().flatten().collect();
        return show(&found, None, output);
    }
    // A period that has not ended yet is searched as of now.
    let as_of = arguments.as_of.map(|it| it.last().min(Timestamp::now()).max(it.begin));
    let query = FactQuery::default()
        .with_as_of(as_of)
        .with_subject(arguments.subject)
        .with_attribute(arguments.attribute)
        .with_after(arguments.after);
    let query = if arguments.all { query.with_ended() } else { query };
    let query = match arguments.limit {
        Some(limit) => query.with_limit(limit),
        None => query,
    };
    let page = memory.facts().list(query).await?;
    show(&page.facts, page.next, output)
}

async fn change(memory: &MemoryView, command: FactsCommand, output: Output) -> Result<(), Failure> {
    match command {
        FactsCommand::Confirm { fact } => {
            let confirmed = memory.facts().confirm(&id_of(&fact)?).await?;
            output.result(&shown(&confirmed), |out| {
                writeln!(out, "confirmed: {}", one_line(&confirmed.statement(), CHARS_SHOWN))
            })?;
        }
        FactsCommand::Reject { fact } => {
            let removed = memory.facts().reject(&id_of(&fact)?).await?;
            let keys: Vec<String> = removed.iter().map(|it| it.key().to_string()).collect();
            output.result(&json!({"rejected": keys}), |out| {
                let facts = number_of(keys.len() as u64, "fact");
                writeln!(out, "rejected: {facts} removed, and the value stays out from now on")
            })?;
        }
    }
    Ok(())
}

/// Returns the id of a fact, given as a key or as an id.
fn id_of(text: &str) -> Result<Id, Failure> {
    let id = match text.parse::<Key>() {
        Ok(key) if key.kind == Kind::Fact => Ok(key.id),
        Ok(key) => {
            return Err(Failure::Usage {
                message: format!("expected the key of a fact, not of kind {}", key.kind),
                hint: "name a fact as `aios-memory facts` prints it, such as fact/0a1b",
            });
        }
        Err(_) => Id::new(text),
    };
    Ok(id.map_err(aios_memory::Error::from)?)
}

fn show(facts: &[Fact], next: Option<u64>, output: Output) -> Result<(), Failure> {
    if facts.is_empty() && !output.json {
        output.note("no facts");
    }
    let mut page = json!({"items": facts.iter().map(shown).collect::<Vec<Value>>()});
    if let Some(next) = next {
        page["next"] = json!(next.to_string());
    }
    output.result(&page, |out| {
        for fact in facts {
            let time = fact.stated_at.map(|at| output.minute(at)).unwrap_or_default();
            let statement = one_line(&fact.statement(), CHARS_SHOWN);
            let until = match (fact.is_current(), fact.valid_to) {
                (true, Some(end)) => format!("  (until {})", output.minute(end)),
                (true, None) => String::new(),
                (false, end) => {
                    let end = end.or(fact.ended_at).map(|end| output.minute(end));
                    format!("  (ended {})", end.unwrap_or_default())
                }
            };
            let key = Key::new(Kind::Fact, fact.id.clone()).to_string();
            writeln!(out, "{time}  {statement}{until}  [{}]", line(&key))?;
        }
        if let Some(next) = next {
            writeln!(out, "more: --after {next}")?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Returns a fact as JSON for `--json`.
fn shown(fact: &Fact) -> Value {
    let key = |id: &Id| Key::new(Kind::Fact, id.clone()).to_string();
    json!({
        "key": key(&fact.id),
        "subject": fact.subject,
        "attribute": fact.attribute,
        "value": fact.value,
        "text": fact.statement(),
        "time": fact.time,
        "stated_at": fact.stated_at,
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        "ended_at": fact.ended_at,
        "ended_by": fact.ended_by,
        "recorded_at": fact.meta.recorded_at,
        "superseded_by": fact.superseded_by.as_ref().map(key),
        "evidence": fact.evidence,
        "confidence": fact.confidence,
        "confirmed_at": fact.confirmed_at,
        "trust": fact.trust(),
        "origin": fact.origin,
        "user": fact.meta.scope.user,
        "project": fact.meta.scope.project,
    })
}
