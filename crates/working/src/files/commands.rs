//! The commands, each within one transaction. The order of the checks is that of the reference, so
//! that a command with several faults gets the same message.

use super::{
    bounds::RENAME_BYTES_MAX,
    command::{FileCommand, FileReply},
    listing,
    path::FilePath,
    problem::FileProblem,
    record::File,
    text,
    tree::{Head, Tree},
};
use crate::{Error, access::Access, access::identity, feed::trace, removal, writing};

/// Examines a new text: returns the text to be stored, or the reason for which it is refused.
pub(super) type Examine = Box<dyn FnOnce(String) -> Result<String, String> + Send>;

/// Turns a refusal into an answer.
pub(super) fn reply(done: Result<Option<FileReply>, Error>) -> Result<Option<FileReply>, Error> {
    match done {
        Err(Error::File(problem)) => Ok(Some(FileReply::refused(problem.to_string()))),
        done => done,
    }
}

pub(super) fn view(
    access: &Access<'_>,
    given: &str,
    range: Option<&[i64]>,
) -> Result<FileReply, Error> {
    let path = FilePath::new(given)?;
    let tree = Tree::load(access)?;
    if tree.is_dir(&path) {
        return Ok(FileReply::done(listing::list(&tree, &path, given), Vec::new()));
    }
    let missing = || FileProblem::NotFound { path: given.to_owned() };
    let head = tree.file(&path).ok_or_else(missing)?;
    let file: File = access.at(head.row)?.ok_or_else(missing)?;
    Ok(FileReply::done(text::view(&file.text, range, given)?, Vec::new()))
}

pub(super) fn delete(access: &Access<'_>, given: &str) -> Result<FileReply, Error> {
    let path = FilePath::new(given)?;
    if path.is_root() {
        return Err(FileProblem::DeletesRoot.into());
    }
    let tree = Tree::load(access)?;
    let members = members(access, &tree, &path, given)?;
    for (_, head) in &members {
        removal::remove_row(access, &head.identity(), head.row)?;
    }
    let changed = members.iter().map(|(_, head)| head.identity()).collect();
    Ok(FileReply::done(format!("Successfully deleted {given}"), changed))
}

/// Runs a command that stores files. Returns `None` if the feed has a change of one of them after
/// `told`.
pub(super) fn edit(
    access: &Access<'_>,
    command: FileCommand,
    told: Option<u64>,
    examine: Examine,
) -> Result<Option<FileReply>, Error> {
    match command {
        FileCommand::Create { path, file_text } => {
            create(access, &path, file_text, examine).map(Some)
        }
        FileCommand::StrReplace { path: given, old_str, new_str } => {
            let Some(file) = editable(access, &given, told)? else { return Ok(None) };
            let replaced = text::replace(&file.text, &old_str, &new_str, &given)?;
            let file = store(access, file, replaced.text, &given, examine)?;
            let said = text::snippet(&file.text, replaced.line);
            Ok(Some(FileReply::done(said, vec![identity(&file)])))
        }
        FileCommand::Insert { path: given, insert_line, insert_text } => {
            let Some(file) = editable(access, &given, told)? else { return Ok(None) };
            let inserted = text::insert(&file.text, insert_line, &insert_text)?;
            let file = store(access, file, inserted, &given, examine)?;
            let said = format!("The file {given} has been edited.");
            Ok(Some(FileReply::done(said, vec![identity(&file)])))
        }
        FileCommand::Rename { old_path, new_path } => rename(access, &old_path, &new_path, told),
        FileCommand::View { .. } | FileCommand::Delete { .. } => {
            unreachable!("these commands store no files")
        }
    }
}

fn create(
    access: &Access<'_>,
    given: &str,
    text: String,
    examine: Examine,
) -> Result<FileReply, Error> {
    let path = FilePath::new(given)?;
    let tree = Tree::load(access)?;
    if tree.exists(&path) {
        return Err(FileProblem::Exists { path: given.to_owned() }.into());
    }
    check_above(&tree, &path, given)?;
    let mut file = File::new(path, String::new());
    access.fill(&mut file.meta.scope)?;
    let file = store(access, file, text, given, examine)?;
    let said = format!("File created successfully at: {given}");
    Ok(FileReply::done(said, vec![identity(&file)]))
}

