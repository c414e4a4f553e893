//! Vectors that were put off: made by the owner in the background, and written to the rows of the
//! journal that wait for them, before these move to the library.
//!
//! A killed process leaves such rows as they are, and the next owner goes on with them.

use std::sync::Arc;

use crate::{
    Error,
    intake::{Embedded, embed},
    journal::Unembedded,
    search::blocking,
    store::Shared,
    vectors::Vectors,
};

/// The most texts, and about the most bytes of them, that are embedded at once. A process that is
/// killed loses so many vectors.
const ROWS_AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 256 << 10;

impl Shared {
    /// Makes the vectors that rows wait for, of those that came no later than `through`.
    pub(crate) async fn embed_outstanding(&self, through: i64) -> Result<(), Error> {
        loop {
            // Nobody embeds what another is embedding.
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

    /// As [`embed_outstanding`](Shared::embed_outstanding), of all that waits now.
    pub(crate) async fn embed_now(self: &Arc<Shared>) -> Result<(), Error> {
        self.embed_outstanding(self.journal.newest_pending().await?).await
    }
}

/// Each row with the vector of its text.
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
