//! Child processes: cargo and the binary, with a clean environment.
//!
//! `cargo run`, which started this program, adds a dozen variables about the package `xtask` to the
//! environment. Build scripts watch some of them (`ring` its `CARGO_PKG_NAME`), so a child that
//! inherits them would rebuild what a plain `cargo build` has built, and vice versa. They are
//! therefore removed.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::error::Error;
use crate::protoc;

/// Prefixes of the variables that `cargo run` sets for its package.
const OF_XTASK: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];

/// A cargo command under construction.
pub(crate) struct Cargo {
    command: Command,
    /// The command line as a user would type it.
    shown: String,
}

impl Cargo {
    /// Creates `cargo <arguments>`, in the caller's directory.
    pub(crate) fn new<S: AsRef<str>>(arguments: &[S]) -> Self {
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let Some(text) = name.to_str() else { continue };
            if OF_XTASK.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.envs(protoc::environment());
        Self { command, shown: "cargo".to_owned() }.args(arguments)
    }

    /// Creates a `cargo run` of the binary `aios-memory`, which builds it if needed. The arguments
    /// of the binary follow.
    pub(crate) fn binary<S: AsRef<str>>(options: &[S]) -> Self {
        Self::new(&["run", "--package", "aios-memory-cli", "--bin", "aios-memory"])
            .args(options)
            .args(&["--"])
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<str>>(mut self, arguments: &[S]) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.command.arg(argument);
            self.shown.push(' ');
            self.shown.push_str(argument);
        }
        self
    }

    /// Sets a variable of the child's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={value:?} {}", self.shown);
        self
    }

    /// Prints the command before it runs, for verbs of several steps.
    pub(crate) fn announced(self) -> Self {
        eprintln!("\n$ {}", self.shown);
        self
    }

    /// Runs the command to completion, with its output on the terminal. Fails if the exit code is
    /// not 0.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        match self.command.status() {
            Ok(status) => check(status, self.shown),
            Err(source) => Err(Error::Spawn { command: self.shown, source }),
        }
    }

    /// Runs the command to completion and returns its stdout; stderr goes to the terminal. Fails if
    /// the exit code is not 0.
    pub(crate) fn output(mut self) -> Result<String, Error> {
        match self.command.stderr(Stdio::inherit()).output() {
            Ok(output) => {
                check(output.status, self.shown)?;
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Err(source) => Err(Error::Spawn { command: self.shown, source }),
        }
    }
}

fn check(status: ExitStatus, command: String) -> Result<(), Error> {
    if status.success() { Ok(()) } else { Err(Error::Child { command, code: status.code() }) }
}

/// Returns the root folder of the workspace. Determined at run time, because a target directory
/// shared by several clones may contain a binary built by another clone.
pub(crate) fn workspace_root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask is a folder of the workspace").to_path_buf()
}

/// Returns cargo's target directory.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from)
}
