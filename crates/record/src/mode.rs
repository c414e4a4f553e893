//! The mode of a call that changes something.

/// Mode of a call that changes something.
///
/// ```
/// use aios_record::Mode;
///
/// assert!(!Mode::default().is_dry_run());
/// assert!(Mode::DryRun.is_dry_run());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The changes are made. The default.
    #[default]
    Apply,
    /// Nothing is changed. The result shows the changes that the call would make.
    DryRun,
}

impl Mode {
    /// Returns `true` for a dry run.
    #[must_use]
    pub fn is_dry_run(self) -> bool {
        self == Mode::DryRun
    }
}
