//! Content hashes of records, and the rules by which two versions of a record have the same
//! content.
//!
//! Hashes outlive programs, so each is stored with the version of its rules, and an older hash is
//! compared by the older rules. Not here: the effects of the comparison, see `journal`.

use std::fmt;

use aios_record::{Provenance, Record, Timestamp, forms};
use serde_json::Value;

use crate::{
    intake::{Vectors, former_name},
    library::Row,
};

/// Version of the current hash rules.
pub(crate) const HASH_VERSION: u32 = 1;

/// Hex digits of a hash that are kept.
const HASH_DIGITS: usize = 32;

/// The rules of content in one store. A vector from the caller is part of the content; a vector
/// from a model follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Text,
    TextAndVector,
}

impl Rules {
    pub(crate) fn of(vectors: &Vectors) -> Rules {
        match vectors {
            Vectors::Model(_) => Rules::Text,
            Vectors::Given(_) => Rules::TextAndVector,
        }
    }

    /// Returns the hash by the current rules: over the content and the scope of the record, with
    /// texts normalised by [`same`](forms::same). Excluded are the time and the author of the
    /// write, and the references, which follow from the rest.
    pub(crate) fn hash(self, record: &Record, vector: Option<&[f32]>) -> String {
        let Record {
            kind,
            id,
            scope,
            provenance: _,
            text,
            title,
            speaker,
            position,
            payload,
            tags,
            source,
            references: _,
            external_id,
            importance,
            confidence,
            trust,
            occurred_at,
            recorded_at: _,
            valid_from,
            valid_to,
            superseded_by,
            expires_at,
        } = record;
        let mut parts = Parts::default();
        parts.text(kind.as_str());
        parts.text(id.as_str());
        scope.parts().iter().for_each(|(_, part)| parts.optional(*part));
        parts.text(&forms::same(text));
        parts.optional(title.as_deref().map(forms::same).as_deref());
        parts.optional(speaker.as_deref());
        parts.number(*position);
        parts.json(payload);
        parts.count(tags.len());
        tags.iter().for_each(|tag| parts.text(tag));
        parts.optional(source.as_ref().map(|source| source.kind.as_str()));
        parts.optional(source.as_ref().map(|source| source.id.as_str()));
        parts.optional(external_id.as_deref());
        parts.bytes(&importance.to_le_bytes());
        parts.bytes(&confidence.to_le_bytes());
        parts.text(trust.as_str());
        for time in [occurred_at, valid_from, valid_to, expires_at] {
            parts.number(time.map(Timestamp::as_microsecond));
        }
        parts.optional(superseded_by.as_ref().map(aios_record::Id::as_str));
        self.end(parts.0, vector)
    }

    /// Returns the hash by the first rules: over the whole record as it was serialized then,
    /// without a project, a client and references.
    fn former_hash(self, record: &Record, vector: Option<&[f32]>) -> String {
        let mut former = Record {
            provenance: Provenance::default(),
            references: Vec::new(),
            recorded_at: Timestamp::UNIX_EPOCH,
            ..record.clone()
        };
        former.scope.project = None;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&serde_json::to_vec(&former).expect("a record is plain data"));
        self.end(hasher, vector)
    }

    /// Returns `true` if `stored` is the hash of the record's content by the rules of `version`.
    pub(crate) fn says(
        self,
        stored: &str,
        version: u32,
        record: &Record,
        vector: Option<&[f32]>,
    ) -> bool {
        match version {
            HASH_VERSION => stored == self.hash(record, vector),
            _ => self.said(stored, record, vector),
        }
    }

    /// Returns `true` if `stored` is the hash of the row's content by the rules of `version`. The
    /// hash in `row` must be by the current rules.
    pub(crate) fn is_same(self, stored: &str, version: u32, row: &Row) -> bool {
        match version {
            HASH_VERSION => stored == row.content_hash,
            _ => self.said(stored, &row.record, row.vector.as_deref()),
        }
    }

    /// Returns the version of the rules by which an intact row was hashed.
    pub(crate) fn version_of(self, row: &Row) -> u32 {
        let is_present = self.hash(&row.record, row.vector.as_deref()) == row.content_hash;
        if is_present { HASH_VERSION } else { 0 }
    }

    /// Returns `true` if a row still has the content with which it was written, by any version of
    /// the rules.
    pub(crate) fn is_intact(self, row: &Row) -> bool {
        let (stored, vector) = (&row.content_hash, row.vector.as_deref());
        self.hash(&row.record, vector) == *stored || self.said(stored, &row.record, vector)
    }

    /// Returns `true` if `stored` is the hash of the record's content by the first rules, with the
    /// present or the former name of its user.
    fn said(self, stored: &str, record: &Record, vector: Option<&[f32]>) -> bool {
        if self.former_hash(record, vector) == stored {
            return true;
        }
        let Some(user) = &record.scope.user else { return false };
        let former = former_name(user);
        if former == *user {
            return false;
        }
        let mut renamed = record.clone();
        renamed.scope.user = Some(former.into_owned());
        self.former_hash(&renamed, vector) == stored
    }

    fn end(self, mut hasher: blake3::Hasher, vector: Option<&[f32]>) -> String {
        let counted = vector.filter(|_| self == Rules::TextAndVector);
        for number in counted.unwrap_or_default() {
            hasher.update(&number.to_le_bytes());
        }
        hasher.finalize().to_hex()[..HASH_DIGITS].to_owned()
    }
}

/// Hasher of delimited parts: no two lists of parts are hashed as the same bytes.
#[derive(Default)]
struct Parts(blake3::Hasher);

impl Parts {
    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn shown(&mut self, value: &impl fmt::Display) {
        self.text(&value.to_string());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.0.update(&[u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    fn number(&mut self, number: Option<i64>) {
        self.0.update(&[u8::from(number.is_some())]);
        self.0.update(&number.unwrap_or_default().to_le_bytes());
    }

    /// Hashes fields in the order of their names, and texts normalised by [`same`](forms::same).
    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Bool(is_true) => self.0.update(if *is_true { b"t" } else { b"f" }),
            Value::Number(_) => self.0.update(b"#"),
            Value::String(_) => self.0.update(b"\""),
            Value::Array(_) => self.0.update(b"["),
            Value::Object(_) => self.0.update(b"{"),
        };
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => self.shown(number),
            Value::String(text) => self.text(&forms::same(text)),
            Value::Array(items) => {
                self.count(items.len());
                items.iter().for_each(|item| self.json(item));
            }
            Value::Object(fields) => {
                self.count(fields.len());
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in fields {
                    self.text(name);
                    self.json(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
