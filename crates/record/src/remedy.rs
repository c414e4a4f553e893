//! The next step after an error or a finding, as a value that each front end puts into its own
//! words. Not here: the words, since a tier does not know the program above it.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

macro_rules! remedies {
    ($(
        $(#[$doc:meta])*
        $variant:ident $({ $($(#[$about:meta])* $field:ident: $type:ty = $example:expr,)+ })?,
    )*) => {
        /// The next step after an error or a finding. A front end (a command line, a service) has
        /// words for each.
        ///
        /// Serializes to an object, such as `{"action": "purge", "setting": "disk_bytes_max"}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(tag = "action", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Remedy {
            $($(#[$doc])* $variant $({ $($(#[$about])* $field: $type,)+ })?,)*
        }

        impl Remedy {
            /// Returns one example of each remedy, for the test that a front end has words for all.
            #[must_use]
            pub fn examples() -> Vec<Remedy> {
                vec![$(Remedy::$variant $({ $($field: $example,)+ })?,)*]
            }
        }
    };
}

remedies! {
    // Time and space.
    /// Call again later, unchanged.
    Retry,
    /// Wait until the process that uses `path` has ended. If there is no such process, remove it.
    AwaitProcess {
        /// The locked file or directory.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("copy"),
    },
    /// Open the store again.
    Reopen,
    /// Put the moved file back, or open the store again with the file that is there now.
    PutBack,
    /// Free space on the disk. Nothing is damaged.
    FreeDisk,
    /// Free space in the directory for temporary files, or choose another one.
    FreeTemporary {
        /// The directory.
        #[serde(serialize_with = "one_path")]
        dir: PathBuf = PathBuf::from("tmp"),
    },
    /// Return free pages of the databases to the disk.
    Vacuum,
    /// Raise a limit.
    RaiseLimit {
        /// The setting. An error of a single tier names the field of its configuration.
        setting: &'static str = "operational.metric_keys_max",
    },
    /// Remove records for good, or raise the limit.
    Purge {
        /// The setting, as in [`Remedy::RaiseLimit`].
        setting: &'static str = "longterm.max_disk_bytes",
    },
    /// Write less often or in batches, or raise the limit.
    ReduceLoad {
        /// The setting, as in [`Remedy::RaiseLimit`].
        setting: &'static str = "working.queue",
    },
    /// Embed fewer texts at once, or use another model.
    SmallerBatch,

    // The given values.
    /// Give another value, or leave it out.
    Correct,
    /// Split the value or the request.
    Split,
    /// Nest the value less deeply.
    Flatten,
    /// Give the vector, in the space of the store.
    GiveVector,
    /// Remove the finding from the text, or relax the policy of the guard.
    RelaxGuard,
    /// Choose another id, or write in the scope that the stored record has.
    ChooseId,
    /// Check the id, or store the record first.
    CheckId,
    /// Store the referenced record first.
    StoreFirst,
    /// Store another record, because this one is immutable.
    StoreAnother,
    /// Update the stored record instead.
    Update,
    /// Update the stored record instead, or forget it.
    UpdateOrForget,
    /// Store the record in working memory.
    StoreInWorking,
    /// Store a preference of one user.
    StorePreference,
    /// Store the records that were refused again, in a form that fits. The list is a log.
    StoreAgain,
    /// List from the beginning, or with the cursor of the page before.
    RestartList,
    /// Name the owner.
    NameOwner,
    /// Use a handle that acts for no user, or an administrator.
    ActForNoUser,
    /// Use a handle bound to the same scope, or to none.
    WidenScope,
    /// Forget the named records by their keys first.
    ForgetByKey,
    /// Name a user, project, agent or session.
    NameScope,
    /// Review the proposed records, and name the intended ones.
    NameRecords,
    /// Name one of the matching documents.
    NameDocument,

    // Models.
    /// Rebuild the library with the given model, or open the store with its own.
    Reindex {
        /// The fingerprint of the store's model.
        stored: String = "model@hash/mean/256".to_owned(),
    },
    /// Open the store with its model.
    OpenWith {
        /// The fingerprint of the store's model.
        stored: String = "model@hash/mean/256".to_owned(),
    },
    /// Choose a bundled model, or one on this machine.
    ChooseModel,
    /// Choose a directory with a cross-encoder, or none.
    ChooseReranker,
    /// Choose a model that is supported.
    UseInstead {
        /// The models that can be used instead.
        instead: &'static str = "a BERT",
    },
    /// Download a model.
    PullModel {
        /// The name of the model.
        model: String = "organisation/name".to_owned(),
    },
    /// Use a sentence-transformers model of a supported family. If it is one, download it again.
    ReplaceModel {
        /// The name of the model.
        model: String = "organisation/name".to_owned(),
    },
    /// Fetch or create the files of the model again.
    FetchModel,
    /// Name the directory of the models in the environment.
    NameModelCache,
    /// Check the name and the revision of the model.
    CheckModelName,
    /// Resume the download.
    ResumeDownload,

    // Damage.
    /// Repair the store, which keeps what can be read.
    Repair,
    /// Set a decoder for damaged files, and repair the store.
    SetDecoder,
    /// Find out what is damaged, then repair the store.
    VerifyAndRepair,
    /// Verify again, to confirm that the damage is repaired.
    VerifyAgain,
    /// Run the checks of the store.
    Examine,
    /// Restore a backup.
    RestoreBackup,
    /// Restore a backup, or continue with what can be read by repairing the store.
    RestoreOrRepair,
    /// Restore all files of one backup, or accept the present ones by repairing the store.
    RestoreTogether,
    /// Restore the backup again. The remains of the first try may be removed.
    FinishRestore {
        /// The remains of the interrupted restore, if they are a file or directory of their own.
        #[serde(serialize_with = "optional_path")]
        left: Option<PathBuf> = Some(PathBuf::from("restoring")),
    },
    /// Restore another backup into an empty directory, or repair the restored one.
    RestoreAnother,
    /// Rebuild the word index of working memory.
    RebuildWordIndex,
    /// Make the overdue backup, whose error shows the cause of the delay, and keep a process
    /// running that makes the next ones.
    CheckBackups,
    /// Run the maintenance.
    Maintain,
    /// Open the store for writing, which finishes the purge, when no rebuild or reader blocks it.
    FinishPurge,
    /// Keep a process running that opened the store, until the pending changes are stored.
    KeepRunning,
    /// End or restart the process that reads, so that the log can be emptied.
    EndReader,
    /// End the other process that has the file open.
    EndProcess,

    // Files of other versions and programs.
    /// Migrate the store, at a location where it or a copy of it can be written.
    Migrate,
    /// Use the newer program, or a copy of the file from before its migration.
    UseNewerProgram,
    /// Import the file if it is another program's. If it is damaged, restore a backup or repair.
    ImportOrRepair {
        /// The file.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("file"),
    },
    /// Read the file with an import.
    Import {
        /// The file.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("file"),
    },
    /// Ingest the file.
    Ingest {
        /// The file.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("file"),
    },
    /// Open the directory as a data directory.
    OpenDirectory {
        /// The directory.
        #[serde(serialize_with = "one_path")]
        dir: PathBuf = PathBuf::from("data"),
    },
    /// Let SQLite recover the readable part of the file into a new one.
    RecoverFile {
        /// The file.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("file"),
    },

    // Files and directories.
    /// Check that the path is right and can be accessed.
    CheckPath,
    /// Name a file instead of a directory or device.
    NameFile,
    /// Name a directory instead of a file.
    NameDirectory,
    /// Name fewer files.
    NameFewerFiles,
    /// Correct the file, or move it away.
    MendFile,
    /// Move the entry away, or choose another path.
    MoveAway,
    /// Choose a directory outside of both.
    NameOutside,
    /// Choose a file that does not exist yet.
    NameNewFile,
    /// Choose a directory that is empty or does not exist yet.
    NameEmptyDirectory,
    /// Choose the directory that holds the backup.
    NameBackup,
    /// Choose another data directory.
    NameDataDirectory,
    /// Choose another data directory. The first record that is stored creates this one.
    CreateDataDirectory,
    /// Make the file or directory writable, or choose another one. Until then it can only be read.
    MakeWritable,
    /// Open it for writing, as the owner of its files.
    OpenForWriting,
    /// Act as the user who owns the file, change its owner, or move it away.
    TakeOwnership {
        /// The file or directory.
        #[serde(serialize_with = "one_path")]
        path: PathBuf = PathBuf::from("data"),
        /// The id of the user for whom this process acts.
        user: u32 = 1000,
    },
    /// Act as the user who owns the data directory, or only read it.
    ActAsOwner,
    /// Choose a dedicated directory, or revoke the write access of others to this one.
    OwnDirectory {
        /// The directory.
        #[serde(serialize_with = "one_path")]
        dir: PathBuf = PathBuf::from("data"),
    },
    /// Set the mode of files.
    SetMode {
        /// The mode, such as 0o600.
        mode: u32 = 0o600,
        /// The files or directories.
        #[serde(serialize_with = "all_paths")]
        paths: Vec<PathBuf> = vec![PathBuf::from("data")],
    },
    /// Put the data directory on a file system that supports `flock`.
    ChangeFileSystem,
    /// Correct the settings.
    CorrectSettings,
    /// Set the clock of the machine.
    SetClock,
}

/// Serializes a path. Bytes that are not UTF-8 become replacement characters.
fn one_path<S: Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    path.to_string_lossy().serialize(serializer)
}

fn optional_path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

fn all_paths<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}
