//! Stores lines in batches. A batch is durable before the next one is read.

use std::collections::HashSet;

use aios_memory::{
    Kind, MemoryView,
    admission::{Admission, Arrival, Content, Manner, Mending, Outcome, Tally, Verdict},
    draft::{Defaults, Draft, Unnamed, identity::Namer},
};

use super::{
    line::{self, Piece},
    lines::{Line, Lines},
    progress::Progress,
    report::{Counts, Failed, LISTED_MAX, Report},
};
use crate::{call::Call, failure::Failure, operation::Right, remedy::words};

/// Session of messages that name none.
pub(super) const SESSION: &str = "default";

/// Number of lines per batch.
const BATCH: usize = 256;
/// Number of bytes after which a batch is full.
const BATCH_BYTES: usize = 1 << 20;
/// Maximum number of lines per file. Bounds the RAM for detecting repetitions.
const LINES_MAX: u64 = 1_000_000;

/// Receiver of the lines of one file.
pub(super) struct Intake {
    call: Call,
    progress: Progress,
    lines: Lines,
    batch: Vec<Line>,
    batch_bytes: usize,
    /// `None` after a failure.
    store: Option<Store>,
}

impl Intake {
    pub(super) fn new(
        call: &Call,
        session: String,
        line_bytes_max: usize,
        progress: &Progress,
    ) -> Intake {
        Intake {
            call: call.clone(),
            progress: progress.clone(),
            lines: Lines::new(line_bytes_max),
            batch: Vec::new(),
            batch_bytes: 0,
            store: Some(Store::new(call, session)),
        }
    }

    /// Processes the next bytes. When this returns, all full batches are durable.
    pub(super) async fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        for line in self.lines.push(bytes) {
            self.batch_bytes += line.bytes();
            self.batch.push(line);
            if BATCH <= self.batch.len() || BATCH_BYTES <= self.batch_bytes {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Stores a batch. Once started, it is stored completely even if the caller disconnects.
    async fn write(&mut self) -> Result<(), Failure> {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        let ended = || Failure::internal("lines arrive after a failure");
        let mut store = self.store.take().ok_or_else(ended)?;
        let storing = Box::pin(async move {
            store.store(batch).await?;
            Ok::<_, Failure>(store)
        });
        let store = self.call.write(storing).await?;
        self.progress.set(Counts::of(&store.tally));
        self.store = Some(store);
        Ok(())
    }

    /// Stores the remaining lines, waits until everything is searchable, and adds the outcome to
    /// `report`.
    pub(super) async fn finish(
        mut self,
        file: Option<&str>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        self.batch.extend(self.lines.finish());
        self.write().await?;
        let ended = || Failure::internal("an intake ends twice");
        let store = self.store.take().ok_or_else(ended)?;
        let Store { told, found, tally, sessions, failed, failed_count, .. } = store;
        let finishing = Box::pin(async move {
            told.finish().await?;
            found.finish().await
        });
        self.call.write(finishing).await?;
        report.add(file, tally, sessions.len() as u64);
        let failed = failed.into_iter().map(|it| Failed { file: file.map(str::to_owned), ..it });
        report.add_failed(failed, failed_count);
        Ok(())
    }
}

/// The records of the lines so far.
struct Store {
    view: MemoryView,
    /// True if facts of an export may keep their confirmations.
    may_confirm: bool,
    defaults: Defaults,
    namer: Namer,
    /// Messages and notes, which may correct stored ones.
    told: Admission,
    /// Records, which never change stored ones.
    found: Admission,
    tally: Tally,
    sessions: HashSet<String>,
    failed: Vec<Failed>,
    failed_count: u64,
}

impl Store {
    fn new(call: &Call, session: String) -> Store {
        let view = call.caller.view();
        let may_confirm = call.caller.has(Right::Forget);
        let mut scope = view.gate().filter().scope.clone();
        // The gate sets the owner when it is known whether the line names one.
        scope.user = None;
        let defaults = Defaults {
            scope,
            session: Unnamed::Fixed(session),
            is_owned: view.gate().acts_for_user(),
            ..Defaults::default()
        };
        Store {
            view: view.clone(),
            may_confirm,
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

    async fn store(&mut self, batch: Vec<Line>) -> Result<(), Failure> {
        let (mut told, mut found) = (Vec::new(), Vec::new());
        for Line { number, json } in batch {
            if LINES_MAX < number {
                self.fail(number, format!("a file has at most {LINES_MAX} lines"));
                continue;
            }
            let piece = json.and_then(|json| line::read(number, &json, &self.defaults, &self.view));
            match piece {
                Ok(Piece::Nothing) => {}
                Ok(Piece::Draft(draft)) => match self.arrival(number, *draft) {
                    Ok(arrival) => told.push(arrival),
                    Err(error) => self.fail(number, error),
                },
                Ok(Piece::Record(arrival)) if !self.may_confirm && is_confirmed(&arrival) => {
                    let right = Right::Forget.as_str();
                    let error = format!("a confirmed fact needs the right `{right}`, too");
                    self.fail(number, error);
                }
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
        draft.leave_out_odd_time();
        for mend in std::mem::take(&mut draft.mended) {
            self.tally.mend(Mending { line: number, field: mend.field, reason: mend.reason });
        }
        for field in &draft.unknown {
            *self.tally.unknown.entry(field.clone()).or_default() += 1;
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
            self.failed.push(Failed { file: None, line: Some(line), error });
        }
    }
}

/// Returns true for a fact of an export that a person confirmed.
fn is_confirmed(arrival: &Arrival) -> bool {
    match &arrival.content {
        Content::Record(record) => {
            record.kind == Kind::Fact && !record.payload["confirmed_at"].is_null()
        }
        _ => false,
    }
}
