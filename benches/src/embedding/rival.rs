//! ONNX Runtime, from Python: a process that is asked, so that it takes turns with us.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

/// The interpreter, for an environment that has the packages of
/// `rivals/embedding-requirements.txt`.
const PYTHON: &str = "AIOS_BENCH_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rivals/embedding.py");

/// The process, with the model loaded; it ends with its handle.
pub(super) struct Rival {
    pub(super) name: String,
    child: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    /// What it took, without the way between the processes.
    pub(super) seconds: f64,
    pub(super) vectors: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Greeting {
    version: Option<String>,
    missing: Option<String>,
}

impl Rival {
    /// Starts it with the model in `dir`, or says why it cannot be had.
    pub(super) fn start(dir: &Path) -> Result<Rival, String> {
        let python = env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
        let mut command = Command::new(&python);
        command.arg(SCRIPT).arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("`{python}` cannot be run: {error}"))?;
        let answers = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
        let questions = child.stdin.take();
        let mut rival = Rival { name: String::new(), child, questions, answers };
        let greeting: Greeting =
            rival.read().ok_or_else(|| format!("its script ends early in `{python}`"))?;
        match greeting {
            Greeting { version: Some(version), .. } => {
                rival.name = format!("onnxruntime {version}");
                Ok(rival)
            }
            Greeting { missing, .. } => {
                Err(format!("{} in `{python}`", missing.unwrap_or_default()))
            }
        }
    }

    /// The vectors of `texts` in batches of `batch`, with `threads` threads inside each operation.
    ///
    /// # Panics
    /// When the process is gone.
    pub(super) fn embed(&mut self, threads: usize, batch: usize, texts: &[&str]) -> Answer {
        let question = json!({ "threads": threads, "batch": batch, "texts": texts });
        let questions = self.questions.as_mut().expect("it is open until the end");
        writeln!(questions, "{question}").expect("the rival runs");
        self.read().expect("the rival answers")
    }

    fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        serde_json::from_str(&self.answers.next()?.ok()?).ok()
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        // It ends when there is nothing more to read.
        self.questions = None;
        let _ = self.child.wait();
    }
}
