//! Document collections: queries against the documents that are judged relevant. A document is cut
//! into pieces as `ingest` cuts it, and ranks as its best piece does.

use std::path::{Path, PathBuf};

use aios_embedding::Embedder;
use aios_longterm::{SearchOptions, chunks};
use aios_record::{Kind, Scope};

use super::{
    Report, Run,
    collection::{Collection, Document, Query},
    distinct,
    metrics::{DEPTHS, Measures},
};
use crate::{Error, ingest::Draft};

/// What stands between a document's id and the number of its piece.
const PIECE: char = '#';
/// Pieces are searched for as if no document had more than this many among the best.
const PIECES_MAX: usize = 5;

pub(super) async fn evaluate<P: FnMut(usize, usize)>(
    dirs: &[PathBuf],
    read: fn(&Path) -> Result<Collection, Error>,
    mut run: Run<'_, P>,
) -> Result<Report, Error> {
    let collections = dirs.iter().map(|dir| read(dir)).collect::<Result<Vec<_>, _>>()?;
    run.total = collections.iter().map(|collection| collection.queries.len()).sum();
    for Collection { documents, queries } in &collections {
        let pieces = documents.iter().map(|document| pieces(document, &*run.embedder));
        let pieces: Vec<Vec<Draft>> = pieces.collect();
        let most = pieces.iter().map(Vec::len).max().unwrap_or(0).clamp(1, PIECES_MAX);
        let index = run.index(&pieces.concat()).await?;
        let limit = DEPTHS[DEPTHS.len() - 1] * most;
        let options = SearchOptions { limit, ..SearchOptions::default() };
        for query in queries {
            let hits = run.recall(&index, &query.text, &options).await?;
            let ranked = ranked(&index.names(&hits), query);
            run.measured(None, Measures::of(&ranked, &query.grades()));
        }
        index.memory.shutdown().await?;
    }
    Ok(run.report())
}

/// A document as `ingest` takes in a file.
fn pieces(document: &Document, embedder: &dyn Embedder) -> Vec<Draft> {
    let ranges = chunks(&document.text, embedder);
    let draft = |(number, range): (usize, std::ops::Range<usize>)| Draft {
        title: document.title.clone(),
        external_id: Some(format!("{}{PIECE}{number}", document.id)),
        ..Draft::new(Kind::Knowledge, Scope::default(), document.text[range].to_owned())
    };
    (1..).zip(ranges).map(draft).collect()
}

/// The documents of pieces, without the one that is the query itself.
fn ranked<'i>(pieces: &[&'i str], query: &Query) -> Vec<&'i str> {
    let documents =
        pieces.iter().map(|piece| piece.rsplit_once(PIECE).map_or(*piece, |(id, _)| id));
    distinct(documents.filter(|id| query.itself.as_deref() != Some(*id)))
}
