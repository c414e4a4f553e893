//! Reading of a document that may have been read before: finds the ids of pieces that are stored
//! already, and retires the stored pieces that the document no longer has.
//!
//! The stored pieces are looked up before the first piece is written, and retired after the last
//! one is durable. An interrupted reading therefore retires nothing, the next reading completes one
//! that was killed in between, and concurrent readings do not retire each other's new pieces. The
//! pieces of a document are found by their ids (`identity::Pieces`); pieces stored by earlier
//! versions of this program have other ids and are found by their source.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aios_draft::identity::Pieces;
use aios_longterm::LongtermView;
use aios_record::{Gate, Id, Identity, Kind, Record, Scope, ScopeFilter, Source, Timestamp};
use serde_json::Value;

use super::{
    arrival::{Arrival, Content},
    forgotten_parts,
    verdict::{Outcome, Verdict},
};
use crate::{Error, MemoryView, document::Document};

/// Number of pieces retired per call.
const RETIRED_AT_ONCE: usize = 500;

/// One reading of a document.
pub struct Revision {
    view: MemoryView,
    /// View of all records of the document's owner.
    longterm: LongtermView,
    document: Arc<Document>,
    scope: Scope,
    pieces: Pieces,
    /// Time at which each previously stored piece was recorded.
    before: HashMap<Id, Timestamp>,
    /// Pieces that the document has now.
    present: HashSet<Id>,
    /// True if a piece is stored under an id of an earlier version of this program.
    has_former: bool,
    /// True if the whole document was forgotten, under this path or another, and none of it is
    /// stored.
    is_forgotten: bool,
}

impl Revision {
    /// Begins the reading of a document whose pieces get the scope `scope`.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view does not write to that scope; errors of long-term memory.
    pub async fn begin(
        view: &MemoryView,
        document: Arc<Document>,
        mut scope: Scope,
    ) -> Result<Revision, Error> {
        view.gate().fill(&mut scope)?;
        let exact = ScopeFilter::exact(Scope::default());
        let gate = Gate::owner(scope.owner()).narrow(&exact)?;
        let longterm = view.shared().longterm.scoped(gate);
        let pieces = Pieces::new(&scope, &document.origin());
        let stored = longterm.records().with_prefix(Kind::Knowledge, &pieces.prefix()).await?;
        let stored = longterm.records().get_all(&stored).await?;
        let before: HashMap<Id, Timestamp> =
            stored.into_iter().map(|it| (it.id, it.recorded_at)).collect();
        let saying: Vec<&str> =
            document.saying().filter(|_| before.is_empty()).into_iter().collect();
        let is_forgotten = longterm
            .tombstones()
            .are_texts_forgotten(&scope.owner(), None, &saying)
            .await?
            .contains(&true);
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

    /// Sets the ids of the next pieces: the id under which a piece is stored, or else its id in
    /// this document. Removes forgotten parts, and pieces that were forgotten with the whole
    /// document or before pieces were identified by document. Returns the verdicts of the removed
    /// ones.
    ///
    /// # Errors
    /// Errors of long-term memory.
    pub async fn name(&mut self, arrivals: &mut Vec<Arrival>) -> Result<Vec<Verdict>, Error> {
        let owner = self.scope.owner();
        let mut verdicts = Vec::new();
        if self.view.shared().longterm.upkeep().has_tombstones().await? {
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
            // The piece has existed since it was first stored.
            if let Some(recorded_at) = self.before.get(&arrival.id) {
                record.recorded_at = *recorded_at;
            }
            self.present.insert(arrival.id.clone());
        }
        verdicts.extend(self.take_forgotten(arrivals).await?);
        Ok(verdicts)
    }

    /// Retires the stored pieces that the document no longer has, and returns their number.
    ///
    /// # Errors
    /// Errors of long-term memory.
    pub async fn retire(self) -> Result<u64, Error> {
        let owner = self.scope.owner();
        let gone = self.before.keys().filter(|id| !self.present.contains(*id));
        let mut gone: Vec<Identity> =
            gone.map(|id| Identity::new(owner.clone(), Kind::Knowledge, id.clone())).collect();
        if self.has_former {
            gone.extend(self.former_gone().await?);
        }
        let mut retired = 0;
        for gone in gone.chunks(RETIRED_AT_ONCE) {
            let done = match self.longterm.sources().retire(gone).await {
                Err(aios_longterm::Error::JournalFull { .. }) => {
                    self.view.shared().longterm.upkeep().drain().await?;
                    self.longterm.sources().retire(gone).await?
                }
                done => done?,
            };
            retired += done.len() as u64;
        }
        Ok(retired)
    }

    /// Returns the recording times of the pieces of this document that are stored under an earlier
    /// id of one of `arrivals`.
    async fn former_of(&self, arrivals: &[Arrival]) -> Result<HashMap<Id, Timestamp>, Error> {
        let owner = self.scope.owner();
        let ids = arrivals.iter().flat_map(|it| {
            std::iter::once(&it.id).chain(it.former_ids.iter().map(|former| &former.id))
        });
        let former: Vec<Identity> =
            ids.map(|id| Identity::new(owner.clone(), Kind::Knowledge, id.clone())).collect();
        let known = self.longterm.records().known(&former).await?;
        let known = former.into_iter().zip(known).filter(|(_, known)| *known);
        let known: Vec<Identity> = known.map(|(identity, _)| identity).collect();
        let mut stored = self.longterm.records().get_all(&known).await?;
        let sources = self.sources();
        stored.retain(|record| match &record.source {
            Some(source) => sources.contains(source),
            None => sources.is_empty(),
        });
        Ok(stored.into_iter().map(|it| (it.id, it.recorded_at)).collect())
    }

    /// Returns the pieces that an earlier version stored and the document no longer has.
    async fn former_gone(&self) -> Result<Vec<Identity>, Error> {
        let prefix = self.pieces.prefix();
        let mut former = self.longterm.sources().made_from(&self.sources()).await?;
        former.retain(|it| {
            it.kind == Kind::Knowledge
                && !it.id.as_str().starts_with(&prefix)
                && !self.present.contains(&it.id)
        });
        let scopes = self.longterm.records().scopes(&former).await?;
        let here = former.into_iter().zip(scopes);
        let here = here.filter(|(_, scope)| scope.as_ref() == Some(&self.scope));
        Ok(here.map(|(identity, _)| identity).collect())
    }

    /// Removes the pieces that were forgotten with the whole document, or when it had another name.
    async fn take_forgotten(&self, arrivals: &mut Vec<Arrival>) -> Result<Vec<Verdict>, Error> {
        let mut forgotten = vec![self.is_forgotten; arrivals.len()];
        for source in self.document.former_sources() {
            let drafts: Vec<Record> =
                arrivals.iter().filter_map(|arrival| renamed(arrival, &source)).collect();
            let found = self.longterm.tombstones().are_forgotten(&drafts).await?;
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

    /// Returns the sources that pieces of this document may have.
    fn sources(&self) -> Vec<Source> {
        self.document.source().into_iter().chain(self.document.former_sources()).collect()
    }
}

/// Returns a piece as if its document had that source.
fn renamed(arrival: &Arrival, source: &Source) -> Option<Record> {
    let Content::Record(record) = &arrival.content else { return None };
    Some(Record {
        id: arrival.id.clone(),
        scope: arrival.scope.clone(),
        source: Some(source.clone()),
        ..(**record).clone()
    })
}

/// Returns the text of a piece, without the title that is prepended for search.
fn text_of(record: &Record) -> &str {
    record.payload.get("content").and_then(Value::as_str).unwrap_or(&record.text)
}
