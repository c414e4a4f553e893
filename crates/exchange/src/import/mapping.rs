//! Maps the columns of another program to our fields, by tables of column names.
//!
//! If a row has several columns for a field, the first one in the table's list is used. Remaining
//! columns, and values of the wrong type, are kept with the record.

use aios_draft::{place::take_owner, repeated, spellings::names_owner};
use aios_memory::fields;
use aios_record::{FreeFields, Kind, ValueType};
use aios_working::ForeignRow;
use serde_json::{Map, Value};

use super::report::ImportReport;

/// A table of another program, and the record that its rows become.
pub(super) struct Table {
    /// Names of the table, which differ between versions.
    pub(super) names: &'static [&'static str],
    pub(super) becomes: Becomes,
    /// Required fields: a table needs a column for at least one, and a row a value.
    pub(super) needs: &'static [&'static str],
    /// Columns that distinguish the table from tables with the same name in other programs. A table
    /// needs at least one of them.
    pub(super) signs: &'static [&'static str],
    pub(super) columns: &'static [Column],
    /// Fields that, together with the row's own id, identify a row whose other fields change.
    pub(super) same: &'static [&'static str],
    /// Columns with counts that this program computes itself.
    pub(super) derived: &'static [&'static str],
    /// Final adjustments that column names cannot express.
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
        Table { names, becomes, needs, signs: &[], columns, same, derived: &[], finish: |_, _| {} }
    }

    /// Returns true if a table with these columns may be this one.
    pub(super) fn fits(&self, columns: &[String]) -> bool {
        self.lacks(columns).is_none()
    }

    /// Returns the names of the alternative columns that a table with `columns` lacks, or `None` if
    /// it may be this table.
    pub(super) fn lacks(&self, columns: &[String]) -> Option<String> {
        let has = |names: &[&str]| columns.iter().any(|column| is_one_of(column, names));
        let needed = |field: &&str| self.columns.iter().any(|c| c.field == *field && has(c.from));
        if !(self.needs.is_empty() || self.needs.iter().any(needed)) {
            return Some(self.needed_columns());
        }
        (!self.signs.is_empty() && !has(self.signs)).then(|| self.signs.join(", "))
    }

    /// Returns true if each column is a setting of its own, because no column holds the value of
    /// one.
    fn is_wide(&self, row: &Map<String, Value>) -> bool {
        let mut values = self.columns.iter().filter(|column| column.field == "value");
        let has = |column: &Column| row.keys().any(|name| is_one_of(name, column.from));
        !matches!(self.becomes, Becomes::Record(_)) && !values.any(has)
    }

    /// Returns the names of the alternative columns. At least one of them is required.
    fn needed_columns(&self) -> String {
        let needed = self.columns.iter().filter(|column| self.needs.contains(&column.field));
        needed.flat_map(|column| column.from).copied().collect::<Vec<_>>().join(", ")
    }
}

/// The record that the rows of a table become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    Record(Kind),
    /// Preferences of a user: one per row, or one per column.
    Preferences,
    /// Traits of the persona, one per row or per column.
    Persona,
}

impl Becomes {
    /// Returns the kind of the records.
    pub(super) fn kind(self) -> Kind {
        match self {
            Becomes::Record(kind) => kind,
            Becomes::Preferences => Kind::Preference,
            Becomes::Persona => Kind::Persona,
        }
    }

    /// Returns the sort rank of a table: first sessions, which any row may reference, then parents
    /// before their children, then kinds without children.
    pub(super) fn rank(self) -> usize {
        match self.kind() {
            Kind::Session => 0,
            kind if kind.children().next().is_none() => usize::MAX,
            kind => generation(kind),
        }
    }
}

/// Returns 1 for a kind without parents, otherwise one more than the highest of its parents.
fn generation(kind: Kind) -> usize {
    let parents = kind.parents().iter().map(|parent| generation(parent.kind));
    1 + parents.max().unwrap_or_default()
}

/// A field of a record, or [`SESSION`], and the columns that may hold it.
pub(super) struct Column {
    field: &'static str,
    from: &'static [&'static str],
}

