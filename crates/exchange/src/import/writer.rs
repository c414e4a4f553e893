//! Conversion of mapped rows into arrivals, each with an id derived from its content.

use std::{collections::HashMap, path::Path};

use aios_draft::identity;
use aios_memory::{
    MemoryView,
    admission::{Admission, Arrival, Content, Manner, Outcome},
    fields,
};
use aios_record::{FreeFields, Id, Kind, Parent, Scope, forms};
use aios_working::{ForeignRow, NewMessage};
use serde_json::{Map, Value, json};

use super::{
    mapping::{self, Becomes, Mapped, Table},
    options::ImportOptions,
    report::ImportReport,
};
use crate::Error;

/// Module name in the provenance of imported records.
const MODULE: &str = "import";

/// Category of entries that keep columns without a field.
const KEPT: &str = "imported";

/// Writer of the rows of one source.
pub(super) struct Writer {
    view: MemoryView,
    admission: Admission,
    /// File name, for the provenance. Its stem names the session of the file.
    file: String,
    stem: String,
    report: ImportReport,
    namer: identity::Namer,
    /// Number of rows read of each table.
    rows: Vec<u64>,
    /// Ids and owners of records that other records reference, by their ids in the source.
    parents: HashMap<(Kind, String), (Id, Option<String>)>,
    /// Ids and owners of sessions, by their ids in the source.
    sessions: HashMap<String, (String, Option<String>)>,
}

impl Writer {
    pub(super) fn new(
        view: &MemoryView,
        path: &Path,
        options: &ImportOptions,
        report: ImportReport,
    ) -> Writer {
        let text = |part: Option<&std::ffi::OsStr>| {
            part.map_or_else(|| MODULE.to_owned(), |part| part.to_string_lossy().into_owned())
        };
        Writer {
            view: view.clone(),
            admission: Admission::new(view, Manner::Found).with_mode(options.mode),
            file: text(path.file_name()),
            stem: text(path.file_stem()),
            rows: vec![0; report.tables.len()],
            report,
            namer: identity::Namer::default(),
            parents: HashMap::new(),
            sessions: HashMap::new(),
        }
    }

    /// Writes rows of the table with index `step` of the plan.
    pub(super) async fn write(
        &mut self,
        step: usize,
        table: &'static Table,
        rows: Vec<ForeignRow>,
    ) -> Result<(), Error> {
        let name = self.report.tables[step].table.clone();
        let mut arrivals = Vec::with_capacity(rows.len());
        for row in rows {
            self.rows[step] += 1;
            let number = self.rows[step];
            let done = mapping::map(table, &name, row, &mut self.report).and_then(|mapped| {
                match table.becomes {
                    Becomes::Record(Kind::Message) if is_blank(&mapped.fields) => {
                        self.report.skip(step, number, "the message is empty");
                        Ok(())
                    }
                    Becomes::Record(kind) => {
                        self.arrivals(kind, table, &name, number, mapped, &mut arrivals)
                    }
                    Becomes::Preferences | Becomes::Persona => {
                        let found = self.settings(table.becomes, &name, number, mapped);
                        arrivals.extend(found);
                        Ok(())
                    }
                }
            });
            if let Err(problem) = done {
                self.report.fail(step, number, problem.into());
            }
        }
        let verdicts = self.admission.admit(arrivals).await?;
        for (at, verdict) in verdicts.iter().enumerate() {
            // The entry that keeps the rest of a row precedes the row's own record.
            let is_rest = verdict.kind == Kind::Entry
                && verdicts.get(at + 1).is_some_and(|next| next.place == verdict.place);
            match &verdict.outcome {
                Outcome::Refused(refusal) => {
                    self.report.fail(step, verdict.place, refusal.clone());
                }
                _ if is_rest => {}
                _ => self.report.count(step, verdict),
            }
        }
        Ok(())
    }

    /// Returns the number of records added so far.
    pub(super) fn added(&self) -> u64 {
        self.report.tally.added
    }

    /// Waits until everything written is searchable.
    pub(super) async fn finish(self) -> Result<ImportReport, Error> {
        self.admission.finish().await?;
        Ok(self.report)
    }

