//! Conversion of drafts into arrivals: each draft gets its scope and its id.

use std::{collections::HashSet, path::PathBuf};

use aios_record::{Gate, Id, Kind, Record};
use aios_working::NewMessage;
use serde_json::{Map, Value, json};

use super::{
    Defaults, Draft, Failure, IngestReport,
    conversation::{Conversations, Unnamed},
    draft::TEXT_BYTES_MAX,
    reading::Piece,
    revision::Revision,
    said::{Mend, Unfit},
};
use crate::{
    Error, MemoryView,
    admission::{Admission, Arrival, Content, Cut, Manner, Mending, Outcome},
    fields,
    identity::{self, Namer, Names},
};

/// Session of a single message that names none.
const SESSION_DEFAULT: &str = "default";

/// Writer of the drafts of one input.
pub(crate) struct Writer {
    /// The file, named in failures.
    pub(crate) name: Option<PathBuf>,
    view: MemoryView,
    admission: Admission,
    namer: Namer,
    conversations: Conversations,
    sessions: HashSet<String>,
    report: IngestReport,
    /// The document being read.
    revision: Option<Revision>,
    /// True if the whole document was read.
    has_end: bool,
}

impl Writer {
    /// Number of drafts per batch.
    pub(crate) const BATCH: usize = 500;

    pub(crate) fn new(view: &MemoryView) -> Writer {
        Writer {
            name: None,
            view: view.clone(),
            admission: Admission::new(view, Manner::Conversed),
            namer: Namer::default(),
            conversations: Conversations::default(),
            sessions: HashSet::new(),
            report: IngestReport::default(),
            revision: None,
            has_end: false,
        }
    }

    /// Returns the number of records written so far.
    pub(crate) fn added(&self) -> u64 {
        self.report.tally.added
    }

    /// Records a part of the input that is refused.
    pub(crate) fn fail(&mut self, line: Option<u64>, error: String) {
        self.report.tally.read += 1;
        self.report.tally.refused += 1;
        self.report.fail(Failure { file: self.name.clone(), line, error });
    }

    /// Writes the readable ones of `pieces` and records the others.
    pub(crate) async fn write_pieces(&mut self, pieces: Vec<Piece>) -> Result<(), Error> {
        let mut drafts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Draft(line, draft) => drafts.push((line, *draft)),
                Piece::Skipped { line, rows, reason } => {
                    self.report.tally.skip(line, rows, reason);
                }
                Piece::Mended(line, mend) => self.mend(line, mend),
                Piece::Failed(line, error) => self.fail(line, error),
                Piece::End => self.has_end = true,
            }
        }
        self.write(drafts).await
    }

    fn mend(&mut self, line: u64, Mend { field, reason }: Mend) {
        self.report.tally.mend(Mending { line, field, reason });
    }

    /// Writes those of `drafts`, each with its line, that are neither known nor forgotten.
    pub(crate) async fn write(&mut self, mut drafts: Vec<(u64, Draft)>) -> Result<(), Error> {
        drafts.iter_mut().for_each(|(_, draft)| draft.leave_out_early_time());
        self.conversations.settle(&self.view, &mut self.admission, &mut drafts).await?;
        let mut arrivals = Vec::with_capacity(drafts.len());
        let document = drafts.first().and_then(|(_, draft)| draft.document.clone());
        for (line, mut draft) in drafts {
            for mend in std::mem::take(&mut draft.mended) {
                self.mend(line, mend);
            }
            for field in &draft.unknown {
                *self.report.tally.unknown.entry(field.clone()).or_default() += 1;
            }
            match arrival(line, draft, self.view.gate(), &mut self.namer) {
                Ok(arrival) => {
                    if arrival.kind == Kind::Message {
                        self.sessions.extend(arrival.scope.session.clone());
                    }
                    arrivals.push(arrival);
                }
                Err(problem) => self.fail(Some(line), problem),
            }
        }
        let mut verdicts = Vec::new();
        if let (Some(document), Some(first)) = (document, arrivals.first()) {
            let mut revision = match self.revision.take() {
                Some(revision) => revision,
                None => Revision::begin(&self.view, document, first.scope.clone()).await?,
            };
            verdicts = revision.name(&mut arrivals).await?;
            self.revision = Some(revision);
        }
        verdicts.extend(self.admission.admit(arrivals).await?);
        for (line, key) in self.admission.take_retired() {
            self.report.tally.retire(line, key);
        }
        for verdict in verdicts {
            // A conversation's title does not count as a record, unless it is refused.
            if verdict.kind != Kind::Session || matches!(verdict.outcome, Outcome::Refused(_)) {
                self.report.tally.count(&verdict);
            }
            if let Outcome::Refused(error) = verdict.outcome {
                let file = self.name.clone();
                self.report.fail(Failure { file, line: Some(verdict.place), error });
            }
        }
        Ok(())
    }

    /// Waits until everything written is searchable, and retires the pieces that the document no
    /// longer has. Pieces are retired only if the document was read and stored completely.
    pub(crate) async fn finish(mut self) -> Result<IngestReport, Error> {
        if let Some(revision) = self.revision.take()
            && self.has_end
            && self.report.tally.refused == 0
        {
            self.report.tally.retired += revision.retire().await?;
        }
        self.view.shared().pump.catch_up().await?;
        self.report.sessions = self.sessions.len() as u64;
        Ok(self.report)
    }
}

