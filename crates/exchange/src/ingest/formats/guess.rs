//! Messages about unrecognised elements: the likely format, and the known formats.

use serde_json::{Map, Value};

use super::{
    description::{Description, Shape},
    table::{FORMATS, recognise},
};

/// Maximum number of field names listed for an unrecognised element.
const NAMES_MAX: usize = 8;

/// Minimum number of signs of a format for a guess.
const SIGNS_MIN: usize = 2;

/// Returns the problem of an element that does not belong to the format that the caller named.
pub(super) fn unfit(wanted: &Description, element: &Map<String, Value>) -> String {
    let needs = wanted.shape.as_ref().map_or("", |shape| shape.needs);
    let name = wanted.name;
    match recognise(element) {
        Some((other, _)) => {
            format!("the format is `{}`, not `{name}`; omit `--format`", other.name)
        }
        None => format!("the format is not `{name}`: {needs} is missing"),
    }
}

/// Returns a guess at the format of an unrecognised element.
pub(super) fn guess(element: &Map<String, Value>) -> String {
    let signs = |shape: &Shape| shape.signs.iter().filter(|it| element.contains_key(**it)).count();
    let shapes = FORMATS.iter().filter_map(|it| it.shape.as_ref().map(|shape| (it, shape)));
    let scored = shapes.map(|(it, shape)| (signs(shape), it, shape));
    let alike = scored.filter(|(signs, ..)| SIGNS_MIN <= *signs);
    // Of several equally likely formats, the first one is used.
    match alike.reduce(|best, next| if best.0 < next.0 { next } else { best }) {
        Some((_, it, shape)) => {
            format!("looks like `{}`, but {} is missing", it.name, shape.needs)
        }
        None => {
            let names: Vec<&str> = element.keys().take(NAMES_MAX).map(String::as_str).collect();
            format!("its fields are {}", names.join(", "))
        }
    }
}

/// Returns the list of known formats, for a message.
pub(super) fn known() -> String {
    let names: Vec<&str> = FORMATS.iter().skip(1).map(|it| it.name).collect();
    format!("known formats are {}", names.join(", "))
}
