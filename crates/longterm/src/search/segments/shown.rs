//! The columns of rows that hits show and ranking does not use, held in RAM beside a segment, so
//! that a hit is read without opening a file.
//!
//! Each row is a string of bytes: its texts, each preceded by its length plus one in LEB128 (0 for
//! a missing text), then importance and confidence, then trust.

use aios_record::{Id, Record, Scope, Source, Timestamp, Trust};

use crate::{
    library::Extra,
    search::segments::segment::{Names, Segment, push_number, take_number},
};

/// Columns of rows that only hits show.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

const TRUSTS: [Trust; 3] = [Trust::Low, Trust::Normal, Trust::High];

impl Shown {
    pub(crate) fn push(&mut self, extra: &Extra<'_>) {
        let &Extra { text, title, source, external_id, superseded_by, .. } = extra;
        let (source_kind, source_id) = source.unzip();
        for part in [Some(text), title, source_kind, source_id, external_id, superseded_by] {
            push_number(&mut self.bytes, part.map_or(0, |part| part.len() as u64 + 1));
            self.bytes.extend_from_slice(part.unwrap_or_default().as_bytes());
        }
        self.bytes.extend(extra.importance.to_le_bytes());
        self.bytes.extend(extra.confidence.to_le_bytes());
        self.bytes.push(extra.trust as u8);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<usize>()
    }

    /// Returns the record at `at` as a hit shows it; `None` if a part of it is invalid.
    pub(crate) fn record(&self, at: u32, segment: &Segment, names: &Names) -> Option<Record> {
        let extra = self.extra(at)?;
        let row = at as usize;
        let columns = &segment.columns[row];
        let [user, project, agent, session] =
            segment.scopes[row].map(|part| names.others.some(part).map(str::to_owned));
        let scope = Scope { user, project, agent, session };
        let mut record =
            Record::new(columns.kind, Id::new(segment.id(at)).ok()?, extra.text, scope);
        let time = |micros: Option<i64>| micros.map(Timestamp::from_microsecond).transpose().ok();
        let limits = segment.limits.get(&at).copied().unwrap_or_default();
        let tags = segment.tags.get(&at).into_iter().flat_map(|tags| tags.iter());
        record.title = extra.title.map(str::to_owned);
        record.speaker = names.others.some(columns.speaker).map(str::to_owned);
        record.position = columns.position();
        record.tags = tags.map(|tag| names.others.text(*tag).to_owned()).collect();
        record.source =
            extra.source.map(|(kind, id)| Source { kind: kind.to_owned(), id: id.to_owned() });
        record.external_id = extra.external_id.map(str::to_owned);
        record.importance = extra.importance;
        record.confidence = extra.confidence;
        record.trust = extra.trust;
        record.occurred_at = time(columns.occurred_at())?;
        record.recorded_at = Timestamp::from_microsecond(columns.recorded_at).ok()?;
        record.valid_from = time(limits.valid_from)?;
        record.valid_to = time(limits.valid_to)?;
        record.expires_at = time(limits.expires_at)?;
        record.superseded_by = extra.superseded_by.map(Id::new).transpose().ok()?;
        Some(record)
    }

    fn extra(&self, at: u32) -> Option<Extra<'_>> {
        let at = at as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut bytes = &self.bytes[start..self.ends[at]];
        let mut text = || {
            let Some(length) = take_number(&mut bytes).checked_sub(1) else { return Some(None) };
            let (text, rest) = bytes.split_at_checked(length as usize)?;
            bytes = rest;
            std::str::from_utf8(text).ok().map(Some)
        };
        let (whole, title, source_kind, source_id) = (text()??, text()?, text()?, text()?);
        let (external_id, superseded_by) = (text()?, text()?);
        let (importance, bytes) = bytes.split_first_chunk()?;
        let (confidence, bytes) = bytes.split_first_chunk()?;
        Some(Extra {
            text: whole,
            title,
            source: source_kind.zip(source_id),
            external_id,
            superseded_by,
            importance: f32::from_le_bytes(*importance),
            confidence: f32::from_le_bytes(*confidence),
            trust: *TRUSTS.get(usize::from(*bytes.first()?))?,
        })
    }
}
