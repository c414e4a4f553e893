//! Drafts into the tiers: each gets its id, and those that are not known yet are written.

use std::{collections::HashSet, path::PathBuf};

use aios_guard::Guard;
use aios_record::{Id, Kind, Record, Scope};
use aios_working::NewMessage;
use serde_json::{Map, Value, json};

use super::{Defaults, Draft, Failure, IngestReport, reading::Piece};
use crate::{AgentMemory, Error, guarding, identity::Namer};

/// The session of a message that is given by itself and names none.
const SESSION_DEFAULT: &str = "default";

/// Writes the drafts of one input.
pub(crate) struct Writer<'m> {
    /// The file, for what is said of failures.
    pub(crate) name: Option<PathBuf>,
    memory: &'m AgentMemory,
    guard: Guard,
    namer: Namer,
    sessions: HashSet<String>,
    report: IngestReport,
}

impl<'m> Writer<'m> {
    /// How many drafts are written at once.
    pub(crate) const BATCH: usize = 500;

    pub(crate) fn new(memory: &'m AgentMemory) -> Writer<'m> {
        Writer {
            name: None,
            memory,
            guard: memory.config().to_guard(),
            namer: Namer::default(),
            sessions: HashSet::new(),
            report: IngestReport::default(),
        }
    }

    /// Records written so far.
    pub(crate) fn added(&self) -> u64 {
        self.report.added
    }

    /// Notes what could not be taken.
    pub(crate) fn fail(&mut self, line: Option<u64>, error: String) {
        self.report.fail(Failure { file: self.name.clone(), line, error });
    }

    /// Writes what of `pieces` could be read, and notes what could not.
    pub(crate) async fn write_pieces(&mut self, pieces: Vec<Piece>) -> Result<(), Error> {
        let mut drafts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Draft(line, draft) => drafts.push((line, *draft)),
                Piece::Failed(line, error) => self.fail(line, error),
            }
        }
        self.write(drafts).await
    }

    /// Writes those of `drafts`, each with its line, that are not known yet.
    pub(crate) async fn write(&mut self, drafts: Vec<(u64, Draft)>) -> Result<(), Error> {
        let mut messages = Vec::new();
        let mut records = Vec::new();
        for (line, id, mut draft) in self.unknown(drafts).await? {
            // What is stored may be redacted; the id follows from what was given, so that the
            // same input is known again.
            if let Err(error) = guard_draft(self.guard, &mut draft) {
                self.fail(Some(line), error.to_string());
                continue;
            }
            match draft.kind {
                Kind::Message => match to_message(id, draft) {
                    Ok(message) => messages.push((line, message)),
                    Err(error) => self.fail(Some(line), error.to_string()),
                },
                _ => records.push(to_record(id, draft)),
            }
        }
        let said = |message: &NewMessage| {
            let id = message.id.clone().expect("a draft has its id");
            Record::new(Kind::Message, id, message.content.clone(), message.scope.clone())
        };
        let messages = self.not_forgotten(messages, |(_, message)| said(message)).await?;
        let records = self.not_forgotten(records, Record::clone).await?;
        self.write_messages(&messages).await?;
        self.write_records(records).await
    }

    /// Those of `items` that were not forgotten; the others count as known.
    async fn not_forgotten<T>(
        &mut self,
        items: Vec<T>,
        record: impl Fn(&T) -> Record,
    ) -> Result<Vec<T>, Error> {
        let records: Vec<Record> = items.iter().map(record).collect();
        let forgotten = self.memory.longterm().are_forgotten(&records).await?;
        let total = items.len();
        let items = items.into_iter().zip(forgotten);
        let left: Vec<T> = items.filter_map(|(item, gone)| (!gone).then_some(item)).collect();
        self.report.known += (total - left.len()) as u64;
        Ok(left)
    }

    /// Returns when all that was written is searchable.
    pub(crate) async fn finish(mut self) -> Result<IngestReport, Error> {
        self.memory.pump().catch_up().await?;
        self.report.sessions = self.sessions.len() as u64;
        Ok(self.report)
    }

    /// What became of all that was written since the last call.
    pub(crate) fn take_report(&mut self) -> IngestReport {
        std::mem::take(&mut self.report)
    }

    /// Those that neither were stored before nor stand twice in the batch, with their ids.
    async fn unknown(&mut self, drafts: Vec<(u64, Draft)>) -> Result<Vec<(u64, Id, Draft)>, Error> {
        let mut named = Vec::with_capacity(drafts.len());
        for (line, draft) in drafts {
            if draft.kind == Kind::Message {
                self.sessions.extend(draft.scope.session.clone());
            }
            named.push((line, draft.id(&mut self.namer), draft));
        }
        let keys = named.iter().map(|(_, id, draft)| format!("{}/{id}", draft.kind));
        let keys: Vec<String> = keys.collect();
        let known = self.memory.longterm().known(keys.clone()).await?;
        let mut seen = HashSet::new();
        let total = named.len();
        let is_new = keys.into_iter().zip(known).map(|(key, known)| !known && seen.insert(key));
        let unknown: Vec<_> =
            named.into_iter().zip(is_new).filter_map(|(n, is_new)| is_new.then_some(n)).collect();
        self.report.known += (total - unknown.len()) as u64;
        Ok(unknown)
    }

    /// Adds messages in one transaction; one that cannot be stored is told, and splits it.
    pub(crate) async fn write_messages(
        &mut self,
        messages: &[(u64, NewMessage)],
    ) -> Result<(), Error> {
        let mut rest = messages;
        while !rest.is_empty() {
            let Err((index, problem)) = self.try_messages(rest).await? else { break };
            let (before, refused) = rest.split_at(index);
            if !before.is_empty()
                && let Err((_, problem)) = self.try_messages(before).await?
            {
                before.iter().for_each(|(line, _)| self.fail(Some(*line), problem.clone()));
            }
            self.fail(Some(refused[0].0), problem);
            rest = &refused[1..];
        }
        Ok(())
    }

    /// Adds messages, all or none; says which of them cannot be stored, and why.
    async fn try_messages(
        &mut self,
        messages: &[(u64, NewMessage)],
    ) -> Result<Result<(), (usize, String)>, Error> {
        let batch = messages.iter().map(|(_, message)| message.clone()).collect();
        match self.memory.working().add_messages(batch).await {
            Ok(receipts) => {
                let known = receipts.iter().filter(|receipt| receipt.is_known()).count();
                self.report.known += known as u64;
                self.report.added += (receipts.len() - known) as u64;
                self.memory.wake_pump();
                Ok(Ok(()))
            }
            Err(aios_working::Error::InBatch { index, source }) if source.is_invalid() => {
                Ok(Err((index, source.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write_records(&mut self, records: Vec<Record>) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        for stored in self.memory.longterm().store(records).await? {
            match stored.known {
                true => self.report.known += 1,
                false => self.report.added += 1,
            }
        }
        Ok(())
    }
}

/// Lets the guard look at all that the draft says.
fn guard_draft(guard: Guard, draft: &mut Draft) -> Result<(), aios_guard::Error> {
    draft.text = guard.apply(&draft.text)?.text.into_owned();
    if let Some(title) = &mut draft.title {
        *title = guard.apply(title)?.text.into_owned();
    }
    draft.metadata = guarding::object(guard, std::mem::take(&mut draft.metadata))?;
    Ok(())
}

/// One message given by itself, as a line of an input would give it. Without an external id it is a
/// new one each time.
pub(crate) fn message_of(object: Map<String, Value>, scope: &Scope) -> Result<NewMessage, String> {
    let defaults = Defaults { scope: scope.clone(), session: SESSION_DEFAULT.to_owned() };
    let draft = Draft::from_chat(object, &defaults)?;
    let id = match draft.external_id {
        Some(_) => draft.id(&mut Namer::default()),
        None => Id::generate(),
    };
    to_message(id, draft).map_err(|error| error.to_string())
}

fn to_message(id: Id, draft: Draft) -> Result<NewMessage, aios_record::Error> {
    let Draft { scope, text, role, name, external_id, occurred_at, tags, mut metadata, .. } = draft;
    let session = Id::new(scope.session.clone().unwrap_or_default())?;
    if !tags.is_empty() {
        metadata.insert("tags".to_owned(), json!(tags));
    }
    Ok(NewMessage {
        id: Some(id),
        name,
        timestamp: occurred_at,
        external_id,
        metadata: some_object(metadata),
        scope,
        ..NewMessage::new(session, role.as_deref().unwrap_or("user"), text)
    })
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
    // A piece of a document is searched by its heading as well, which it may begin with itself.
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
