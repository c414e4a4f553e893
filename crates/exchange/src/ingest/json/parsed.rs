//! The value of one element, repaired if necessary.

use aios_draft::{
    Mend,
    repeated::{self, Seed},
};
use serde_json::Value;

use crate::ingest::{
    elements::Place,
    encoding,
    mend::{is_suspect, mend},
};

/// A value with its repairs, or the problem.
pub(super) type Parsed = Result<(Value, Vec<Mend>), String>;

/// Parses an element, repairing it if necessary.
pub(super) fn parse(place: Place, bytes: &[u8], seed: Seed) -> Parsed {
    let (text, decoded) = encoding::decode(bytes)?;
    let mut mends: Vec<Mend> = decoded.map(Mend::whole).into_iter().collect();
    let parsed = match is_suspect(&text) {
        true => None,
        false => Some(repeated::parse_as(text.as_bytes(), seed)),
    };
    let error = match parsed {
        Some(Ok(value)) => return Ok((value, mends)),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let mended = mend(&text);
    match repeated::parse_as(mended.json.as_bytes(), seed) {
        Ok(value) => {
            mends.extend(mended.reasons.into_iter().map(Mend::whole));
            Ok((value, mends))
        }
        Err(again) => Err(explain(place, &error.unwrap_or(again))),
    }
}

/// Describes the fault of an element at `place`, whose line is reported separately.
fn explain(place: Place, error: &serde_json::Error) -> String {
    let told = error.to_string();
    let what = told.rfind(" at line ").map_or(&*told, |end| &told[..end]);
    let on_first = if error.line() <= 1 { place.column } else { 0 };
    let column = on_first + error.column() as u64;
    let at = match error.line() {
        0 | 1 => format!("column {column}"),
        further => format!("line {}, column {column}", place.line + further as u64 - 1),
    };
    match error.classify() {
        serde_json::error::Category::Eof => format!("truncated JSON at {at}: {what}"),
        serde_json::error::Category::Syntax => format!("broken JSON at {at}: {what}"),
        _ => what.to_owned(),
    }
}
