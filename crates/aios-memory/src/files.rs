//! Files as memory, as a view works with them: the guard and the history around the commands of
//! working memory. Not here: the commands themselves, see `aios_working::Files`.

use aios_guard::Guard;
use aios_record::Key;
use aios_working::{FileCommand, FileReply};

use crate::{Error, MemoryView, records::UPDATE_TRIES};

/// Files as memory: texts under paths such as `/memories/notes.md`, with the six commands of the
/// memory tool of Anthropic's API. They are records of the kind `file`: searches find them, the
/// history has their versions, and they can be forgotten.
///
/// The texts of results and errors are meant for a language model. Their wording is that of the
/// local implementation in the Anthropic SDK.
///
/// ```
/// # use aios_memory::{AgentMemory, Config};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.files().create("/memories/ports.md", "Staging: 5433\n").await?;
/// memory.files().str_replace("/memories/ports.md", "5433", "5434").await?;
/// let hits = memory.recall("the port of staging").await?.hits;
/// assert!(hits[0].text.contains("5434"));
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the files: those of the owner and shared ones, those of the project and those
    /// without a project. The agent and the session of the view have no effect.
    #[must_use]
    pub fn files(&self) -> Files<'_> {
        Files { view: self }
    }
}

impl Files<'_> {
    /// Runs a command and returns the answer for the model. A refusal, for example because a path
    /// does not exist, is also an answer. When this returns, a change is durable.
    ///
    /// # Errors
    /// - [`Error::ReadOnly`] if the memory was opened read-only and the command changes files.
    /// - Errors of working or long-term memory.
    pub async fn run(self, command: FileCommand) -> Result<FileReply, Error> {
        let working = self.view.working();
        if command.only_reads() {
            return Ok(working.files().run(command).await?);
        }
        self.view.check_writable()?;
        let guard = self.view.config().to_guard();
        if let Some(reason) = refused_path(guard, &command) {
            return Ok(FileReply::refused(reason));
        }
        let reply = self.run_told(command, guard).await?;
        for identity in &reply.changed {
            let key = Key::new(identity.kind, identity.id.clone());
            self.view.lift_tombstone(&key).await?;
        }
        if !reply.changed.is_empty() {
            self.view.wake_pump();
        }
        Ok(reply)
    }

    /// Runs a command that changes files, after their current versions are in the history. Retries
    /// if another process changes one in between.
    async fn run_told(self, command: FileCommand, guard: Guard) -> Result<FileReply, Error> {
        let files = self.view.working().files();
        // New and deleted files have no version to be kept.
        if matches!(command, FileCommand::Create { .. } | FileCommand::Delete { .. }) {
            let reply = files.run_told(command, u64::MAX, examine(guard)).await?;
            return Ok(reply.expect("no change comes after the last position"));
        }
        let shared = self.view.shared();
        // One update at a time in this process: concurrent ones would only retry.
        let _turn = shared.updating.lock().await;
        for _ in 0..UPDATE_TRIES {
            shared.pump.catch_up().await?;
            let told = shared.longterm.feed().watermark().await?;
            if let Some(reply) = files.run_told(command.clone(), told, examine(guard)).await? {
                return Ok(reply);
            }
        }
        Err(aios_longterm::Error::Contended { key: path_of(&command).to_owned() }.into())
    }

    /// Shows a file with line numbers, or lists a directory two levels deep without hidden names.
    /// `range` has the first and the last line, from 1; -1 is the end. A directory ignores it.
    ///
    /// # Errors
    /// As [`create`](Files::create).
    pub async fn view(self, path: &str, range: Option<[i64; 2]>) -> Result<String, Error> {
        Ok(self.view.working().files().view(path, range).await?)
    }

    /// Creates a file, whose path must not exist.
    ///
    /// # Errors
    /// [`Error::File`] if the command is refused; otherwise as [`run`](Files::run).
    pub async fn create(self, path: &str, file_text: &str) -> Result<String, Error> {
        let (path, file_text) = (path.to_owned(), file_text.to_owned());
        self.done(FileCommand::Create { path, file_text }).await
    }

    /// Replaces `old`, which must occur exactly once in the file. Concurrent changes of one file
    /// are all kept.
    ///
    /// # Errors
    /// As [`create`](Files::create).
    pub async fn str_replace(self, path: &str, old: &str, new: &str) -> Result<String, Error> {
        let (path, old_str, new_str) = (path.to_owned(), old.to_owned(), new.to_owned());
        self.done(FileCommand::StrReplace { path, old_str, new_str }).await
    }

    /// Inserts lines after line `line` of a file; 0 is the beginning.
    ///
    /// # Errors
    /// As [`create`](Files::create).
    pub async fn insert(self, path: &str, line: i64, text: &str) -> Result<String, Error> {
        let (path, insert_text) = (path.to_owned(), text.to_owned());
        self.done(FileCommand::Insert { path, insert_line: line, insert_text }).await
    }

    /// Deletes a file, or all files in a directory, permanently. It leaves no tombstone, so a file
    /// with the same text can be stored again, also by an import.
    ///
    /// # Errors
    /// As [`create`](Files::create).
    pub async fn delete(self, path: &str) -> Result<String, Error> {
        self.done(FileCommand::Delete { path: path.to_owned() }).await
    }

    /// Renames a file or a directory. The new path must not exist. The files keep their ids, and
    /// the history has their former paths.
    ///
    /// # Errors
    /// As [`create`](Files::create).
    pub async fn rename(self, old_path: &str, new_path: &str) -> Result<String, Error> {
        let (old_path, new_path) = (old_path.to_owned(), new_path.to_owned());
        self.done(FileCommand::Rename { old_path, new_path }).await
    }

    /// Runs a command and returns its result; a refusal is an error.
    async fn done(self, command: FileCommand) -> Result<String, Error> {
        let reply = self.run(command).await?;
        match reply.is_error {
            false => Ok(reply.text),
            true => Err(Error::File { text: reply.text }),
        }
    }
}

/// Returns the examination of new texts by the guard.
fn examine(guard: Guard) -> impl FnOnce(String) -> Result<String, String> + Send + 'static {
    move |text| {
        if guard == Guard::default() {
            return Ok(text);
        }
        match guard.apply_named("text", &text) {
            Ok(guarded) => Ok(guarded.text.into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Returns the reason if the guard does not pass a new path unchanged. A redacted path would name
/// another file than the model believes.
fn refused_path(guard: Guard, command: &FileCommand) -> Option<String> {
    let (FileCommand::Create { path, .. } | FileCommand::Rename { new_path: path, .. }) = command
    else {
        return None;
    };
    if guard == Guard::default() {
        return None;
    }
    match guard.apply_named("path", path) {
        Ok(guarded) if guarded.text == *path => None,
        Ok(guarded) => Some(format!(
            "The path was refused: it contains what is not stored here, as in {}",
            guarded.text
        )),
        Err(error) => Some(format!("The path was refused: {error}")),
    }
}

fn path_of(command: &FileCommand) -> &str {
    match command {
        FileCommand::Rename { old_path, .. } => old_path,
        FileCommand::StrReplace { path, .. } | FileCommand::Insert { path, .. } => path,
        _ => "file",
    }
}
