//! Distractor texts, which are indexed with the expected ones.

use std::path::Path;

use aios_draft::Draft;
use aios_embedding::Embedder;
use aios_record::{Kind, Scope};
use serde_json::{Map, Value};

use crate::{Error, collection, conversations, documents, malformed, read, smart};

/// Reads the texts at `path`: the documents of a collection directory, the turns of labelled
/// conversations in a `.json` file, or else one text per line. A line that begins with `{` is an
/// object with `text`, or a question with `q`, which is skipped.
///
/// # Errors
/// [`Error::Input`] if the format is unknown, or there is no text.
pub(crate) fn others(path: &Path, embedder: &dyn Embedder) -> Result<Vec<Draft>, Error> {
    let drafts = match path {
        _ if path.is_dir() => {
            let documents = documents_of(path)?;
            let pieces = documents.iter().map(|document| documents::pieces(document, embedder));
            pieces.flatten().collect()
        }
        _ if path.extension().is_some_and(|extension| extension == "json") => {
            conversations::read_labelled(path)?.into_iter().flat_map(|it| it.drafts).collect()
        }
        _ => lines(path)?,
    };
    if drafts.is_empty() {
        let problem = "no texts found; use a file with one text per line".to_owned();
        return Err(Error::Input { path: path.to_owned(), problem });
    }
    Ok(drafts)
}

fn documents_of(dir: &Path) -> Result<Vec<collection::Document>, Error> {
    let has = |name: &str| dir.join(name).exists();
    match () {
        () if has("cran.all.1400") => smart::cranfield_documents(dir),
        () if has("CISI.ALL") => smart::cisi_documents(dir),
        () if has("corpus.jsonl") => collection::beir_documents(dir),
        () => {
            let problem = "expected a file, or a directory with `cran.all.1400`, `CISI.ALL` or \
                           `corpus.jsonl`";
            Err(Error::Input { path: dir.to_owned(), problem: problem.to_owned() })
        }
    }
}

fn lines(file: &Path) -> Result<Vec<Draft>, Error> {
    let content = read(file)?;
    let mut drafts = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        let text = match line.trim() {
            "" => continue,
            object if object.starts_with('{') => {
                let object: Map<String, Value> = serde_json::from_str(object).map_err(|error| {
                    malformed(file, number, &format!("expected an object with `text`: {error}"))
                })?;
                match object.get("text").and_then(Value::as_str) {
                    Some(text) => text.to_owned(),
                    None if object.contains_key("q") => continue,
                    None => {
                        let problem = "expected an object with `text` as a string";
                        return Err(malformed(file, number, problem));
                    }
                }
            }
            text => text.to_owned(),
        };
        drafts.push(Draft::new(Kind::Note, Scope::default(), text));
    }
    Ok(drafts)
}

#[cfg(test)]
mod tests;
