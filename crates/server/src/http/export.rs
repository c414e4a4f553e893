//! `GET /api/v1/export`: the records of the caller as JSON lines, in the format that the command
//! `export` writes, so `import` and `/ingest` read it back.
//!
//! Records are read page by page as the reader takes them. Of a kind in long-term memory, the ids
//! are held in RAM while its records are sent, some hundred bytes a record.

use std::{collections::HashSet, io};

use aios_memory::{
    Error, Identity, Kind, MemoryView, Record, record::ExportHeader, working::KINDS,
};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{StreamExt, future, stream};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::request::{Query, kind_named};
use crate::{call::Call, failure::Failure, page::PageSize};

/// The records to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Export {
    /// Kinds, separated by commas. Default: all.
    kinds: Option<String>,
}

/// Exports the caller's own records as JSON lines: a header, then a record a line, parents before
/// children. Shared records are those of a caller without a user. Changes after the call began may
/// or may not be in it. A connection that ends without the last chunk is an incomplete export.
#[utoipa::path(
    get,
    path = "/api/v1/export",
    tag = "exchange",
    params(Export),
    responses((
        status = 200,
        description = "JSON lines",
        content_type = "application/x-ndjson",
        body = String
    ))
)]
pub(crate) async fn export(
    call: Call,
    Query(Export { kinds }): Query<Export>,
) -> Result<Response, Failure> {
    let wanted = kinds.map(|names| named(&names)).transpose()?;
    let wanted = call.caller.exportable(wanted)?;
    let view = call.caller.view().clone();
    let caught_up = async { view.feed().catch_up().await };
    call.read(Box::pin(caught_up)).await?;
    // Sessions come first, because messages and tasks belong to them.
    let rest = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Session);
    let kinds = std::iter::once(Kind::Session).chain(rest);
    let kinds = kinds.filter(|kind| wanted.as_ref().is_none_or(|wanted| wanted.contains(kind)));
    let mut kinds: Vec<Kind> = kinds.collect();
    kinds.reverse();
    let pages = Pages { call, view, kinds, place: Place::Next, size: PageSize::first() };
    let header = stream::once(future::ready(Ok(Bytes::from(line(&ExportHeader::default())))));
    let lines = stream::unfold(pages, |pages| Box::pin(pages.next()));
    let mut response = Response::new(Body::from_stream(header.chain(lines)));
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
    Ok(response)
}

fn named(names: &str) -> Result<Vec<Kind>, Failure> {
    names.split(',').map(|name| kind_named(name.trim())).collect()
}

/// Returns a value as a line of JSON.
fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("records have text keys");
    line.push(b'\n');
    line
}

/// The pages of an export.
struct Pages {
    call: Call,
    view: MemoryView,
    /// Kinds to export, the next one last.
    kinds: Vec<Kind>,
    place: Place,
    size: PageSize,
}

/// The place within a kind.
enum Place {
    /// Before the next kind.
    Next,
    /// In working memory, after this record.
    Working(Kind, Option<u64>),
    /// In long-term memory, with these records left, the next one last.
    Longterm(Vec<Identity>),
    /// After a failure.
    Failed,
}

impl Pages {
    /// Returns the lines of the next page that is not empty. An error breaks the connection, so
    /// that nobody takes the part for the whole.
    async fn next(mut self) -> Option<(Result<Bytes, io::Error>, Pages)> {
        loop {
            if self.call.ended.is_cancelled() && !matches!(self.place, Place::Failed) {
                self.place = Place::Failed;
                return Some((Err(io::Error::other("the service ends")), self));
            }
            match self.page().await {
                Ok(None) => return None,
                Ok(Some(records)) if records.is_empty() => {}
                Ok(Some(records)) => {
                    let lines: Vec<u8> = records.iter().flat_map(line).collect();
                    self.size = self.size.after(lines.len());
                    return Some((Ok(Bytes::from(lines)), self));
                }
                Err(error) => {
                    self.place = Place::Failed;
                    let failure = Failure::from(error);
                    tracing::warn!(code = failure.code, "an export is incomplete");
                    return Some((Err(io::Error::other(failure.message)), self));
                }
            }
        }
    }

    /// Reads a page and moves on. `None` at the end.
    async fn page(&mut self) -> Result<Option<Vec<Record>>, Error> {
        match std::mem::replace(&mut self.place, Place::Failed) {
            Place::Failed => Ok(None),
            Place::Next => {
                let Some(kind) = self.kinds.pop() else { return Ok(None) };
                self.place = match KINDS.contains(&kind) {
                    true => Place::Working(kind, None),
                    false => Place::Longterm(self.in_longterm(kind).await?),
                };
                Ok(Some(Vec::new()))
            }
            Place::Working(kind, after) => {
                let page =
                    self.view.working().records().list(kind, after, self.size.records()).await?;
                self.place = match page.next {
                    Some(next) => Place::Working(kind, Some(next)),
                    None => Place::Longterm(self.in_longterm(kind).await?),
                };
                let mut records = page.records;
                let gate = self.view.gate();
                records.retain(|it| gate.sees(&it.scope) && gate.may_change(&it.scope));
                Ok(Some(records))
            }
            Place::Longterm(mut left) => {
                if left.is_empty() {
                    self.place = Place::Next;
                    return Ok(Some(Vec::new()));
                }
                let some = left.split_off(left.len().saturating_sub(self.size.records()));
                let records = self.whole(some).await?;
                self.place = Place::Longterm(left);
                Ok(Some(records))
            }
        }
    }

    /// Returns the caller's records of a kind in long-term memory, the first one last.
    async fn in_longterm(&self, kind: Kind) -> Result<Vec<Identity>, Error> {
        let mut identities = self.view.longterm().records().with_prefix(kind, "").await?;
        let own = self.view.gate().acts_for();
        identities.retain(|identity| own.is_none_or(|owner| identity.owner == *owner));
        identities.reverse();
        Ok(identities)
    }

    /// Reads records that are only in long-term memory.
    async fn whole(&self, mut identities: Vec<Identity>) -> Result<Vec<Record>, Error> {
        let (working, longterm) = (self.view.working(), self.view.longterm());
        let is_in_both = identities.first().is_some_and(|it| KINDS.contains(&it.kind));
        if is_in_both {
            let here = working.records().get_all(identities.clone()).await?;
            let here: HashSet<Identity> = here.iter().map(Record::identity).collect();
            identities.retain(|identity| !here.contains(identity));
        }
        let mut records = longterm.records().get_all(&identities).await?;
        let found: HashSet<Identity> = records.iter().map(Record::identity).collect();
        let missing: Vec<Identity> =
            identities.into_iter().filter(|it| !found.contains(it)).collect();
        // A record that was removed meanwhile is not missing.
        let known = longterm.records().known(&missing).await?;
        if let Some((identity, _)) = missing.into_iter().zip(known).find(|(_, known)| *known) {
            let (key, reason) = (identity.to_string(), "missing from long-term memory".to_owned());
            return Err(aios_memory::longterm::Error::Damaged { key, reason }.into());
        }
        records.sort_by_cached_key(Record::identity);
        Ok(records)
    }
}
