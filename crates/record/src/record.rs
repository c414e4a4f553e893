//! A stored item in the form exchanged between tiers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Id, Identity, Key, Kind, Owner, Scope, Timestamp, encode};

/// A stored item from any tier: its searched text, its owner, its origin, and the complete original
/// as `payload`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The kind.
    pub kind: Kind,
    /// The id, unique within kind and owner.
    pub id: Id,
    /// The scope, which includes the owner.
    pub scope: Scope,
    /// The writer and the purpose.
    pub provenance: Provenance,
    /// The searched text, verbatim.
    pub text: String,
    /// The heading, if any.
    pub title: Option<String>,
    /// The speaker, if any.
    pub speaker: Option<String>,
    /// The position in its session, from 0; neighbours in a session differ by one.
    pub position: Option<i64>,
    /// The complete original.
    pub payload: Value,
    /// Labels to filter by.
    pub tags: Vec<String>,
    /// The source that it was derived from.
    pub source: Option<Source>,
    /// The records that it belongs to or was derived from, of the same owner or shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Identity>,
    /// The id that the record's source gave it.
    pub external_id: Option<String>,
    /// The importance, 0 to 1. Default: 0.5.
    pub importance: f32,
    /// The certainty, 0 to 1. Default: 1.
    pub confidence: f32,
    /// The trust in its content.
    pub trust: Trust,
    /// The time of the described event, if known.
    pub occurred_at: Option<Timestamp>,
    /// The time at which the memory first stored it.
    pub recorded_at: Timestamp,
    /// The start of its validity, if limited.
    pub valid_from: Option<Timestamp>,
    /// The end of its validity, if limited.
    pub valid_to: Option<Timestamp>,
    /// The id of the record of the same kind that replaced it.
    pub superseded_by: Option<Id>,
    /// The time from which reads no longer return it.
    pub expires_at: Option<Timestamp>,
}

impl Record {
    /// Creates a record with the required fields. The others get their defaults; `recorded_at` is
    /// the epoch until the storing tier sets it.
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

    /// Returns the key that users type, unique among the records of its owner.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { kind: self.kind, id: self.id.clone() }
    }

    /// Returns the owner.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.scope.owner()
    }

    /// Returns its name in a store.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { owner: self.owner(), kind: self.kind, id: self.id.clone() }
    }

    /// Returns the [encoded](Identity::encode) identity.
    #[must_use]
    pub fn encoded_identity(&self) -> String {
        encode(self.scope.user.as_deref().unwrap_or_default(), self.kind, self.id.as_str())
    }

    /// Returns the time of the event, or else the time of recording.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.occurred_at.unwrap_or(self.recorded_at)
    }
}

/// The writer of a record, and its purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The part of the system that wrote it. Default: `unknown`.
    pub module: String,
    /// The program that sent it, with its version, such as an MCP client. Never used for filtering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The task that it was written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Id>,
    /// The writer of the last change, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

impl Provenance {
    /// The writer of records that are read from files.
    pub const INGEST: &str = "ingest";
    /// The writer of changes to single fields.
    pub const UPDATE: &str = "update";
    /// The writer of texts that replace a record.
    pub const REMEMBER: &str = "remember";
}

impl Default for Provenance {
    fn default() -> Provenance {
        Provenance { module: "unknown".to_owned(), client: None, task_id: None, updated_by: None }
    }
}

/// The source of a record: a file, a document, another record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The kind of source, such as `file` or a record's kind.
    pub kind: String,
    /// The id of the source.
    pub id: String,
}

impl Source {
    /// The kind of document sources.
    pub const FILE: &'static str = "file";

    /// Returns the source for the document with this name.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Source {
        Source { kind: Source::FILE.to_owned(), id: name.into() }
    }

    /// Returns `true` if the source is a document.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == Source::FILE
    }
}

/// The trust in the content of a record. It is shown in rendered contexts and does not affect
/// ranking.
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
    /// Stated by the person or operator who owns the memory.
    High,
}

impl Trust {
    /// Returns the name in storage and in JSON.
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
