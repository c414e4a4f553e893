//! Collections in the format of the SMART system: Cranfield and CISI.
//!
//! An entry is `.I` and an id, then fields, each under a line such as `.W`.

use std::path::Path;

use crate::Error;
use crate::{
    collection::{Collection, Document, Judgements, Query, unique},
    malformed, read,
};

/// Letters of the fields: author, source, contents, keys, names, title, text, references.
const FIELDS: &[char] = &['A', 'B', 'C', 'K', 'N', 'T', 'W', 'X'];

/// Reads `cran.all.1400`, `cran.qry` and `cranqrel` in `dir`. The text of a document begins with
/// its title. Judgements number the queries in the order of the file.
pub(crate) fn cranfield(dir: &Path) -> Result<Collection, Error> {
    let documents = cranfield_documents(dir)?;
    let path = dir.join("cran.qry");
    let content = read(&path)?;
    let query = |(number, entry): (u32, Entry<'_>)| (number.to_string(), entry.query());
    let queries = (1..).zip(entries(&path, &content)?).map(query).collect();
    let judged = Judgements::read(&dir.join("cranqrel"), 0, |line| match *line {
        [query, document, grade] => Some((query, document, grade.parse::<i64>().ok()?.min(1))),
        _ => None,
    })?;
    Collection::of_judged(dir, documents, queries, judged)
}

/// Reads `CISI.ALL`, `CISI.QRY` and `CISI.REL` in `dir`. Each judgement names a relevant document.
pub(crate) fn cisi(dir: &Path) -> Result<Collection, Error> {
    let documents = cisi_documents(dir)?;
    let path = dir.join("CISI.QRY");
    let content = read(&path)?;
    let queries = entries(&path, &content)?;
    unique(&path, queries.iter().map(|entry| (entry.line, entry.id)))?;
    let queries = queries.iter().map(|entry| (entry.id.to_owned(), entry.query())).collect();
    let judged = Judgements::read(&dir.join("CISI.REL"), 0, |line| match *line {
        [query, document, _, _] => Some((query, document, 1)),
        _ => None,
    })?;
    Collection::of_judged(dir, documents, queries, judged)
}

/// Reads the documents of [`cranfield`].
pub(crate) fn cranfield_documents(dir: &Path) -> Result<Vec<Document>, Error> {
    documents(&dir.join("cran.all.1400"), |_| None)
}

/// Reads the documents of [`cisi`], whose titles are separate from their texts.
pub(crate) fn cisi_documents(dir: &Path) -> Result<Vec<Document>, Error> {
    documents(&dir.join("CISI.ALL"), |entry| Some(entry.under('T')))
}

fn documents(path: &Path, title: fn(&Entry<'_>) -> Option<String>) -> Result<Vec<Document>, Error> {
    let content = read(path)?;
    let entries = entries(path, &content)?;
    unique(path, entries.iter().map(|entry| (entry.line, entry.id)))?;
    let document = |entry: &Entry<'_>| Document {
        id: entry.id.to_owned(),
        title: title(entry).filter(|title| !title.is_empty()),
        text: entry.under('W'),
    };
    Ok(entries.iter().map(document).collect())
}

/// An entry of a file.
struct Entry<'a> {
    id: &'a str,
    /// Number of the line with the id.
    line: usize,
    /// Letters of the fields with their lines, in the order of the file.
    fields: Vec<(char, Vec<&'a str>)>,
}

impl Entry<'_> {
    fn query(&self) -> Query {
        Query::new(self.under('W'))
    }

    /// Returns the joined lines of the first field with this letter.
    fn under(&self, letter: char) -> String {
        let field = self.fields.iter().find(|(name, _)| *name == letter);
        field.map(|(_, lines)| lines.join("\n").trim().to_owned()).unwrap_or_default()
    }
}

fn entries<'a>(path: &Path, content: &'a str) -> Result<Vec<Entry<'a>>, Error> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        let heading = line.trim_end();
        if heading.is_empty() && entries.last().is_none_or(|entry| entry.fields.is_empty()) {
            continue;
        }
        if let Some(id) = heading.strip_prefix(".I ").map(str::trim).filter(|id| !id.is_empty()) {
            entries.push(Entry { id, line: number, fields: Vec::new() });
        } else if let Some(letter) = letter(heading) {
            let fields = entries.last_mut().map(|entry| &mut entry.fields);
            let fields = fields.filter(|_| FIELDS.contains(&letter)).ok_or_else(|| {
                let known: Vec<String> = FIELDS.iter().map(|it| format!(".{it}")).collect();
                let problem = format!(
                    "`{heading}` is not a field of an entry; begin an entry with `.I` and its id, \
                     and a field with one of {}",
                    known.join(", ")
                );
                malformed(path, number, &problem)
            })?;
            fields.push((letter, Vec::new()));
        } else {
            let lines = entries.last_mut().and_then(|entry| entry.fields.last_mut());
            let (_, lines) = lines.ok_or_else(|| {
                malformed(path, number, "text outside a field; put it below a line such as `.W`")
            })?;
            lines.push(line);
        }
    }
    Ok(entries)
}

/// Returns the letter of a line that begins a field.
fn letter(heading: &str) -> Option<char> {
    let mut letters = heading.strip_prefix('.')?.chars();
    letters.next().filter(char::is_ascii_uppercase).filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests;
