//! A document that is read, perhaps again: which of its pieces are stored already, under which ids,
//! and which are retired at the end because it has them no more.
//!
//! The stored pieces are looked up before the first piece of a reading is written, and retired
//! after the last one is durable. So a reading that ends early retires nothing, one that is killed
//! in between is finished by the next, and of two at the same time neither retires what the other
//! adds. All that a document has is found by its ids (`identity::Pieces`); what former versions of
//! this program read from it has other ids, and is found by its source.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aios_longterm::LongtermView;
use aios_record::{Gate, Id, Identity, Kind, Record, Scope, ScopeFilter, Source, Timestamp};
use serde_json::Value;

use super::forgotten_parts;
use crate::{
    Error, MemoryView,
    admission::{Arrival, Content, Outcome, Verdict},
    document::Document,
    identity::Pieces,
};

/// Pieces that are retired at once.
const RETIRED_AT_ONCE: usize = 500;

/// One reading of a document.
pub(super) struct Revision {
    view: MemoryView,
    /// All records of the document's owner.
    longterm: LongtermView,
    document: Arc<Document>,
    scope: Scope,
    pieces: Pieces,
    /// When each piece that was stored before was recorded.
    before: HashMap<Id, Timestamp>,
    /// The pieces that it has now.
    present: HashSet<Id>,
    /// A piece is stored as a former version of this program read it.
    has_former: bool,
    /// The whole document was forgotten, here or at another path, and none of it is stored.
    is_forgotten: bool,
}

impl Revision {
    /// Begins the reading of a document whose pieces go to `scope`.
    pub(super) async fn begin(
        view: &MemoryView,
        document: Arc<Document>,
        scope: Scope,
    ) -> Result<Revision, Error> {
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(scope.owner()).narrow(&exact)?;
        let longterm = view.shared().longterm.scoped(gate);
        let pieces = Pieces::new(&scope, &document.origin());
        let stored = longterm.with_prefix(Kind::Knowledge, &pieces.prefix()).await?;
        let stored = longterm.records(&stored).await?;
        let before: HashMap<Id, Timestamp> =
            stored.into_iter().map(|it| (it.id, it.recorded_at)).collect();
        let saying: Vec<&str> =
            document.saying().filter(|_| before.is_empty()).into_iter().collect();
        let is_forgotten =
            longterm.are_texts_forgotten(&scope.owner(), None, &saying).await?.contains(&true);
        Ok(Revision {
            view: view.clone(),
            longterm,
            document,
            scope,
            pieces,
            before,
            present: HashSet::new(),
            has_former: false,
            is_forgotten,
        })
    }

