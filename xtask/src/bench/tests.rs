//! Tests of the arguments of a bench.

#![allow(clippy::unwrap_used)]

use std::env;

use super::*;

#[test]
fn a_directory_is_resolved_against_the_callers() {
    let arguments = ["--smoke", "models/one", "/models/two"].map(str::to_owned);
    let here = env::current_dir().unwrap().join("models/one").display().to_string();
    assert_eq!(absolute(&arguments), ["--smoke", &here, "/models/two"]);
}

/// Checks the targets of arguments, each as its name and its arguments.
fn check(arguments: &str, expect: Option<&[&str]>) {
    let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
    let line =
        |(target, arguments): (&str, Vec<String>)| format!("{target} {}", arguments.join(" "));
    let found = targets(&arguments);
    let found: Option<Vec<String>> = found
        .map(|targets| targets.into_iter().map(line).map(|it| it.trim_end().to_owned()).collect());
    let expect = expect.map(|lines| lines.iter().map(|it| (*it).to_owned()).collect());
    assert_eq!(found, expect, "{arguments:?}");
}

#[test]
fn arguments_select_targets() {
    check("", Some(&["criterion"]));
    check("--baseline before push", Some(&["criterion --baseline before push"]));
    check("criterion push", Some(&["criterion push"]));
    check("longterm --million", Some(&["longterm --million"]));
    check("service --seconds 5", Some(&["service --seconds 5"]));
    let tables = ["operational", "working", "embedding", "longterm --rivals", "service"];
    check("--rivals", Some(&tables));
    check("longtrem", None);
}
