//! Mapped rows into the tiers: each becomes a record with an id that follows from what it is, and
//! those that are not here yet are stored.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use aios_record::{Id, Kind, Record, Scope};
use aios_working::{DEFAULT_USER, ForeignRow, NewMessage};
use futures::{StreamExt, stream};
use serde_json::{Map, Value, json};

use super::{
    ImportMode, ImportOptions,
    mapping::{self, Becomes, Mapped, Table},
    report::ImportReport,
};
use crate::{AgentMemory, Error, guarding, identity, ingest};

/// How many records are on their way at once; they share commits.
const AT_ONCE: usize = 64;

/// Who wrote what was imported, in its provenance.
const MODULE: &str = "import";

/// The category of entries that keep what had no place in a record.
const KEPT: &str = "imported";

/// Writes the rows of one source.
pub(super) struct Writer<'m> {
    memory: &'m AgentMemory,
    scope: Scope,
    mode: ImportMode,
    /// The file's name, for the provenance, and its stem, for what is named for the file.
    file: String,
    stem: String,
    report: ImportReport,
    namer: identity::Namer,
    /// Rows read of each table.
    rows: Vec<u64>,
    /// The ids of goals and tasks, by those that they have in the source.
    parents: HashMap<(Kind, String), Id>,
    /// The ids of sessions, and whose they are, by the ids that they have in the source.
    sessions: HashMap<String, (String, Option<String>)>,
    /// What this run has written under an id that the source chose.
    taken: HashSet<String>,
    messages: ingest::Writer<'m>,
}

/// A record that is to be stored, unless it is known.
struct Draft {
    row: u64,
    kind: Kind,
    id: Id,
    object: Map<String, Value>,
    scope: Scope,
    /// What has no place in it.
    rest: Map<String, Value>,
}

