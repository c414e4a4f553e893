//! The handle for the records of every owner.

use std::{ops::Deref, sync::Arc};

use aios_longterm::Longterm;
use aios_operational::Operational;
use aios_record::Gate;
use aios_working::Working;

use crate::{MemoryView, shared::Shared};

/// The memory with the records of every owner: for maintenance, for complete exports and for moving
/// records between owners. Clones share everything.
///
/// It derefs to a [`MemoryView`] that reads and changes all records. A bare id that several owners
/// have is refused with the list of the owners; narrow the view to one of them.
#[derive(Clone, Debug)]
pub struct Administrator {
    view: MemoryView,
}

impl Deref for Administrator {
    type Target = MemoryView;

    fn deref(&self) -> &MemoryView {
        &self.view
    }
}

impl Administrator {
    pub(crate) fn new(shared: Arc<Shared>) -> Administrator {
        Administrator { view: MemoryView::new(shared, Gate::administrator()) }
    }

    /// Returns tier 0: recent events, metrics, active tasks, machine state.
    #[must_use]
    pub fn operational(&self) -> &Operational {
        &self.view.shared().operational
    }

    /// Returns the whole of tier 1, including its maintenance.
    #[must_use]
    pub fn working(&self) -> &Working {
        &self.view.shared().working
    }

    /// Returns the whole of tier 2, including its maintenance.
    #[must_use]
    pub fn longterm(&self) -> &Longterm {
        &self.view.shared().longterm
    }
}
