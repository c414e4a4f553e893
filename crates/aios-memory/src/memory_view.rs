//! The memory as one owner sees it. The operations of each topic are in the file of the topic.

use std::sync::Arc;

use aios_embedding::Embedder;
use aios_longterm::{Access, LongtermView};
use aios_record::{Gate, Scope, ScopeFilter};
use aios_working::WorkingView;

use crate::{Config, Error, shared::Shared};

/// The memory as one owner sees it: the owner's records and shared ones. It writes and changes only
/// the owner's records. Cheap to clone.
///
/// A view gives no access to other owners or to whole tiers:
///
/// ```compile_fail,E0599
/// # async fn no_way_out(memory: aios_memory::AgentMemory) {
/// let ada = memory.for_user("ada").unwrap();
/// ada.administrator();
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn no_way_out(memory: aios_memory::AgentMemory) {
/// let ada = memory.for_user("ada").unwrap();
/// ada.working().feed().after(0, 1).await;
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryView {
    shared: Arc<Shared>,
    gate: Gate,
    /// The gate of a caller who [selected](MemoryView::select) a part of it.
    bound: Option<Arc<Gate>>,
    working: WorkingView,
    longterm: LongtermView,
}

impl MemoryView {
    pub(crate) fn new(shared: Arc<Shared>, gate: Gate) -> MemoryView {
        let working = shared.working.scoped(gate.clone());
        let longterm = shared.longterm.scoped(gate.clone());
        MemoryView { shared, gate, bound: None, working, longterm }
    }

    /// Returns this view narrowed to the part that `filter` selects: a project, an agent, a
    /// session. Records written through it get that scope.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view is bound to another part, such as another user.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<MemoryView, Error> {
        let gate = self.gate.narrow(filter)?;
        Ok(MemoryView::new(Arc::clone(&self.shared), gate))
    }

    /// Returns this view narrowed to the part that `filter` selects, for a caller who sees all of
    /// this view: the receipts and errors of [forgetting](MemoryView::forget) also name records
    /// beside that part, and an [admission](crate::admission) recognises them.
    ///
    /// # Errors
    /// As [`narrow`](MemoryView::narrow).
    pub fn select(&self, filter: &ScopeFilter) -> Result<MemoryView, Error> {
        let bound = self.bound.clone().unwrap_or_else(|| Arc::new(self.gate.clone()));
        Ok(MemoryView { bound: Some(bound), ..self.narrow(filter)? })
    }

    /// Returns the gate of the caller. This view may be a [part](MemoryView::select) of it.
    pub(crate) fn bound(&self) -> &Gate {
        self.bound.as_deref().unwrap_or(&self.gate)
    }

    /// Returns the gate of all records in the caller's project or in none.
    pub(crate) fn project_gate(&self) -> Result<Gate, Error> {
        let project = self.bound().filter().scope.project.clone();
        let filter = ScopeFilter::new(Scope { project, ..Scope::default() });
        Ok(Gate::administrator().narrow(&filter)?)
    }

    /// Returns the gate: the owner this view acts for, and the scope it is narrowed to.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns the access mode of the data directory.
    pub(crate) fn access(&self) -> Access {
        self.shared.config.memory.access
    }

    /// Returns [`Error::ReadOnly`] if the memory was opened read-only.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        match self.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Error::ReadOnly),
        }
    }

    /// Returns the settings that the memory was opened with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Returns tier 1 as this view sees it: goals, tasks, decisions, sessions, messages.
    #[must_use]
    pub fn working(&self) -> &WorkingView {
        &self.working
    }

    /// Returns tier 2 as this view sees it: all searchable records.
    #[must_use]
    pub fn longterm(&self) -> &LongtermView {
        &self.longterm
    }

    /// Returns the embedding model, whose tokenizer is the default token counter.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.shared.embedder
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Wakes the background task after a write.
    pub(crate) fn wake_pump(&self) {
        self.shared.pump.wake();
        self.shared.learner.wake();
    }
}

impl std::fmt::Debug for MemoryView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryView")
            .field("gate", &self.gate)
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
