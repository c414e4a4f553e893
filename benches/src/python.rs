//! Rivals that are scripts (`rivals/*.py`), run by a Python interpreter with their packages.

use std::{env, path::Path, process::Command};

use serde::{Deserialize, de::DeserializeOwned};

/// Environment variable with the interpreter. Its environment must have the packages of
/// `rivals/*requirements.txt`.
const PYTHON: &str = "AIOS_BENCH_PYTHON";

/// A line of a script's output.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Line<T> {
    /// The script lacks a requirement.
    Missing { missing: String },
    /// The result.
    Answer(T),
}

/// Creates the command of a script, without its arguments.
pub(crate) fn script(name: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals").join(name));
    command
}

/// Runs a script and parses the last line of its output. The error is the reason for a failure.
pub(crate) fn answer<T: DeserializeOwned>(mut script: Command) -> Result<T, String> {
    let output = script.output().map_err(|error| cannot_run(&error))?;
    match serde_json::from_str(&last_line(&output.stdout)) {
        Ok(line) => Line::into_result(line),
        Err(_) => Err(format!("{} (`{}`)", last_line(&output.stderr), interpreter())),
    }
}

pub(crate) fn cannot_run(error: &std::io::Error) -> String {
    format!("failed to run `{}`: {error}", interpreter())
}

impl<T> Line<T> {
    pub(crate) fn into_result(self) -> Result<T, String> {
        match self {
            Line::Missing { missing } => Err(format!("{missing} (`{}`)", interpreter())),
            Line::Answer(answer) => Ok(answer),
        }
    }
}

fn interpreter() -> String {
    env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned())
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no output").to_owned()
}
