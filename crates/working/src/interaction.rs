//! Interactions: one exchange with a user, with the data used to answer.

use aios_record::{Id, Identity, Key, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    goal::joined,
    row::{Row, fields},
    writing::Writable,
};

/// Default number of recent interactions.
pub const RECENT_INTERACTIONS: usize = 10;

/// One exchange with a user. Its scope names the session, which need not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Unique among interactions. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// The time of the exchange. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The user's words.
    pub user_transcript: String,
    /// The input of the model.
    #[serde(default)]
    pub llm_messages: Value,
    /// The tool calls made to answer: a list of `{name, args, result}`.
    #[serde(default)]
    pub tool_calls: Value,
    /// The answer.
    #[serde(default)]
    pub assistant_response: String,
    /// The skill that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_used: Option<String>,
    /// Latency of each stage in milliseconds, by name.
    #[serde(default)]
    pub latency_ms: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Interaction {
    /// Returns an exchange; its time is set when it is stored.
    #[must_use]
    pub fn new(
        user_transcript: impl Into<String>,
        assistant_response: impl Into<String>,
    ) -> Interaction {
        Interaction {
            id: Id::generate(),
            timestamp: None,
            user_transcript: user_transcript.into(),
            llm_messages: Value::Null,
            tool_calls: Value::Null,
            assistant_response: assistant_response.into(),
            skill_used: None,
            latency_ms: Value::Null,
            meta: Meta::default(),
        }
    }
}

fields! {
    Interaction {
        timestamp, user_transcript, llm_messages, tool_calls, assistant_response, skill_used,
        latency_ms,
    }
}

impl Row for Interaction {
    const HAPPENED: &'static str = "timestamp";
    fn text(&self) -> String {
        joined([Some(&self.user_transcript), Some(&self.assistant_response)])
    }

    fn settle(&mut self, now: Timestamp) {
        self.timestamp.get_or_insert(now);
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.timestamp;
        record.payload["session_id"] = self.meta.scope.session.as_deref().into();
    }
}

impl Writable for Interaction {}

/// The interactions of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Interaction, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let interaction = Interaction::new("What is left?", "The printer.");
/// let interaction = working.interactions().put(interaction).await?;
/// assert_eq!(working.interactions().recent(1).await?[0].id, interaction.id);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Interactions<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Interactions<'_> {
    /// Stores an interaction.
    ///
    /// # Errors
    /// As [`Goals::put`](crate::Goals::put).
    pub async fn put(self, interaction: Interaction) -> Result<Interaction, Error> {
        self.view.store(interaction).await
    }

    /// Returns the last `limit` interactions (see [`RECENT_INTERACTIONS`]), newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn recent(self, limit: usize) -> Result<Vec<Interaction>, Error> {
        self.view
            .read(move |access| {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                access.select("ORDER BY timestamp DESC, row DESC LIMIT ?6", &[&limit])
            })
            .await
    }

    /// Returns the interaction of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Interaction>, Error> {
        self.view.get(id).await
    }

    /// Changes an interaction and stores it, in one transaction: no change of another caller is
    /// lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::NotYours`] if it is shared and the view
    /// belongs to a user; [`Error::Fields`] if `change` changes its id, [`Error::Conflict`] if it
    /// changes its scope; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn update(
        self,
        id: &Id,
        change: impl FnOnce(&mut Interaction) + Send + 'static,
    ) -> Result<Interaction, Error> {
        self.view.change(id, change).await
    }

    /// Removes an interaction, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Interaction, id.clone())).await
    }
}
