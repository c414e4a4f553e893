//! Remedies in the words of the command line, with the exact command.
//!
//! A test runs every command named here, so a word that is a command stands in backticks.

use std::path::{Path, PathBuf};

use aios_memory::Remedy;

/// Returns the words for a remedy. `None` for one that this command line does not know.
pub(crate) fn words(remedy: &Remedy) -> Option<String> {
    let fixed = of_values(remedy).or_else(|| of_stores(remedy)).or_else(|| of_files(remedy));
    named(remedy).or_else(|| fixed.map(str::to_owned))
}

/// Returns the words for a remedy that names a setting, a model or a file.
fn named(remedy: &Remedy) -> Option<String> {
    Some(match remedy {
        Remedy::AwaitProcess { path } => format!(
            "wait until it has ended, then run this again; if there is no such process, remove {}",
            quoted(path)
        ),
        Remedy::FreeTemporary { dir } => {
            format!("make room in {}, or set TMPDIR to a directory that has some", quoted(dir))
        }
        Remedy::RaiseLimit { setting } => {
            format!("remove what is not needed, or raise `{setting}`")
        }
        Remedy::Purge { setting } => {
            format!("purge records with `aios-memory forget --purge`, or raise `{setting}`")
        }
        Remedy::ReduceLoad { setting } => {
            format!("write less often, or in batches, or raise `{setting}`")
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
            "use a sentence-transformers model of a supported family, or, if it is one, run \
             `aios-memory model pull {model}`"
        ),
        Remedy::FinishRestore { left: None } => "run `aios-memory restore DIR` again".to_owned(),
        Remedy::FinishRestore { left: Some(left) } => format!(
            "run `aios-memory restore DIR` again, or remove {} to begin without it",
            quoted(left)
        ),
        Remedy::ImportOrRepair { path } => format!(
            "if it is another program's, move it away, or run `aios-memory import --from {}` in \
             another data directory; if it is damaged, restore a backup, or go on with what can be \
             read by `aios-memory repair`",
            quoted(path)
        ),
        Remedy::Import { path } => format!("run `aios-memory import --from {}`", quoted(path)),
        Remedy::Ingest { path } => {
            format!("conversations and documents go in with `aios-memory ingest {}`", quoted(path))
        }
        Remedy::OpenDirectory { dir } => format!("name it with `--data-dir {}`", quoted(dir)),
        Remedy::RecoverFile { path } => format!(
            "if it is damaged, `sqlite3 {} .recover` makes a new file of what is readable",
            quoted(path)
        ),
        Remedy::TakeOwnership { path, user } => format!(
            "run it as that user; if what is in it is yours, make it so with `chown {user} {}`; \
             otherwise move it away",
            quoted(path)
        ),
        Remedy::OwnDirectory { dir } => format!(
            "name a directory of its own with `--data-dir DIR`, or close this one to others with \
             `chmod go-w {}`",
            quoted(dir)
        ),
        Remedy::SetMode { mode, paths } => format!("chmod {mode:o} {}", all_quoted(paths)),
        _ => return None,
    })
}

/// Returns the words for a remedy about given values, handles and models.
fn of_values(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::Correct => "give another value, or leave it out",
        Remedy::Split => "split it",
        Remedy::Flatten => "nest it less deeply",
        Remedy::GiveVector => "give a vector in the space that the store was opened with",
        Remedy::RelaxGuard => {
            "remove it from the text, or set `guard.injections` and `guard.secrets` to mark or \
             redact"
        }
        Remedy::ChooseId => "choose another id, or write in the scope that it has",
        Remedy::CheckId => "check the id with `aios-memory list KIND`, or store it first",
        Remedy::StoreFirst => "store that one first",
        Remedy::StoreAnother => "store another one",
        Remedy::Update => "change it with `aios-memory update KIND/ID`",
        Remedy::StoreInWorking => "store it with `aios-memory record KIND`",
        Remedy::StorePreference => "use a preference for one user: `aios-memory record preference`",
        Remedy::StoreAgain => "store what is wanted again in a form that fits; the list is a log",
        Remedy::RestartList => "begin the list again, or give the `next` of the page before",
        Remedy::NameOwner => "name the owner with `--user NAME`",
        Remedy::ActForNoUser => "leave out `--user NAME`, or use `--all-users`",
        Remedy::WidenScope => {
            "name the same `--user NAME`, `--project NAME`, `--agent NAME` or `--session NAME`, or \
             leave it out"
        }
        Remedy::NameScope => {
            "name a `--user NAME`, `--project NAME`, `--agent NAME` or `--session NAME`"
        }
        Remedy::NameRecords => "look at what it proposes, and name the records that are meant",
        Remedy::NameDocument => "name one of them, such as file/PATH",
        Remedy::SmallerBatch => "lower `embedding.max_batch`, or use another model",
        Remedy::ChooseModel => {
            "set `embedding.model` to a model's directory, or to `auto` or `static`"
        }
        Remedy::ChooseReranker => "set `search.reranker` to such a directory, or to nothing",
        Remedy::FetchModel => {
            "fetch the model again, such as with `aios-memory model pull ORGANISATION/NAME`, or \
             create it again"
        }
        Remedy::NameModelCache => "set HOME, or name the directory with HF_HOME",
        Remedy::CheckModelName => "check its name and revision",
        Remedy::ResumeDownload => "run the command again, it goes on where it stopped",
        _ => return None,
    })
}

