//! `events`: the recent events of the running service, or each new one. Events are in the RAM of
//! the process to which they were pushed.

use std::ops::ControlFlow;

use aios_memory::{AgentMemory, Config, operational::Filter};
use aios_memory_server::{Followed, News, Presence, follow_events};
use serde_json::{Value, json};

use crate::{
    args::Events,
    failure::Failure,
    output::{Output, one_line},
};

/// Default number of recent events.
const LIMIT: usize = 20;
/// Maximum length of an event's data in a line, in characters.
const DATA_CHARS: usize = 200;

/// Prints the recent events, oldest first. Executed by the service, which has them.
pub(crate) fn events(memory: &AgentMemory, events: &Events, output: Output) -> Result<(), Failure> {
    let filter =
        events.category.iter().fold(Filter::all(), |it, word| it.with_category(word.as_str()));
    let filter = events.source.iter().fold(filter, |it, name| it.with_source(name.as_str()));
    let recent = memory.operational().recent(events.limit.unwrap_or(LIMIT), &filter);
    let mut items = Vec::with_capacity(recent.events.len());
    for event in recent.events.iter().rev() {
        items.push(serde_json::to_value(event).map_err(std::io::Error::from)?);
    }
    output.result(&json!({ "items": items }), |out| {
        items.iter().try_for_each(|event| writeln!(out, "{}", line(event)))
    })?;
    Ok(())
}

/// Follows the events of the service. Fails if no service is running.
pub(crate) async fn events_of_service(
    events: &Events,
    config: Config,
    output: Output,
) -> Result<(), Failure> {
    let none = || Failure::NotFound {
        message: "no service runs for the data directory, and recent events are in its RAM"
            .to_owned(),
        hint: "start one with `aios-memory serve`; `aios-memory list event` has the stored ones",
    };
    let data_dir = std::path::absolute(&config.memory.data_dir)
        .map_err(|source| Failure::Io { action: "find the data directory".to_owned(), source })?;
    // Without `--follow`, this is reached only if the service declined or does not answer.
    let socket = Presence::find(&data_dir).filter(|_| events.follow).ok_or_else(none)?;
    let (category, source) = (events.category.as_deref(), events.source.as_deref());
    let mut printed = Ok(());
    let print = |news: News| {
        printed = tell(news, output);
        if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let followed = follow_events(&socket, category, source, print).await;
    printed?;
    match followed {
        Followed::NoService => Err(none()),
        _ => Ok(()),
    }
}

fn tell(news: News, output: Output) -> std::io::Result<()> {
    match news {
        News::Event(event) => output.result(&event, |out| writeln!(out, "{}", line(&event))),
        News::Lost(count) => {
            output.warn("lost", &format!("{count} events were overwritten before they were read"));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Formats an event in one line.
fn line(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let data = match &event["data"] {
        Value::Null => String::new(),
        data => one_line(&data.to_string(), DATA_CHARS),
    };
    format!("{}  {}  {}  {data}", text("timestamp"), text("category"), text("source"))
        .trim_end()
        .to_owned()
}
