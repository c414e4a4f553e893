//! The records that a hook may add to a session unasked: those that a user or an agent stated, and
//! that are still valid. A host presents them with authority, so content of web pages, documents
//! and tools is left to explicit queries.

use aios_memory::{Kind, Record, Timestamp, record::Trust};

/// Kinds of records that users and agents state.
pub(super) const KINDS: &[Kind] = &[
    Kind::Decision,
    Kind::Fact,
    Kind::Goal,
    Kind::Incident,
    Kind::Message,
    Kind::Note,
    Kind::Preference,
    Kind::Procedure,
    Kind::Task,
];

/// Roles of messages that users and agents state. Excludes summaries of hosts and outputs of tools.
const ROLES: &[&str] = &["user", "assistant"];

/// Returns true if a user or an agent stated the record and it is still valid.
pub(super) fn is_told(record: &Record, now: Timestamp) -> bool {
    let is_kind = KINDS.contains(&record.kind);
    let is_derived = record.source.as_ref().is_some_and(|source| source.is_file());
    let holds = record.superseded_by.is_none()
        && record.valid_to.is_none_or(|end| now < end)
        && record.expires_at.is_none_or(|end| now < end);
    let role = record.payload.get("role").and_then(serde_json::Value::as_str);
    let is_said = record.kind != Kind::Message || role.is_some_and(|role| ROLES.contains(&role));
    is_kind && is_said && !is_derived && record.trust != Trust::Low && holds
}
