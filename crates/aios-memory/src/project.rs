//! The project of a directory, with an id that is the same in every checkout.

use std::{
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use crate::{Error, InputProblem};

/// The maximum length of a project id in bytes.
pub const PROJECT_BYTES_MAX: usize = 4096;

/// Hosts that providers document for ssh through port 443, with their usual names.
const ALIASES: &[(&str, &str)] = &[
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
];

/// A project that records can belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The id: the normalised URL of the repository's first remote; else `commit:` and the hash of
    /// its first commit; else `path:` and the canonical path of its root.
    pub id: String,
    /// The name of its directory, for display.
    pub label: String,
}

impl Project {
    /// Returns the project of the directory at `path`. A worktree belongs to the project of its
    /// repository; a directory outside a repository is a project of its own. Runs `git` if there is
    /// a repository.
    ///
    /// # Errors
    /// [`Error::Input`] if `path` is not a directory, or if it is in a repository and `git` cannot
    /// be run.
    pub fn of(path: &Path) -> Result<Project, Error> {
        let input = |problem| Error::input(path, problem);
        let failed = |cause| input(InputProblem::Unopened { cause });
        let path = fs::canonicalize(path).map_err(failed)?;
        if !path.is_dir() {
            return Err(input(InputProblem::NoProject));
        }
        let Some(root) = path.ancestors().find(|dir| dir.join(".git").exists()) else {
            return Ok(Project::at(&path));
        };
        if let Some(url) = first_remote(root).map_err(&input)? {
            let label = folder(root);
            let base = checkout(root).map_err(&input)?;
            return Ok(Project { id: normalized(&url, &base), label });
        }
        match first_commit(root).map_err(&input)? {
            Some(hash) => Ok(Project { id: format!("commit:{hash}"), label: folder(root) }),
            None => Ok(Project::at(root)),
        }
    }

    fn at(root: &Path) -> Project {
        Project { id: id_of(root), label: folder(root) }
    }
}

/// Returns the id of a path on this machine. Bytes that are not UTF-8 are percent-escaped.
fn id_of(path: &Path) -> String {
    let mut id = "path:".to_owned();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        id.push_str(chunk.valid());
        id.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    id
}

fn folder(root: &Path) -> String {
    root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
}

/// Returns the URL of the first remote in the repository's configuration, with the abbreviations of
/// the configuration expanded (`url.*.insteadOf`).
fn first_remote(root: &Path) -> Result<Option<String>, InputProblem> {
    let remotes = git(root, &["config", "--get-regexp", r"^remote\..*\.url$"])?;
    let Some((key, url)) = remotes.lines().next().and_then(|line| line.split_once(' ')) else {
        return Ok(None);
    };
    let name = key.strip_prefix("remote.").and_then(|key| key.strip_suffix(".url"));
    let whole = git(root, &["remote", "get-url", name.unwrap_or_default()])?;
    let whole = whole.lines().next().unwrap_or_default();
    let urls = [whole, url].map(str::trim);
    Ok(urls.into_iter().find(|url| !url.is_empty()).map(str::to_owned))
}

/// Returns the directory to which a relative remote is relative: the main checkout, even for
/// another worktree.
fn checkout(root: &Path) -> Result<PathBuf, InputProblem> {
    if root.join(".git").is_dir() {
        return Ok(root.to_owned());
    }
    let common = git(root, &["rev-parse", "--git-common-dir"])?;
    let common = root.join(common.trim_end());
    let main = common.parent().filter(|_| common.ends_with(".git"));
    Ok(main.unwrap_or(root).to_owned())
}

/// Returns the hash of the oldest commit without a parent.
fn first_commit(root: &Path) -> Result<Option<String>, InputProblem> {
    let roots = git(root, &["rev-list", "--max-parents=0", "HEAD"])?;
    Ok(roots.lines().last().map(str::to_owned))
}

/// Returns the output of a `git` command in `root`; empty if the command fails.
fn git(root: &Path, arguments: &[&str]) -> Result<String, InputProblem> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments);
    // Set in git hooks, where they name the hook's repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"] {
        command.env_remove(variable);
    }
    let ran = command.output();
    let ran = ran.map_err(|cause| InputProblem::NoGit { cause })?;
    // Both commands exit with 1 or 128 if there is no result.
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// Returns a remote's URL without scheme, user, port and `.git`, with the host in lower case: all
/// URLs of one remote give the same result.
///
/// ```text
/// git@Example.com:ada/site.git, ssh://git@example.com:22/ada/site, https://example.com/ada/site/
/// are all example.com/ada/site
/// ```
fn normalized(url: &str, checkout: &Path) -> String {
    let url = url.trim().trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url).trim_end_matches('/');
    let (host, path) = match url.split_once("://") {
        Some(("file", path)) => return format!("path:{path}"),
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        // `host:path` as in ssh, or a path, which may have a `:` after a `/`.
        None => match url.split_once(':').filter(|(host, _)| !host.contains('/')) {
            Some(parts) => parts,
            None => return id_of(&local(url, checkout)),
        },
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host).to_lowercase();
    let host = ALIASES.iter().find(|(alias, _)| *alias == host).map_or(&*host, |(_, name)| name);
    format!("{host}/{}", path.trim_start_matches('/'))
}

/// Returns the canonical form of a remote that is a local directory, if it exists. A relative one
/// is relative to the checkout.
fn local(path: &str, checkout: &Path) -> PathBuf {
    let path = if path.starts_with('~') { PathBuf::from(path) } else { checkout.join(path) };
    fs::canonicalize(&path).unwrap_or_else(|_| without_dots(&path))
}

/// Returns a path without its `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests;