/// Returns the file that a command is to edit; `None` if the feed has a change of it after `told`.
fn editable(access: &Access<'_>, given: &str, told: Option<u64>) -> Result<Option<File>, Error> {
    let path = FilePath::new(given)?;
    let tree = Tree::load(access)?;
    let missing = || FileProblem::NotFound { path: given.to_owned() };
    if tree.is_dir(&path) {
        return Err(FileProblem::NotAFile { path: given.to_owned() }.into());
    }
    let head = tree.file(&path).ok_or_else(missing)?;
    check_change(access, path.as_str(), head)?;
    if is_untold(access, head, told)? {
        return Ok(None);
    }
    Ok(Some(access.at(head.row)?.ok_or_else(missing)?))
}

fn store(
    access: &Access<'_>,
    mut file: File,
    text: String,
    given: &str,
    examine: Examine,
) -> Result<File, Error> {
    let refused = |reason| FileProblem::Refused { path: given.to_owned(), reason };
    file.text = examine(text).map_err(refused)?;
    writing::write(access, &mut file)?;
    Ok(file)
}

fn rename(
    access: &Access<'_>,
    old_given: &str,
    new_given: &str,
    told: Option<u64>,
) -> Result<Option<FileReply>, Error> {
    let (old, new) = (FilePath::new(old_given)?, FilePath::new(new_given)?);
    if old.is_root() {
        return Err(FileProblem::RenamesRoot.into());
    }
    let tree = Tree::load(access)?;
    if tree.exists(&new) {
        return Err(FileProblem::DestinationExists { path: new_given.to_owned() }.into());
    }
    let members = members(access, &tree, &old, old_given)?;
    if tree.is_dir(&old) && new.is_below(&old) {
        let (from, to) = (old_given.to_owned(), new_given.to_owned());
        return Err(FileProblem::IntoItself { from, to }.into());
    }
    check_above(&tree, &new, new_given)?;
    let bytes = members.iter().map(|(_, head)| head.bytes).sum();
    if RENAME_BYTES_MAX < bytes {
        return Err(FileProblem::LargeRename { path: old_given.to_owned(), bytes }.into());
    }
    for (_, head) in &members {
        if is_untold(access, head, told)? {
            return Ok(None);
        }
    }
    let mut changed = Vec::with_capacity(members.len());
    for (path, head) in members {
        let Some(mut file) = access.at::<File>(head.row)? else { continue };
        file.path = path.moved(&old, &new)?;
        writing::write(access, &mut file)?;
        changed.push(head.identity());
    }
    let said = format!("Successfully renamed {old_given} to {new_given}");
    Ok(Some(FileReply::done(said, changed)))
}

/// Returns the file at `path`, or those below it, after checking that the view may change them.
fn members<'t>(
    access: &Access<'_>,
    tree: &'t Tree,
    path: &FilePath,
    given: &str,
) -> Result<Vec<(FilePath, &'t Head)>, Error> {
    let mut members = Vec::new();
    match tree.file(path) {
        Some(head) => members.push((path.clone(), head)),
        None => {
            members.extend(tree.below(path).map(|(below, head)| (below.clone(), head)));
        }
    }
    if members.is_empty() {
        return Err(FileProblem::Missing { path: given.to_owned() }.into());
    }
    for (path, head) in &members {
        check_change(access, path.as_str(), head)?;
    }
    Ok(members)
}

fn check_change(access: &Access<'_>, path: &str, head: &Head) -> Result<(), Error> {
    match access.visible.check_change(&head.identity()) {
        Err(Error::NotYours { .. }) => Err(FileProblem::Shared { path: path.to_owned() }.into()),
        checked => checked,
    }
}

fn check_above(tree: &Tree, path: &FilePath, given: &str) -> Result<(), Error> {
    match tree.file_above(path) {
        None => Ok(()),
        Some(file) => {
            let (file, path) = (file.to_owned(), given.to_owned());
            Err(FileProblem::InFile { file, path }.into())
        }
    }
}

fn is_untold(access: &Access<'_>, head: &Head, told: Option<u64>) -> Result<bool, Error> {
    told.map_or(Ok(false), |told| trace::has_trace(access.connection, &head.identity(), told))
}
