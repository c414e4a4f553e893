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

    /// Returns true if the session continues, so that it was given a context before.
    pub(super) fn continues(&self) -> bool {
        matches!(self.source.as_deref(), Some("resume" | "compact" | "fork"))
    }
}
