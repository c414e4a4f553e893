//! The JSON object that a host passes to a hook. The two hosts use the same names. Fields that are
//! not needed are ignored, since hosts add some with every version.

use std::path::PathBuf;

use serde::Deserialize;

/// Maximum length of the input in bytes. A prompt or a summary is part of it.
pub(crate) const INPUT_BYTES_MAX: u64 = 1 << 20;

/// The input of a hook.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Input {
    /// The host's id of the session.
    pub(super) session_id: Option<String>,
    /// The session file. Codex has none for a session that is not kept.
    pub(super) transcript_path: Option<PathBuf>,
    /// The working directory.
    pub(super) cwd: Option<PathBuf>,
    /// The reason for which a session starts.
    pub(super) source: Option<String>,
    /// The prompt.
    pub(super) prompt: Option<String>,
    /// The summary that replaces the compacted part of a session. Only Claude Code passes it.
    pub(super) compact_summary: Option<String>,
}

/// The way in which a session starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Without an earlier context.
    New,
    /// A summary has taken the place of earlier contexts.
    Compacted,
    /// The host repeats the earlier contexts of the session.
    Resumed,
    /// The host repeats the earlier contexts of the session that it was made of.
    Forked,
}

impl Input {
    /// Parses the input.
    ///
    /// # Errors
    /// The fault, without the text in which it is.
    pub(super) fn parse(text: &str) -> Result<Input, String> {
        serde_json::from_str(text).map_err(|fault| {
            let (line, column) = (fault.line(), fault.column());
            match fault.classify() {
                serde_json::error::Category::Data => {
                    format!(
                        "a field of the input has another type than expected, at {line}:{column}"
                    )
                }
                _ => format!("the input is not a JSON object, at {line}:{column}"),
            }
        })
    }

    /// Returns the way in which the session starts.
    pub(super) fn start(&self) -> Start {
        match self.source.as_deref() {
            Some("compact") => Start::Compacted,
            Some("resume") => Start::Resumed,
            Some("fork") => Start::Forked,
            _ => Start::New,
        }
    }
}
