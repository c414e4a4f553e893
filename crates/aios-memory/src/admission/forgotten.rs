//! Exclusion of forgotten arrivals, in any form in which they return.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aios_record::{Kind, Owner, Record, Source};
use serde_json::Value;

use super::{
    Admission,
    arrival::{Arrival, Content, Manner},
    candidate::Candidate,
    verdict::{Outcome, Verdict},
};
use crate::{Error, parts};

impl Admission {
    /// Removes forgotten parts from the text of candidates, and forgotten texts from their notes.
    /// Drops candidates without any other content. Also returns the verdicts of dropped parts of
    /// conversations.
    pub(super) async fn without_forgotten(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<(Vec<Candidate>, Vec<Verdict>), Error> {
        if candidates.is_empty() || !self.view.shared().longterm.upkeep().has_tombstones().await? {
            return Ok((candidates, Vec::new()));
        }
        let notes = self.forgotten_notes(&candidates).await?;
        let (mut left, mut left_out) = (Vec::with_capacity(candidates.len()), Vec::new());
        for mut candidate in candidates {
            let Candidate { at, owner, arrival, .. } = &mut candidate;
            let mut is_changed =
                notes.get(owner).is_some_and(|forgotten| arrival.take_notes(forgotten));
            let rest = match arrival.said() {
                Some(text) => {
                    let longterm = &self.view.shared().longterm;
                    parts::rest_of(longterm, owner, arrival.document(), text).await?
                }
                None => None,
            };
            if let Some(rest) = rest {
                let verdict = &mut verdicts[*at];
                if !rest.says_something() {
                    verdict.outcome = Outcome::Forgotten;
                    continue;
                }
                if self.manner == Manner::Conversed {
                    let part = Verdict { outcome: Outcome::Forgotten, ..verdict.clone() };
                    left_out.extend(vec![part; rest.left_out]);
                }
                arrival.say(&rest.text);
                is_changed = true;
            }
            if is_changed {
                candidate.draft = self.draft(&candidate.arrival);
            }
            left.push(candidate);
        }
        Ok((left, left_out))
    }

    /// Returns the forgotten texts in the notes of candidates, such as the title of a conversation.
    async fn forgotten_notes(
        &self,
        candidates: &[Candidate],
    ) -> Result<BTreeMap<Owner, BTreeSet<String>>, Error> {
        let mut notes: BTreeMap<Owner, BTreeSet<String>> = BTreeMap::new();
        for Candidate { owner, arrival, .. } in candidates {
            let of_owner = notes.entry(owner.clone()).or_default();
            arrival.notes().for_each(|note| add_strings(note, of_owner));
        }
        for (owner, notes) in &mut notes {
            let texts: Vec<&str> = notes.iter().map(String::as_str).collect();
            let longterm = &self.view.shared().longterm;
            let found = longterm.tombstones().are_texts_forgotten(owner, None, &texts).await?;
            let found = std::mem::take(notes).into_iter().zip(found);
            *notes = found.filter_map(|(text, found)| found.then_some(text)).collect();
        }
        Ok(notes)
    }

    /// Removes candidates that match a tombstone.
    pub(super) async fn not_forgotten(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Candidate>, Error> {
        if candidates.is_empty() || !self.view.shared().longterm.upkeep().has_tombstones().await? {
            return Ok(candidates);
        }
        let mut drafts: Vec<Record> = candidates.iter().map(Candidate::in_full).collect();
        // The text stored before was the one after the guard.
        let guarded: Vec<(usize, Record)> = drafts
            .iter()
            .enumerate()
            .filter_map(|(at, draft)| Some((at, self.guarded_draft(draft)?)))
            .collect();
        let places: Vec<usize> =
            (0..drafts.len()).chain(guarded.iter().map(|(place, _)| *place)).collect();
        drafts.extend(guarded.into_iter().map(|(_, draft)| draft));
        let found = self.view.shared().longterm.tombstones().are_forgotten(&drafts).await?;
        let forgotten: HashSet<usize> =
            places.into_iter().zip(found).filter_map(|(at, found)| found.then_some(at)).collect();
        let mut left = Vec::with_capacity(candidates.len());
        for (place, candidate) in candidates.into_iter().enumerate() {
            match forgotten.contains(&place) {
                true => {
                    verdicts[candidate.at].outcome = Outcome::Forgotten;
                    self.kept_out.insert(candidate.identity());
                }
                false => left.push(candidate),
            }
        }
        Ok(left)
    }

    /// Counts repetitions as forgotten instead of known, if their first occurrence was.
    pub(super) async fn forgotten_again(
        &mut self,
        mut repeated: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        repeated.retain(|it| self.kept_out.contains(&it.identity()));
        self.not_forgotten(repeated, verdicts).await.map(drop)
    }

    /// Returns a draft with its text after the guard, if that differs.
    fn guarded_draft(&self, draft: &Record) -> Option<Record> {
        let text = self.guard.apply(&draft.text).ok()?.text;
        (text != draft.text).then(|| Record { text: text.into_owned(), ..draft.clone() })
    }
}

impl Candidate {
    /// Returns the draft with all content of the arrival besides its text.
    fn in_full(&self) -> Record {
        let mut draft = self.draft.clone();
        match &self.arrival.content {
            Content::Message(message) => draft.payload = message.metadata.clone(),
            Content::Fields(fields) => draft.payload = Value::Object(fields.clone()),
            Content::Record(_) => {}
        }
        draft
    }
}

/// Fields that a record's reader adds to its content.
const NOTES: &[&str] = &["metadata", "title", "tags"];

impl Arrival {
    /// Returns the text of a message, note or piece of a document.
    pub(super) fn said(&self) -> Option<&str> {
        match &self.content {
            Content::Message(message) => Some(&message.content),
            Content::Record(record) if is_said(self.kind) => {
                record.payload.get("content").and_then(Value::as_str)
            }
            _ => None,
        }
    }

    /// Replaces the [text](Arrival::said).
    pub(super) fn say(&mut self, text: &str) {
        match &mut self.content {
            Content::Message(message) => text.clone_into(&mut message.content),
            Content::Record(record) => {
                if let Some(content) = record.payload.get("content").and_then(Value::as_str) {
                    record.text = record.text.replacen(content, text, 1);
                    record.payload["content"] = Value::from(text);
                }
            }
            Content::Fields(_) => {}
        }
    }

    /// Returns the document that it is a piece of.
    fn document(&self) -> Option<&str> {
        let Content::Record(record) = &self.content else { return None };
        record.source.as_ref().filter(|it| it.kind == Source::FILE).map(|it| it.id.as_str())
    }

    /// Returns the values that its reader added to its content.
    fn notes(&self) -> impl Iterator<Item = &Value> {
        let (all, payload) = match &self.content {
            Content::Message(message) => (Some(&message.metadata), None),
            Content::Record(record) if is_said(self.kind) => (None, Some(&record.payload)),
            _ => (None, None),
        };
        let fields =
            payload.into_iter().flat_map(|it| NOTES.iter().filter_map(|name| it.get(*name)));
        all.into_iter().chain(fields)
    }

    /// Removes these texts from its notes. Returns `true` if any was present.
    fn take_notes(&mut self, forgotten: &BTreeSet<String>) -> bool {
        match &mut self.content {
            _ if forgotten.is_empty() => false,
            Content::Message(message) => take_strings(&mut message.metadata, forgotten),
            Content::Record(record) if is_said(self.kind) => {
                let mut is_changed = false;
                if let Some(title) = record.title.take_if(|title| forgotten.contains(title)) {
                    // The text of a piece starts with its heading.
                    if let Some(text) = record.text.strip_prefix(&format!("{title}\n")) {
                        record.text = text.to_owned();
                    }
                    is_changed = true;
                }
                record.tags.retain(|tag| !forgotten.contains(tag));
                for name in NOTES {
                    if let Some(note) = record.payload.get_mut(*name) {
                        is_changed |= take_strings(note, forgotten);
                    }
                }
                is_changed
            }
            _ => false,
        }
    }
}

/// Returns `true` for kinds whose records are a single text.
fn is_said(kind: Kind) -> bool {
    matches!(kind, Kind::Message | Kind::Note | Kind::Knowledge)
}

fn add_strings(value: &Value, strings: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(strings.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| add_strings(item, strings)),
        Value::Object(fields) => fields.values().for_each(|value| add_strings(value, strings)),
        _ => {}
    }
}

/// Removes these strings from a value, which becomes null if it is one of them. Returns `true` if
/// any was present.
fn take_strings(value: &mut Value, forgotten: &BTreeSet<String>) -> bool {
    let is_one = |value: &Value| value.as_str().is_some_and(|text| forgotten.contains(text));
    if is_one(value) {
        *value = Value::Null;
        return true;
    }
    match value {
        Value::Array(items) => {
            let count = items.len();
            items.retain(|item| !is_one(item));
            let inner = items.iter_mut().map(|item| take_strings(item, forgotten));
            inner.fold(false, |any, taken| any | taken) || items.len() < count
        }
        Value::Object(fields) => {
            let count = fields.len();
            fields.retain(|_, value| !is_one(value));
            let inner = fields.values_mut().map(|value| take_strings(value, forgotten));
            inner.fold(false, |any, taken| any | taken) || fields.len() < count
        }
        _ => false,
    }
}
