//! Rows as the new table holds them: with terms of the current analyser, and vectors of the current
//! model.

use std::collections::HashMap;

use aios_analysis::{Analyzer, Language};
use tokio::task;

use crate::{
    Error,
    intake::{Embedded, Vectors, embed},
    journal::{Journal, Remade},
    library::Row,
};

/// Maximum number of waiting rows that are recomputed in the switching transaction.
const PENDING_LEFT: usize = 64;
/// Maximum number of rounds over the waiting rows. Each handles the rows that arrived during the
/// last one.
const PENDING_ROUNDS: u32 = 5;

#[derive(Clone)]
pub(super) struct Reembedding {
    vectors: Vectors,
    analyzer: &'static Analyzer,
    /// True if the rows' vectors are from the current model.
    keeps_vectors: bool,
}

impl Reembedding {
    pub(super) fn new(vectors: &Vectors, language: Language, keeps_vectors: bool) -> Reembedding {
        let analyzer = Analyzer::of(language);
        Reembedding { vectors: vectors.clone(), analyzer, keeps_vectors }
    }

    /// Recomputes terms and missing vectors of rows, and counts the embedded ones.
    pub(super) async fn rows(&self, mut rows: Vec<Row>) -> Result<(Vec<Row>, u64), Error> {
        let this = self.clone();
        let work = task::spawn_blocking(move || {
            let embedded = this.remake(&mut rows);
            (rows, embedded)
        });
        work.await.map_err(|_| Error::Closed)
    }

    fn remake(&self, rows: &mut [Row]) -> u64 {
        if !self.keeps_vectors {
            rows.iter_mut().for_each(|row| row.vector = None);
        }
        for row in &mut *rows {
            row.terms = self.analyzer.terms(&row.record.text).join(" ");
        }
        let mut bare: Vec<&mut Row> = rows.iter_mut().filter(|row| row.vector.is_none()).collect();
        let texts: Vec<&str> = bare.iter().map(|row| row.record.text.as_str()).collect();
        let vectors = self.embed(&texts);
        let embedded = vectors.iter().flatten().count() as u64;
        for (row, vector) in bare.iter_mut().zip(vectors) {
            row.vector = vector;
        }
        embedded
    }

    /// Returns the function that recomputes waiting rows. Most of them are computed in advance.
    pub(super) async fn pending(
        &self,
        journal: &Journal,
    ) -> Result<impl FnMut(i64, Row) -> Remade + Send + 'static, Error> {
        let mut remade: HashMap<i64, Remade> = HashMap::new();
        let mut newest = i64::MIN;
        for _ in 0..PENDING_ROUNDS {
            let fresh = journal.pending_after(newest).await?;
            let count = fresh.len();
            newest = fresh.last().map_or(newest, |last| last.seq);
            let (seqs, rows): (Vec<i64>, Vec<Row>) =
                fresh.into_iter().filter_map(|fresh| Some((fresh.seq, fresh.row?))).unzip();
            let (rows, _) = self.rows(rows).await?;
            let made = rows.into_iter().map(|row| (row.terms, row.vector));
            remade.extend(seqs.into_iter().zip(made));
            if count <= PENDING_LEFT {
                break;
            }
        }
        let this = self.clone();
        Ok(move |seq: i64, mut row: Row| {
            remade.remove(&seq).unwrap_or_else(|| {
                this.remake(std::slice::from_mut(&mut row));
                (row.terms, row.vector)
            })
        })
    }

    fn embed(&self, texts: &[&str]) -> Vec<Option<Vec<f32>>> {
        match &self.vectors {
            Vectors::Model(model) if !texts.is_empty() => {
                embed(&**model, texts).into_iter().map(Embedded::numbers).collect()
            }
            _ => vec![None; texts.len()],
        }
    }
}
