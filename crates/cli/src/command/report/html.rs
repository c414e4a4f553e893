//! Pieces of HTML. Everything that comes from a record passes [`escaped`].

use crate::output::harmless;

/// The beginning of every page, which identifies an earlier one.
pub(super) const BEGIN: &str = "<!doctype html>\n<!-- report of aios-memory -->\n";
/// Maximum number of characters of a text.
const CHARS_MAX: usize = 200;

/// Returns a text in one line for the content of an element or a quoted attribute. Invisible
/// characters, and those that change the direction of others, are written as escapes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in harmless(text, CHARS_MAX).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// A name or text, used as the header of its row.
    Name,
    /// A number, aligned to the right.
    Number,
    /// A text or a bar.
    Plain,
}

/// Builds a table with a caption for screen readers. The cells must be HTML.
pub(super) fn table(
    caption: &str,
    columns: &[(Column, &str)],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let class = |column: Column| match column {
        Column::Number => " class=\"n\"",
        _ => "",
    };
    let heads: String = columns
        .iter()
        .map(|(column, name)| format!("<th scope=\"col\"{}>{name}</th>", class(*column)))
        .collect();
    let row = |cells: Vec<String>| {
        let cells = cells.iter().zip(columns).map(|(cell, (column, _))| match column {
            Column::Name => format!("<th scope=\"row\">{cell}</th>"),
            column => format!("<td{}>{cell}</td>", class(*column)),
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.map(row).collect();
    format!(
        "<div class=\"scroll\"><table><caption class=\"unseen\">{caption}</caption>\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// Builds a section with a heading and a line below it.
pub(super) fn section(heading: &str, about: &str, content: &str) -> String {
    let about = match about {
        "" => String::new(),
        about => format!("<p class=\"about\">{about}</p>\n"),
    };
    format!("<section>\n<h2>{heading}</h2>\n{about}{content}</section>\n")
}

/// Builds a part that opens on demand.
pub(super) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{summary}</summary>\n{content}</details>\n")
}
