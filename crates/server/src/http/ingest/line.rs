//! Parses a line: a draft, or a record of a kind.

use aios_memory::{
    Id, Kind, MemoryView, Record, Scope,
    admission::{Arrival, Content},
    draft::{Defaults, Draft, TEXT_BYTES_MAX, identity, repeated},
    fields,
    kinds::Need,
    record::{EXPORT_FORMAT, ExportHeader},
};
use serde_json::{Map, Value, json};

/// The content of a line.
pub(super) enum Piece {
    /// Nothing to store, such as the header of an export.
    Nothing,
    /// A message or a note.
    Draft(Box<Draft>),
    /// A record of a kind.
    Record(Box<Arrival>),
}

/// Reads a line.
///
/// # Errors
/// The reason for refusing the line.
pub(super) fn read(
    number: u64,
    line: &[u8],
    defaults: &Defaults,
    view: &MemoryView,
) -> Result<Piece, String> {
    let value = repeated::parse(line).map_err(|error| error.to_string())?;
    let Value::Object(mut object) = value else {
        return Err("expected a JSON object".to_owned());
    };
    if object.contains_key("aios_memory_export") {
        return header(object);
    }
    if object.contains_key("payload") && object.contains_key("recorded_at") {
        repeated::check(line)?;
        let record: Record = serde_json::from_value(Value::Object(object))
            .map_err(|error| format!("not a line of an export: {error}"))?;
        return Ok(Piece::Record(Box::new(Arrival::of_record(number, record))));
    }
    let kind = match object.remove("kind") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => {
            Some(Kind::meant_by(&name).map_err(|error| format!("`kind`: {error}"))?)
        }
        Some(_) => return Err("`kind`: expected the name of a kind".to_owned()),
    };
    let draft = match kind {
        None => Draft::from_object(object, defaults),
        Some(Kind::Message) => Draft::from_chat(object, defaults),
        Some(kind) => {
            repeated::check(line)?;
            return of_kind(number, kind, object, view);
        }
    };
    let draft = draft.map_err(|unfit| unfit.into_reason())?;
    if TEXT_BYTES_MAX < draft.text.len() {
        return Err(format!("the text is longer than {TEXT_BYTES_MAX} bytes"));
    }
    Ok(Piece::Draft(Box::new(draft)))
}

/// Checks the first line of an export.
fn header(object: Map<String, Value>) -> Result<Piece, String> {
    let header = serde_json::from_value::<ExportHeader>(Value::Object(object));
    match header.map(|it| it.aios_memory_export) {
        Ok(EXPORT_FORMAT) => Ok(Piece::Nothing),
        Ok(other) => Err(format!(
            "the export has version {other}, and version {EXPORT_FORMAT} is read here; the \
             command `import` reads older ones"
        )),
        Err(error) => Err(format!("not the header of an export: {error}")),
    }
}

/// Reads the fields of a kind. Without an id, the record gets one derived from its fields.
fn of_kind(
    number: u64,
    kind: Kind,
    object: Map<String, Value>,
    view: &MemoryView,
) -> Result<Piece, String> {
    let mut fields = fields::settle(kind, object)?;
    let mut scope: Scope = fields::scope_in(&fields)?;
    if let Some(part) = fields::blank_part(&scope) {
        return Err(format!("the {part} of its scope is empty"));
    }
    view.gate().fill(&mut scope).map_err(|error| error.to_string())?;
    let field = kind.id_field();
    let id = match fields.get(field.name).and_then(Value::as_str) {
        Some(id) => Id::new(id).map_err(|error| error.to_string())?,
        None if field.need == Need::Required => return Err(format!("`{}` is missing", field.name)),
        None => {
            let said = Value::Object(fields.clone()).to_string();
            let id = identity::external(kind, &scope, &said);
            fields.insert(field.name.to_owned(), json!(id));
            id
        }
    };
    let content = Content::Fields(fields);
    Ok(Piece::Record(Box::new(Arrival::new(number, kind, id, scope, content))))
}
