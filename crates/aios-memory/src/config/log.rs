//! The level and the format of the log.

/// A level of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Failures of calls or tasks through a defect or damage.
    Error,
    /// Conditions that need attention.
    Warn,
    /// Changes, starts and ends.
    Info,
    /// Single steps.
    Debug,
}

/// The format of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for a person.
    Text,
    /// One JSON object per line, for a program.
    Json,
}
