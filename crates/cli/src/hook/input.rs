//! The JSON object that a host passes to a hook. Both hosts use the same names. Unneeded fields are
//! ignored, because hosts add fields in new versions.

use std::path::PathBuf;

use serde::Deserialize;

/// Maximum length of the input in bytes, which may contain a prompt or a summary.
pub(crate) const INPUT_BYTES_MAX: u64 = 1 << 20;

/// The input of a hook.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Input {
    /// The host's id of the session.
    pub(super) session_id: Option<String>,
    /// The session file. Missing for a Codex session that is not saved.
    pub(super) transcript_path: Option<PathBuf>,
    /// The working directory.
    pub(super) cwd: Option<PathBuf>,
    /// The reason why a session starts.
    pub(super) source: Option<String>,
    /// The prompt.
    pub(super) prompt: Option<String>,
    /// The summary that replaces the compacted part of a session. Only Claude Code passes it.
    pub(super) compact_summary: Option<String>,
}

/// Relation of a starting session to earlier contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// There is no earlier context.
    New,
    /// A summary has replaced earlier contexts.
    Compacted,
    /// The host repeats the earlier contexts of the session.
    Resumed,
    /// The host repeats the earlier contexts of the parent session.
    Forked,
}

impl Input {
    /// Parses the input. A relative path of the session file is resolved against the working
    /// directory of the session, because the service has another one.
    ///
    /// # Errors
    /// A description of the error, without the invalid text.
    pub(super) fn parse(text: &str) -> Result<Input, String> {
        let mut input: Input = serde_json::from_str(text).map_err(|fault| {
            let (line, column) = (fault.line(), fault.column());
            match fault.classify() {
                serde_json::error::Category::Data => {
                    format!(
                        "a field of the input has another type than expected, at {line}:{column}"
                    )
                }
                _ => format!("the input is not a JSON object, at {line}:{column}"),
            }
        })?;
        if let (Some(path), Some(cwd)) = (&mut input.transcript_path, &input.cwd) {
            *path = cwd.join(&path);
        }
        Ok(input)
    }

    /// Returns how the session starts.
    pub(super) fn start(&self) -> Start {
        match self.source.as_deref() {
            Some("compact") => Start::Compacted,
            Some("resume") => Start::Resumed,
            Some("fork") => Start::Forked,
            _ => Start::New,
        }
    }
}