/// Returns the words for a remedy about a store and its damage.
fn of_stores(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::Retry => "try again a little later",
        Remedy::Reopen => "run it again",
        Remedy::PutBack => "put it back, or run it again, which goes on with what is there then",
        Remedy::FreeDisk => {
            "make room on the disk; nothing is damaged, and reading works meanwhile"
        }
        Remedy::Vacuum => {
            "make room, or run `aios-memory maintain --vacuum`, which returns free pages to the disk"
        }
        Remedy::Repair => "`aios-memory repair` saves what can be saved, and names what is lost",
        Remedy::SetDecoder => "run `aios-memory repair`, which decodes it in another process",
        Remedy::VerifyAndRepair => {
            "`aios-memory verify` names what is damaged; `aios-memory repair` puts it right, and \
             saves what can be read"
        }
        Remedy::VerifyAgain => {
            "the indexes have been made again, and nothing was lost; verify once more with \
             `aios-memory verify`"
        }
        Remedy::Examine => "`aios-memory doctor` says what to do about working memory",
        Remedy::RestoreBackup => "restore a backup with `aios-memory restore DIR`",
        Remedy::RestoreOrRepair => {
            "restore a backup, or go on with what can be read by `aios-memory repair`"
        }
        Remedy::RestoreTogether => {
            "restore all files of one backup, or go on with what is there by `aios-memory repair`"
        }
        Remedy::RestoreAnother => {
            "run `aios-memory repair`, or restore another backup into an empty directory"
        }
        Remedy::RebuildWordIndex => "`aios-memory repair` rebuilds the word index",
        Remedy::Maintain => {
            "run `aios-memory maintain`; the next message of each puts it right as well"
        }
        Remedy::FinishPurge => {
            "end what is in the way, such as a rebuild or a reader, and run any command that \
             writes, which finishes it"
        }
        Remedy::KeepRunning => {
            "keep a process running that opened this memory until they are through"
        }
        Remedy::EndReader => {
            "a reader in some process keeps the log from being emptied; end or restart it"
        }
        Remedy::EndProcess => "end that program, or wait until it has ended, then run this again",
        Remedy::Migrate => {
            "run `aios-memory migrate` where the data directory, or a copy of it, can be written"
        }
        Remedy::UseNewerProgram => {
            "use the newer program, or put an older copy in its place, such as one from the \
             directory backup beside it"
        }
        _ => return None,
    })
}

/// Returns the words for a remedy about files and the machine.
fn of_files(remedy: &Remedy) -> Option<&'static str> {
    Some(match remedy {
        Remedy::CheckPath => "check that it is the right path, and that it can be accessed",
        Remedy::NameFile => "name a file",
        Remedy::NameDirectory => "it is a file; name a directory with `--data-dir DIR`",
        Remedy::NameFewerFiles => "name directories below it, or fewer files with `--include GLOB`",
        Remedy::MendFile => "mend it, or move it away",
        Remedy::MoveAway => "move it away, or name another place",
        Remedy::NameOutside => "name a directory that is outside of both",
        Remedy::NameNewFile => "name a file that is not there yet",
        Remedy::NameEmptyDirectory => "name a directory that is empty, or not there yet",
        Remedy::NameBackup => "name the directory that `aios-memory backup DIR` wrote",
        Remedy::NameDataDirectory => "name another directory with `--data-dir DIR`",
        Remedy::CreateDataDirectory => {
            "nothing is stored there; name another one with `--data-dir DIR`, or leave out \
             `--read-only` to begin one"
        }
        Remedy::MakeWritable => {
            "make it writable, or name another one with `--data-dir DIR`; until then reading works"
        }
        Remedy::OpenForWriting => {
            "leave out `--read-only`, and run it as the owner of the data directory, where files \
             may be written"
        }
        Remedy::ActAsOwner => "run it as that user, or read it with `--read-only`",
        Remedy::ChangeFileSystem => "put the data directory on a file system that knows flock",
        Remedy::CorrectSettings => "mend it; `aios-memory config path` says where the file is",
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
