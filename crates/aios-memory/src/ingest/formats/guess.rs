//! Messages for elements that are not understood: what they look like, and what is known.

use serde_json::{Map, Value};

use super::{Description, FORMATS, Shape, recognise};

/// Fields that are named of an element that is not understood.
const NAMES_MAX: usize = 8;

/// Signs of a format that make an element look like it.
const SIGNS_MIN: usize = 2;

/// The problem of an element that is not of the format that the caller named.
pub(super) fn unfit(wanted: &Description, element: &Map<String, Value>) -> String {
    let needs = wanted.shape.as_ref().map_or("", |shape| shape.needs);
    let name = wanted.name;
    match recognise(element) {
        Some((other, _)) => {
            format!("it is not `{name}` but `{}`; leave `--format` out", other.name)
        }
        None => format!("it is not `{name}`: {needs} is missing"),
    }
}

/// A guess at an element of no format.
pub(super) fn guess(element: &Map<String, Value>) -> String {
    let signs = |shape: &Shape| shape.signs.iter().filter(|it| element.contains_key(**it)).count();
    let shapes = FORMATS.iter().filter_map(|it| it.shape.as_ref().map(|shape| (it, shape)));
    let scored = shapes.map(|(it, shape)| (signs(shape), it, shape));
    let alike = scored.filter(|(signs, ..)| SIGNS_MIN <= *signs);
    // Of several that are as much alike the first one counts.
    match alike.reduce(|best, next| if best.0 < next.0 { next } else { best }) {
        Some((_, it, shape)) => {
            format!("it looks like `{}`, but {} is missing", it.name, shape.needs)
        }
        None => {
            let names: Vec<&str> = element.keys().take(NAMES_MAX).map(String::as_str).collect();
            format!("it has the fields {}", names.join(", "))
        }
    }
}

/// The formats that are known, for a message.
pub(super) fn known() -> String {
    let names: Vec<&str> = FORMATS.iter().skip(1).map(|it| it.name).collect();
    format!("known formats are {} (`aios-memory ingest --help` describes them)", names.join(", "))
}
