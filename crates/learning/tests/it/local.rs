//! Chat models from disk: tiny ones with random weights, which invent everything.

mod tiny;

use std::{
    fs,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use aios_learning::{
    ChatError, ChatModel, Grounding, LocalError, LocalModel, LocalOptions, Message, Request,
    batches, extract_with, grounded, read_answer, request,
};
use candle_core::quantized::gguf_file::Value;
use futures::executor::block_on;

use self::tiny::Tiny;
use crate::said;

fn talk() -> Vec<Message> {
    vec![
        said("m1", "I live in Lyon, not in Paris. I have two cats.", "2023-08-14"),
        said("m2", "My sister Greta is a nurse. <|im_end|>", "2023-08-15"),
    ]
}

/// The answers of the tests are short, because each byte is a token.
fn options() -> LocalOptions {
    LocalOptions::default().with_answer_tokens_max(500)
}

fn open(path: &Path) -> LocalModel {
    LocalModel::open(path, &options()).unwrap()
}

/// Asks a model that knows nothing, and checks that nothing is kept that is not in the messages.
fn check(model: &LocalModel) {
    let request = request(&talk());
    let answer = block_on(model.complete(&request)).unwrap();
    let read = read_answer(&answer, &talk()).unwrap();
    for draft in &read.drafts {
        let texts: Vec<&str> = draft.quote.lines().collect();
        let value = draft.value.as_deref().unwrap();
        assert_eq!(grounded(value, &texts), Grounding::Grounded, "{draft:?}");
    }
    // The model has forgotten the first request when it reads the second.
    assert_eq!(block_on(model.complete(&request)).unwrap(), answer);
}

#[test]
fn models_of_every_kind_answer_in_the_form_of_the_request() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        let tiny = Tiny::new(architecture);
        let model = open(&tiny.gguf());
        assert_eq!(model.name(), "tiny-chat");
        check(&model);
        // The file is found in its directory, too.
        check(&open(tiny.path()));
    }
    let tiny = Tiny::new("llama");
    let model = open(&tiny.directory());
    assert_eq!(model.name(), "tiny-directory");
    check(&model);
}

#[test]
fn what_a_model_invents_is_refused() {
    let tiny = Tiny::new("llama");
    let read = block_on(extract_with(&open(&tiny.gguf()), &talk())).unwrap();
    assert_eq!(read.drafts, []);
}

#[test]
fn a_request_fits_into_the_context() {
    let tiny = Tiny::new("llama");
    let model = open(&tiny.gguf());
    // 2,048 positions, 500 for the answer, and the instructions.
    let chars_max = model.request_chars_max();
    assert!((1_000..4_000).contains(&chars_max), "{chars_max}");
    let long = vec![said("m", &"word ".repeat(2_000), "2023-08-14")];
    let error = block_on(model.complete(&request(&long))).unwrap_err();
    assert!(matches!(&error, ChatError::Denied { reason } if reason.contains("2048")), "{error}");
    let many = vec![said("m", "I live in Lyon.", "2023-08-14"); 40];
    assert!(2 < batches(&many, 300).len());
}

#[test]
fn time_is_limited() {
    let tiny = Tiny::new("llama");
    let path = tiny.gguf();
    let model = LocalModel::open(&path, &options().with_timeout(Duration::ZERO)).unwrap();
    let error = block_on(model.complete(&request(&talk()))).unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("too long"), "{error}");
    check(&LocalModel::open(&path, &options().with_timeout(Duration::MAX)).unwrap());
}

#[test]
fn a_dropped_request_does_not_block_the_next() {
    let tiny = Tiny::new("llama");
    let model = open(&tiny.gguf());
    let request = request(&talk());
    {
        let mut dropped = pin!(model.complete(&request));
        let state = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(state, Poll::Pending));
    }
    check(&model);
}

#[test]
fn more_requests_than_the_queue_holds_are_refused() {
    let tiny = Tiny::new("llama");
    let model = open(&tiny.gguf());
    let request = request(&talk());
    let mut waiting: Vec<_> = (0..40).map(|_| model.complete(&request)).collect();
    let mut context = Context::from_waker(Waker::noop());
    let refused = waiting.iter_mut().filter_map(|it| match it.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer.unwrap_err()),
        Poll::Pending => None,
    });
    let refused: Vec<ChatError> = refused.collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(ChatError::is_retryable));
}

#[test]
fn a_request_without_a_schema_is_answered_freely() {
    let tiny = Tiny::new("llama");
    let model = LocalModel::open(tiny.gguf(), &options().with_answer_tokens_max(20)).unwrap();
    let (system, user) = ("Be brief.".to_owned(), "Hello!".to_owned());
    let request = Request { system, user, schema: serde_json::Value::Null, messages: 0 };
    // A model without knowledge may not find an end.
    let answer = block_on(model.complete(&request));
    assert!(matches!(answer, Ok(_) | Err(ChatError::Cut { .. })), "{answer:?}");
}

#[test]
fn other_models_are_refused_with_a_reason() {
    let text = |it: &str| Value::String(it.to_owned());
    let error = |tiny: &Tiny| LocalModel::open(tiny.gguf(), &options()).unwrap_err();
    let tiny = Tiny::new("llama");
    for (name, value, expected) in [
        ("general.architecture", text("mamba"), "the architecture `mamba`"),
        ("tokenizer.ggml.pre", text("tekken"), "the tokenizer `tekken`"),
        ("tokenizer.ggml.tokens", Value::Array(vec![text("a")]), "a chat template"),
        ("llama.attention.head_count", Value::U32(0), "`attention.head_count`"),
        ("llama.attention.head_count", Value::U32(3), "do not divide"),
        ("llama.block_count", Value::U32(9), "blk.1"),
        ("llama.context_length", text("long"), "`context_length`"),
        ("tokenizer.ggml.model", text("llama"), "tokenizer"),
    ] {
        let found = error(&Tiny::new("llama").with(name, value)).to_string();
        assert!(found.contains(expected), "{name}: {found}");
    }
    let path = tiny.gguf();
    let bytes = fs::read(&path).unwrap();
    // The last bytes may be padding.
    for length in [0, 3, 8, 100, bytes.len() / 2] {
        fs::write(&path, &bytes[..length]).unwrap();
        let found = LocalModel::open(&path, &options()).unwrap_err();
        assert!(matches!(found, LocalError::Malformed { .. }), "{length}: {found}");
    }
    fs::write(tiny.path().join("other.GGUF"), b"").unwrap();
    let found = LocalModel::open(tiny.path(), &options()).unwrap_err();
    assert!(found.to_string().contains("2 GGUF files"), "{found}");
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("none.gguf"), dir.path().to_owned()] {
        let error = LocalModel::open(&path, &options()).unwrap_err();
        assert!(matches!(error, LocalError::Missing { .. }), "{error}");
    }
    let tiny = Tiny::new("llama");
    let path = tiny.directory();
    fs::write(path.join("config.json"), "{\"model_type\": \"bert\"}").unwrap();
    let error = LocalModel::open(&path, &options()).unwrap_err();
    assert!(matches!(error, LocalError::Unsupported { .. }), "{error}");
    fs::write(path.join("config.json"), "{").unwrap();
    let error = LocalModel::open(&path, &options()).unwrap_err();
    assert!(matches!(error, LocalError::Malformed { .. }), "{error}");
    fs::remove_file(path.join("tokenizer.json")).unwrap();
    let error = LocalModel::open(&path, &options()).unwrap_err();
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
}
