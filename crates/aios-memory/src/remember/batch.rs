//! The records made from texts to remember: a new one, a stored one with more labels, or one that
//! replaces a stored one.

use std::collections::HashMap;

use aios_draft::identity::{Facts, Namer, Names};
use aios_guard::Guard;
use aios_record::{Gate, Identity, Key, Kind, Provenance, Record, Scope, forms};
use serde_json::json;

use super::options::RememberOptions;
use crate::{Error, RecordProblem, admission::Arrival};

/// A text as a record.
pub(super) struct Draft {
    record: Record,
    /// Derives the ids of the text: each call returns the next one.
    namer: Namer,
    /// Keys that former versions of this program gave the same text.
    former: Vec<Key>,
    /// True if the caller chose the id.
    is_named: bool,
}

impl Draft {
    pub(super) fn of(gate: &Gate, text: String, options: RememberOptions) -> Result<Draft, Error> {
        let RememberOptions { kind, tags, importance, id, title, occurred_at, .. } = options;
        let RememberOptions { mut scope, provenance, .. } = options;
        let misfit = |problem| Error::Record { kind, problem };
        if forms::is_blank(&text) {
            return Err(misfit(RecordProblem::NoText));
        }
        if !kind.is_direct() && kind != Kind::Fact {
            return Err(misfit(RecordProblem::OtherTier));
        }
        if tags.iter().any(|tag| forms::is_blank(tag)) {
            return Err(misfit(RecordProblem::Empty { field: "tags" }));
        }
        if id.as_ref().is_some_and(|id| forms::is_blank(id.as_str())) {
            return Err(misfit(RecordProblem::Empty { field: "id" }));
        }
        gate.fill(&mut scope)?;
        let is_named = id.is_some();
        let mut namer = Namer::default();
        let (id, former) = match id {
            Some(id) => (id, Vec::new()),
            None => {
                let Names { id, former } = namer.name(facts(kind, &scope, &text), None);
                (id, former)
            }
        };
        let mut payload = json!({"content": text});
        if let Some(title) = &title {
            payload["title"] = json!(title);
        }
        let importance = importance.clamp(0.0, 1.0);
        let record = Record::new(kind, id, text, scope);
        let record = Record { payload, title, tags, importance, occurred_at, provenance, ..record };
        Ok(Draft { record, namer, former, is_named })
    }

    /// Returns the record.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the identities under which the text may be stored.
    pub(super) fn identities(&self) -> impl Iterator<Item = Identity> {
        let owner = self.record.owner();
        let former = self.former.iter().map(move |key| key.clone().of(owner.clone()));
        std::iter::once(self.record.identity()).chain(former)
    }

    /// Chooses the id under which the text is stored, which may be a former one, or else keeps a
    /// free one. An id whose record has another text by now is skipped. Returns the identity to
    /// look up before the next call, if the id is taken.
    pub(super) fn settle_id(
        &mut self,
        stored: &HashMap<Identity, Record>,
        guard: Guard,
    ) -> Option<Identity> {
        let identity = self.record.identity();
        let found = stored.get(&identity);
        if self.is_named || found.is_some_and(|found| self.is_said_by(found, guard)) {
            return None;
        }
        let owner = self.record.owner();
        let is_stored = |key: &&Key| {
            let stored = stored.get(&(*key).clone().of(owner.clone()));
            stored.is_some_and(|stored| {
                stored.scope == self.record.scope && self.is_said_by(stored, guard)
            })
        };
        if let Some(former) = self.former.iter().find(is_stored) {
            self.record.id = former.id.clone();
            return None;
        }
        found?;
        Some(self.take_next_id())
    }

    /// Assigns the next id of the text, and returns the identity.
    pub(super) fn take_next_id(&mut self) -> Identity {
        let Record { kind, scope, text, .. } = &self.record;
        self.record.id = self.namer.name(facts(*kind, scope, text), None).id;
        self.record.identity()
    }

