//! Exporting all records of a view, a page at a time, in the order of export files: working memory
//! first, parents before children, then the records that are only in long-term memory.

use std::{
    collections::{HashSet, VecDeque},
    vec,
};

use aios_memory::{Error, Identity, Kind, MemoryView, Record, working::KINDS};

use super::{scope, stream::Source, values};
use crate::{
    call::Call,
    failure::Failure,
    page::PageSize,
    wire::{ExportRecordsRequest, ExportedRecords},
};

/// Bytes of records after which a message is sent.
const BYTES: usize = 1 << 20;

/// An export in progress.
pub(super) struct Export {
    view: MemoryView,
    kinds: Option<Vec<Kind>>,
    state: State,
    size: PageSize,
    /// The records of working memory that were exported.
    exported: HashSet<Identity>,
    /// Encoded records that wait for a message.
    waiting: VecDeque<Vec<u8>>,
}

/// The place of an export.
enum State {
    Begun,
    Working {
        kind: Kind,
        after: Option<u64>,
        /// Further kinds, the next one last.
        kinds: Vec<Kind>,
    },
    Longterm(vec::IntoIter<Identity>),
}

impl Export {
    pub(super) fn new(call: &Call, request: ExportRecordsRequest) -> Result<Export, Failure> {
        let ExportRecordsRequest { kinds, scope } = request;
        Ok(Export {
            view: scope::view(call, scope)?,
            kinds: call.caller.exportable(values::kinds("kinds", &kinds)?)?,
            state: State::Begun,
            size: PageSize::first(),
            exported: HashSet::new(),
            waiting: VecDeque::new(),
        })
    }

    fn wants(&self, kind: Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Returns the next page; `None` after the last one. It may be empty.
    async fn page(&mut self) -> Result<Option<Vec<Record>>, Error> {
        let count = self.size.records();
        match &mut self.state {
            State::Begun => {
                self.view.feed().catch_up().await?;
                let others = KINDS.iter().filter(|kind| **kind != Kind::Session);
                let kinds: Vec<Kind> = others.rev().copied().collect();
                self.state = State::Working { kind: Kind::Session, after: None, kinds };
                Ok(Some(Vec::new()))
            }
            &mut State::Working { kind, after, .. } => {
                self.working_page(kind, after).await.map(Some)
            }
            State::Longterm(rest) => {
                // The state changes only with the page, so that a dropped read loses nothing.
                let some: Vec<Identity> = rest.as_slice().iter().take(count).cloned().collect();
                if some.is_empty() {
                    return Ok(None);
                }
                let records = self.view.longterm().records().get_all(&some).await?;
                rest.by_ref().take(some.len()).for_each(drop);
                Ok(Some(sorted(records)))
            }
        }
    }

    /// Returns a page of a kind in working memory.
    async fn working_page(&mut self, kind: Kind, after: Option<u64>) -> Result<Vec<Record>, Error> {
        let mut page = Vec::new();
        let mut next = None;
        if self.wants(kind) {
            let listed =
                self.view.working().records().list(kind, after, self.size.records()).await?;
            (page, next) = (listed.records, listed.next);
        }
        if next.is_none() && self.is_last_kind() {
            self.state = State::Longterm(self.rest(&page).await?.into_iter());
        } else if let State::Working { kind, after, kinds } = &mut self.state {
            *after = next;
            if next.is_none() {
                *kind = kinds.pop().expect("it is not the last kind");
            }
        }
        // Machine-wide records are visible through every narrowed view.
        let gate = self.view.gate();
        page.retain(|it| gate.sees(&it.scope) && gate.may_change(&it.scope));
        self.exported.extend(page.iter().map(Record::identity));
        Ok(page)
    }

    fn is_last_kind(&self) -> bool {
        matches!(&self.state, State::Working { kinds, .. } if kinds.is_empty())
    }

    /// Returns the records that are only in long-term memory. `page` is the last one of working
    /// memory.
    async fn rest(&self, page: &[Record]) -> Result<Vec<Identity>, Error> {
        let mut rest = self.view.longterm().records().identities().await?;
        let own = self.view.gate().acts_for();
        rest.retain(|identity| {
            own.is_none_or(|owner| identity.owner == *owner) && self.wants(identity.kind)
        });
        let last: HashSet<Identity> = page.iter().map(Record::identity).collect();
        rest.retain(|identity| !self.exported.contains(identity) && !last.contains(identity));
        // By the name of the kind, goals come before tasks, and tasks before tool calls.
        rest.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
        Ok(rest)
    }
}

impl Source for Export {
    type Message = ExportedRecords;

    async fn next(&mut self) -> Result<Option<ExportedRecords>, Failure> {
        let bytes = |waiting: &VecDeque<Vec<u8>>| waiting.iter().map(Vec::len).sum::<usize>();
        while bytes(&self.waiting) < BYTES {
            let Some(page) = Box::pin(self.page()).await? else { break };
            let encode = |record| serde_json::to_vec(record).expect("a record is plain data");
            let encoded: Vec<Vec<u8>> = page.iter().map(encode).collect();
            if !encoded.is_empty() {
                self.size = self.size.after(encoded.iter().map(Vec::len).sum());
            }
            self.waiting.extend(encoded);
        }
        let mut records_json: Vec<Vec<u8>> = Vec::new();
        let mut size = 0;
        while let Some(record) = self.waiting.front() {
            size += record.len();
            if BYTES < size && !records_json.is_empty() {
                break;
            }
            records_json.extend(self.waiting.pop_front());
        }
        Ok((!records_json.is_empty()).then_some(ExportedRecords { records_json }))
    }
}

/// Returns the sort key of records that are only in long-term memory: sessions come first.
fn place(identity: &Identity) -> (bool, &str, &Identity) {
    (identity.kind != Kind::Session, identity.kind.as_str(), identity)
}

fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_cached_key(|record| {
        let identity = record.identity();
        (identity.kind != Kind::Session, identity.kind.as_str(), identity)
    });
    records
}
