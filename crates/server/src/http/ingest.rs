//! `POST /api/v1/ingest`: JSON lines as a stream, in bounded memory. Formats of other programs are
//! read by the command `ingest`.
//!
//! A line is a message, a note, `{"kind": ..., ...}` with the fields of a kind, or a line of an
//! export. Lines become records in batches: a batch is durable before the next one is read, and a
//! connection that breaks loses only the batch that was being read. Ids are derived from content,
//! so a repeated stream adds nothing.

mod line;
mod lines;

use std::{collections::HashSet, time::Duration};

use aios_memory::{
    Key, Kind, MemoryView,
    admission::{Admission, Arrival, Manner, Mending, Outcome, Tally, Verdict},
    draft::{Defaults, Draft, Unnamed, identity::Namer},
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use futures::StreamExt;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::{
    line::Piece,
    lines::{Line, Lines},
};
use super::{
    answer,
    request::{Query, broken, check_type, id_of, is_too_long},
    service::Service,
};
use crate::{call::Call, failure::Failure, remedy::words};

/// Lines of one batch.
const BATCH: usize = 256;
/// Bytes after which a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Maximum number of lines of one request, which bounds the memory of repetitions.
const LINES_MAX: u64 = 1_000_000;
/// Reasons and details that are listed. Further ones are counted.
const LISTED_MAX: usize = 1_000;
/// Longest time between two parts of the body.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Session of messages that name none.
const SESSION: &str = "default";

/// Options of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ingest {
    /// Conversation of messages that name none. Default: `default`.
    session: Option<String>,
}

/// The outcome of an import.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = IngestReport)]
pub(crate) struct Report {
    /// Records read.
    read: u64,
    /// New records.
    added: u64,
    /// Records that were stored already.
    known: u64,
    /// Records that replaced an older version.
    updated: u64,
    /// Records that were forgotten before, and not stored.
    forgotten: u64,
    /// Records that were left out for a listed reason.
    skipped: u64,
    /// Records that differ from an earlier one of the same id in this stream.
    conflicting: u64,
    /// Records that could not be stored.
    refused: u64,
    /// Malformed parts of records that were corrected or dropped.
    mended: u64,
    /// Number of conversations.
    sessions: u64,
    /// Records that are neither added nor known nor refused; the first 1,000.
    details: Vec<Detail>,
    /// Lines that were refused; the first 1,000.
    failed: Vec<Failed>,
    /// Number of lines that were refused.
    failed_count: u64,
}

/// A record with a notable outcome.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IngestDetail)]
struct Detail {
    line: u64,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A line that was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IngestFailure)]
struct Failed {
    line: u64,
    error: String,
}

/// Imports JSON lines. Lines that are refused are in the report; the others are stored.
#[utoipa::path(
    post,
    path = "/api/v1/ingest",
    tag = "exchange",
    params(Ingest),
    request_body(
        content = String,
        content_type = "application/x-ndjson",
        description = "A JSON object a line: a message `{role?, content, name?, id?, session?, \
                       agent?, timestamp?, tags?, metadata?}`, a note `{text, ...}`, a record \
                       `{kind, ...}`, or a line of an export"
    ),
    responses((status = 200, description = "The report", body = Report))
)]
pub(crate) async fn ingest(
    State(service): State<Service>,
    call: Call,
    Query(Ingest { session }): Query<Ingest>,
    request: Request,
) -> Result<Response, Failure> {
    let types = ["application/x-ndjson", "application/jsonl", "application/json-lines"];
    check_type(request.headers(), &types)?;
    let session = session.map_or(Ok(SESSION.to_owned()), |it| id_of(it).map(String::from))?;
    let mut importer = Importer::new(call.caller.view(), session);
    let mut lines = Lines::new(service.body_bytes_max());
    let mut body = request.into_body().into_data_stream();
    let mut batch = Vec::new();
    let mut bytes = 0;
    loop {
        let frame = tokio::select! {
            frame = tokio::time::timeout(IDLE_MAX, body.next()) => match frame {
                Ok(frame) => frame,
                Err(_) => return Err(Failure::deadline()),
            },
            () = call.ended.cancelled() => return Err(Failure::busy("the service ends")),
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| match is_too_long(&error) {
            true => Failure::too_long(service.body_bytes_max()),
            false => broken(),
        })?;
        for line in lines.push(&frame) {
            bytes += line.bytes();
            batch.push(line);
            if BATCH <= batch.len() || BATCH_BYTES <= bytes {
                importer = importer.take(&call, std::mem::take(&mut batch)).await?;
                bytes = 0;
            }
        }
    }
    batch.extend(lines.finish());
    let importer = importer.take(&call, batch).await?;
    let report = importer.finish(&call).await?;
    let mut response = answer::kept(StatusCode::OK, &report.without_reasons());
    *response.body_mut() = answer::bytes(&report).into();
    Ok(response)
}

/// Stores the lines of one stream.
struct Importer {
    view: MemoryView,
    defaults: Defaults,
    namer: Namer,
    /// Messages and notes, which may have been corrected since.
    told: Admission,
    /// Records, which never change stored ones.
    found: Admission,
    tally: Tally,
    sessions: HashSet<String>,
    failed: Vec<Failed>,
    failed_count: u64,
}

