//! ONNX Runtime in Python: a process that answers requests, so that its runs can be interleaved
//! with ours.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{Answer, Rival};
use crate::python::{self, Line};

/// A process with the model loaded. Dropping it ends the process.
pub(super) struct OnnxRuntime {
    name: String,
    child: Child,
    questions: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

#[derive(Deserialize)]
struct Greeting {
    version: String,
}

impl OnnxRuntime {
    /// Starts the process with the model in `dir` and the weights `bits` (`fp32`, `int8`). The
    /// error is the reason why it cannot run.
    pub(super) fn start(dir: &Path, bits: &str) -> Result<OnnxRuntime, String> {
        let mut script = python::script("embedding.py");
        script.arg(dir).arg(bits).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().map_err(|error| python::cannot_run(&error))?;
        let answers = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
        let questions = child.stdin.take();
        let mut rival = OnnxRuntime { name: String::new(), child, questions, answers };
        let greeting: Line<Greeting> =
            rival.read().ok_or("its script ended early; see its output above")?;
        rival.name = format!("onnxruntime {} {bits}", greeting.into_result()?.version);
        Ok(rival)
    }

    fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        serde_json::from_str(&self.answers.next()?.ok()?).ok()
    }
}

impl Rival for OnnxRuntime {
    fn name(&self) -> &str {
        &self.name
    }

    fn embed(&mut self, threads: usize, batch: usize, texts: &[&str]) -> Answer {
        let question = json!({ "threads": threads, "batch": batch, "texts": texts });
        let questions = self.questions.as_mut().expect("it is open until the end");
        writeln!(questions, "{question}").expect("the rival runs");
        self.read().expect("the rival answers")
    }
}

impl Drop for OnnxRuntime {
    fn drop(&mut self) {
        // The process ends when its input is closed.
        self.questions = None;
        let _ = self.child.wait();
    }
}
