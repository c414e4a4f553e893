//! Options of an import.

use std::{fmt, sync::Arc};

use aios_record::{Mode, Progress};

/// Options of an import.
///
/// ```
/// use aios_exchange::import::ImportOptions;
/// use aios_memory::Mode;
///
/// let options = ImportOptions::default()
///     .with_mode(Mode::DryRun)
///     .with_progress(|progress| println!("{} of {:?} rows", progress.done, progress.total));
/// assert!(options.mode.is_dry_run());
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Mode of the import. With [`Mode::DryRun`], nothing is stored, and the report lists the
    /// records that would be. Default: [`Mode::Apply`].
    pub mode: Mode,
    pub(super) progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl ImportOptions {
    /// Sets the mode.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> ImportOptions {
        ImportOptions { mode, ..self }
    }

    /// Sets the callback that receives the number of rows read after every batch. Default: none.
    #[must_use]
    pub fn with_progress(self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        ImportOptions { progress: Some(Arc::new(progress)), ..self }
    }
}

impl fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions").field("mode", &self.mode).finish_non_exhaustive()
    }
}
