//! The level and the form of the log.

/// A level of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// A call or a task failed by a defect or damage.
    Error,
    /// Something needs attention.
    Warn,
    /// Changes, beginnings and ends.
    Info,
    /// Single steps.
    Debug,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person.
    Text,
    /// An object for a program.
    Json,
}