pub(super) const fn column(field: &'static str, from: &'static [&'static str]) -> Column {
    Column { field, from }
}

impl Column {
    /// Returns the type of its values in a record of `kind`. `None` if the kind has no such field.
    fn value_type(&self, kind: Kind) -> Option<ValueType> {
        // The session belongs to the scope.
        if self.field == SESSION.field {
            return Some(ValueType::Id);
        }
        let free = (kind.free_fields() == FreeFields::Kept).then_some(ValueType::Json);
        kind.field(self.field).map(|known| known.value_type).or(free)
    }
}

/// Field of the owner of a row, which is a part of the scope and not of the record. Every table has
/// it, in each spelling that `ingest` accepts.
const USER: &str = "user";
/// Session of a row.
pub(super) const SESSION: Column = column(
    "session",
    &["session_id", "session", "conversation_id", "chat_id", "thread_id", "session_key"],
);
pub(super) const CREATED_AT: Column =
    column("created_at", &["created_at", "created", "creation_time", "timestamp"]);
pub(super) const TIMESTAMP: Column =
    column("timestamp", &["timestamp", "created_at", "ts", "time", "datetime", "date", "created"]);
/// Time at which a setting was last written.
pub(super) const UPDATED_AT: Column = column("updated_at", TIMESTAMP.from);
pub(super) const METADATA: Column =
    column("metadata", &["metadata", "metadata_json", "meta", "extra"]);

/// A mapped row.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mapped {
    /// Fields by our names.
    pub(super) fields: Map<String, Value>,
    /// Remaining columns by the source's names.
    pub(super) rest: Map<String, Value>,
}

impl Mapped {
    /// Removes a field and returns it as text.
    pub(super) fn take(&mut self, field: &str) -> Option<String> {
        match self.fields.remove(field)? {
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

/// Maps a row of the table called `name`, and reports columns without a field to `report`.
///
/// # Errors
/// A message with the reason if the row does not belong to the table.
pub(super) fn map(
    table: &Table,
    name: &str,
    row: ForeignRow,
    report: &mut ImportReport,
) -> Result<Mapped, String> {
    for column in row.unreadable {
        report.unclear(name, Some(&column), 1, "is not text; left out");
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
        let value_type = column.value_type(table.becomes.kind());
        match read(value_type.expect("columns name fields of their kind"), &value) {
            Ok(Value::Null) => {}
            Ok(value) => drop(fields.insert(column.field.to_owned(), value)),
            Err(expected) => {
                let why = format!("is not {expected}; kept beside the record");
                report.unclear(name, Some(&found), 1, &why);
                told.push((found, value));
            }
        }
    }
    if !table.needs.is_empty() && !table.needs.iter().any(|field| fields.contains_key(*field)) {
        return Err(format!("all of these columns are empty: {}", table.needed_columns()));
    }
    // In a table of preferences or traits, a remaining column may be a setting of its own.
    if let Becomes::Record(_) = table.becomes {
        let why = "has no matching field; kept beside the record";
        rest.keys().for_each(|column| report.unclear(name, Some(column), 1, why));
    }
    rest.extend(told);
    (table.finish)(&mut fields, &mut rest);
    Ok(Mapped { fields, rest })
}

/// Removes and returns the owner of a row, from its columns, its metadata and its scope.
///
/// # Errors
/// A message if the row names two owners, or one that is neither text nor a number.
fn take_user(row: &mut Map<String, Value>) -> Result<Option<String>, String> {
    let nested: Vec<&str> = METADATA.from.iter().copied().chain(["scope"]).collect();
    for (column, value) in row.iter_mut() {
        // Databases store objects as JSON text.
        if let Value::String(text) = &*value
            && (is_one_of(column, &nested) || names_owner(column))
            && let Ok(object @ Value::Object(_)) = repeated::parse(text.as_bytes())
        {
            *value = object;
        }
    }
    take_owner(row, &nested)
}

/// Converts the value of a column to that of a field; the error is the expected type.
fn read(value_type: ValueType, value: &Value) -> Result<Value, &'static str> {
    let read = match (value_type, value) {
        (ValueType::Text | ValueType::Word, Value::String(text)) => Ok(text.as_str().into()),
        (ValueType::Text | ValueType::Word, value) => Ok(value.to_string().into()),
        (_, Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        (_, Value::String(text)) => fields::parse(value_type, text),
        (_, value) => fields::read(value_type, value.clone()),
    };
    read.map_err(|_| value_type.expected())
}

fn is_one_of(column: &str, names: &[&str]) -> bool {
    names.iter().any(|name| column.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
