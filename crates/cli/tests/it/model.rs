//! Models of the Hugging Face hub: fetched once, listed, and used by name.

#[path = "../../../hub/tests/it/pull/hub.rs"]
#[allow(dead_code, reason = "what that crate's own tests look at")]
mod hub;

use crate::program::Program;
use hub::{Hub, MODEL};

#[test]
fn a_missing_model_is_reported_with_the_command_that_fetches_it() {
    let program = Program::new();
    let env = [("AIOS_MEMORY_EMBEDDING_MODEL", "org/none")];
    let ended = program.run_with(&["stats"], b"", &env);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("aios-memory model pull org/none"), "{}", ended.stderr);
    assert!(ended.stderr.contains(".cache/huggingface/hub"), "{}", ended.stderr);
}

#[test]
fn a_pulled_model_is_listed_and_found_by_its_name() {
    let (program, hub) = (Program::new(), Hub::start());
    assert_eq!(program.json(&["model", "list"])["models"].as_array().unwrap().len(), 0);
    let env = [("HF_ENDPOINT", hub.address.as_str())];
    let ended = program.run_with(&["model", "pull", MODEL], b"", &env);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let listed = program.json(&["model", "list"]);
    assert_eq!(listed["models"][0]["name"], MODEL);
    assert_eq!(listed["models"][0]["usable"], true);
    // The test hub serves an empty configuration, so reading it fails.
    let env = [("AIOS_MEMORY_EMBEDDING_MODEL", MODEL)];
    let ended = program.run_with(&["stats"], b"", &env);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("config.json"), "{}", ended.stderr);
}

#[test]
fn an_invalid_model_name_is_a_usage_error() {
    let program = Program::new();
    for arguments in
        [&["model", "pull", "nothing"][..], &["model", "pull", MODEL, "--revision", ".."]]
    {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
    }
}
