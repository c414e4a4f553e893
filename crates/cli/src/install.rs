//! `install`: adds the memory to the configuration of a coding agent: the MCP server, and hooks if
//! the agent supports them. Not here: the hooks themselves.
//!
//! Files of other programs are edited as text: lines are inserted, and everything else is
//! unchanged, including comments. A file that cannot be edited in this way is refused, with the
//! text to insert by hand. The inserted spans are recorded ([`record`]), so removing them restores
//! the original file. If the file has changed since, the entries are found by their content.

mod agent;
mod diff;
mod edit;
mod entries;
mod file;
mod jsonc;
mod places;
mod record;
mod standing;
mod syntax;
mod targets;
mod toml;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub(crate) use self::{agent::Agent, standing::agents};
use self::{
    edit::{Edit, Refusal},
    file::ConfigFile,
    record::Record,
    targets::{Target, targets},
};
use crate::{
    args::{Global, Install},
    failure::Failure,
    output::{Output, line, shown},
};

/// Installs or uninstalls the memory in a coding agent.
pub(crate) fn install(arguments: &Install, global: &Global, output: Output) -> Result<(), Failure> {
    let settings = crate::settings(global)?;
    let data_dir = absolute(&settings.config.memory.data_dir)?;
    let (targets, kept) = targets(arguments, global)?;
    let mut changes = Vec::new();
    for target in &targets {
        let file = ConfigFile::read(&target.path)?;
        match Change::of(target, file, &data_dir, arguments.uninstall) {
            Ok(change) => changes.push(change),
            Err(refused_file) => {
                let (file, refusal) = &*refused_file;
                return refused(target, file, refusal, output);
            }
        }
    }
    for change in changes.iter().filter(|change| change.is_one()) {
        change.file.check_writable()?;
    }
    let is_dry_run = arguments.dry_run;
    if !is_dry_run {
        // When uninstalling, the last file is removed first, because its folder was created for the
        // first one.
        match arguments.uninstall {
            true => changes.iter().rev().try_for_each(|change| change.apply(&data_dir))?,
            false => changes.iter().try_for_each(|change| change.apply(&data_dir))?,
        }
    }
    let files: Vec<Value> = changes.iter().map(Change::as_json).collect();
    let (agent, observed) = (arguments.agent.name(), arguments.agent.observed());
    let shown_as =
        json!({"agent": agent, "observed": observed, "dry_run": is_dry_run, "files": files});
    output.result(&shown_as, |out| {
        for change in &changes {
            let (path, what) = (shown(&change.file.path), change.what());
            writeln!(out, "{path}: {what}")?;
            for text in diff::lines(&change.file.text, change.after.as_deref().unwrap_or_default())
            {
                writeln!(out, "{}", line(&text))?;
            }
        }
        Ok(())
    })?;
    for flag in &kept {
        output.note(&format!("kept from the earlier installation: {flag}"));
    }
    if arguments.uninstall {
        tell_kept(&targets, &changes, output);
    }
    if !arguments.uninstall && !is_dry_run && changes.iter().any(Change::is_one) {
        output.note(arguments.agent.next_step());
    }
    Ok(())
}

/// Reports the servers that run this program and stay, because no installation made them.
fn tell_kept(targets: &[Target], changes: &[Change], output: Output) {
    for (target, change) in targets.iter().zip(changes) {
        let text = change.after.as_deref().unwrap_or_default();
        for entry in &target.entries {
            if let Some(server) = target.syntax.running(text, entry) {
                let (path, problem) = (shown(&change.file.path), entry.unlike(&server));
                output.note(&format!("{path}: {problem}, so it stays"));
            }
        }
    }
}

/// A change to one file.
struct Change {
    file: ConfigFile,
    /// The text after the change. `None` to remove the file.
    after: Option<String>,
    /// The record that replaces the previous one.
    record: Option<Record>,
}

impl Change {
    /// Plans the change to a target's file.
    fn of(
        target: &Target,
        file: ConfigFile,
        data_dir: &Path,
        is_uninstalled: bool,
    ) -> Result<Change, Box<(ConfigFile, Refusal)>> {
        let record = Record::read(data_dir, &file.path);
        let planned = match is_uninstalled {
            true => removed(target, &file, record.as_ref()),
            false => inserted(target, &file, record.as_ref()),
        };
        match planned {
            Ok((after, record)) => Ok(Change { file, after, record }),
            Err(refusal) => Err(Box::new((file, refusal))),
        }
    }

