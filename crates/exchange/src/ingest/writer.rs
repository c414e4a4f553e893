//! Writes the drafts of one input through the admission of the memory.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use aios_draft::{Draft, Mend, identity::Namer};
use aios_memory::{
    Kind, MemoryView,
    admission::{Admission, Arrival, Document, Manner, Mending, Outcome, Refusal, Revision, Tally},
};

use super::{
    conversation::Conversations,
    options::Secrets,
    piece::Piece,
    projects::Projects,
    report::{Failure, IngestReport},
};
use crate::Error;

/// Writer of the drafts of one input.
pub(super) struct Writer {
    /// The file, named in failures.
    pub(super) name: Option<PathBuf>,
    view: MemoryView,
    admission: Admission,
    namer: Namer,
    conversations: Conversations,
    projects: Projects,
    sessions: HashSet<String>,
    report: IngestReport,
    /// The document to which the drafts belong.
    document: Option<Arc<Document>>,
    /// The current revision of that document.
    revision: Option<Revision>,
    /// True if the whole document was read.
    has_end: bool,
}

impl Writer {
    /// Number of drafts per batch.
    pub(super) const BATCH: usize = 500;

    pub(super) fn new(view: &MemoryView, secrets: Secrets) -> Writer {
        let admission = Admission::new(view, Manner::Conversed);
        Writer {
            name: None,
            view: view.clone(),
            admission: match secrets {
                Secrets::AsConfigured => admission,
                Secrets::Redacted => admission.with_secrets_redacted(),
            },
            namer: Namer::default(),
            conversations: Conversations::default(),
            projects: Projects::default(),
            sessions: HashSet::new(),
            report: IngestReport::default(),
            document: None,
            revision: None,
            has_end: false,
        }
    }

    /// Returns the number of records written so far.
    pub(super) fn added(&self) -> u64 {
        self.report.tally.added
    }

    /// Returns the counts of the records written so far.
    pub(super) fn counts(&self) -> &Tally {
        &self.report.tally
    }

    /// Records a part of the input that is refused.
    pub(super) fn fail(&mut self, line: Option<u64>, refusal: Refusal) {
        self.report.tally.read += 1;
        self.report.tally.refused += 1;
        self.report.fail(Failure::new(self.name.clone(), line, refusal));
    }

    /// Writes the readable `pieces` and records the others.
    pub(super) async fn write_pieces(&mut self, pieces: Vec<Piece>) -> Result<(), Error> {
        let mut drafts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Document(document) => self.document = Some(document),
                Piece::Draft(line, draft) => drafts.push((line, *draft)),
                Piece::Skipped { line, rows, reason } => {
                    self.report.tally.skip(line, rows, reason);
                }
                Piece::Mended(line, mend) => self.mend(line, mend),
                Piece::Failed(line, refusal) => self.fail(line, refusal),
                Piece::End => self.has_end = true,
            }
        }
        self.write(drafts).await
    }

    fn mend(&mut self, line: u64, Mend { field, reason }: Mend) {
        self.report.tally.mend(Mending { line, field, reason });
    }

    /// Writes the `drafts` that are neither known nor forgotten, each with its line.
    pub(super) async fn write(&mut self, mut drafts: Vec<(u64, Draft)>) -> Result<(), Error> {
        drafts.iter_mut().for_each(|(_, draft)| draft.leave_out_odd_time());
        self.conversations.settle(&self.view, &mut self.admission, &mut drafts).await?;
        self.projects.settle(&self.view, &mut self.admission, &mut drafts).await?;
        let mut arrivals = Vec::with_capacity(drafts.len());
        for (line, mut draft) in drafts {
            for mend in std::mem::take(&mut draft.mended) {
                self.mend(line, mend);
            }
            for field in &draft.unknown {
                *self.report.tally.unknown.entry(field.clone()).or_default() += 1;
            }
            let gate = self.view.gate();
            let remedy = gate.fill(&mut draft.scope.clone()).err().and_then(|it| it.remedy());
            match Arrival::of_draft(line, draft, gate, &mut self.namer) {
                Ok(arrival) => {
                    if arrival.kind == Kind::Message {
                        self.sessions.extend(arrival.scope.session.clone());
                    }
                    arrivals.push(arrival);
                }
                Err(reason) => self.fail(Some(line), Refusal { reason, remedy }),
            }
        }
        let mut verdicts = Vec::new();
        if let (Some(document), Some(first)) = (&self.document, arrivals.first()) {
            let mut revision = match self.revision.take() {
                Some(revision) => revision,
                None => {
                    Revision::begin(&self.view, Arc::clone(document), first.scope.clone()).await?
                }
            };
            verdicts = revision.name(&mut arrivals).await?;
            self.revision = Some(revision);
        }
        verdicts.extend(self.admission.admit(arrivals).await?);
        for (line, key) in self.admission.take_retired() {
            self.report.tally.retire(line, key);
        }
        for verdict in verdicts {
            // The title of a conversation does not count as a record unless it is refused.
            if verdict.kind != Kind::Session || matches!(verdict.outcome, Outcome::Refused(_)) {
                self.report.tally.count(&verdict);
            }
            if let Outcome::Refused(refusal) = verdict.outcome {
                self.report.fail(Failure::new(self.name.clone(), Some(verdict.place), refusal));
            }
        }
        Ok(())
    }

    /// Waits until everything written is searchable, and retires the pieces that the document no
    /// longer has. Pieces are retired only if the document was read and stored completely.
    pub(super) async fn finish(mut self) -> Result<IngestReport, Error> {
        if let Some(revision) = self.revision.take()
            && self.has_end
            && self.report.tally.refused == 0
        {
            self.report.tally.retired += revision.retire().await?;
        }
        self.admission.finish().await?;
        self.report.sessions = self.sessions.len() as u64;
        Ok(self.report)
    }
}
