//! What is printed where: results to stdout, everything else to stderr.

use std::io::{self, Write};

use aios_memory::{Identity, MemoryView};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints `value` as JSON if that was asked for, else what `text` writes.
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.json {
            true => {
                serde_json::to_writer(&mut out, value)?;
                writeln!(out)?;
            }
            false => text(&mut out)?,
        }
        out.flush()
    }

    /// Tells a person something that is no result.
    pub(crate) fn note(self, text: &str) {
        if self.quiet {
            return;
        }
        // Nobody can be told that stderr is gone.
        let _ = match self.json {
            true => writeln!(io::stderr(), "{}", serde_json::json!({"note": text})),
            false => writeln!(io::stderr(), "{text}"),
        };
    }

    /// A bar for long work; invisible unless a person watches.
    pub(crate) fn progress(self, template: &str, length: Option<u64>) -> ProgressBar {
        if self.json || self.quiet {
            return ProgressBar::hidden();
        }
        let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = ProgressStyle::with_template(template).expect("the templates are constants");
        bar.with_style(style)
    }
}

/// `text` in one line of at most `chars` characters.
pub(crate) fn one_line(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        None => line,
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
    }
}

/// The name of a record for the handle `memory`: its key, with its user for the administrator, who
/// sees those of all users.
pub(crate) fn named(memory: &MemoryView, identity: &Identity) -> String {
    match memory.gate().acts_for() {
        Some(_) => identity.key().to_string(),
        None => identity.to_string(),
    }
}
