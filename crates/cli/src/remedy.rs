//! Remedies as text for the command line, with the exact command.
//!
//! A test runs every command mentioned here, so commands are in backticks.

use std::path::{Path, PathBuf};

use aios_memory::Remedy;

/// Returns the text of a remedy. `None` if this command line does not know it.
pub(crate) fn words(remedy: &Remedy) -> Option<String> {
    let fixed = of_values(remedy).or_else(|| of_stores(remedy)).or_else(|| of_files(remedy));
    named(remedy).or_else(|| fixed.map(str::to_owned))
}

/// Returns the text of a remedy that names a setting, a model or a file.
fn named(remedy: &Remedy) -> Option<String> {
    Some(match remedy {
        Remedy::AwaitProcess { path } => format!(
            "wait until it has ended, then run this again; if there is no such process, remove {}",
            quoted(path)
        ),
        Remedy::FreeTemporary { dir } => {
            format!("free space in {}, or set TMPDIR to a directory that has some", quoted(dir))
        }
        Remedy::RaiseLimit { setting } => {
            format!("remove what is not needed, or raise `{setting}`")
        }
        Remedy::Purge { setting } => {
            format!("purge records with `aios-memory forget --purge`, or raise `{setting}`")
        }
        Remedy::ReduceLoad { setting } => {
            format!("write less often or in batches, or raise `{setting}`")
        }
        Remedy::Reindex { stored } => format!(
            "set `embedding.model` to the model of {stored}, or run `aios-memory reindex`, which \
             changes to the given one"
        ),
        Remedy::OpenWith { stored } => {
            format!("run it again with `embedding.model` set to the model of {stored}")
        }
        Remedy::UseInstead { instead } => format!("use {instead}"),
        Remedy::PullModel { model } => format!("run `aios-memory model pull {model}`"),
        Remedy::ReplaceModel { model } => format!(
            "choose a sentence-transformers model of a supported family; if it is one, run \
             `aios-memory model pull {model}` to fetch its other files"
        ),
        Remedy::FinishRestore { left: None } => "run `aios-memory restore DIR` again".to_owned(),
        Remedy::FinishRestore { left: Some(left) } => format!(
            "run `aios-memory restore DIR` again, or remove {} to begin without it",
            quoted(left)
        ),
        Remedy::ImportOrRepair { path } => format!(
            "if it is another program's, move it away, or import it into another data directory \
             with `aios-memory import --from {}`; if it is a damaged file of this program, restore \
             a backup, or run `aios-memory repair` to keep the readable part",
            quoted(path)
        ),
        Remedy::Import { path } => format!("run `aios-memory import --from {}`", quoted(path)),
        Remedy::Ingest { path } => {
            format!("use `aios-memory ingest {}` for conversations and documents", quoted(path))
        }
        Remedy::OpenDirectory { dir } => {
            format!("open its directory with `--data-dir {}`", quoted(dir))
        }
        Remedy::RecoverFile { path } => format!(
            "if it is damaged, `sqlite3 {} .recover` extracts the readable part",
            quoted(path)
        ),
        Remedy::TakeOwnership { path, user } => format!(
            "run it as that user; if its content is yours, run `chown {user} {}`; otherwise move it \
             away",
            quoted(path)
        ),
        Remedy::OwnDirectory { dir } => format!(
            "pass a directory of its own with `--data-dir DIR`, or close this one to others with \
             `chmod go-w {}`",
            quoted(dir)
        ),
        Remedy::SetMode { mode, paths } => format!("run `chmod {mode:o} {}`", all_quoted(paths)),
        _ => return None,
    })
}

/// Returns the text of a remedy about given values, handles and models.
fn of_values(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::Correct => "pass another value, or omit it",
        Remedy::Split => "split it",
        Remedy::Flatten => "nest it less deeply",
        Remedy::GiveVector => "pass a vector in the space that the store was opened with",
        Remedy::RelaxGuard => {
            "remove it from the text, or set `guard.injections` and `guard.secrets` to mark or \
             redact"
        }
        Remedy::ChooseId => "choose another id, or write in the scope that it has",
        Remedy::CheckId => "check the id with `aios-memory list KIND`, or store it first",
        Remedy::StoreFirst => "store that one first",
        Remedy::StoreAnother => "store another one",
        Remedy::Update => "change it with `aios-memory update KIND/ID`",
        Remedy::UpdateOrForget => {
            "change it with `aios-memory update KIND/ID`, or remove it with `aios-memory forget \
             KIND/ID`"
        }
        Remedy::StoreInWorking => "store it with `aios-memory record KIND`",
        Remedy::StorePreference => {
            "for one user, use a preference: `aios-memory record preference`"
        }
        Remedy::StoreAgain => "correct the records and store them again; the list only grows",
        Remedy::RestartList => "list from the beginning, or pass the `next` of the page before",
        Remedy::NameOwner => "name the owner with `--user NAME`",
        Remedy::ActForNoUser => "omit `--user NAME`, or use `--all-users`",
        Remedy::WidenScope => {
            "pass the same `--user NAME`, `--project NAME`, `--agent NAME` or `--session NAME`, or \
             omit it"
        }
        Remedy::ForgetByKey => "forget these first: `aios-memory forget KIND/ID`",
        Remedy::NameScope => {
            "pass `--user NAME`, `--project NAME`, `--agent NAME` or `--session NAME`"
        }
        Remedy::NameRecords => "review the proposed records, and name those that are meant",
        Remedy::NameDocument => "name one of them, such as file/PATH",
        Remedy::SmallerBatch => "lower `embedding.max_batch`, or use another model",
        Remedy::ChooseModel => {
            "set `embedding.model` to a model's directory, or to `auto` or `static`"
        }
        Remedy::ChooseReranker => "set `search.reranker` to such a directory, or unset it",
        Remedy::FetchModel => {
            "fetch the model again, such as with `aios-memory model pull ORGANISATION/NAME`, or \
             create it again"
        }
        Remedy::NameModelCache => "set HOME, or name the directory with HF_HOME",
        Remedy::CheckModelName => "check its name and revision",
        Remedy::ResumeDownload => "run the command again to resume the download",
        _ => return None,
    })
}

