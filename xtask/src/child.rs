//! Child processes: cargo and the binary, with the environment that they need.
//!
//! `cargo run`, which started us, has put a dozen variables about the package `xtask` into our
//! environment. Build scripts watch some of them (`ring` its `CARGO_PKG_NAME`), so a child that
//! inherits them rebuilds what a plain `cargo build` had built, and the other way round. Hence they
//! are taken out.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::error::Error;
use crate::protoc;

/// What `cargo run` sets for the package that it runs, by prefix.
const OF_XTASK: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];

/// A call of cargo that is being put together.
pub(crate) struct Cargo {
    command: Command,
    /// As a person would type it.
    shown: String,
}

impl Cargo {
    /// `cargo <arguments>`, in the caller's directory.
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

    /// The binary `aios-memory`, built if need be: `cargo run` of it, with its arguments to come.
    pub(crate) fn binary<S: AsRef<str>>(options: &[S]) -> Self {
        Self::new(&["run", "--package", "aios-memory-cli", "--bin", "aios-memory"])
            .args(options)
            .args(&["--"])
    }

    /// More arguments.
    pub(crate) fn args<S: AsRef<str>>(mut self, arguments: &[S]) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.command.arg(argument);
            self.shown.push(' ');
            self.shown.push_str(argument);
        }
        self
    }

    /// A variable of the child's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={value:?} {}", self.shown);
        self
    }

    /// Says what runs, before it runs: for verbs of several steps.
    pub(crate) fn announced(self) -> Self {
        eprintln!("\n$ {}", self.shown);
        self
    }

    /// Runs it to its end; it talks to the terminal itself.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        match self.command.status() {
            Ok(status) => check(status, self.shown),
            Err(source) => Err(Error::Spawn { command: self.shown, source }),
        }
    }

    /// Runs it to its end and gives back what it printed; errors go to the terminal.
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

/// The folder of the workspace's manifest. Asked at run time: a target directory that several
/// clones share may hold a binary that another clone has built.
pub(crate) fn workspace_root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask is a folder of the workspace").to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from)
}