    /// Gives its next pieces their ids: the one under which it is stored, or else the one that it
    /// has in this document. Takes out forgotten parts, and pieces that were forgotten with the
    /// whole document or before pieces were known by their documents; returns their verdicts.
    pub(super) async fn name(
        &mut self,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<Vec<Verdict>, Error> {
        let owner = self.scope.owner();
        let mut verdicts = Vec::new();
        if self.view.shared().longterm.has_tombstones().await? {
            let name = self.document.name();
            verdicts = forgotten_parts::leave_out(&self.longterm, &owner, &name, arrivals).await?;
        }
        let former = self.former_of(arrivals).await?;
        for arrival in &mut *arrivals {
            let Content::Record(record) = &mut arrival.content else { continue };
            let of_text = self.pieces.name(text_of(record));
            let formers = std::mem::take(&mut arrival.former_ids);
            let formers = formers.into_iter().map(|former| former.id);
            let formers = std::iter::once(arrival.id.clone()).chain(formers);
            let stored = formers.filter_map(|id| Some((former.get(&id)?, id)));
            arrival.id = of_text;
            if !self.before.contains_key(&arrival.id)
                && let Some((recorded_at, id)) = stored.into_iter().next()
            {
                self.has_former = true;
                self.before.insert(id.clone(), *recorded_at);
                arrival.id = id;
            }
            // It has been here since it was stored first.
            if let Some(recorded_at) = self.before.get(&arrival.id) {
                record.recorded_at = *recorded_at;
            }
            self.present.insert(arrival.id.clone());
        }
        verdicts.extend(self.take_forgotten(arrivals).await?);
        Ok(verdicts)
    }

    /// Retires the pieces that the document had before this reading and has no more; says how many.
    pub(super) async fn retire(self) -> Result<u64, Error> {
        let owner = self.scope.owner();
        let gone = self.before.keys().filter(|id| !self.present.contains(*id));
        let mut gone: Vec<Identity> =
            gone.map(|id| Identity::new(owner.clone(), Kind::Knowledge, id.clone())).collect();
        if self.has_former {
            gone.extend(self.former_gone().await?);
        }
        let mut retired = 0;
        for gone in gone.chunks(RETIRED_AT_ONCE) {
            let done = match self.longterm.retire(gone).await {
                Err(aios_longterm::Error::JournalFull { .. }) => {
                    self.view.shared().longterm.drain().await?;
                    self.longterm.retire(gone).await?
                }
                done => done?,
            };
            retired += done.len() as u64;
        }
        Ok(retired)
    }

    /// When each piece was recorded that is stored under a former id of one of `arrivals` and comes
    /// from this document.
    async fn former_of(&self, arrivals: &[Arrival]) -> Result<HashMap<Id, Timestamp>, Error> {
        let owner = self.scope.owner();
        let ids = arrivals.iter().flat_map(|it| {
            std::iter::once(&it.id).chain(it.former_ids.iter().map(|former| &former.id))
        });
        let former: Vec<Identity> =
            ids.map(|id| Identity::new(owner.clone(), Kind::Knowledge, id.clone())).collect();
        let known = self.longterm.known(&former).await?;
        let known = former.into_iter().zip(known).filter(|(_, known)| *known);
        let known: Vec<Identity> = known.map(|(identity, _)| identity).collect();
        let mut stored = self.longterm.records(&known).await?;
        let sources = self.sources();
        stored.retain(|record| match &record.source {
            Some(source) => sources.contains(source),
            None => sources.is_empty(),
        });
        Ok(stored.into_iter().map(|it| (it.id, it.recorded_at)).collect())
    }

    /// The pieces that a former version read from this document and that it has no more.
    async fn former_gone(&self) -> Result<Vec<Identity>, Error> {
        let prefix = self.pieces.prefix();
        let mut former = self.longterm.sourced(&self.sources()).await?;
        former.retain(|it| {
            it.kind == Kind::Knowledge
                && !it.id.as_str().starts_with(&prefix)
                && !self.present.contains(&it.id)
        });
        let scopes = self.longterm.scopes(&former).await?;
        let here = former.into_iter().zip(scopes);
        let here = here.filter(|(_, scope)| scope.as_ref() == Some(&self.scope));
        Ok(here.map(|(identity, _)| identity).collect())
    }

    /// Takes out the pieces that were forgotten with the whole document, or when it had another
    /// name.
    async fn take_forgotten(&self, arrivals: &mut Vec<Arrival>) -> Result<Vec<Verdict>, Error> {
        let mut forgotten = vec![self.is_forgotten; arrivals.len()];
        for source in self.document.former_sources() {
            let drafts: Vec<Record> =
                arrivals.iter().filter_map(|arrival| renamed(arrival, &source)).collect();
            let found = self.longterm.are_forgotten(&drafts).await?;
            forgotten.iter_mut().zip(found).for_each(|(all, found)| *all |= found);
        }
        let mut verdicts = Vec::new();
        let all = std::mem::take(arrivals).into_iter().zip(forgotten);
        for (arrival, forgotten) in all {
            if forgotten && !self.before.contains_key(&arrival.id) {
                let Arrival { place, kind, id, .. } = arrival;
                verdicts.push(Verdict { place, kind, id, outcome: Outcome::Forgotten });
            } else {
                arrivals.push(arrival);
            }
        }
        Ok(verdicts)
    }

    /// The sources that pieces of this document may have.
    fn sources(&self) -> Vec<Source> {
        self.document.source().into_iter().chain(self.document.former_sources()).collect()
    }
}

/// A piece as it would be if its document had that source.
fn renamed(arrival: &Arrival, source: &Source) -> Option<Record> {
    let Content::Record(record) = &arrival.content else { return None };
    Some(Record {
        id: arrival.id.clone(),
        scope: arrival.scope.clone(),
        source: Some(source.clone()),
        ..(**record).clone()
    })
}

/// The text of a piece, without the title that it is searched by.
fn text_of(record: &Record) -> &str {
    record.payload.get("content").and_then(Value::as_str).unwrap_or(&record.text)
}