    /// Returns `true` if `stored` has the text, as it is or as the guard leaves it.
    pub(super) fn is_said_by(&self, stored: &Record, guard: Guard) -> bool {
        let text = &self.record.text;
        has_text(stored, text)
            || guard.apply(text).is_ok_and(|guarded| has_text(stored, &guarded.text))
    }
}

/// Returns `true` if the searched text of `stored` is `text`, with or without a heading.
fn has_text(stored: &Record, text: &str) -> bool {
    let is_same = |it: &str| forms::same(it) == forms::same(text);
    let is_searched = || stored.kind.searched_fields().any(|field| field.name == "content");
    let content = || stored.payload.get("content")?.as_str();
    is_same(&stored.text) || is_searched() && content().is_some_and(is_same)
}

fn facts<'a>(kind: Kind, scope: &'a Scope, text: &'a str) -> Facts<'a> {
    let (role, name, external_id, occurred_at) = (None, None, None, None);
    Facts { kind, scope, role, name, external_id, occurred_at, text }
}

/// The records of a call, each once.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<Record>,
    /// Index of the record by its identity.
    places: HashMap<Identity, usize>,
    /// The first text of each record.
    texts: Vec<usize>,
    count: usize,
}

/// The record of a text.
pub(super) struct Added {
    /// Its index among the records.
    pub(super) place: usize,
    /// True if the text was stored before.
    pub(super) is_known: bool,
    /// True if it replaces another text.
    pub(super) replaces: bool,
}

impl Batch {
    /// Adds the record of a text.
    ///
    /// # Errors
    /// Fails if its id is that of a record in another scope.
    pub(super) fn add(
        &mut self,
        draft: Draft,
        before: &HashMap<Identity, Record>,
    ) -> Result<Added, Error> {
        let identity = draft.record.identity();
        let place = self.places.get(&identity).copied();
        let known = place.map(|place| &self.records[place]).or_else(|| before.get(&identity));
        let (record, is_known, replaces) = match known {
            None => (draft.record, false, false),
            Some(known) if known.scope != draft.record.scope => {
                let key = draft.record.key().to_string();
                return Err(aios_longterm::Error::Conflict { key }.into());
            }
            Some(known) => {
                let replaces = draft.is_named && !says_the_same(known, &draft.record);
                (merged(known, draft.record, replaces), !replaces, replaces)
            }
        };
        let place = match place {
            Some(place) => {
                self.records[place] = record;
                place
            }
            None => {
                self.places.insert(identity, self.records.len());
                self.texts.push(self.count);
                self.records.push(record);
                self.records.len() - 1
            }
        };
        self.count += 1;
        Ok(Added { place, is_known, replaces })
    }

    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        let numbered = (1..).zip(self.records.iter().cloned());
        numbered.map(|(place, record)| Arrival::of_record(place, record)).collect()
    }

    /// Returns the text of the record at this place.
    pub(super) fn index_of(&self, place: Option<usize>) -> Option<usize> {
        self.texts.get(place?).copied()
    }
}

/// Returns `true` if the new record adds no content to the stored one.
fn says_the_same(known: &Record, new: &Record) -> bool {
    forms::same(&known.text) == forms::same(&new.text)
        && (new.title.is_none() || known.title == new.title)
        && (new.occurred_at.is_none() || known.occurred_at == new.occurred_at)
}

/// Returns the stored record with the new content, or else with the new labels and the higher
/// importance. Remembering a record whose validity has ended makes it valid again.
fn merged(known: &Record, new: Record, replaces: bool) -> Record {
    let known = Record { valid_to: None, superseded_by: None, expires_at: None, ..known.clone() };
    if replaces {
        let mut known = known;
        known.provenance.updated_by = Some(Provenance::REMEMBER.to_owned());
        let Record { text, payload, title, tags, importance, occurred_at, .. } = new;
        return Record { text, payload, title, tags, importance, occurred_at, ..known };
    }
    let importance = known.importance.max(new.importance);
    Record { tags: united(&known.tags, new.tags), importance, ..known }
}

/// Returns the labels of both without duplicates, those of the stored record first.
fn united(known: &[String], new: Vec<String>) -> Vec<String> {
    let mut tags = known.to_vec();
    for tag in new {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}
