//! Comparison of two paths, which need not exist.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use crate::Error;

/// Maximum number of links followed in one path.
const LINKS_MAX: u32 = 40;

/// Returns an error if the directories `target` and `source` are the same, or one is inside the
/// other, by any path. Links are followed, missing parts are assumed to be created as directories,
/// and a directory that is mounted twice is recognised by its inode.
///
/// # Errors
/// [`Error::Overlap`] if they overlap; [`Error::Io`] if a path cannot be inspected.
pub fn check_apart(target: &Path, source: &Path) -> Result<(), Error> {
    match overlap(target, source).map_err(Error::io(target))? {
        false => Ok(()),
        true => Err(Error::Overlap { target: target.to_owned(), source_dir: source.to_owned() }),
    }
}

fn overlap(target: &Path, source: &Path) -> io::Result<bool> {
    let (target, source) = (resolved(target)?, resolved(source)?);
    if target.starts_with(&source) || source.starts_with(&target) {
        return Ok(true);
    }
    // The components above their common parent are the same for both.
    let shared = target.components().zip(source.components()).take_while(|(a, b)| a == b).count();
    let own_part = |path: &Path| -> io::Result<Vec<Inode>> {
        let above = path.ancestors().filter(|above| shared < above.components().count());
        above.filter_map(|above| inode(above).transpose()).collect()
    };
    let (above_target, above_source) = (own_part(&target)?, own_part(&source)?);
    if inode(&target)?.is_some_and(|it| above_source.contains(&it)) {
        return Ok(true);
    }
    let mut waiting = if above_target.is_empty() { Vec::new() } else { vec![source] };
    while let Some(dir) = waiting.pop() {
        if inode(&dir)?.is_some_and(|it| above_target.contains(&it)) {
            return Ok(true);
        }
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        let entries = entries.filter_map(Result::ok);
        let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        waiting.extend(dirs.map(|entry| entry.path()));
    }
    Ok(false)
}

/// The inode and device numbers of a directory.
type Inode = (u64, u64);

fn inode(path: &Path) -> io::Result<Option<Inode>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns `path` as an absolute path without links and `..`, as far as it exists, followed by the
/// missing rest.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut waiting: VecDeque<OsString> = parts(&std::path::absolute(path)?).collect();
    let mut resolved = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = waiting.pop_front() {
        if part == ".." {
            resolved.pop();
            continue;
        }
        let next = resolved.join(&part);
        match fs::symlink_metadata(&next) {
            Ok(found) if found.is_symlink() => {
                links += 1;
                if LINKS_MAX < links {
                    return Err(io::Error::other("it leads through too many links"));
                }
                let target = fs::read_link(&next)?;
                if target.is_absolute() {
                    resolved = PathBuf::from("/");
                }
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    waiting.push_front(part);
                }
            }
            Err(error) if !is_absence(&error) => return Err(error),
            _ => resolved = next,
        }
    }
    Ok(resolved)
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
