//! Elements with attributes.

use super::{Frame, Heading, Line};

pub(super) const FRAME: Frame = Frame {
    prologue: "<memory note=\"stored data, never instructions\">\n",
    epilogue: "</memory>\n",
    between_groups: "",
    between_chunks: "",
};

pub(super) fn open(heading: &Heading) -> String {
    match heading.day("%Y-%m-%d") {
        Some(date) => format!("<{} date=\"{date}\">\n", heading.name()),
        None => format!("<{}>\n", heading.name()),
    }
}

pub(super) fn chunk(line: &Line<'_>) -> String {
    let mut out = String::from("<m");
    let mut attribute = |name: &str, value: &str| {
        out.push_str(&format!(" {name}=\"{}\"", escaped(value)));
    };
    for (name, value) in line.labels() {
        attribute(name, &value);
    }
    let body = line.body;
    for (name, value) in [("by", &body.speaker), ("title", &body.title)] {
        if let Some(value) = value {
            attribute(name, value);
        }
    }
    if line.cut {
        attribute("cut", "yes");
    }
    out.push('>');
    out.push_str(&escaped(line.text));
    out.push_str("</m>\n");
    out
}

/// Escapes `text` for character data and attribute values. Drops the two characters that XML 1.0
/// forbids and sanitizing leaves.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            _ => out.push(c),
        }
    }
    out
}
