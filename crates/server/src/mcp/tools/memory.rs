//! `memory`: files as memory, with the commands, results and refusals of Anthropic's memory tool.
//! Results are exact, because a model edits a file by its text: no budget truncates them, and each
//! line of a file begins with its number.

use aios_memory::{FileCommand, Identity};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    http::{check_command, further_right as right_of},
    mcp::{
        answer::Answer,
        arguments::Arguments,
        schema::{closed, text},
        visit::Visit,
    },
    operation::{Operation, Right},
};

/// The argument that names the command.
const COMMAND: &str = "command";

/// The commands with their arguments.
const COMMANDS: &[(&str, &[&str])] = &[
    ("view", &[COMMAND, "path", "view_range"]),
    ("create", &[COMMAND, "path", "file_text"]),
    ("str_replace", &[COMMAND, "path", "old_str", "new_str"]),
    ("insert", &[COMMAND, "path", "insert_line", "insert_text"]),
    ("delete", &[COMMAND, "path"]),
    ("rename", &[COMMAND, "old_path", "new_path"]),
];

pub(super) fn about() -> (&'static str, JsonObject) {
    let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    let integer = json!({"type": "integer"});
    let arguments = json!({
        "command": {"type": "string", "enum": names},
        "path": text(),
        "view_range": {"type": "array", "items": integer},
        "file_text": text(),
        "old_str": text(),
        "new_str": text(),
        "insert_line": integer,
        "insert_text": text(),
        "old_path": text(),
        "new_path": text(),
    });
    (
        "Files below /memories, kept across sessions. Each command has its own arguments: view \
         path [view_range]; create path file_text; str_replace path old_str new_str; insert path \
         insert_line insert_text; delete path; rename old_path new_path.",
        closed(arguments, &[COMMAND]),
    )
}

/// Returns the right that a call needs in addition to the right to read.
pub(super) fn further_right(arguments: Option<&JsonObject>) -> Option<Right> {
    let command = arguments.and_then(|arguments| arguments.get(COMMAND)?.as_str());
    right_of(command.unwrap_or_default())
}

/// Checks that the caller may make a call with these arguments, and returns the operation of its
/// command. `view` is the operation of the command that only reads.
///
/// # Errors
/// Fails if the command is unknown, or the caller may not run it.
pub(super) fn check(
    visit: &Visit,
    view: Operation,
    arguments: Option<&JsonObject>,
) -> Result<Operation, Failure> {
    let (name, _) = named(arguments.and_then(|arguments| arguments.get(COMMAND)))?;
    check_command(&visit.call.caller, view, name)
}

pub(super) async fn call(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let command = command(arguments)?;
    let only_reads = command.only_reads();
    let view = visit.view.clone();
    let work = Box::pin(async move { view.files().run(command).await });
    let reply = match only_reads {
        true => visit.call.read(work).await?,
        false => visit.call.write(work).await?,
    };
    let keys: Vec<String> = reply.changed.iter().map(|it| Identity::key(it).to_string()).collect();
    let value = json!({"ok": !reply.is_error, "text": reply.text, "changed": keys});
    Ok(Answer { is_refusal: reply.is_error, ..Answer::done(reply.text, value, keys) })
}

/// Returns the command of a call.
fn command(arguments: Option<JsonObject>) -> Result<FileCommand, Failure> {
    let given = arguments.as_ref().and_then(|arguments| arguments.get(COMMAND));
    let (name, known) = named(given)?;
    let mut arguments = Arguments::of(name, known, arguments)?;
    let path = "path";
    Ok(match name {
        "view" => FileCommand::View {
            path: arguments.verbatim(path)?,
            view_range: arguments.integers("view_range")?,
        },
        "create" => FileCommand::Create {
            path: arguments.verbatim(path)?,
            file_text: arguments.verbatim("file_text")?,
        },
        "str_replace" => FileCommand::StrReplace {
            path: arguments.verbatim(path)?,
            old_str: arguments.verbatim("old_str")?,
            new_str: arguments.verbatim("new_str")?,
        },
        "insert" => FileCommand::Insert {
            path: arguments.verbatim(path)?,
            insert_line: arguments.integer("insert_line")?,
            insert_text: arguments.verbatim("insert_text")?,
        },
        "delete" => FileCommand::Delete { path: arguments.verbatim(path)? },
        _ => FileCommand::Rename {
            old_path: arguments.verbatim("old_path")?,
            new_path: arguments.verbatim("new_path")?,
        },
    })
}

/// Returns the command of this name, and its arguments.
fn named(given: Option<&Value>) -> Result<(&'static str, &'static [&'static str]), Failure> {
    let found = COMMANDS.iter().find(|(name, _)| given.and_then(Value::as_str) == Some(*name));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
        Failure::invalid(format!("`{COMMAND}`: expected one of {}", names.join(", ")))
    })
}
