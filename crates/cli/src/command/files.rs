//! `files`: the commands of the memory tool, on the files of the view.

use aios_memory::{Error, FileCommand, Identity, MemoryView};
use serde_json::json;

use super::{delete::confirm, remember::read_stdin};
use crate::{args::FilesCommand, failure::Failure, output::Output};

pub(crate) async fn files(
    memory: &MemoryView,
    arguments: FilesCommand,
    output: Output,
) -> Result<(), Failure> {
    let command = command(arguments, output)?;
    let reply = memory.files().run(command).await?;
    if reply.is_error {
        return Err(Error::File { text: reply.text }.into());
    }
    let changed: Vec<_> = reply.changed.iter().map(Identity::key).collect();
    let shown = json!({"ok": true, "text": reply.text, "changed": changed});
    output.result(&shown, |out| writeln!(out, "{}", reply.text))?;
    Ok(())
}

/// Returns the command in the arguments and stdin.
fn command(arguments: FilesCommand, output: Output) -> Result<FileCommand, Failure> {
    Ok(match arguments {
        FilesCommand::View { path, from, to } => {
            let range = from.is_some() || to.is_some();
            let view_range = range.then(|| vec![from.unwrap_or(1), to.unwrap_or(-1)]);
            FileCommand::View { path, view_range }
        }
        FilesCommand::Create { path, text } => {
            FileCommand::Create { path, file_text: given(text)? }
        }
        FilesCommand::StrReplace { path, old, new } => {
            FileCommand::StrReplace { path, old_str: old, new_str: given(new)? }
        }
        FilesCommand::Insert { path, line, text } => {
            FileCommand::Insert { path, insert_line: line, insert_text: given(text)? }
        }
        FilesCommand::Delete { path, yes } => {
            if !yes {
                confirm(output, &format!("permanently delete {path} and everything in it?"))?;
            }
            FileCommand::Delete { path }
        }
        FilesCommand::Rename { old_path, new_path } => FileCommand::Rename { old_path, new_path },
        FilesCommand::Run => {
            let refused = |error: serde_json::Error| Failure::Usage {
                message: format!("stdin is not a file command: {error}"),
                hint: "give one JSON object, such as {\"command\": \"view\", \"path\": \
                       \"/memories\"}",
            };
            serde_json::from_str(&read_stdin()?).map_err(refused)?
        }
    })
}

/// Returns a text argument, or for `-` the text on stdin.
fn given(text: String) -> Result<String, Failure> {
    if text == "-" { read_stdin() } else { Ok(text) }
}
