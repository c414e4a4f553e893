//! Opens the memory for a command, read-only if nothing can be written, and closes it.

use std::{error::Error as StdError, path::PathBuf};

use aios_memory::{
    Access, AgentMemory, Config, Error,
    config::Effective,
    upkeep::{self, Scratch},
};

use tempfile::TempDir;

use crate::{
    args::{Command, Facts, FilesCommand, Global, Import, Maintain, Migrate, Verify},
    failure::{Failure, chain},
    output::{Level, Notice, Output},
    remedy::words,
};

/// A command's access to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Reads the store and changes nothing.
    Reads,
    /// Writes to the store.
    Writes,
    /// Does not open the store.
    Nothing,
}

impl Command {
    /// Returns the access that the command needs.
    pub(crate) fn usage(&self) -> Use {
        match self {
            Command::Recall(_)
            | Command::Context(_)
            | Command::List(_)
            | Command::Show(_)
            | Command::History(_)
            | Command::Export(_)
            | Command::Facts(Facts { command: None, .. })
            | Command::Files(FilesCommand::View { .. })
            | Command::Import(Import { dry_run: true, .. })
            | Command::Resume
            | Command::Stats
            | Command::Report(_)
            | Command::Events(_)
            | Command::Snapshot(_)
            | Command::Doctor
            | Command::Verify(Verify { repair: false })
            | Command::Maintain(Maintain { dry_run: true, .. })
            | Command::Migrate(Migrate { dry_run: true }) => Use::Reads,
            Command::Forget(forget) if forget.dry_run => Use::Reads,
            Command::Ingest(_)
            | Command::Remember(_)
            | Command::Record(_)
            | Command::Update(_)
            | Command::Delete(_)
            | Command::Clear(_)
            | Command::Files(_)
            | Command::Learn(_)
            | Command::Facts(_)
            | Command::Forget(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Import(_)
            | Command::Verify(_)
            | Command::Repair
            | Command::Reindex(_)
            | Command::Maintain(_)
            | Command::Migrate(_)
            | Command::Serve(_) => Use::Writes,
            #[cfg(feature = "top")]
            Command::Top(_) => Use::Nothing,
            Command::Demo
            | Command::Eval(_)
            | Command::Config(_)
            | Command::Kinds(_)
            | Command::Mcp(_)
            | Command::Model(_)
            | Command::DecodeRows
            | Command::Token(_)
            | Command::Hook(_)
            | Command::Install(_)
            | Command::Completions { .. } => Use::Nothing,
        }
    }

    /// Returns true if the command is upkeep, which concerns the whole data directory and shows
    /// records of every user.
    fn is_upkeep(&self) -> bool {
        matches!(
            self,
            Command::Backup(_)
                | Command::Restore(_)
                | Command::Doctor
                | Command::Verify(_)
                | Command::Repair
                | Command::Reindex(_)
                | Command::Maintain(_)
                | Command::Migrate(_)
        )
    }
}

/// Fails if the command is upkeep and acts for a user.
pub(crate) fn check_upkeep(
    command: &Command,
    global: &Global,
    settings: Option<&Effective>,
) -> Result<(), Failure> {
    let user = settings.map_or("", |settings| &settings.config.memory.user);
    if !command.is_upkeep() || global.acting_user(user).is_none() {
        return Ok(());
    }
    Err(Failure::Usage {
        message: "this command works on the whole data directory, with the records of every user"
            .to_owned(),
        hint: "omit --user, or pass --all-users",
    })
}

/// Fails if the command writes and the settings allow only reading.
pub(crate) fn check_use(command: &Command, config: &Config) -> Result<(), Failure> {
    match (config.memory.access, command.usage()) {
        (Access::ReadOnly, Use::Writes) => Err(aios_memory::Error::ReadOnly.into()),
        _ => Ok(()),
    }
}

/// Fails if the command copies or checks the stored data and nothing is stored: its result would
/// describe a memory that this command has just created.
pub(crate) fn check_stored(command: &Command, config: &Config) -> Result<(), Failure> {
    match command {
        Command::Backup(_) | Command::Export(_) | Command::Verify(Verify { repair: false }) => {
            Ok(upkeep::check_stored(config)?)
        }
        _ => Ok(()),
    }
}

/// If the command is a dry run of an import and nothing is stored yet, returns the settings of a
/// memory in an empty temporary directory, and the directory, which is removed on drop.
pub(crate) fn without_traces(
    mut config: Config,
    command: &Command,
) -> Result<(Config, Option<TempDir>), Failure> {
    let is_dry_run = matches!(command, Command::Import(Import { dry_run: true, .. }));
    let is_new = matches!(upkeep::check_stored(&config), Err(Error::NoMemory { .. }));
    if !is_dry_run || !is_new {
        return Ok((config, None));
    }
    let failed = |source| Failure::Io { action: "create a temporary directory".into(), source };
    let dir = tempfile::tempdir().map_err(failed)?;
    config.memory.data_dir = dir.path().join("memory");
    config.working.path = PathBuf::new();
    Ok((config, Some(dir)))
}

/// Puts temporary files of this process in the data directory, where other users cannot read them,
/// until the result is dropped. If that fails, uses the system's directory.
pub(crate) fn keep_temporary_files_in(config: &Config) -> Option<Scratch> {
    let scratch = Scratch::new(config).ok().flatten()?;
    // Fails if this process has already set it, which is harmless.
    let _ = tempfile::env::override_temp_dir(scratch.path());
    Some(scratch)
}

/// Opens the memory for `command`. If nothing can be written, a command that only reads opens it
/// read-only and prints a note.
pub(crate) async fn open(
    config: Config,
    command: &Command,
    output: Output,
) -> Result<AgentMemory, Failure> {
    let reads = command.usage() == Use::Reads;
    let memory = match AgentMemory::open(config.clone()).await {
        Err(error) if reads && error.is_unwritable() && config.memory.data_dir.is_dir() => {
            let config = config.with_access(Access::ReadOnly);
            let memory = AgentMemory::open(config).await?;
            output.note(&format!(
                "the data directory is opened read-only ({}); nothing in it is moved, cleaned up \
                 or repaired",
                chain(&error)
            ));
            memory
        }
        opened => opened?,
    };
    if memory.config().memory.access == Access::ReadOnly {
        if !matches!(command, Command::Verify(_)) {
            tell_older(&memory, output).await?;
        }
        tell_behind(memory.feed().behind().await?, output);
    }
    Ok(memory)
}

/// Warns about databases that are missing or older than the others.
async fn tell_older(memory: &AgentMemory, output: Output) -> Result<(), Failure> {
    let administrator = memory.administrator();
    for name in administrator.upkeep().older_databases().await? {
        output.warn(
            "older",
            &format!(
                "{name} is older than the other files, or missing, so records may be missing here; \
                 restore all files from one backup, or run `aios-memory repair` to continue with \
                 the current files"
            ),
        );
    }
    Ok(())
}

/// Prints the number of changes that searches do not include yet, if there are any.
pub(crate) fn tell_behind(behind: u64, output: Output) {
    if 0 < behind {
        output.note(&format!(
            "{behind} changes in working memory are not searchable yet; the next process with \
             write access indexes them"
        ));
    }
}

/// Closes the memory after a command. A failure is only a note or a warning: stored records are
/// already durable, and closing only moves them to long-term memory.
pub(crate) async fn close(memory: AgentMemory, usage: Use, output: Output) {
    let Err(error) = memory.shutdown().await else { return };
    if usage == Use::Reads && error.is_unwritable() {
        return output.note(&format!("pending changes stay in place: {}", cause(&error)));
    }
    let message = format!(
        "stored records could not be moved to long-term memory ({}); they are kept and found, and \
         the move is repeated when the memory is opened next",
        cause(&error)
    );
    let remedy = error.remedy();
    let hint = remedy.as_ref().and_then(words);
    let notice = Notice::new(Level::Warning, "pending", &message);
    output.tell(Notice { hint: hint.as_deref(), remedy: remedy.as_ref(), ..notice });
}

/// Returns the innermost cause of an error. The outer ones concern a transaction of the move, not
/// the command.
fn cause(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
