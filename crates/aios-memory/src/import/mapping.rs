//! Another program's columns to our fields, by tables of the names that such columns have.
//!
//! Of several columns that may hold a field, the first one that the row has is taken. What is left,
//! and what does not hold what it should, is the row's rest, which is kept beside the record.

use aios_record::Kind;
use aios_working::ForeignRow;
use serde_json::{Map, Value};

use super::report::ImportReport;
use crate::{
    fields::Holds,
    ingest::{self, names_owner},
};

/// A table of another program's, and what its rows become.
pub(super) struct Table {
    /// The names that it has in different versions.
    pub(super) names: &'static [&'static str],
    pub(super) becomes: Becomes,
    /// A row without this field is none of these; a table without it is another one's.
    pub(super) needs: &'static [&'static str],
    pub(super) columns: &'static [Column],
    /// What, with its own id, makes a row the one that it is whatever else changes.
    pub(super) same: &'static [&'static str],
    /// Columns that say what we count ourselves.
    pub(super) derived: &'static [&'static str],
    /// The last touch, where names alone do not say it.
    pub(super) finish: fn(&mut Map<String, Value>, &mut Map<String, Value>),
}

impl Table {
    pub(super) const fn new(
        names: &'static [&'static str],
        becomes: Becomes,
        needs: &'static [&'static str],
        same: &'static [&'static str],
        columns: &'static [Column],
    ) -> Table {
        Table { names, becomes, needs, columns, same, derived: &[], finish: |_, _| {} }
    }

    /// Whether a table with these columns can be this one.
    pub(super) fn fits(&self, columns: &[String]) -> bool {
        let has = |names: &[&str]| columns.iter().any(|column| is_one_of(column, names));
        let needed = |field: &&str| self.columns.iter().any(|c| c.field == *field && has(c.from));
        self.needs.is_empty() || self.needs.iter().any(needed)
    }

    /// Whether each column is a setting of its own: there is none for the value of one.
    fn is_wide(&self, row: &Map<String, Value>) -> bool {
        let mut values = self.columns.iter().filter(|column| column.field == "value");
        let has = |column: &Column| row.keys().any(|name| is_one_of(name, column.from));
        !matches!(self.becomes, Becomes::Record(_)) && !values.any(has)
    }

    /// The names of the columns of which it needs one.
    pub(super) fn needed_columns(&self) -> String {
        let needed = self.columns.iter().filter(|column| self.needs.contains(&column.field));
        needed.flat_map(|column| column.from).copied().collect::<Vec<_>>().join(", ")
    }
}

/// What the rows of a table become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    Record(Kind),
    /// Preferences of a user: a row each, or a column each.
    Preferences,
    /// Traits of the persona, likewise.
    Persona,
}

impl Becomes {
    pub(super) fn name(self) -> &'static str {
        match self {
            Becomes::Record(kind) => kind.as_str(),
            Becomes::Preferences => "preference",
            Becomes::Persona => "persona",
        }
    }

    /// Parents come before children.
    pub(super) fn rank(self) -> u8 {
        match self {
            Becomes::Record(Kind::Session) => 0,
            Becomes::Record(Kind::Goal) => 1,
            Becomes::Record(Kind::Task) => 2,
            _ => 3,
        }
    }
}

/// A field, and the columns that may hold it.
pub(super) struct Column {
    field: &'static str,
    holds: Holds,
    from: &'static [&'static str],
}

pub(super) const fn column(
    field: &'static str,
    holds: Holds,
    from: &'static [&'static str],
) -> Column {
    Column { field, holds, from }
}

/// The field that holds the owner of a row: not a field of the record, but of its scope. Every
/// table has it, under each name that `ingest` knows as well.
const USER: &str = "user";
/// The session of a row.
pub(super) const SESSION: Column = column(
    "session",
    Holds::Id,
    &["session_id", "session", "conversation_id", "chat_id", "thread_id", "session_key"],
);
pub(super) const CREATED_AT: Column =
    column("created_at", Holds::Time, &["created_at", "created", "creation_time", "timestamp"]);
