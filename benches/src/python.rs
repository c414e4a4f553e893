//! The rivals that are scripts: `rivals/*.py`, for a Python that has their packages.

use std::{env, path::Path, process::Command};

use serde::{Deserialize, de::DeserializeOwned};

/// The interpreter, for an environment that has the packages of `rivals/*requirements.txt`.
const PYTHON: &str = "AIOS_BENCH_PYTHON";

/// A line of a script.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Line<T> {
    /// It cannot do what is asked.
    Missing { missing: String },
    /// It can.
    Answer(T),
}

/// The call of a script, without its arguments.
pub(crate) fn script(name: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals").join(name));
    command
}

/// What a script says with its last line, once it has run; or why it says nothing.
pub(crate) fn answer<T: DeserializeOwned>(mut script: Command) -> Result<T, String> {
    let output = script.output().map_err(|error| cannot_run(&error))?;
    match serde_json::from_str(&last_line(&output.stdout)) {
        Ok(line) => Line::into_result(line),
        Err(_) => Err(format!("{} (`{}`)", last_line(&output.stderr), interpreter())),
    }
}

pub(crate) fn cannot_run(error: &std::io::Error) -> String {
    format!("`{}` cannot be run: {error}", interpreter())
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
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing").to_owned()
}
