//! The model of a data directory's vectors, read without opening long-term memory.

use std::{path::Path, sync::Arc};

use aios_embedding::Fingerprint;
use tokio::task;

use crate::{
    Access, Durability, Error, Space, intake::Vectors, journal::Journal, owner::Places,
    sync::System,
};

/// Attempts to read the journal while others change it.
const TRIES: u32 = 5;

/// Returns the fingerprint of the model of the vectors in the directory `dir`, or `None` if there
/// are none yet. Nothing is created or written, and other processes may use the directory at the
/// same time.
///
/// # Errors
/// [`Error::Journal`] if the journal cannot be read.
pub async fn stored_model(dir: &Path) -> Result<Option<Fingerprint>, Error> {
    for _ in 1..TRIES {
        match read(dir).await {
            Err(error) if error.is_retryable() => {}
            read => return read,
        }
    }
    read(dir).await
}

async fn read(dir: &Path) -> Result<Option<Fingerprint>, Error> {
    let places = Places::new(dir, Arc::new(System));
    // Vectors are not read, so any space will do.
    let vectors = Vectors::Given(Space { fingerprint: Fingerprint::new(""), dimension: 1 });
    let opening = task::spawn_blocking(move || {
        Journal::open(&places, Access::ReadOnly, Durability::Full, &vectors)
    });
    let journal = opening.await.map_err(|_| Error::Closed)??;
    let stored = journal.stored_embedder().await;
    journal.close().await;
    Ok(stored?.map(Fingerprint::new))
}
