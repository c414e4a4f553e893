//! Runs the binary.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The binary, with its own home directory.
pub(crate) struct Program {
    home: TempDir,
}

/// Result of a run.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn new() -> Program {
        Program { home: tempfile::tempdir().unwrap() }
    }

    /// Returns a path in the home directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file in the home directory.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Returns the data directory of the home.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path(".local/share/aios-memory")
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ended {
        self.run_with(arguments, b"", &[])
    }

    /// Runs with input on stdin and additional environment variables.
    pub(crate) fn run_with<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[S],
        stdin: &[u8],
        env: &[(&str, &str)],
    ) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aios-memory"));
        command.args(arguments);
        self.complete(command, stdin, env)
    }

    /// Runs a prepared command in the home directory.
    pub(crate) fn complete(
        &self,
        mut command: Command,
        stdin: &[u8],
        env: &[(&str, &str)],
    ) -> Ended {
        let mut child = command
            .env_clear()
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path())
            .envs(env.iter().copied())
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its stdin may have closed it.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        Ended::from(child.wait_with_output().unwrap())
    }

    /// Runs with an environment variable that may be other than UTF-8.
    pub(crate) fn run_in(&self, arguments: &[&str], name: &str, value: &std::ffi::OsStr) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_aios-memory"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env(name, value)
            .current_dir(self.home.path())
            .output();
        Ended::from(output.unwrap())
    }

    /// Runs a command with `--json` and returns its output. Panics if it fails.
    pub(crate) fn json<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Value {
        self.json_with(arguments, b"")
    }

    pub(crate) fn json_with<S: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[S],
        stdin: &[u8],
    ) -> Value {
        let mut all: Vec<&std::ffi::OsStr> = vec!["--json".as_ref()];
        all.extend(arguments.iter().map(AsRef::as_ref));
        let ended = self.run_with(&all, stdin, &[]);
        assert_eq!(ended.code, 0, "{all:?}: {}", ended.stderr);
        ended.json()
    }

    /// Returns the texts that a search finds.
    pub(crate) fn recall(&self, query: &str) -> Vec<String> {
        let found = self.json(&["recall", "--", query]);
        let hits = found["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["text"].as_str().unwrap().to_owned()).collect()
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code().unwrap_or_else(|| panic!("killed: {:?}", output.status)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Converts a path to an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
