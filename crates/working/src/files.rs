//! Files as memory: texts under paths, with the commands and the wording of the memory tool of
//! Anthropic's API.
//!
//! A command resolves its paths ([`path`]), reads the tree of the files that its view shows
//! ([`tree`]), edits texts ([`text`]) and stores [`record`]s, in one transaction. Directories are
//! not stored: one exists while files are in it.

mod bounds;
mod command;
mod commands;
mod file_entry;
mod listing;
mod path;
mod problem;
mod record;
mod text;
mod tree;

pub use self::{
    bounds::{
        FILE_BYTES_MAX, FILE_DEPTH_MAX, FILE_PATH_BYTES_MAX, FILES_MAX, FILES_ROOT,
        RENAME_BYTES_MAX,
    },
    command::{FileCommand, FileReply},
    file_entry::FileEntry,
    path::FilePath,
    problem::FileProblem,
    record::File,
};
use self::{commands::Examine, tree::Tree};
use crate::{Error, WorkingView, access::Access};

/// The files of a memory, as a view shows them: those of its owner and shared ones, those of its
/// project and those without a project. If two have the same path, the owner's own file takes
/// precedence over the shared one, then that of the project over the one without. The agent and the
/// session of the view have no effect.
///
/// Results and errors are texts for a language model. Their wording is that of the local
/// implementation of the memory tool (`memory_20250818`) in the Anthropic SDK.
///
/// ```
/// # use aios_working::{Config, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let files = working.files();
/// let said = files.create("/memories/port.md", "Staging: 5433\n").await?;
/// assert_eq!(said, "File created successfully at: /memories/port.md");
/// files.str_replace("/memories/port.md", "5433", "5434").await?;
/// let error = files.create("/memories/port.md", "").await.unwrap_err();
/// assert_eq!(error.to_string(), "File /memories/port.md already exists");
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Files<'_> {
    /// Shows a file with line numbers, or lists a directory two levels deep without hidden names.
    /// `range` has the first and the last line, from 1; -1 is the end. A directory ignores it.
    ///
    /// # Errors
    /// [`Error::File`] if the command is refused; [`Error::Storage`] if the file of the memory
    /// cannot be read.
    pub async fn view(self, path: &str, range: Option<[i64; 2]>) -> Result<String, Error> {
        let view_range = range.map(Vec::from);
        self.done(FileCommand::View { path: path.to_owned(), view_range }).await
    }

    /// Creates a file, whose path must not exist.
    ///
    /// # Errors
    /// [`Error::File`] if the command is refused; errors of a write as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn create(self, path: &str, file_text: &str) -> Result<String, Error> {
        let (path, file_text) = (path.to_owned(), file_text.to_owned());
        self.done(FileCommand::Create { path, file_text }).await
    }

    /// Replaces `old`, which must occur exactly once in the file. Reading and writing are one
    /// transaction, so no change of another caller is lost.
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

    /// Deletes a file, or all files in a directory, permanently.
    ///
    /// # Errors
    /// As [`create`](Files::create). If one of the files is shared and the view belongs to a user,
    /// no file is deleted.
    pub async fn delete(self, path: &str) -> Result<String, Error> {
        self.done(FileCommand::Delete { path: path.to_owned() }).await
    }

    /// Renames a file or a directory. The new path must not exist; its directories need not exist.
    /// The files keep their ids.
    ///
    /// # Errors
    /// As [`create`](Files::create). If one of the files cannot be renamed, no file is renamed.
    pub async fn rename(self, old_path: &str, new_path: &str) -> Result<String, Error> {
        let (old_path, new_path) = (old_path.to_owned(), new_path.to_owned());
        self.done(FileCommand::Rename { old_path, new_path }).await
    }

    /// Runs a command and returns the answer for the model. A refusal is also an answer.
    ///
    /// # Errors
    /// [`Error::Storage`] or another error if the file of the memory cannot be read or written.
    pub async fn run(self, command: FileCommand) -> Result<FileReply, Error> {
        let replied = self.apply(command, None, Ok).await;
        commands::reply(replied).map(|reply| reply.expect("without a position nothing is untold"))
    }

    /// Like [`run`](Files::run), for a caller that must have read all changes of the files to edit
    /// or rename: if the feed has a change of one of them after `told`, nothing changes and the
    /// result is `None`. `examine` receives each new text before it is stored, and returns the text
    /// to store or the reason for refusing it.
    ///
    /// # Errors
    /// As [`run`](Files::run).
    pub async fn run_told(
        self,
        command: FileCommand,
        told: u64,
        examine: impl FnOnce(String) -> Result<String, String> + Send + 'static,
    ) -> Result<Option<FileReply>, Error> {
        commands::reply(self.apply(command, Some(told), examine).await)
    }

    /// Stores a file; replaces its owner's file of the same id.
    ///
    /// # Errors
    /// [`Error::File`] if another file has its path, or a limit is reached; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn put(self, file: File) -> Result<File, Error> {
        self.view.store(file).await
    }

    /// Returns the file at `path`.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file of the memory cannot be read.
    pub async fn get(self, path: &FilePath) -> Result<Option<File>, Error> {
        let path = path.clone();
        self.view
            .read(move |access| match Tree::load(access)?.file(&path) {
                None => Ok(None),
                Some(head) => access.at(head.row),
            })
            .await
    }

    /// Returns the files in the directory `dir` and below it, by path.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file of the memory cannot be read.
    pub async fn list(self, dir: &FilePath) -> Result<Vec<FileEntry>, Error> {
        let dir = dir.clone();
        self.view.read(move |access| Ok(Tree::load(access)?.entries(&dir))).await
    }

    /// Runs a command and returns its result; a refusal is an error.
    async fn done(self, command: FileCommand) -> Result<String, Error> {
        let done = self.apply(command, None, Ok).await?;
        Ok(done.expect("without a position nothing is untold").text)
    }

    async fn apply(
        self,
        command: FileCommand,
        told: Option<u64>,
        examine: impl FnOnce(String) -> Result<String, String> + Send + 'static,
    ) -> Result<Option<FileReply>, Error> {
        let examine: Examine = Box::new(examine);
        match command {
            FileCommand::View { path, view_range } => {
                let view =
                    move |access: &Access<'_>| commands::view(access, &path, view_range.as_deref());
                self.view.read(view).await.map(Some)
            }
            FileCommand::Delete { path } => {
                self.view.free_room(move |access| commands::delete(access, &path)).await.map(Some)
            }
            command => {
                self.view.write(move |access| commands::edit(access, command, told, examine)).await
            }
        }
    }
}
