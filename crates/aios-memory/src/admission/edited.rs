//! Records that were changed after their source was read. If the unchanged source is read again,
//! the change is kept. Not here: messages and tool calls, which only their sources change.

use aios_longterm::Version;
use aios_record::{Key, Provenance, Record, forms};
use serde_json::Value;

use super::{Admission, arrival::Content, candidate::Candidate};
use crate::Error;

impl Admission {
    /// Returns `true` if the stored record of a candidate was changed since its source was read,
    /// and the source is as it was then. A retired piece of a document is not such a record.
    pub(super) async fn is_edited(&mut self, candidate: &Candidate) -> Result<bool, Error> {
        let kind = candidate.arrival.kind;
        let Content::Record(arrived) = &candidate.arrival.content else { return Ok(false) };
        if !kind.is_kept() {
            return Ok(false);
        }
        let longterm = self.tiers(&candidate.owner)?.longterm;
        let versions = longterm.history(&Key::new(kind, candidate.arrival.id.clone())).await?;
        let Some((current, former)) = versions.split_first() else { return Ok(false) };
        if current.record.valid_to.is_some() {
            return Ok(false);
        }
        let guarded = self.guard.apply(content(arrived)).ok();
        let guarded = guarded.as_ref().map(|guarded| guarded.text.as_ref());
        let has_content = |stored: &Record| {
            let is_same = |text: &str| forms::same(content(stored)) == forms::same(text);
            is_same(content(arrived)) || guarded.is_some_and(is_same)
        };
        let is_as_read = |it: &Version| has_content(&it.record) && it.record.title == arrived.title;
        let is_marked = versions.iter().any(|it| is_marked(&it.record));
        let is_of_source = |it: &Version| is_of_source(&it.record, is_marked);
        if !is_of_source(current) {
            return Ok(former.iter().find(|it| is_of_source(it)).is_some_and(is_as_read));
        }
        // The id is derived from the text, so another text is a change, even if no version records
        // it.
        let is_of_text = arrived.external_id.is_none() && !has_content(&current.record);
        Ok(is_of_text && former.iter().any(is_as_read))
    }
}

/// Returns the text of a record, without the heading by which it is also found.
fn content(record: &Record) -> &str {
    record.payload.get("content").and_then(Value::as_str).unwrap_or(&record.text)
}

/// Returns `true` if a version is marked as read from a file. Former versions of this program did
/// not mark them.
fn is_marked(record: &Record) -> bool {
    record.provenance.module == Provenance::INGEST
}

/// Returns `true` if a version was read from the source. `is_some_marked` is true if any version is
/// marked as such.
fn is_of_source(record: &Record, is_some_marked: bool) -> bool {
    record.provenance.updated_by.is_none() && (is_marked(record) || !is_some_marked)
}
