//! Hooks and a running service with other settings.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use nix::sys::signal::Signal;
use serde_json::json;

use super::{Home, SETTINGS, session};
use crate::program::{Ended, Program};

const NOTE: &str = "The staging database listens on port 5433.";

/// A setting that changes the answers of hooks.
const OTHER: (&str, &str) = ("AIOS_MEMORY_LEARNING_PROFILE_FACTS", "3");

/// Asks for the port in a new session, with an additional environment variable.
fn asked(home: &Home, id: &str, cwd: &Path, variable: (&str, &str)) -> Ended {
    let prompt = "Which port does the staging database listen on?";
    let input = session(id, cwd, json!({"prompt": prompt})).to_string();
    let env = [SETTINGS, &[variable]].concat();
    home.program.run_with(&["hook", "codex", "UserPromptSubmit"], input.as_bytes(), &env)
}

#[test]
fn a_hook_in_another_time_zone_is_answered() {
    let home = Home::new();
    let cwd = home.program.path("");
    assert_eq!(home.run(&["remember", NOTE]).code, 0);
    let pid = home.pid();
    for (id, zone) in [("s1", "Asia/Tokyo"), ("s2", "America/New_York"), ("s3", "")] {
        let ended = asked(&home, id, &cwd, ("TZ", zone));
        assert!(ended.stdout.contains("5433"), "{zone}: {}", home.log());
    }
    assert_eq!(home.pid(), pid, "the same service answers");
}

#[test]
fn a_hook_with_other_settings_replaces_the_service_of_a_hook() {
    let home = Home::new();
    let cwd = home.program.path("");
    assert_eq!(home.run(&["remember", NOTE]).code, 0);
    let before = home.pid().unwrap();
    let ended = asked(&home, "s1", &cwd, OTHER);
    assert!(ended.stdout.contains("5433"), "{}", home.log());
    let after = home.pid().unwrap();
    assert_ne!(after, before);
    assert!(home.log().contains(&format!("replaces the service (process {before})")));
    assert!(asked(&home, "s2", &cwd, OTHER).stdout.contains("5433"), "{}", home.log());
    assert_eq!(home.pid(), Some(after), "it stays");
}

#[test]
fn a_service_that_the_user_started_is_never_ended_by_a_hook() {
    let home = Home { program: Program::new() };
    let cwd = home.program.path("");
    let mut service = Command::new(env!("CARGO_BIN_EXE_aios-memory"))
        .args(["serve", "--listen", "none"])
        .env_clear()
        .env("HOME", &cwd)
        .envs(SETTINGS.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ended = asked(&home, "s1", &cwd, OTHER);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    assert!(home.log().contains("other settings than this hook; restart it"), "{}", home.log());
    assert_eq!(service.try_wait().unwrap(), None, "it still runs");
    let marks = home.program.data_dir().join("hooks/ran/codex.UserPromptSubmit.json");
    let mark = std::fs::read_to_string(marks).unwrap();
    assert!(mark.contains("\"is_done\":false"), "doctor reports it: {mark}");
    nix::sys::signal::kill(home.pid().unwrap(), Signal::SIGTERM).unwrap();
    assert!(service.wait().unwrap().success());
}