/// Returns the text of a remedy about a store and its damage.
fn of_stores(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::Retry => "try again a little later",
        Remedy::Reopen => "run the command again",
        Remedy::PutBack => {
            "put it back, or run the command again, which uses the file that is there then"
        }
        Remedy::FreeDisk => "free disk space; nothing is damaged, and reading still works",
        Remedy::Vacuum => {
            "free disk space, or run `aios-memory maintain --vacuum` to return free pages to the disk"
        }
        Remedy::Repair => {
            "run `aios-memory repair`; it keeps what is readable and lists what is lost"
        }
        Remedy::SetDecoder => "run `aios-memory repair`, which decodes it in another process",
        Remedy::VerifyAndRepair => {
            "run `aios-memory verify` to list the damage, and `aios-memory repair` to repair it"
        }
        Remedy::VerifyAgain => {
            "the indexes were rebuilt, nothing was lost; run `aios-memory verify` again"
        }
        Remedy::Examine => "run `aios-memory doctor` for advice on working memory",
        Remedy::RestoreBackup => "restore a backup with `aios-memory restore DIR`",
        Remedy::RestoreOrRepair => {
            "restore a backup, or run `aios-memory repair` to keep the readable part"
        }
        Remedy::RestoreTogether => {
            "restore all files from one backup, or run `aios-memory repair` to continue with the \
             current files"
        }
        Remedy::RestoreAnother => {
            "run `aios-memory repair`, or restore another backup into an empty directory"
        }
        Remedy::RebuildWordIndex => "run `aios-memory repair` to rebuild the word index",
        Remedy::CheckBackups => {
            "run `aios-memory backup --scheduled`, which prints the cause if it fails; keep a process \
             such as `aios-memory serve` running, or run that command by a timer"
        }
        Remedy::Maintain => "run `aios-memory maintain`, or add a message to each of them",
        Remedy::FinishPurge => {
            "end what blocks it, such as a rebuild or a reader; the next command that writes \
             finishes it"
        }
        Remedy::KeepRunning => {
            "keep a process running that opened this memory until they are moved"
        }
        Remedy::EndReader => "a long-running reader keeps the log from shrinking; end its process",
        Remedy::EndProcess => "wait for that program or end it, then try again",
        Remedy::Migrate => {
            "run `aios-memory migrate` where the data directory, or a copy of it, can be written"
        }
        Remedy::UseNewerProgram => {
            "use the newer program, or replace the file by an older copy, such as one from the \
             directory backup beside it"
        }
        _ => return None,
    })
}

/// Returns the text of a remedy about files and the machine.
fn of_files(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::CheckPath => "check that the path is right and accessible",
        Remedy::NameFile => "pass a file",
        Remedy::NameDirectory => "it is a file; pass a directory with `--data-dir DIR`",
        Remedy::NameFewerFiles => {
            "pass directories below it, or select fewer files with `--include GLOB`"
        }
        Remedy::MendFile => "correct it, or move it away",
        Remedy::MoveAway => "move it away, or choose another path",
        Remedy::NameOutside => "pass a directory outside of both",
        Remedy::NameNewFile => "pass a file that does not exist yet",
        Remedy::NameEmptyDirectory => "pass a directory that is empty or does not exist yet",
        Remedy::NameBackup => "pass the directory that `aios-memory backup DIR` wrote",
        Remedy::NameDataDirectory => "pass another directory with `--data-dir DIR`",
        Remedy::CreateDataDirectory => {
            "pass another directory with `--data-dir DIR`; this one is created when something is \
             stored there"
        }
        Remedy::MakeWritable => {
            "make it writable, or choose another one; until then only reading works"
        }
        Remedy::OpenForWriting => {
            "omit `--read-only`, and run it as the owner of the data directory, where files may be \
             written"
        }
        Remedy::ActAsOwner => "run it as that user, or read it with `--read-only`",
        Remedy::ChangeFileSystem => "move the data directory to a file system that supports flock",
        Remedy::CorrectSettings => {
            "correct it; `aios-memory config path` prints the path of the settings file"
        }
        Remedy::SetClock => "set the clock",
        _ => return None,
    })
}

/// Quotes a path for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn all_quoted(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" ")
}
