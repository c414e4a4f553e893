//! Tests of the arguments of `eval`.

#![allow(clippy::unwrap_used)]

use super::*;

fn parse(line: &str) -> Result<Call, Error> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Call::parse(&words)
}

#[test]
fn the_arguments_are_parsed() {
    let call = parse("--release --model=m a --format beir b -- --verbose x").unwrap();
    assert_eq!((call.is_release, call.model.as_deref()), (true, Some("m")));
    assert_eq!(call.format, Some(Format::Beir));
    assert_eq!(call.paths, [PathBuf::from("a"), PathBuf::from("b")]);
    assert_eq!(call.rest, ["--verbose", "x"]);
    assert_eq!(parse("--model m a").unwrap().model.as_deref(), Some("m"));
    for wrong in ["--fast a", "--format=beir", "--format=odd a", "a --model", "--format"] {
        assert!(matches!(parse(wrong), Err(Error::Usage { .. })), "{wrong}");
    }
}

#[test]
fn the_data_beside_the_workspace_is_measured_by_default() {
    for line in ["", "--release", "-- --verbose"] {
        assert_eq!(parse(line).unwrap().paths, [workspace_root().join(DATA)], "{line}");
    }
}

#[test]
fn sets_are_fitted_or_held_out_by_their_names() {
    let set = |path: &str| Set { format: Format::Beir, path: PathBuf::from(path) };
    assert!(is_fitted(&set("data/locomo/conv-26.json")));
    assert!(is_fitted(&set("cisi")));
    assert!(!is_fitted(&set("data/locomo/conv-30.json")));
    assert!(!is_fitted(&set("notes/notes_test.jsonl")));
}