pub(super) const TIMESTAMP: Column = column(
    "timestamp",
    Holds::Time,
    &["timestamp", "created_at", "ts", "time", "datetime", "date", "created"],
);
pub(super) const METADATA: Column =
    column("metadata", Holds::Json, &["metadata", "metadata_json", "meta", "extra"]);

/// A row, mapped.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mapped {
    /// By our names.
    pub(super) fields: Map<String, Value>,
    /// By the source's names.
    pub(super) rest: Map<String, Value>,
}

impl Mapped {
    /// Takes a field out, as text.
    pub(super) fn take(&mut self, field: &str) -> Option<String> {
        match self.fields.remove(field)? {
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

/// Maps a row of the table called `name`, and tells `report` what has no place of its own.
///
/// # Errors
/// Why the row is none of these.
pub(super) fn map(
    table: &Table,
    name: &str,
    row: ForeignRow,
    report: &mut ImportReport,
) -> Result<Mapped, String> {
    for column in row.unreadable {
        report.unclear(name, Some(&column), 1, "holds bytes that are no text; left out");
    }
    let mut rest = row.fields;
    let is_wide = table.is_wide(&rest);
    rest.retain(|column, value| !value.is_null() && !is_one_of(column, table.derived));
    let (mut fields, mut told) = (Map::new(), Vec::new());
    if let Some(user) = take_user(&mut rest)? {
        fields.insert(USER.to_owned(), user.into());
    }
    for column in table.columns.iter().filter(|column| !(is_wide && column.field == "key")) {
        let names = rest.keys().filter(|name| is_one_of(name, column.from));
        let place = |name: &&String| column.from.iter().position(|from| is_one_of(name, &[from]));
        let Some(found) = names.min_by_key(place).cloned() else { continue };
        let value = rest.remove(&found).unwrap_or_default();
        match read(column.holds, &value) {
            Ok(Value::Null) => {}
            Ok(value) => drop(fields.insert(column.field.to_owned(), value)),
            Err(problem) => {
                let why = format!("does not hold {problem}; kept beside the record");
                report.unclear(name, Some(&found), 1, &why);
                told.push((found, value));
            }
        }
    }
    if !table.needs.is_empty() && !table.needs.iter().any(|field| fields.contains_key(*field)) {
        return Err(format!("it has nothing in any of {}", table.needed_columns()));
    }
    // Elsewhere a column that is left may be a preference of its own.
    if let Becomes::Record(_) = table.becomes {
        let why = "has no field of its own; kept beside the record";
        rest.keys().for_each(|column| report.unclear(name, Some(column), 1, why));
    }
    rest.extend(told);
    (table.finish)(&mut fields, &mut rest);
    Ok(Mapped { fields, rest })
}

/// Takes the owner out of a row, its metadata and its scope.
///
/// # Errors
/// A message if the row names two owners, or one that is not text.
fn take_user(row: &mut Map<String, Value>) -> Result<Option<String>, String> {
    let nested: Vec<&str> = METADATA.from.iter().copied().chain(["scope"]).collect();
    for (column, value) in row.iter_mut() {
        // A database has objects as text.
        if let Value::String(text) = &*value
            && (is_one_of(column, &nested) || names_owner(column))
            && let Ok(object @ Value::Object(_)) = ingest::parse(text.as_bytes())
        {
            *value = object;
        }
    }
    ingest::take_owner(row, &nested)
}

/// What a column says, as a field takes it; the error is what was expected.
fn read(holds: Holds, value: &Value) -> Result<Value, &'static str> {
    let read = match (holds, value) {
        (Holds::Text, Value::String(text)) => Ok(text.as_str().into()),
        (Holds::Text, value) => Ok(value.to_string().into()),
        (_, Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        (_, Value::String(text)) => holds.parse(text),
        (_, value) => holds.read(value.clone()),
    };
    read.map_err(|_| holds.expected())
}

fn is_one_of(column: &str, names: &[&str]) -> bool {
    names.iter().any(|name| column.eq_ignore_ascii_case(name))
}