    /// Adds the record of a row, after the entry that keeps its remaining columns. In the reverse
    /// order, an import interrupted between the two would leave a known record without the rest.
    fn arrivals(
        &mut self,
        kind: Kind,
        table: &Table,
        name: &str,
        row: u64,
        mut mapped: Mapped,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), String> {
        let natural = self.natural_id(kind, table, &mapped.fields);
        let source_id = mapped.take("id");
        let scope = self.scope_of(kind, source_id.as_deref(), &natural, &mut mapped);
        let parents_owner = self.adopt(kind, name, &mut mapped);
        // Others are accepted without an owner, and would be stored twice if read again.
        let parents_owner = parents_owner.filter(|_| kind == Kind::Task);
        let scope = Scope { user: scope.user.clone().or(parents_owner), ..scope };
        let name_of_id = kind.id_field().name;
        let id = match kind {
            Kind::Session => Id::new(scope.session.clone().unwrap_or_default()),
            // The id is a name, such as a key.
            _ if name_of_id != "id" => Id::new(mapped.take(name_of_id).unwrap_or_default()),
            // Entries keep their own ids.
            Kind::Entry => source_id.as_ref().map_or(Ok(natural), |own| Id::new(own.as_str())),
            _ => Ok(natural),
        };
        let id = id.map_err(|error| error.to_string())?;
        let origin = format!("{}: {name} {}", self.file, source_id.as_deref().unwrap_or("-"));
        let Mapped { fields: mut object, mut rest } = mapped;
        object.insert(name_of_id.to_owned(), json!(id));
        object.insert("provenance".to_owned(), json!({"module": MODULE, "updated_by": origin}));
        if kind.field("metadata").is_some() || kind.free_fields() == FreeFields::Kept {
            keep_in_metadata(&mut object, std::mem::take(&mut rest));
        }
        let scope = with_own(scope, fields::scope_in(&object)?)?;
        if let Some(own) = source_id.filter(|_| is_referred_to(kind)) {
            self.parents.insert((kind, own), (id.clone(), scope.user.clone()));
        }
        let content = match kind {
            Kind::Message => Content::Message(Box::new(message(&object, &scope)?)),
            _ => Content::Fields(fields::settle(kind, object)?),
        };
        if !rest.is_empty() {
            arrivals.push(kept(row, kind, &id, rest, &scope));
        }
        arrivals.push(Arrival::new(row, kind, id, scope, content));
        Ok(())
    }

    /// Returns the scope of a row with its own owner, or else that of its session. The gate adds
    /// the rest.
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
        let narrowed = &self.view.gate().filter().scope;
        Scope {
            user: user.or(owner),
            session: session.or_else(|| narrowed.session.clone()),
            ..Scope::default()
        }
    }

    /// Returns the id derived from a row's id in the source and from the fields that identify a row
    /// whose other fields change.
    fn natural_id(&mut self, kind: Kind, table: &Table, fields: &Map<String, Value>) -> Id {
        let parts: Vec<String> = [&"id"]
            .into_iter()
            .chain(table.same)
            .map(|field| fields.get(*field).map(Value::to_string).unwrap_or_default())
            .collect();
        let text = Value::from(parts).to_string();
        let (scope, name) = (Scope::default(), Some(table.names[0]));
        let facts = identity::Facts {
            kind,
            scope: &scope,
            role: Some(MODULE),
            name,
            external_id: None,
            occurred_at: None,
            text: &text,
        };
        let names = self.namer.name(facts, None);
        // These texts are composed here in the same form as in earlier versions.
        names.former.into_iter().next().map_or(names.id, |former| former.id)
    }

    /// Returns the id of a session: its own id, unless that is a number, which other stores may use
    /// too. In that case a hash of the session, or the name of the file, is added.
    fn session_id(&self, own: &str, natural: Option<&Id>) -> String {
        let is_number = own.bytes().all(|byte| byte.is_ascii_digit());
        match natural {
            _ if !is_number => own.to_owned(),
            Some(natural) => format!("{own}-{}", &natural.as_str()[..8]),
            None => format!("{}/{own}", self.stem),
        }
    }

    /// Replaces the source's ids of a record's parents by ours. Returns the owner of the nearest
    /// parent in the file that has one.
    fn adopt(&mut self, kind: Kind, name: &str, mapped: &mut Mapped) -> Option<String> {
        let mut owner = None;
        for parent in kind.parents() {
            let Some(field) = parent.field else { continue };
            let Some(own) = mapped.take(field) else { continue };
            match self.parents.get(&(parent.kind, own.clone())) {
                Some((id, of)) => {
                    owner = owner.or_else(|| of.clone());
                    mapped.fields.insert(field.to_owned(), json!(id));
                }
                None => {
                    let of = parent.kind;
                    let why = format!("refers to no {of} in this file; kept beside the record");
                    self.report.unclear(name, Some(field), 1, &why);
                    mapped.rest.insert(field.to_owned(), own.into());
                }
            }
        }
        owner
    }

    /// Returns the settings in a row of preferences or traits: one identified by its key, or one
    /// per column. A setting that already exists is unchanged.
    fn settings(
        &mut self,
        becomes: Becomes,
        table: &str,
        row: u64,
        mut mapped: Mapped,
    ) -> Vec<Arrival> {
        let user = mapped.take("user");
        let found = match mapped.take("key") {
            Some(key) => {
                let why = "is neither the key nor the value of a setting; left out";
                for column in mapped.rest.keys().filter(|column| !is_upkeep(column)) {
                    self.report.unclear(table, Some(column), 1, why);
                }
                vec![(key, mapped.fields.remove("value").unwrap_or_default())]
            }
            None => in_columns(mapped.rest.into_iter().chain(mapped.fields)),
        };
        let kind = becomes.kind();
        let scope = Scope { user, ..Scope::default() };
        let arrival = |(key, value): (String, Value)| {
            let fields = Map::from_iter([
                ("key".to_owned(), Value::from(key.as_str())),
                ("value".to_owned(), value),
            ]);
            // A key that is not a valid id is refused when the record is written.
            let id = Id::new(key).unwrap_or_else(|_| Id::generate());
            Arrival::new(row, kind, id, scope.clone(), Content::Fields(fields))
        };
        found.into_iter().map(arrival).collect()
    }
}

