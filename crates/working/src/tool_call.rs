//! Tool calls: the steps of a task.

use aios_record::{Id, Identity, Key, Kind, Record, Timestamp, Trust};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    goal::joined,
    row::{Row, fields},
    writing::Writable,
};

/// Maximum length of a stored output, in characters, including the mark.
pub const OUTPUT_CHARS_MAX: usize = 20_000;
/// Mark at the end of a truncated output.
pub const OUTPUT_CUT_MARK: &str = "... [cut]";

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique among tool calls. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The task of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Id>,
    /// Number of the task's iteration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<i64>,
    /// Name of the tool.
    pub tool_name: String,
    /// Name of the calling agent.
    #[serde(default)]
    pub agent: String,
    /// The input.
    #[serde(default)]
    pub input: Value,
    /// The output, text or JSON. Output longer than [`OUTPUT_CHARS_MAX`] characters is stored as
    /// truncated text.
    #[serde(default)]
    pub output: Value,
    /// True if the call succeeded.
    #[serde(default)]
    pub success: bool,
    /// Duration in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// The reason for the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time of the call. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl ToolCall {
    /// Returns a call without a task and without success.
    #[must_use]
    pub fn new(tool_name: impl Into<String>) -> ToolCall {
        ToolCall {
            id: Id::generate(),
            task_id: None,
            iteration: None,
            tool_name: tool_name.into(),
            agent: String::new(),
            input: Value::Null,
            output: Value::Null,
            success: false,
            duration_ms: None,
            reason: None,
            timestamp: None,
            meta: Meta::default(),
        }
    }
}

fields! {
    ToolCall {
        task_id, iteration, tool_name, agent, input, output, success, duration_ms, reason,
        timestamp,
    }
}

impl Row for ToolCall {
    const HAPPENED: &'static str = "timestamp";

    fn text(&self) -> String {
        joined([Some(&self.tool_name), self.reason.as_ref()])
    }

    fn parent(&self) -> Option<&Id> {
        self.task_id.as_ref()
    }

    fn detach(&mut self) {
        self.task_id = None;
    }

    fn settle(&mut self, now: Timestamp) {
        self.timestamp.get_or_insert(now);
        cut(&mut self.output);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.timestamp;
        record.trust = Trust::Low;
    }
}

impl Writable for ToolCall {}

/// Truncates an output that is too long, at a character boundary.
fn cut(output: &mut Value) {
    let text = match &*output {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return,
        other => other.to_string(),
    };
    if text.chars().count() <= OUTPUT_CHARS_MAX {
        return;
    }
    let kept = OUTPUT_CHARS_MAX - OUTPUT_CUT_MARK.len();
    *output = Value::String(text.chars().take(kept).collect::<String>() + OUTPUT_CUT_MARK);
}

/// The tool calls of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, ToolCall, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let call = working.tool_calls().put(ToolCall::new("grep")).await?;
/// let found = working.tool_calls().get(&call.id).await?.expect("it is stored");
/// assert_eq!(found.tool_name, "grep");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ToolCalls<'a> {
    pub(crate) view: &'a WorkingView,
}

impl ToolCalls<'_> {
    /// Stores a tool call.
    ///
    /// # Errors
    /// [`Error::MissingParent`] if its task does not exist; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn put(self, call: ToolCall) -> Result<ToolCall, Error> {
        self.view.store(call).await
    }

    /// Returns the tool call of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<ToolCall>, Error> {
        self.view.get(id).await
    }

    /// Returns the visible tool calls of a task, in the order in which they were stored.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn of_task(self, task_id: &Id) -> Result<Vec<ToolCall>, Error> {
        let task_id = task_id.clone();
        self.view
            .read(move |access| match access.referred(Kind::Task, task_id.as_str())? {
                Some(task) => access.select("AND task_row = ?6 ORDER BY row", &[&task]),
                None => Ok(Vec::new()),
            })
            .await
    }

    /// Changes a tool call and stores it, in one transaction: no change of another caller is lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut ToolCall) + Send + 'static,
    ) -> Result<ToolCall, Error> {
        self.view.change(id, change).await
    }

    /// Removes a tool call, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::ToolCall, id.clone())).await
    }
}
