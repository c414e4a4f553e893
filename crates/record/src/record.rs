//! A stored item in the form in which it travels between tiers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Id, Identity, Key, Kind, Owner, Scope, Timestamp, encode};

/// One stored item, whatever tier it came from: what is searched, whose it is, where it came
/// from, and the whole original as `payload`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The sort of thing that it is.
    pub kind: Kind,
    /// Unique within its kind and owner.
    pub id: Id,
    /// Whose it is.
    pub scope: Scope,
    /// Who wrote it and for what.
    pub provenance: Provenance,
    /// The text that is searched, verbatim.
    pub text: String,
    /// A heading, if it has one.
    pub title: Option<String>,
    /// Who said it, if somebody did.
    pub speaker: Option<String>,
    /// Its place in its session, from 0; neighbours in a session differ by one.
    pub position: Option<i64>,
    /// The original, complete.
    pub payload: Value,
    /// Labels to filter by.
    pub tags: Vec<String>,
    /// The source that it was derived from.
    pub source: Option<Source>,
    /// The records that it belongs to or was made from: of the same owner, or shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Identity>,
    /// The name under which the place that it came from knows it.
    pub external_id: Option<String>,
    /// Its importance, 0 to 1. Default: 0.5.
    pub importance: f32,
    /// Its certainty, 0 to 1. Default: 1.
    pub confidence: f32,
    /// The trust in its content.
    pub trust: Trust,
    /// When what it tells of happened, if known.
    pub occurred_at: Option<Timestamp>,
    /// When the memory first took it in.
    pub recorded_at: Timestamp,
    /// From when on it is true, if that is limited.
    pub valid_from: Option<Timestamp>,
    /// Until when it is true, if that is limited.
    pub valid_to: Option<Timestamp>,
    /// The id of the record of the same kind that took its place.
    pub superseded_by: Option<Id>,
    /// From when on no read shows it.
    pub expires_at: Option<Timestamp>,
}

impl Record {
    /// A record with nothing but what every record needs; the rest takes its default, and
    /// `recorded_at` is the epoch until the tier that stores it sets it.
    #[must_use]
    pub fn new(kind: Kind, id: Id, text: impl Into<String>, scope: Scope) -> Record {
        Record {
            kind,
            id,
            scope,
            provenance: Provenance::default(),
            text: text.into(),
            title: None,
            speaker: None,
            position: None,
            payload: Value::Null,
            tags: Vec::new(),
            source: None,
            references: Vec::new(),
            external_id: None,
            importance: 0.5,
            confidence: 1.0,
            trust: Trust::default(),
            occurred_at: None,
            recorded_at: Timestamp::UNIX_EPOCH,
            valid_from: None,
            valid_to: None,
            superseded_by: None,
            expires_at: None,
        }
    }

    /// The key that a person types, unique among the records of its owner.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { kind: self.kind, id: self.id.clone() }
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.scope.owner()
    }

    /// Its name in a store.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { owner: self.owner(), kind: self.kind, id: self.id.clone() }
    }

    /// The [encoded](Identity::encode) identity.
    #[must_use]
    pub fn encoded_identity(&self) -> String {
        encode(self.scope.user.as_deref().unwrap_or_default(), self.kind, self.id.as_str())
    }

    /// When it happened, or else when it was recorded.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.occurred_at.unwrap_or(self.recorded_at)
    }
}

/// Who wrote a record, when, and for which task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The part of the system that wrote it. Default: `unknown`.
    pub module: String,
    /// The program that it came through, with its version, such as an MCP client. It never filters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The task that it was written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Id>,
    /// Who changed it last, if anybody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

impl Default for Provenance {
    fn default() -> Provenance {
        Provenance { module: "unknown".to_owned(), client: None, task_id: None, updated_by: None }
    }
}

/// The source of a record: a file, a document, another record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The sort of source, such as `file` or a record's kind.
    pub kind: String,
    /// Which one.
    pub id: String,
}

impl Source {
    /// The kind of a source that is a document.
    pub const FILE: &'static str = "file";

    /// The document of this name.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Source {
        Source { kind: Source::FILE.to_owned(), id: name.into() }
    }

    /// Returns `true` if it is a document.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == Source::FILE
    }
}

/// The trust in the content of a record. It is shown where the record is rendered, and
/// changes no ranking.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// From outside: a tool's output, a web page, a document of unknown origin.
    Low,
    /// Said or done in the course of work. The default.
    #[default]
    Normal,
    /// Stated by the person or operator whose memory it is.
    High,
}

impl Trust {
    /// The name in storage and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Trust::Low => "low",
            Trust::Normal => "normal",
            Trust::High => "high",
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Trust {
    type Err = Error;

    fn from_str(name: &str) -> Result<Trust, Error> {
        [Trust::Low, Trust::Normal, Trust::High]
            .into_iter()
            .find(|trust| trust.as_str() == name)
            .ok_or_else(|| Error::UnknownTrust { name: name.to_owned() })
    }
}