/// Returns true if other records have a field that references records of this kind.
fn is_referred_to(kind: Kind) -> bool {
    let names = |parent: &Parent| parent.kind == kind && parent.field.is_some();
    kind.children().any(|child| child.parents().iter().any(names))
}

/// Returns `scope` completed with the parts that the record itself names.
fn with_own(scope: Scope, own: Scope) -> Result<Scope, String> {
    if let (Some(user), Some(own)) = (&scope.user, &own.user)
        && user != own
    {
        return Err(format!("two owners are given, `{user}` and `{own}`; give one"));
    }
    Ok(Scope {
        user: own.user.or(scope.user),
        project: own.project.or(scope.project),
        agent: own.agent.or(scope.agent),
        session: own.session.or(scope.session),
    })
}

/// Builds the entry that keeps the columns without a field.
fn kept(row: u64, of: Kind, of_id: &Id, rest: Map<String, Value>, scope: &Scope) -> Arrival {
    let key = format!("{of}/{of_id}");
    let id = identity::external(Kind::Entry, &Scope::default(), &format!("{KEPT} {key}"));
    let entry = json!({
        "id": id,
        "category": KEPT,
        "key": key,
        "value": rest,
        "entity_type": of,
        "entity_id": of_id,
        "provenance": {"module": MODULE},
    });
    let Value::Object(fields) = entry else { unreachable!("built as an object") };
    Arrival::new(row, Kind::Entry, id, scope.clone(), Content::Fields(fields))
}

/// Adds the rest of a row to the record's metadata.
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

/// Returns true for a message without a text.
fn is_blank(fields: &Map<String, Value>) -> bool {
    fields.get("content").and_then(Value::as_str).is_none_or(forms::is_blank)
}

/// Builds the message that an object describes.
fn message(object: &Map<String, Value>, scope: &Scope) -> Result<NewMessage, String> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
    let session = Id::new(scope.session.clone().unwrap_or_default());
    let session = session.map_err(|error| error.to_string())?;
    let time = text("timestamp").and_then(|time| time.parse().ok());
    let provenance = object.get("provenance").cloned().unwrap_or_default();
    Ok(NewMessage {
        name: text("name"),
        timestamp: time,
        tokens: object.get("tokens").and_then(Value::as_i64),
        model: text("model"),
        metadata: object.get("metadata").cloned().unwrap_or_default(),
        provenance: serde_json::from_value(provenance).unwrap_or_default(),
        ..NewMessage::new(
            session,
            text("role").unwrap_or_default(),
            text("content").unwrap_or_default(),
        )
    })
}

/// Returns the settings of a row, from one column each or from an object in a single column.
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

/// Returns true for columns that only serve the administration of the table.
fn is_upkeep(column: &str) -> bool {
    matches!(column, "id" | "timestamp" | "created_at" | "updated_at" | "last_updated")
}
