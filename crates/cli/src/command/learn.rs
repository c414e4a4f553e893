//! `learn`: learns facts from messages.

use std::{fs, io::Read, path::Path};

use aios_memory::{LEARN_MESSAGES_MAX, LearnReport, MemoryView};
use serde_json::{Map, Value};

use super::remember::read_stdin;
use crate::{
    args::Learn,
    failure::Failure,
    output::{Output, number_of},
};

/// Maximum size of a file, in bytes. `ingest` accepts larger ones.
const FILE_BYTES_MAX: u64 = 256 << 20;

const HINT: &str = "give one message a line, such as {\"role\": \"user\", \"content\": \"...\"}; \
                    for conversations in other formats use `aios-memory ingest FILE`";

pub(crate) async fn learn(
    memory: &MemoryView,
    arguments: &Learn,
    output: Output,
) -> Result<(), Failure> {
    let text = match arguments.file.as_os_str() == "-" {
        true => read_stdin()?,
        false => read(&arguments.file)?,
    };
    let (lines, messages): (Vec<u64>, Vec<_>) = messages(&text)?.into_iter().unzip();
    let mut total = LearnReport::default();
    for (lines, messages) in
        lines.chunks(LEARN_MESSAGES_MAX).zip(messages.chunks(LEARN_MESSAGES_MAX))
    {
        let mut report = memory.facts().learn(messages.to_vec()).await?;
        for failed in &mut report.failed {
            let place = usize::try_from(failed.line).unwrap_or_default().saturating_sub(1);
            failed.line = lines.get(place).copied().unwrap_or(failed.line);
        }
        total.merge(report);
    }
    for failed in &total.failed {
        output.warn("not stored", &format!("line {}: {}", failed.line, failed.error));
    }
    output.result(&total, |out| {
        writeln!(
            out,
            "{} added, {} stated again, {} ended; {} without a new fact, {} refused",
            number_of(total.added, "fact"),
            total.updated,
            total.superseded,
            number_of(total.ignored, "message"),
            number_of(total.refused, "statement"),
        )
    })?;
    match total.failed.len() as u64 {
        0 => Ok(()),
        failed => Err(Failure::Partial { failed }),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |source| Failure::Io { action: format!("read {}", path.display()), source };
    let file = fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    match text.len() as u64 <= FILE_BYTES_MAX {
        true => Ok(text),
        false => Err(Failure::Usage {
            message: format!("{} has more than {FILE_BYTES_MAX} bytes", path.display()),
            hint: "use `aios-memory ingest FILE`, after which facts are learned in the background",
        }),
    }
}

/// A message with its line.
type Placed = (u64, Map<String, Value>);

/// Returns the messages in a text, with their lines: JSON lines, an array, or an object with
/// `messages`.
fn messages(text: &str) -> Result<Vec<Placed>, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let list = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => Some(list),
        Ok(Value::Object(mut object)) => match object.remove("messages") {
            Some(Value::Array(list)) => Some(list),
            _ => None,
        },
        _ => None,
    };
    let numbered: Vec<(u64, Value)> = match list {
        Some(list) => (1..).zip(list).collect(),
        None => {
            let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
            let parse = |(number, line): (u64, &str)| match serde_json::from_str(line) {
                Ok(value) => Ok((number, value)),
                Err(error) => Err(misfit(number, &error.to_string())),
            };
            lines.map(parse).collect::<Result<_, _>>()?
        }
    };
    let object = |(number, value)| match value {
        Value::Object(object) => Ok((number, object)),
        _ => Err(misfit(number, "expected an object")),
    };
    numbered.into_iter().map(object).collect()
}

fn misfit(line: u64, reason: &str) -> Failure {
    Failure::Usage { message: format!("line {line} is not a message: {reason}"), hint: HINT }
}

#[cfg(test)]
mod tests;
