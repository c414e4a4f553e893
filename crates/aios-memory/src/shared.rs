//! The open tiers of one data directory and their background work, which all handles share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use aios_embedding::Embedder;
use aios_files::Anchor;
use aios_longterm::Longterm;
use aios_operational::Operational;
use aios_working::Working;

use crate::{
    Config,
    background::Background,
    learning::Learner,
    pump::Pump,
    recalls::Recalls,
    rerank::Reranker,
    spill::{Spill, Spilling},
    turns::Turns,
    work::Held,
};

/// The parts of an open memory.
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// The data directory.
    pub(crate) anchor: Anchor,
    pub(crate) operational: Operational,
    pub(crate) working: Working,
    pub(crate) longterm: Longterm,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) reranker: Option<Reranker>,
    pub(crate) pump: Pump,
    /// Locked while a record of working memory is changed.
    pub(crate) updating: tokio::sync::Mutex<()>,
    /// Locks of the texts that are being remembered.
    pub(crate) remembering: Turns,
    pub(crate) pumping: Background,
    pub(crate) learner: Learner,
    pub(crate) learning: Background,
    pub(crate) backup_task: Background,
    pub(crate) recalls: Recalls,
    pub(crate) spill: Spill,
    pub(crate) spilling: Spilling,
    /// The tasks that this process works on.
    pub(crate) work: Held,
    pub(crate) is_closed: AtomicBool,
}

impl Shared {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
