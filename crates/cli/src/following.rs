//! Reads session files of coding agents from the place up to which they were read before. The
//! places are stored in the data directory, so hooks and `ingest --follow` continue each other's
//! reading.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use aios_exchange::ingest::{
    self, FOLLOW_BYTES, Format, IngestOptions, IngestReport, LastLine, Place, Secrets, Thinking,
};
use aios_memory::MemoryView;
use tokio::sync::Mutex;

use crate::{
    failure::Failure,
    hook::{DIRECTORY, limit, name_of, owner_of, replace},
};

/// Maximum number of session files whose places are kept. A file without a place is read again,
/// which adds no duplicates.
const PLACES_MAX: usize = 4_096;

/// Held while a session file is read.
static READING: Mutex<()> = Mutex::const_new(());

/// True once the process is about to end, which does not wait until long files are read.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Ends all readings of this process after the part that they read now. The next reading of a file
/// goes on from there.
pub(crate) fn end_readings() {
    IS_ENDING.store(true, Ordering::Relaxed);
}

/// Amount to read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// At most [`FOLLOW_BYTES`].
    Part,
    /// Up to the end of the file.
    All,
    /// Up to the end of the file of a session that has ended, with a last line that is whole but
    /// has no line end.
    Rest,
}

/// A followed session file.
pub(crate) struct Following {
    view: MemoryView,
    path: PathBuf,
    place: PathBuf,
    format: Format,
    thinking: Thinking,
}

impl Following {
    /// Creates the reader of the session file at `path`, whose messages are stored in `view`.
    pub(crate) fn new(view: &MemoryView, path: &Path, format: Format) -> Result<Self, Failure> {
        let path = std::path::absolute(path)
            .map_err(|source| Failure::Io { action: "find the session file".to_owned(), source })?;
        let name = name_of(&[owner_of(view), &path.to_string_lossy()]);
        let place = view.config().memory.data_dir.join(DIRECTORY).join("places").join(name);
        let view = view.clone();
        Ok(Following { view, path, place, format, thinking: Thinking::LeftOut })
    }

    /// Sets the handling of thinking.
    pub(crate) fn with_thinking(self, thinking: Thinking) -> Following {
        Following { thinking, ..self }
    }

    /// Reads the new lines. They are durable when this returns. Secrets are removed, because nobody
    /// chose to store these texts. Reads less if the process is about to end.
    pub(crate) async fn read(&self, amount: Amount) -> Result<IngestReport, Failure> {
        let _reading = READING.lock().await;
        let mut place: Option<Place> =
            fs::read(&self.place).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let mut total = IngestReport::default();
        let last_line = match amount {
            Amount::Part | Amount::All => LastLine::Waits,
            Amount::Rest => LastLine::Read,
        };
        while !IS_ENDING.load(Ordering::Relaxed) {
            let options = IngestOptions::default()
                .with_format(self.format)
                .with_thinking(self.thinking)
                .with_last_line(last_line)
                .with_secrets(Secrets::Redacted);
            let before = place.as_ref();
            let followed =
                ingest::follow(&self.view, &self.path, before, FOLLOW_BYTES, options).await?;
            total.add(followed.report);
            let is_moved = before != Some(&followed.place);
            if is_moved {
                self.keep(&followed.place)?;
            }
            place = Some(followed.place);
            if !followed.has_more || amount == Amount::Part {
                break;
            }
            if !is_moved {
                let source = io::Error::other("the position in the file did not change");
                return Err(Failure::Io { action: "read on in the session file".into(), source });
            }
        }
        Ok(total)
    }

    fn keep(&self, place: &Place) -> Result<(), Failure> {
        let failed =
            |source| Failure::Io { action: "keep the place in a session file".into(), source };
        let text = serde_json::to_vec(place).expect("a place is plain data");
        replace(&self.place, &text).map_err(failed)?;
        limit(self.place.parent().expect("the file is in a folder"), PLACES_MAX).map_err(failed)
    }
}
