//! The versions of a record, newest first.

use aios_record::{Key, Record, Timestamp};

use super::writer::CHANGE_TRIES;
use crate::{Error, LongtermView, error::shown, journal::Replaced, validity::is_past};

/// A version of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The record as it was. Its `provenance` names the writer.
    pub record: Record,
    /// Time at which it was written.
    pub written_at: Timestamp,
    /// Time at which a newer version replaced it. `None` for the newest.
    pub replaced_at: Option<Timestamp>,
}

impl LongtermView {
    /// Returns the versions of a record, newest first: the current one and up to 100 older ones. A
    /// change of counts alone makes no version. Empty if the record is not stored, is deleted or
    /// has expired.
    ///
    /// # Errors
    /// As [`get`](LongtermView::get), and [`Error::Contended`] if others keep changing the
    /// record.
    pub async fn history(&self, key: &Key) -> Result<Vec<Version>, Error> {
        let Some(row) = self.find(key).await? else { return Ok(Vec::new()) };
        let (parts, key) = (&self.parts, row.record.encoded_identity());
        for _ in 0..CHANGE_TRIES {
            let before = parts.journal.history(key.clone()).await?;
            let newest = parts.shelf.rows(vec![key.clone()]).await?.pop().map(|row| row.record);
            let newest = newest.filter(|newest| !is_past(newest, parts.intake.now()));
            let Some(newest) = newest else { return Ok(Vec::new()) };
            let older = parts.journal.history(key.clone()).await?;
            if older == before {
                return Ok(versions(newest, older));
            }
        }
        Err(Error::Contended { key: shown(&key) })
    }
}

/// Joins the newest version and the older ones, newest first.
fn versions(newest: Record, older: Vec<Replaced>) -> Vec<Version> {
    let mut versions: Vec<Version> = older
        .into_iter()
        .map(|(record, at)| Version {
            written_at: record.recorded_at,
            record,
            replaced_at: Some(at),
        })
        .collect();
    versions
        .insert(0, Version { written_at: newest.recorded_at, record: newest, replaced_at: None });
    // Records from working memory have the time of the first version in every version.
    for at in 1..versions.len() {
        versions[at - 1].written_at = versions[at].replaced_at.unwrap_or_default();
    }
    versions
}