impl Importer {
    fn new(view: &MemoryView, session: String) -> Importer {
        let mut scope = view.gate().filter().scope.clone();
        // The gate fills in the owner, once it is known whether the line names one.
        scope.user = None;
        let defaults = Defaults {
            scope,
            session: Unnamed::Fixed(session),
            is_owned: view.gate().acts_for_user(),
            ..Defaults::default()
        };
        Importer {
            view: view.clone(),
            defaults,
            namer: Namer::default(),
            told: Admission::new(view, Manner::Conversed),
            found: Admission::new(view, Manner::Found),
            tally: Tally::default(),
            sessions: HashSet::new(),
            failed: Vec::new(),
            failed_count: 0,
        }
    }

    /// Stores a batch. Once begun it is stored whole, even if the caller disconnects.
    async fn take(mut self, call: &Call, batch: Vec<Line>) -> Result<Importer, Failure> {
        if batch.is_empty() {
            return Ok(self);
        }
        let storing = Box::pin(async move {
            self.store(batch).await?;
            Ok::<_, Failure>(self)
        });
        call.write(storing).await
    }

    async fn store(&mut self, batch: Vec<Line>) -> Result<(), Failure> {
        let (mut told, mut found) = (Vec::new(), Vec::new());
        for Line { number, json } in batch {
            if LINES_MAX < number {
                self.fail(number, format!("a request has at most {LINES_MAX} lines"));
                continue;
            }
            let piece = json.and_then(|json| line::read(number, &json, &self.defaults, &self.view));
            match piece {
                Ok(Piece::Nothing) => {}
                Ok(Piece::Draft(draft)) => match self.arrival(number, *draft) {
                    Ok(arrival) => told.push(arrival),
                    Err(error) => self.fail(number, error),
                },
                Ok(Piece::Record(arrival)) => found.push(*arrival),
                Err(error) => self.fail(number, error),
            }
        }
        let mut verdicts = self.found.admit(found).await?;
        verdicts.extend(self.told.admit(told).await?);
        for (line, key) in self.told.take_retired() {
            self.tally.retire(line, key);
        }
        verdicts.into_iter().for_each(|verdict| self.count(verdict));
        Ok(())
    }

    fn arrival(&mut self, number: u64, mut draft: Draft) -> Result<Arrival, String> {
        draft.leave_out_early_time();
        for mend in std::mem::take(&mut draft.mended) {
            self.tally.mend(Mending { line: number, field: mend.field, reason: mend.reason });
        }
        let arrival = Arrival::of_draft(number, draft, self.view.gate(), &mut self.namer)?;
        if arrival.kind == Kind::Message {
            self.sessions.extend(arrival.scope.session.clone());
        }
        Ok(arrival)
    }

    fn count(&mut self, verdict: Verdict) {
        self.tally.count(&verdict);
        if let Outcome::Refused(refusal) = verdict.outcome {
            let advice = refusal.remedy.as_ref().map(words);
            let error = match advice {
                Some(advice) => format!("{}; {advice}", refusal.reason),
                None => refusal.reason,
            };
            self.list(verdict.place, error);
        }
    }

    fn fail(&mut self, line: u64, error: String) {
        self.tally.read += 1;
        self.tally.refused += 1;
        self.list(line, error);
    }

    fn list(&mut self, line: u64, error: String) {
        self.failed_count += 1;
        if self.failed.len() < LISTED_MAX {
            self.failed.push(Failed { line, error });
        }
    }

    /// Waits until everything is searchable.
    async fn finish(self, call: &Call) -> Result<Report, Failure> {
        let Importer { told, found, tally, sessions, failed, failed_count, .. } = self;
        let finishing = Box::pin(async move {
            told.finish().await?;
            found.finish().await
        });
        call.write(finishing).await?;
        Ok(Report::of(tally, sessions.len() as u64, failed, failed_count))
    }
}

impl Report {
    fn of(tally: Tally, sessions: u64, failed: Vec<Failed>, failed_count: u64) -> Report {
        let details = tally.details.into_iter().map(|it| Detail {
            line: it.line,
            outcome: it.outcome.to_owned(),
            key: it.key.as_ref().map(Key::to_string),
            reason: it.reason,
        });
        Report {
            read: tally.read,
            added: tally.added,
            known: tally.known,
            updated: tally.updated,
            forgotten: tally.forgotten,
            skipped: tally.skipped,
            conflicting: tally.conflicting_count,
            refused: tally.refused,
            mended: tally.mended_count,
            sessions,
            details: details.collect(),
            failed,
            failed_count,
        }
    }

    /// Returns the report for a repeated call. Reasons may quote a text.
    fn without_reasons(&self) -> Report {
        let mut report = self.clone();
        report.details.iter_mut().for_each(|detail| detail.reason = None);
        for failed in &mut report.failed {
            failed.error = "refused; the first answer has the reason".to_owned();
        }
        report
    }
}
