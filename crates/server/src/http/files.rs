//! `POST /api/v1/files`: the commands of Anthropic's memory tool, on the caller's files.

use aios_memory::{FileCommand, FileReply};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer,
    request::{JsonBeside, Part, Query},
};
use crate::{
    call::Call,
    caller::Caller,
    failure::Failure,
    operation::{Operation, Right},
};

/// The operation of a call that only reads.
const VIEW: Operation = Operation::part("POST /api/v1/files", Right::Read);
/// Answer to a repeated call, for which no text is kept.
const CARRIED_OUT: &str = "The command has been carried out.";

/// The files that a command is about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Place {
    /// Id of a project. Selects its files, and those without a project.
    #[serde(default)]
    project: Option<String>,
}

/// A command, in the form of the tool `memory_20250818`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FileCommand)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of `aios_memory::FileCommand`, for the document")]
pub(crate) enum Command {
    /// Shows a file with line numbers, or lists a directory two levels deep.
    View {
        /// The file or directory.
        #[schema(example = "/memories")]
        path: String,
        /// First and last line, from 1; -1 is the end. Default: the whole file.
        #[schema(min_items = 2, max_items = 2)]
        view_range: Option<Vec<i64>>,
    },
    /// Creates a file.
    Create {
        /// The new file.
        path: String,
        /// Its content.
        file_text: String,
    },
    /// Replaces a text that occurs once in a file.
    StrReplace {
        /// The file.
        path: String,
        /// The text to be replaced.
        old_str: String,
        /// The text in its place.
        new_str: String,
    },
    /// Inserts lines into a file.
    Insert {
        /// The file.
        path: String,
        /// Number of the line after which to insert; 0 is the beginning.
        insert_line: i64,
        /// The lines.
        insert_text: String,
    },
    /// Deletes a file, or a directory with its content. Needs the right `forget`.
    Delete {
        /// The file or directory.
        path: String,
    },
    /// Renames or moves a file or a directory.
    Rename {
        /// The file or directory.
        old_path: String,
        /// Its new path, which must not exist.
        new_path: String,
    },
}

/// The answer for the model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FileReply)]
pub(crate) struct Reply {
    /// False if the command was refused. In that case nothing has changed, and the result of the
    /// tool has `is_error`.
    ok: bool,
    /// The result, or the reason for the refusal.
    text: String,
}

impl From<FileReply> for Reply {
    fn from(reply: FileReply) -> Reply {
        Reply { ok: !reply.is_error, text: reply.text }
    }
}

/// Runs a command on files: `view`, `create`, `str_replace`, `insert`, `delete` or `rename`. A
/// change is durable and found by every search when this answers.
#[utoipa::path(
    post,
    path = "/api/v1/files",
    tag = "memory",
    params(Place),
    request_body = Command,
    responses((status = 200, description = "The answer for the model", body = Reply))
)]
pub(crate) async fn files(
    call: Call,
    Query(Place { project }): Query<Place>,
    JsonBeside(command): JsonBeside<FileCommand>,
) -> Result<Response, Failure> {
    let operation = check_command(&call.caller, VIEW, command.name())?;
    let part = Part { project, ..Part::default() };
    let view = part.of(call.caller.view())?;
    let only_reads = command.only_reads();
    let work = Box::pin(async move { view.files().run(command).await });
    if only_reads {
        return Ok(answer::json(StatusCode::OK, &Reply::from(call.read(work).await?)));
    }
    let reply = call.write(work).await?;
    let keys: Vec<_> = reply.changed.iter().map(aios_memory::Identity::key).collect();
    let response = match reply.is_error {
        // A refused command can be repeated.
        true => answer::json(StatusCode::OK, &Reply::from(reply)),
        false => {
            let kept = Reply { ok: true, text: CARRIED_OUT.to_owned() };
            answer::kept_as(StatusCode::OK, &Reply::from(reply), &kept)
        }
    };
    let mut response = answer::with_changed(response, keys);
    response.extensions_mut().insert(operation);
    Ok(response)
}

/// Checks that the caller may run the command of this name, and returns its operation. `view` is
/// the operation of the command that only reads.
///
/// # Errors
/// Fails if the caller lacks the right, or if the call is for all users and the command changes
/// files: each owner has separate paths.
pub(crate) fn check_command(
    caller: &Caller,
    view: Operation,
    command: &str,
) -> Result<Operation, Failure> {
    let operation = match further_right(command) {
        None => view,
        Some(right) => Operation { right, is_of_one_owner: true, ..view },
    };
    caller.check(operation, &format!("`{command}`"))?;
    Ok(operation)
}

/// Returns the right that the command of this name needs in addition to the right to read.
pub(crate) fn further_right(command: &str) -> Option<Right> {
    match command {
        "view" => None,
        "delete" => Some(Right::Forget),
        _ => Some(Right::Write),
    }
}
