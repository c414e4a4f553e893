//! Document collections: queries against the documents judged relevant. Documents are cut into
//! pieces as by `ingest`; the rank of a document is that of its best piece.

use std::path::{Path, PathBuf};

use aios_draft::Draft;
use aios_embedding::Embedder;
use aios_longterm::{SearchOptions, chunks};
use aios_record::{Kind, Progress, Scope};

use crate::{
    Error, Report, Run,
    baselines::Text,
    collection::{Collection, Document, Query},
    distinct,
    metrics::{DEPTHS, Measures},
};

/// Separator between a document's id and the number of its piece.
const PIECE: char = '#';
/// Assumed maximum number of pieces of one document among the best hits.
const PIECES_MAX: usize = 5;

pub(crate) async fn evaluate<P: FnMut(Progress)>(
    dirs: &[PathBuf],
    read: fn(&Path) -> Result<Collection, Error>,
    mut run: Run<'_, P>,
) -> Result<Report, Error> {
    let collections = dirs.iter().map(|dir| read(dir)).collect::<Result<Vec<_>, _>>()?;
    run.total = collections.iter().map(|collection| collection.queries.len()).sum();
    for (Collection { documents, queries }, dir) in collections.iter().zip(dirs) {
        run.begin(dir);
        let wholes: Vec<String> = documents.iter().map(Document::whole).collect();
        let pieces = documents.iter().map(|document| pieces(document, &*run.embedder));
        let pieces: Vec<Vec<Draft>> = pieces.collect();
        let most = pieces.iter().map(Vec::len).max().unwrap_or(0).clamp(1, PIECES_MAX);
        let index = run.index(&pieces.concat()).await?;
        let texts = documents.iter().zip(&wholes).zip(&pieces);
        let texts = texts.map(|((document, whole), pieces)| Text {
            id: &document.id,
            whole,
            pieces: pieces.iter().map(|piece| piece.text.as_str()).collect(),
        });
        let baselines = run.baselines(&Vec::from_iter(texts))?;
        let limit = DEPTHS[DEPTHS.len() - 1] * most;
        let options = SearchOptions::default().with_limit(limit);
        for query in queries {
            let grades = query.grades();
            let hits = run.recall(&index, &query.text, &options).await?;
            let rankings = baselines.rankings(&query.text)?;
            let rankings = rankings.map(|ids| Measures::of(&ranked(&ids, query), &grades));
            let measures =
                Measures::of(&ranked(&documents_of(&index.names(&hits)), query), &grades);
            run.measured(None, measures, Some(rankings));
        }
        index.memory.shutdown().await?;
    }
    Ok(run.report())
}

impl Document {
    /// Returns the text as in a file: the title, then the text.
    fn whole(&self) -> String {
        match &self.title {
            Some(title) => format!("{title}\n\n{}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Cuts a document into drafts, as `ingest` does with a file.
pub(crate) fn pieces(document: &Document, embedder: &dyn Embedder) -> Vec<Draft> {
    let text = document.whole();
    let ranges = chunks(&text, embedder);
    let draft = |(number, range): (usize, std::ops::Range<usize>)| Draft {
        title: document.title.clone(),
        external_id: Some(format!("{}{PIECE}{number}", document.id)),
        ..Draft::new(Kind::Knowledge, Scope::default(), text[range].to_owned())
    };
    (1..).zip(ranges).map(draft).collect()
}

/// Returns the distinct documents of pieces, in their order.
fn documents_of<'i>(pieces: &[&'i str]) -> Vec<&'i str> {
    let document = |piece: &&'i str| piece.rsplit_once(PIECE).map_or(*piece, |(id, _)| id);
    distinct(pieces.iter().map(document))
}

/// Returns the documents without the one from which the query was taken.
fn ranked<'i>(documents: &[&'i str], query: &Query) -> Vec<&'i str> {
    let is_other = |id: &&str| query.itself.as_deref() != Some(*id);
    documents.iter().copied().filter(is_other).collect()
}
