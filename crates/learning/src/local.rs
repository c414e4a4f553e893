//! A chat model from disk, computed in this process by candle-transformers.
//!
//! A thread of its own computes, one request after the other, so no executor is blocked. Tokens are
//! chosen greedily, and the answer has the form of the request's schema by construction. Not here:
//! sampling, devices other than the processor.

mod engine;
mod error;
mod files;
mod guide;
mod network;
mod options;
mod session;
mod template;
mod tokens;
mod worker;

use std::{
    fmt::{Debug, Formatter},
    path::Path,
};

pub use self::error::LocalError;
pub use self::options::LocalOptions;

use self::engine::Engine;
use self::worker::Worker;
use crate::chat::{ChatModel, Completion, Request};

/// A chat model from disk, in this process.
///
/// Supported are GGUF files of the architectures `llama` (Llama 3, SmolLM2), `qwen2` and
/// `qwen3`, and directories with a Llama or SmolLM2 in safetensors. Their chat template is ChatML
/// or that of Llama 3, recognised by the vocabulary.
///
/// The future runs on any executor. A dropped future ends its computation at the next token.
/// Dropping the model waits until then.
pub struct LocalModel {
    name: String,
    request_chars_max: usize,
    worker: Worker,
}

impl LocalModel {
    /// Reads a model: a GGUF file, a directory that holds one, or a directory with `config.json`,
    /// `tokenizer.json` and `model.safetensors`. Beside a GGUF file, `tokenizer.json` has
    /// precedence over the tokenizer inside. Blocks while it reads.
    ///
    /// # Errors
    /// [`LocalError::Missing`] or [`LocalError::Read`] if a file cannot be read,
    /// [`LocalError::Malformed`] if its content is invalid, [`LocalError::Unsupported`] if the
    /// model is of another kind, [`LocalError::Thread`] if no thread can be started.
    pub fn open(path: impl AsRef<Path>, options: &LocalOptions) -> Result<LocalModel, LocalError> {
        let files = files::Files::find(path.as_ref())?;
        let engine = Engine::open(&files, options)?;
        Ok(LocalModel {
            name: files.name(),
            request_chars_max: engine.request_chars_max(),
            worker: Worker::start(engine, options.timeout)?,
        })
    }
}

impl ChatModel for LocalModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn request_chars_max(&self) -> usize {
        self.request_chars_max
    }

    fn complete<'a>(&'a self, request: &'a Request) -> Completion<'a> {
        Box::pin(self.worker.ask(request.clone()))
    }
}

impl Debug for LocalModel {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LocalModel").field("name", &self.name).finish_non_exhaustive()
    }
}
