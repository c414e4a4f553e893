//! Options of an ingest.

use std::{fmt, sync::Arc};

use aios_memory::admission::Tally;
use aios_record::Progress;

use super::format::Format;

/// Handling of a model's thinking in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// Thinking is left out. The default.
    #[default]
    LeftOut,
    /// Thinking is kept as messages with the role `thinking`.
    Kept,
}

/// Handling of secrets in an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secrets {
    /// The memory's settings apply. The default.
    #[default]
    AsConfigured,
    /// Secrets are removed from every text, even if the settings only mark them.
    Redacted,
}

/// Handling of a last line without a line end in a session file that is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastLine {
    /// The line waits for its end, because the program may still be writing it. The default.
    #[default]
    Waits,
    /// The line is read if it is a whole JSON object, because the session has ended.
    Read,
}

/// Options of an ingest.
///
/// ```
/// use aios_exchange::ingest::{Format, IngestOptions, Thinking};
///
/// let options = IngestOptions::default()
///     .with_format(Format::Jsonl)
///     .with_thinking(Thinking::Kept)
///     .with_progress(|progress| println!("{} bytes are read", progress.done));
/// assert_eq!(options.format, Format::Jsonl);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct IngestOptions {
    /// Format of the input. Default: [`Format::Auto`].
    pub format: Format,
    /// Handling of a model's thinking. Default: [`Thinking::LeftOut`].
    pub thinking: Thinking,
    /// Session of messages that name none. Default: derived from the name of the file, or from the
    /// content of a stream.
    pub session: Option<String>,
    /// Handling of secrets. Default: [`Secrets::AsConfigured`].
    pub secrets: Secrets,
    /// Handling of a last line without a line end by [`follow`](super::follow()). Default:
    /// [`LastLine::Waits`].
    pub last_line: LastLine,
    pub(super) progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
    pub(super) counts: Option<Counting>,
}

/// Callback for the counts of the records written so far.
pub(super) type Counting = Arc<dyn Fn(&Tally) + Send + Sync>;

impl IngestOptions {
    /// Sets the format.
    #[must_use]
    pub fn with_format(self, format: Format) -> IngestOptions {
        IngestOptions { format, ..self }
    }

    /// Sets the handling of a model's thinking.
    #[must_use]
    pub fn with_thinking(self, thinking: Thinking) -> IngestOptions {
        IngestOptions { thinking, ..self }
    }

    /// Sets the session of messages that name none.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>) -> IngestOptions {
        IngestOptions { session: Some(session.into()), ..self }
    }

    /// Sets the callback that receives the counts so far after every batch. The counted records are
    /// durable. Default: none.
    #[must_use]
    pub fn with_counts(self, counts: impl Fn(&Tally) + Send + Sync + 'static) -> IngestOptions {
        IngestOptions { counts: Some(Arc::new(counts)), ..self }
    }

    /// Sets the handling of secrets.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> IngestOptions {
        IngestOptions { secrets, ..self }
    }

    /// Sets the handling of a last line without a line end by [`follow`](super::follow()).
    #[must_use]
    pub fn with_last_line(self, last_line: LastLine) -> IngestOptions {
        IngestOptions { last_line, ..self }
    }

    /// Sets the callback that receives the number of bytes read after every batch. Default: none.
    #[must_use]
    pub fn with_progress(self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        IngestOptions { progress: Some(Arc::new(progress)), ..self }
    }
}

impl fmt::Debug for IngestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestOptions")
            .field("format", &self.format)
            .field("thinking", &self.thinking)
            .field("session", &self.session)
            .field("secrets", &self.secrets)
            .field("last_line", &self.last_line)
            .finish_non_exhaustive()
    }
}
