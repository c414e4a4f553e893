//! The log of hooks, with one line per problem. Contains no text of a prompt, a session or a
//! record.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aios_memory::Timestamp;

use super::state::DIRECTORY;
use crate::output::line;

/// Size in bytes at which the log is rotated.
const BYTES_MAX: u64 = 1 << 20;

/// Maximum length of a line, in characters.
const LINE_CHARS_MAX: usize = 1_000;

/// Returns the log of the hooks of a data directory.
pub(crate) fn log_file(data_dir: &Path) -> PathBuf {
    data_dir.join(DIRECTORY).join("hooks.log")
}

/// The log of one hook.
#[derive(Debug, Clone)]
pub(super) struct Log {
    file: PathBuf,
    /// The host and the event, for the line.
    about: String,
}

impl Log {
    pub(super) fn new(data_dir: &Path, host: &str, event: &str) -> Log {
        Log { file: log_file(data_dir), about: format!("{host} {event}") }
    }

    /// Appends a line. Errors of writing the log are ignored, because a hook must not fail.
    pub(super) fn add(&self, problem: &str) {
        let problem: String = line(problem).to_string().chars().take(LINE_CHARS_MAX).collect();
        let text = format!("{:.0} {}: {problem}\n", Timestamp::now(), line(&self.about));
        if fs::metadata(&self.file).is_ok_and(|about| BYTES_MAX < about.len()) {
            let _ = fs::rename(&self.file, self.file.with_extension("log.1"));
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&self.file);
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
    }
}
