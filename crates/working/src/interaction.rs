//! Interactions: one exchange with a user, with what it took to answer.

use aios_record::{Id, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error, Meta, WorkingView,
    goal::joined,
    row::{Row, fields},
};

/// The number of recent interactions by default.
pub const RECENT_INTERACTIONS: usize = 10;

/// One exchange with a user. Its scope names the session, which need not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Unique among interactions. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// When. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The words of the user.
    pub user_transcript: String,
    /// The input of the model.
    #[serde(default)]
    pub llm_messages: Value,
    /// The calls that were made to answer: a list of `{name, args, result}`.
    #[serde(default)]
    pub tool_calls: Value,
    /// The answer.
    #[serde(default)]
    pub assistant_response: String,
    /// The skill that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_used: Option<String>,
    /// The time that each stage took, by name.
    #[serde(default)]
    pub latency_ms: Value,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl Interaction {
    /// An exchange that happens now.
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
    Interaction in "interactions" {
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

impl WorkingView {
    /// Stores an exchange.
    ///
    /// # Errors
    /// As [`store_goal`](WorkingView::store_goal).
    pub async fn log_interaction(&self, interaction: Interaction) -> Result<Interaction, Error> {
        self.store(interaction).await
    }

    /// The last `limit` ([`RECENT_INTERACTIONS`]) exchanges, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn recent_interactions(&self, limit: usize) -> Result<Vec<Interaction>, Error> {
        self.read(move |access| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            access.select("ORDER BY timestamp DESC, row DESC LIMIT ?6", &[&limit])
        })
        .await
    }
}