impl<'m> Writer<'m> {
    pub(super) fn new(
        memory: &'m AgentMemory,
        path: &Path,
        options: &ImportOptions,
        report: ImportReport,
    ) -> Writer<'m> {
        let text = |part: Option<&std::ffi::OsStr>| {
            part.map_or_else(|| MODULE.to_owned(), |part| part.to_string_lossy().into_owned())
        };
        Writer {
            memory,
            scope: options.scope.clone(),
            mode: options.mode,
            file: text(path.file_name()),
            stem: text(path.file_stem()),
            rows: vec![0; report.tables.len()],
            report,
            namer: identity::Namer::default(),
            parents: HashMap::new(),
            sessions: HashMap::new(),
            taken: HashSet::new(),
            messages: ingest::Writer::new(memory),
        }
    }

    /// Writes rows of the table that is number `step` of the plan.
    pub(super) async fn write(
        &mut self,
        step: usize,
        table: &'static Table,
        rows: Vec<ForeignRow>,
    ) -> Result<(), Error> {
        let name = self.report.tables[step].table.clone();
        let mut drafts = Vec::with_capacity(rows.len());
        for row in rows {
            self.rows[step] += 1;
            let number = self.rows[step];
            let done = match mapping::map(table, &name, row, &mut self.report) {
                Err(problem) => Err(problem),
                Ok(mapped) => match table.becomes {
                    Becomes::Record(kind) => {
                        self.draft(kind, table, &name, number, mapped).map(|d| drafts.push(d))
                    }
                    Becomes::Preferences | Becomes::Persona => {
                        self.settings(step, table.becomes, &name, mapped).await?;
                        Ok(())
                    }
                },
            };
            if let Err(problem) = done {
                self.report.fail(step, number, problem);
            }
        }
        let drafts = self.unknown(step, drafts).await?;
        match (self.mode, table.becomes) {
            (ImportMode::DryRun, _) => drafts.iter().for_each(|_| self.report.add(step, false)),
            (_, Becomes::Record(Kind::Message)) => self.store_messages(step, drafts).await?,
            _ => self.store(step, drafts).await?,
        }
        Ok(())
    }

    /// Records added so far.
    pub(super) fn added(&self) -> u64 {
        self.report.added
    }

    /// Returns when all that was written is searchable.
    pub(super) async fn finish(self) -> Result<ImportReport, Error> {
        if self.mode == ImportMode::Store {
            self.memory.pump().catch_up().await?;
        }
        Ok(self.report)
    }

    fn draft(
        &mut self,
        kind: Kind,
        table: &Table,
        name: &str,
        row: u64,
        mut mapped: Mapped,
    ) -> Result<Draft, String> {
        let natural = self.natural_id(kind, table, &mapped.fields);
        let source_id = mapped.take("id");
        let scope = self.scope_of(kind, source_id.as_deref(), &natural, &mut mapped);
        self.adopt(name, &mut mapped);
        let id = match kind {
            Kind::Session => Id::new(scope.session.clone().unwrap_or_default()),
            Kind::AgentState => Id::new(mapped.take("agent_name").unwrap_or_default()),
            // Entries are called by their ids.
            Kind::Entry => source_id.as_ref().map_or(Ok(natural), |own| Id::new(own.as_str())),
            _ => Ok(natural),
        };
        let id = id.map_err(|error| error.to_string())?;
        if let (Kind::Goal | Kind::Task, Some(own)) = (kind, &source_id) {
            self.parents.insert((kind, own.clone()), id.clone());
        }
        let origin = format!("{}: {name} {}", self.file, source_id.as_deref().unwrap_or("-"));
        let Mapped { fields: mut object, mut rest } = mapped;
        let name_of_id = if kind == Kind::AgentState { "agent_name" } else { "id" };
        object.insert(name_of_id.to_owned(), json!(id));
        object.insert("provenance".to_owned(), json!({"module": MODULE, "updated_by": origin}));
        if matches!(kind, Kind::Goal | Kind::Task | Kind::Message | Kind::Knowledge) {
            keep_in_metadata(&mut object, std::mem::take(&mut rest));
        }
        Ok(Draft { row, kind, id, object, scope, rest })
    }

    /// Whose a row is: as it says itself, else whoever its session belongs to, else as the options
    /// say.
    fn scope_of(
        &mut self,
        kind: Kind,
        source_id: Option<&str>,
        natural: &Id,
        mapped: &mut Mapped,
    ) -> Scope {
        let (user, session) = (mapped.take("user"), mapped.take("session"));
        let session = match kind {
            Kind::Session => {
                let own = source_id.unwrap_or_default().to_owned();
                let id = self.session_id(&own, Some(natural));
                self.sessions.insert(own.clone(), (id, user.clone()));
                Some(own)
            }
            // A message always belongs to a session.
            Kind::Message => session.or_else(|| Some(self.stem.clone())),
            _ => session,
        };
        let (session, owner) = session.map_or((None, None), |own| {
            let (id, owner) = match self.sessions.get(&own) {
                Some((id, owner)) => (id.clone(), owner.clone()),
                None => (self.session_id(&own, None), None),
            };
            (Some(id), owner)
        });
        Scope {
            user: user.or(owner).or_else(|| self.scope.user.clone()),
            agent: self.scope.agent.clone(),
            session: session.or_else(|| self.scope.session.clone()),
        }
    }

    /// The id that follows from the id that a row has in the source, and from what stays the same
    /// in it whatever becomes of it.
    fn natural_id(&mut self, kind: Kind, table: &Table, fields: &Map<String, Value>) -> Id {
        let parts: Vec<String> = [&"id"]
            .into_iter()
            .chain(table.same)
            .map(|field| fields.get(*field).map(Value::to_string).unwrap_or_default())
            .collect();
        let text = Value::from(parts).to_string();
        let (scope, name) = (Scope::default(), Some(table.names[0]));
        self.namer.name(identity::Content {
            kind,
            scope: &scope,
            role: Some(MODULE),
            name,
            occurred_at: None,
            text: &text,
        })
    }

    /// The id of a session: its own, if that is a name; a number, which another store may have
    /// too, gets something of the session beside it, or the name of the file.
    fn session_id(&self, own: &str, natural: Option<&Id>) -> String {
        let is_number = own.bytes().all(|byte| byte.is_ascii_digit());
        match natural {
            _ if !is_number => own.to_owned(),
            Some(natural) => format!("{own}-{}", &natural.as_str()[..8]),
            None => format!("{}/{own}", self.stem),
        }
    }

    /// Puts our ids of a record's parents in the place of the source's.
    fn adopt(&mut self, name: &str, mapped: &mut Mapped) {
        for (field, kind) in [("goal_id", Kind::Goal), ("task_id", Kind::Task)] {
            let Some(own) = mapped.take(field) else { continue };
            match self.parents.get(&(kind, own.clone())) {
                Some(id) => drop(mapped.fields.insert(field.to_owned(), json!(id))),
                None => {
                    let why = format!("names no {kind} of this file; kept beside the record");
                    self.report.unclear(name, Some(field), 1, &why);
                    mapped.rest.insert(field.to_owned(), own.into());
                }
            }
        }
    }

    /// Those that are not here yet. What the source lists twice under one id is told.
    async fn unknown(&mut self, step: usize, drafts: Vec<Draft>) -> Result<Vec<Draft>, Error> {
        let key = |draft: &Draft| format!("{}/{}", draft.kind, draft.id);
        let keys: Vec<String> = drafts.iter().map(key).collect();
        let in_longterm = self.memory.longterm().known(keys.clone()).await?;
        let records: Vec<Record> = drafts.iter().map(|draft| self.said(draft)).collect();
        let forgotten = self.memory.longterm().are_forgotten(&records).await?;
        let known = in_longterm.into_iter().zip(forgotten).map(|(known, gone)| known || gone);
        let mut unknown = Vec::with_capacity(drafts.len());
        for ((draft, key), mut is_known) in drafts.into_iter().zip(keys).zip(known) {
            if !self.taken.insert(key) {
                let problem = format!("its id `{}` stands there twice", draft.id);
                self.report.fail(step, draft.row, problem);
                continue;
            }
            let id = draft.id.as_str();
            is_known = is_known || self.memory.working().record(draft.kind, id).await?.is_some();
            match is_known {
                true => self.report.add(step, true),
                false => unknown.push(draft),
            }
        }
        Ok(unknown)
    }

    /// A draft as it would be stored, as far as that can be told before.
    fn said(&self, draft: &Draft) -> Record {
        let Draft { kind, id, object, scope, .. } = draft;
        let whole = match kind {
            Kind::Message => None,
            _ => self.memory.draft(*kind, object.clone(), scope),
        };
        let text = object.get("content").and_then(Value::as_str).unwrap_or_default();
        whole.unwrap_or_else(|| Record::new(*kind, id.clone(), text, scope.clone()))
    }

    async fn store(&mut self, step: usize, drafts: Vec<Draft>) -> Result<(), Error> {
        let memory = self.memory;
        let stored = drafts.into_iter().map(|draft| async move {
            let Draft { row, kind, id, object, scope, rest } = draft;
            // The rest goes first: were the import to end here, the record would be new again.
            let kept = match rest.is_empty() {
                true => Ok(()),
                false => keep(memory, kind, &id, rest, &scope).await,
            };
            let stored = match kept {
                Ok(()) => memory.record(kind, Value::Object(object), &scope).await,
                Err(error) => Err(error),
            };
            (row, stored)
        });
        let mut stored = stream::iter(stored).buffered(AT_ONCE);
        while let Some(done) = stored.next().await {
            match done {
                (_, Ok(_)) => self.report.add(step, false),
                (row, Err(error)) if is_of_record(&error) => {
                    self.report.fail(step, row, error.to_string());
                }
                (_, Err(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Messages go in together, in the order in which they were said.
    async fn store_messages(&mut self, step: usize, drafts: Vec<Draft>) -> Result<(), Error> {
        let mut messages = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let row = draft.row;
            match message(draft, self.memory) {
                Ok(message) => messages.push((row, message)),
                Err(error) => self.report.fail(step, row, error.to_string()),
            }
        }
        self.messages.write_messages(&messages).await?;
        let done = self.messages.take_report();
        (0..done.added).for_each(|_| self.report.add(step, false));
        (0..done.known).for_each(|_| self.report.add(step, true));
        for failure in done.failed {
            self.report.fail(step, failure.line.unwrap_or_default(), failure.error);
        }
        Ok(())
    }

    /// A row of preferences or traits: one by its key, or one for each column.
    async fn settings(
        &mut self,
        step: usize,
        becomes: Becomes,
        table: &str,
        mut mapped: Mapped,
    ) -> Result<(), Error> {
        let user = mapped.take("user").or_else(|| self.scope.user.clone());
        let found = match mapped.take("key") {
            Some(key) => {
                let why = "a setting is a key and a value; left out";
                for column in mapped.rest.keys().filter(|column| !is_upkeep(column)) {
                    self.report.unclear(table, Some(column), 1, why);
                }
                vec![(key, mapped.fields.remove("value").unwrap_or_default())]
            }
            None => in_columns(mapped.rest.into_iter().chain(mapped.fields)),
        };
        let row = self.rows[step];
        for (key, value) in found {
            let stored = self.setting(becomes, user.as_deref(), &key, value).await;
            match stored {
                Ok(is_known) => self.report.add(step, is_known),
                Err(error) if is_of_record(&error) => {
                    self.report.fail(step, row, error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sets what is not set yet; whether it was.
    async fn setting(
        &self,
        becomes: Becomes,
        user: Option<&str>,
        key: &str,
        value: Value,
    ) -> Result<bool, Error> {
        let working = self.memory.working();
        let value = guarding::value(self.memory.config().to_guard(), value)?;
        let is_set = match becomes {
            Becomes::Persona => working.persona().await?.contains_key(key),
            _ => working.preference(user, key).await?.is_some(),
        };
        let is_known = is_set || self.is_forgotten(becomes, user, key).await?;
        if is_known || self.mode == ImportMode::DryRun {
            return Ok(is_known);
        }
        match becomes {
            Becomes::Persona => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                working.set_persona(key, text).await?;
            }
            _ => working.set_preference(user, key, value).await?,
        }
        Ok(false)
    }
}

impl Writer<'_> {
    /// Whether a setting was forgotten, whatever it was set to.
    async fn is_forgotten(
        &self,
        becomes: Becomes,
        user: Option<&str>,
        key: &str,
    ) -> Result<bool, Error> {
        let (kind, user) = match becomes {
            Becomes::Persona => (Kind::Persona, None),
            _ => (Kind::Preference, Some(user.unwrap_or(DEFAULT_USER).to_owned())),
        };
        let Ok(id) = Id::new(key) else { return Ok(false) };
        let record = Record::new(kind, id, "", Scope { user, ..Scope::default() });
        Ok(self.memory.longterm().are_forgotten(&[record]).await? == [true])
    }
}

/// Keeps what has no place in a record as an entry beside it.
async fn keep(
    memory: &AgentMemory,
    kind: Kind,
    id: &Id,
    rest: Map<String, Value>,
    scope: &Scope,
) -> Result<(), Error> {
    let key = format!("{kind}/{id}");
    let entry = json!({
        "id": identity::external(Kind::Entry, &Scope::default(), &format!("{KEPT} {key}")),
        "category": KEPT,
        "key": key,
        "value": rest,
        "entity_type": kind,
        "entity_id": id,
        "provenance": {"module": MODULE},
    });
    match memory.record(Kind::Entry, entry, scope).await {
        // It is there from an import that ended before its record was stored.
        Err(Error::Working(aios_working::Error::Conflict { .. })) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What is left of a row goes into the record's metadata.
fn keep_in_metadata(object: &mut Map<String, Value>, rest: Map<String, Value>) {
    let mut metadata = match object.remove("metadata") {
        Some(Value::Object(metadata)) => metadata,
        Some(Value::Null) | None => Map::new(),
        Some(other) => Map::from_iter([("metadata".to_owned(), other)]),
    };
    metadata.extend(rest);
    if !metadata.is_empty() {
        object.insert("metadata".to_owned(), Value::Object(metadata));
    }
}

/// The message of a draft, as the guard lets it through.
fn message(draft: Draft, memory: &AgentMemory) -> Result<NewMessage, Error> {
    let Draft { id, object, scope, .. } = draft;
    let object = guarding::object(memory.config().to_guard(), object)?;
    let text = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
    let session = Id::new(scope.session.clone().unwrap_or_default())?;
    let time = text("timestamp").and_then(|time| time.parse().ok());
    let provenance = object.get("provenance").cloned().unwrap_or_default();
    Ok(NewMessage {
        id: Some(id),
        name: text("name"),
        timestamp: time,
        tokens: object.get("tokens").and_then(Value::as_i64),
        model: text("model"),
        metadata: object.get("metadata").cloned().unwrap_or_default(),
        scope,
        provenance: serde_json::from_value(provenance).unwrap_or_default(),
        ..NewMessage::new(
            session,
            text("role").unwrap_or_default(),
            text("content").unwrap_or_default(),
        )
    })
}

/// Settings that stand in a column each, or together in one as an object.
fn in_columns(columns: impl Iterator<Item = (String, Value)>) -> Vec<(String, Value)> {
    const TOGETHER: &[&str] = &["preferences", "settings", "data", "value", "state"];
    let mut found = Vec::new();
    for (column, value) in columns.filter(|(column, _)| !is_upkeep(column)) {
        let value = match value {
            Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            other => other,
        };
        match value {
            Value::Object(all) if TOGETHER.contains(&column.as_str()) => found.extend(all),
            value => found.push((column, value)),
        }
    }
    found
}

/// Columns that a table has for itself.
fn is_upkeep(column: &str) -> bool {
    matches!(column, "id" | "timestamp" | "created_at" | "updated_at" | "last_updated")
}

/// Whether an error is about one record, so that the others can go in.
fn is_of_record(error: &Error) -> bool {
    match error {
        Error::Record { .. } | Error::Guard(_) | Error::Vocabulary(_) => true,
        Error::Working(error) => error.is_invalid(),
        Error::Longterm(error) => error.is_conflict(),
        _ => false,
    }
}