    fn apply(&self, data_dir: &Path) -> Result<(), Failure> {
        if !self.is_one() {
            return Ok(());
        }
        let mut record = self.record.clone();
        match &self.after {
            Some(after) => {
                let folders = self.file.write(after)?;
                if let Some(record) = &mut record {
                    record.folders.extend(folders);
                }
            }
            None => self.file.remove()?,
        }
        match &record {
            Some(record) => record.write(data_dir, &self.file.path),
            None => Record::remove(data_dir, &self.file.path),
        }
    }

    fn is_one(&self) -> bool {
        match &self.after {
            Some(after) => !self.file.exists && !after.is_empty() || *after != self.file.text,
            None => self.file.exists,
        }
    }

    fn what(&self) -> &'static str {
        match (self.is_one(), self.file.exists, &self.after) {
            (false, ..) => "unchanged",
            (true, false, _) => "created",
            (true, true, None) => "removed",
            (true, true, Some(_)) => "changed",
        }
    }

    fn as_json(&self) -> Value {
        json!({"path": shown(&self.file.path), "change": self.what()})
    }
}

/// The text after a change (`None` to remove the file), and the record of the insertions.
type Planned = (Option<String>, Option<Record>);

/// Inserts the entries of a target. Replaces outdated ones.
fn inserted(
    target: &Target,
    file: &ConfigFile,
    record: Option<&Record>,
) -> Result<Planned, Refusal> {
    if target.entries.iter().all(|entry| target.syntax.has(&file.text, entry)) && file.exists {
        target.syntax.check(&file.text)?;
        return Ok((Some(file.text.clone()), record.cloned()));
    }
    for entry in &target.entries {
        let found = target.syntax.found(&file.text, entry);
        if found.is_some_and(|it| entry.other_part(&it).is_some() && !entry.is_in(&it)) {
            // It exists, so this fails and names the line.
            target.syntax.insert(&mut Edit::new(file.text.clone()), entry)?;
        }
    }
    let (clean, _) = removed(target, file, record)?;
    // A folder that an earlier installation created must still be removed with the file.
    let folders = record.map(|record| record.folders.clone()).unwrap_or_default();
    let is_new = clean.is_none() || !file.exists;
    let mut edit = Edit::new(clean.unwrap_or_default());
    for entry in &target.entries {
        target.syntax.insert(&mut edit, entry)?;
    }
    let record = Record::of(&target.path, &edit, is_new, folders);
    Ok((Some(edit.text), Some(record)))
}

/// Removes the entries of a target.
fn removed(
    target: &Target,
    file: &ConfigFile,
    record: Option<&Record>,
) -> Result<Planned, Refusal> {
    if !file.exists {
        return Ok((None, None));
    }
    if let Some(restored) = record.and_then(|record| record.undone(&file.text)) {
        return Ok((restored, None));
    }
    let text = target.syntax.remove(&file.text, &target.entries)?;
    let is_new = record.is_some_and(|record| record.is_new) || target.is_ours_alone;
    let is_gone = text != file.text && is_new && target.syntax.is_empty(&text);
    Ok((Some(text).filter(|_| !is_gone), None))
}

/// Prints the entries that a file needs, and returns an error.
fn refused(
    target: &Target,
    file: &ConfigFile,
    refusal: &Refusal,
    output: Output,
) -> Result<(), Failure> {
    let path = shown(&file.path);
    let place = refusal.line.map(|line| format!(":{line}")).unwrap_or_default();
    let message = format!("{path}{place}: {}", refusal.problem);
    let blocks: Vec<String> =
        target.entries.iter().map(|entry| target.syntax.block(entry)).collect();
    output.result(&json!({"refused": message, "add": blocks}), |out| {
        blocks.iter().try_for_each(|block| writeln!(out, "{block}"))
    })?;
    Err(Failure::Uneditable { message, hint: refusal.hint })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|source| Failure::Io { action: "find the data directory".to_owned(), source })
}
