//! Deferred vectors. The owner computes them in the background, and writes them to the rows that
//! wait in the journal before these move to the library.
//!
//! A killed process leaves such rows as they are, and the next owner continues with them.

use tokio::sync::Mutex;

use crate::{
    Error,
    blocking::blocking,
    intake::{Embedded, Vectors, embed},
    journal::{Journal, Unembedded},
};

/// Maximum number of texts, and approximate maximum of their bytes, per embedded batch. A killed
/// process loses the vectors of one batch.
const ROWS_AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 256 << 10;

/// Computes outstanding vectors, one batch at a time.
pub(super) struct Deferred {
    journal: Journal,
    vectors: Vectors,
    /// Held while outstanding vectors are computed, so that no text is embedded twice.
    embedding: Mutex<()>,
}

impl Deferred {
    pub(super) fn new(journal: &Journal, vectors: &Vectors) -> Deferred {
        Deferred { journal: journal.clone(), vectors: vectors.clone(), embedding: Mutex::default() }
    }

    /// Computes the outstanding vectors of rows up to sequence number `through`.
    pub(super) async fn embed_outstanding(&self, through: i64) -> Result<(), Error> {
        loop {
            let _turn = self.embedding.lock().await;
            let journal = &self.journal;
            let texts = journal.unembedded(through, ROWS_AT_ONCE, BYTES_AT_ONCE).await?;
            if texts.is_empty() {
                return Ok(());
            }
            let vectors = self.vectors.clone();
            journal.set_vectors(blocking(move || embedded(&vectors, texts)).await?).await?;
        }
    }

    /// As [`embed_outstanding`](Deferred::embed_outstanding), for all rows that wait now.
    pub(super) async fn embed_now(&self) -> Result<(), Error> {
        self.embed_outstanding(self.journal.newest_pending().await?).await
    }
}

/// Pairs each row with the vector of its text.
fn embedded(vectors: &Vectors, texts: Vec<Unembedded>) -> Vec<(i64, Embedded)> {
    let numbers: Vec<Embedded> = match vectors {
        Vectors::Model(model) => {
            let texts: Vec<&str> = texts.iter().map(|it| it.text.as_str()).collect();
            embed(&**model, &texts)
        }
        Vectors::Given(_) => texts.iter().map(|_| Embedded::Missing).collect(),
    };
    texts.iter().map(|it| it.seq).zip(numbers).collect()
}
