//! Locks for the writers of single records, striped by name: a call that reads, compares and writes
//! excludes other such calls of this process. Other processes do not take these locks; the memory
//! itself loses none of their changes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Number of locks. Two records with the same lock block each other needlessly.
const STRIPES: u64 = 256;

/// Locks for the writers of single records, by the names of the records.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let turns = aios_memory::Turns::new();
/// let turn = turns.of(["note/a".to_owned(), "note/b".to_owned()]).await;
/// // Read, compare and write both.
/// drop(turn);
/// # }
/// ```
pub struct Turns(Vec<Arc<Mutex<()>>>);

/// The locks that a call holds, until it is dropped.
#[must_use]
pub struct Turn {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns::new()
    }
}

impl Turns {
    /// Creates the locks. Calls exclude each other if they share them.
    #[must_use]
    pub fn new() -> Turns {
        Turns((0..STRIPES).map(|_| Arc::default()).collect())
    }

    /// Waits for the locks of all the named records. They are acquired in a fixed order, so that
    /// calls with several records cannot deadlock.
    pub async fn of(&self, names: impl IntoIterator<Item = String>) -> Turn {
        let mut stripes: Vec<usize> = names.into_iter().map(|name| stripe(&name)).collect();
        stripes.sort_unstable();
        stripes.dedup();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(Arc::clone(&self.0[stripe]).lock_owned().await);
        }
        Turn { _guards: guards }
    }
}

fn stripe(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let stripe = hasher.finish() % STRIPES;
    usize::try_from(stripe).expect("there are few stripes")
}