/// Converts a draft to an arrival: the gate fills in its scope, from which its id is derived.
pub(super) fn arrival(
    line: u64,
    mut draft: Draft,
    gate: &Gate,
    namer: &mut Namer,
) -> Result<Arrival, String> {
    draft.fill(gate)?;
    let (kind, scope) = (draft.kind, draft.scope.clone());
    if kind == Kind::Session {
        return to_session(draft).map(|session| Arrival::of_record(line, session));
    }
    let tells = draft.tells();
    let Names { id, former } = draft.names(namer);
    let cut = draft.external_id.as_deref().and_then(|id| Cut::of(draft.part, id, draft.provider));
    let of_provider = draft.provider.zip(draft.external_id.as_deref());
    let provider_id = of_provider
        .map(|(provider, external)| identity::of_provider(kind, &scope, provider, external));
    let content = match kind {
        Kind::ToolCall => Content::Fields(to_tool_call(&id, draft)?),
        Kind::Message => {
            let message = to_message(draft).map_err(|error| error.to_string())?;
            Content::Message(Box::new(message))
        }
        _ => Content::Record(Box::new(to_record(id.clone(), draft))),
    };
    let former_ids = former;
    Ok(Arrival { place: line, kind, id, former_ids, provider_id, scope, cut, tells, content })
}

/// Converts a single message to an arrival, as for a line of an input. Without an external id,
/// every call makes a new message.
///
/// # Errors
/// A description of the problem if the object is not a valid message.
pub(crate) fn message_of(object: Map<String, Value>, gate: &Gate) -> Result<Arrival, String> {
    let mut scope = gate.filter().scope.clone();
    scope.user = None;
    let session = Unnamed::Fixed(SESSION_DEFAULT.to_owned());
    let defaults = Defaults { scope, session, ..Defaults::default() };
    let draft = Draft::from_chat(object, &defaults).map_err(Unfit::into_reason)?;
    // The sender of a single message can correct it.
    if let Some(Mend { field, reason }) = draft.mended.first() {
        return Err(field.as_ref().map_or(reason.clone(), |field| format!("`{field}`: {reason}")));
    }
    if TEXT_BYTES_MAX < draft.text.len() {
        let bytes = draft.text.len();
        return Err(format!("the text has {bytes} bytes, more than {TEXT_BYTES_MAX}; split it"));
    }
    let is_named = draft.external_id.is_some();
    let arrival = arrival(1, draft, gate, &mut Namer::default())?;
    match is_named {
        true => Ok(arrival),
        false => Ok(Arrival { id: Id::generate(), former_ids: Vec::new(), ..arrival }),
    }
}

fn to_message(draft: Draft) -> Result<NewMessage, aios_record::Error> {
    let Draft { scope, text, role, name, external_id, occurred_at, tags, mut metadata, .. } = draft;
    let session = Id::new(scope.session.clone().unwrap_or_default())?;
    if !tags.is_empty() {
        metadata.insert("tags".to_owned(), json!(tags));
    }
    Ok(NewMessage {
        name,
        timestamp: occurred_at,
        external_id,
        metadata: some_object(metadata),
        scope,
        ..NewMessage::new(session, role.as_deref().unwrap_or("user"), text)
    })
}

/// Builds the fields of a tool call from the metadata of its draft.
fn to_tool_call(id: &Id, draft: Draft) -> Result<Map<String, Value>, String> {
    let mut fields = draft.metadata;
    fields.insert("id".to_owned(), json!(id));
    fields.insert("timestamp".to_owned(), json!(draft.occurred_at));
    fields::settle(Kind::ToolCall, fields)
}

/// Builds a session, whose summary is its title.
fn to_session(draft: Draft) -> Result<Record, String> {
    let id = Id::new(draft.scope.session.clone().unwrap_or_default());
    let id = id.map_err(|error| error.to_string())?;
    let payload = json!({
        "id": id,
        "summary": draft.text,
        "created_at": draft.occurred_at,
        "scope": draft.scope,
    });
    let payload = payload.as_object().expect("it is written as an object").clone();
    let payload = payload.into_iter().filter(|(_, value)| !value.is_null()).collect();
    Ok(Record { payload, ..Record::new(Kind::Session, id, draft.text, draft.scope) })
}

fn to_record(id: Id, draft: Draft) -> Record {
    let Draft {
        kind, scope, text, title, external_id, occurred_at, tags, metadata, source, ..
    } = draft;
    let payload = json!({
        "title": title,
        "content": text,
        "source": source.as_ref().map(|source| &source.id),
        "tags": tags,
        "metadata": some_object(metadata),
    });
    // A piece of a document is also searchable by its heading, unless it begins with it.
    let text = match &title {
        Some(title) if !text.starts_with('#') => format!("{title}\n{text}"),
        _ => text,
    };
    Record {
        payload,
        title,
        tags,
        source,
        external_id,
        occurred_at,
        ..Record::new(kind, id, text, scope)
    }
}

fn some_object(object: Map<String, Value>) -> Value {
    match object.is_empty() {
        true => Value::Null,
        false => Value::Object(object),
    }
}
