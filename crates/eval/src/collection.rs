//! Document collections of retrieval research: documents, queries, judgements.
//!
//! Not here: the format of the SMART system.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::Error;
use crate::{malformed, read};

/// Documents, and queries with known relevant documents.
#[derive(Debug, PartialEq)]
pub(crate) struct Collection {
    pub(crate) documents: Vec<Document>,
    pub(crate) queries: Vec<Query>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) text: String,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) text: String,
    /// Id of the document from which the query was taken, which is not an answer.
    pub(crate) itself: Option<String>,
    /// Grades of the relevant documents, above 0; at least one.
    judged: BTreeMap<String, u32>,
}

impl Query {
    /// Creates a query without judgements.
    pub(crate) fn new(text: String) -> Query {
        Query { text, itself: None, judged: BTreeMap::new() }
    }

    pub(crate) fn grades(&self) -> BTreeMap<&str, u32> {
        self.judged.iter().map(|(id, grade)| (id.as_str(), *grade)).collect()
    }
}

impl Collection {
    /// Joins the parts of a collection, with an id for each query, and removes queries without a
    /// relevant document.
    ///
    /// # Errors
    /// [`Error::Input`] if a judgement names an unknown id, or if no query remains.
    pub(crate) fn of_judged(
        dir: &Path,
        documents: Vec<Document>,
        queries: Vec<(String, Query)>,
        mut judged: Judgements,
    ) -> Result<Collection, Error> {
        let known: HashSet<&str> = documents.iter().map(|document| document.id.as_str()).collect();
        let asked: HashSet<&str> = queries.iter().map(|(id, _)| id.as_str()).collect();
        judged.check(&asked, &known)?;
        let query = |(id, query): (String, Query)| {
            Some(Query { judged: judged.of_query.remove(&id)?, ..query })
        };
        let queries: Vec<Query> = queries.into_iter().filter_map(query).collect();
        if queries.is_empty() {
            let problem = "no queries with judgements; use a collection that has both".to_owned();
            return Err(Error::Input { path: dir.to_owned(), problem });
        }
        Ok(Collection { documents, queries })
    }
}

/// Reads `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` in `dir`.
pub(crate) fn beir(dir: &Path) -> Result<Collection, Error> {
    let documents = beir_documents(dir)?;
    let known: HashSet<&str> = documents.iter().map(|document| document.id.as_str()).collect();
    let query = |Line { id, text, .. }| {
        let itself = Some(id.clone()).filter(|id| known.contains(id.as_str()));
        (id, Query { itself, ..Query::new(text) })
    };
    let queries = lines(&dir.join("queries.jsonl"))?.into_iter().map(query).collect();
    // The first line is a heading.
    let judged = Judgements::read(&dir.join("qrels/test.tsv"), 1, |line| match *line {
        [query, document, grade] => Some((query, document, grade.parse().ok()?)),
        _ => None,
    })?;
    Collection::of_judged(dir, documents, queries, judged)
}

/// Reads the documents of [`beir`].
pub(crate) fn beir_documents(dir: &Path) -> Result<Vec<Document>, Error> {
    let document = |Line { id, title, text }| {
        let title = Some(title).filter(|title| !title.trim().is_empty());
        Document { id, title, text }
    };
    Ok(lines(&dir.join("corpus.jsonl"))?.into_iter().map(document).collect())
}

/// A document or a query of a BEIR collection. Other fields are ignored.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

fn lines(path: &Path) -> Result<Vec<Line>, Error> {
    let content = read(path)?;
    let lines = (1..).zip(content.lines()).filter(|(_, line)| !line.trim().is_empty());
    let lines = lines.map(|(number, line)| {
        let read = serde_json::from_str::<Line>(line).map_err(|error| {
            let problem = format!("expected an object with `_id` and `text` as strings: {error}");
            malformed(path, number, &problem)
        });
        Ok((number, read?))
    });
    let lines = lines.collect::<Result<Vec<(usize, Line)>, Error>>()?;
    unique(path, lines.iter().map(|(number, line)| (*number, line.id.as_str())))?;
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

/// Returns an error if two lines have the same id.
pub(crate) fn unique<'a>(
    path: &Path,
    ids: impl IntoIterator<Item = (usize, &'a str)>,
) -> Result<(), Error> {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    for (number, id) in ids {
        if let Some(first) = lines.insert(id, number) {
            let problem = format!("line {first} also has the id `{id}`; use distinct ids");
            return Err(malformed(path, number, &problem));
        }
    }
    Ok(())
}

/// Relevant documents of each query.
pub(crate) struct Judgements {
    path: PathBuf,
    /// By the query's id, the grades above 0 of its documents.
    of_query: HashMap<String, BTreeMap<String, u32>>,
    /// Lines with a grade above 0, with the ids of the query and the document.
    lines: Vec<(usize, String, String)>,
}

/// Ids of a query and a document, and a grade.
type Judgement<'l> = (&'l str, &'l str, i64);

impl Judgements {
    /// Reads the lines of a file after the first `skip`. `judgement` parses the words of a line.
    pub(crate) fn read(
        path: &Path,
        skip: usize,
        judgement: for<'l> fn(&[&'l str]) -> Option<Judgement<'l>>,
    ) -> Result<Judgements, Error> {
        let mut of_query = HashMap::<String, BTreeMap<String, u32>>::new();
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(read(path)?.lines()).skip(skip) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() {
                continue;
            }
            let (query, document, grade) = judgement(&words).ok_or_else(|| {
                let problem = "expected the id of a query, the id of a document, and a whole \
                               number as grade";
                malformed(path, number, problem)
            })?;
            let grade = u32::try_from(grade.max(0)).unwrap_or(u32::MAX);
            if 0 < grade {
                let of_query = of_query.entry(query.to_owned()).or_default();
                of_query.insert(document.to_owned(), grade);
                lines.push((number, query.to_owned(), document.to_owned()));
            }
        }
        Ok(Judgements { path: path.to_owned(), of_query, lines })
    }

    /// Returns an error for a judgement of an unknown query or document.
    fn check(&self, queries: &HashSet<&str>, documents: &HashSet<&str>) -> Result<(), Error> {
        for (number, query, document) in &self.lines {
            let unknown = match () {
                () if !queries.contains(query.as_str()) => format!("query `{query}`"),
                () if !documents.contains(document.as_str()) => format!("document `{document}`"),
                () => continue,
            };
            let problem = format!("unknown {unknown}; remove the line, or add the missing one");
            return Err(malformed(&self.path, *number, &problem));
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
