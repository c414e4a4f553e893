//! The service as a process: kills under load, signals, a second service, commands that it
//! executes, its log.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::program::{Program, text};

/// Time limit for a read.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running service.
pub(crate) struct Served {
    process: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Served {
    pub(crate) fn start(program: &Program, env: &[(&str, &str)]) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aios-memory"));
        let mut process = command
            .args(["--json", "serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("HOME", program.path(""))
            .env("TMPDIR", program.path(""))
            .env("AIOS_MEMORY_EMBEDDING_MODEL", "static")
            .envs(env.iter().copied())
            .current_dir(program.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            let mut told = String::new();
            process.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("{error}: {line}: {told}")
        });
        assert_eq!(ready["ready"], true);
        assert_eq!(ready["pid"], process.id());
        let address = ready["listen"].as_str().unwrap().parse().unwrap();
        Served { process, stdout, address }
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the exit, and returns the exit code and the output on stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "stdout has the line of readiness only");
        let mut told = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (self.process.wait().unwrap().code(), told)
    }

    pub(crate) fn stop(self) -> String {
        self.send(Signal::SIGTERM);
        let (code, told) = self.end();
        assert_eq!(code, Some(0), "{told}");
        told
    }
}

/// Stops the service if a test fails.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Posts a JSON body. `None` if the service ends before its answer is complete.
pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &Value,
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}

fn remember(address: SocketAddr, text: &str) -> bool {
    let body = json!({ "items": [{ "text": text }] });
    post(address, "/api/v1/remember", "", &body).is_some_and(|(status, _)| status == 200)
}

#[test]
fn a_service_that_is_killed_under_64_writers_has_every_acknowledged_note_once() {
    let program = Program::new();
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..3 {
        let served = Served::start(&program, &[]);
        let address = served.address;
        thread::scope(|scope| {
            for writer in 0..64 {
                let acknowledged = &acknowledged;
                scope.spawn(move || {
                    for number in 0.. {
                        let text = format!("Round {round}, writer {writer}, note {number}.");
                        if !remember(address, &text) {
                            return;
                        }
                        acknowledged.lock().unwrap().push(text);
                    }
                });
            }
            let enough = (round + 1) * 100;
            while acknowledged.lock().unwrap().len() < enough {
                thread::yield_now();
            }
            served.send(Signal::SIGKILL);
        });
        assert_eq!(served.end().0, None, "killed");
    }
    let mut stored = Vec::new();
    let export = program.path("export.jsonl");
    assert_eq!(program.run(&["export", text(&export)]).code, 0);
    for line in fs::read_to_string(&export).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        if let Some(text) = record.pointer("/record/text").or(record.get("text")) {
            stored.push(text.as_str().unwrap().to_owned());
        }
    }
    for text in acknowledged.into_inner().unwrap() {
        let count = stored.iter().filter(|stored| **stored == text).count();
        assert_eq!(count, 1, "{text} of {} stored", stored.len());
    }
}

#[test]
fn a_signal_ends_the_service_after_its_calls() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let program = Program::new();
        let served = Served::start(&program, &[]);
        assert!(remember(served.address, "The kettle is blue."));
        let second = program.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(second.code, 1);
        let pid = served.process.id().to_string();
        assert!(second.stderr.contains(&pid), "{}", second.stderr);
        assert!(second.stderr.contains(&served.address.to_string()), "{}", second.stderr);
        assert_eq!(program.run(&["serve", "--check"]).code, 0);
        served.send(signal);
        assert_eq!(served.end().0, Some(0));
        assert_eq!(program.run(&["serve", "--check"]).code, 1);
        assert_eq!(program.recall("kettle"), ["The kettle is blue."]);
    }
}

#[test]
fn a_running_service_answers_commands_with_the_same_output() {
    let program = Program::new();
    let model = [("AIOS_MEMORY_EMBEDDING_MODEL", "static")];
    let run = |arguments: &[&str]| program.run_with(arguments, b"", &model);
    for note in ["The kettle is blue.", "The toaster is red."] {
        assert_eq!(run(&["remember", note, "--tag", "kitchen"]).code, 0);
    }
    let hit = run(&["--json", "recall", "kettle"]).json();
    let key = format!("note/{}", hit["hits"][0]["id"].as_str().unwrap());
    let served = Served::start(&program, &[]);
    let commands: [&[&str]; 9] = [
        &["recall", "kettle"],
        &["recall", "kettle", "--explain"],
        &["context", "make tea", "--max-tokens", "200", "--tier", "longterm"],
        &["list", "note"],
        &["--json", "list", "note", "--limit", "1"],
        &["show", &key],
        &["history", &key],
        &["show", "note/never"],
        &["--user", "ada", "list", "note"],
    ];
    for command in commands {
        let by_service = run(command);
        let mut direct = vec!["--no-service"];
        direct.extend(command);
        let by_files = run(&direct);
        assert_eq!(by_service.code, by_files.code, "{command:?}");
        assert_eq!(by_service.stdout, by_files.stdout, "{command:?}");
        assert_eq!(by_service.stderr, by_files.stderr, "{command:?}");
    }
    let stored = run(&["--json", "remember", "The fridge hums."]).json();
    assert_eq!(stored["known"], false);
    let again = run(&["--no-service", "--json", "remember", "The fridge hums."]).json();
    assert_eq!(again["known"], true);
    // The log of the service names the caller over the socket.
    let told = served.stop();
    assert!(told.contains("POST /internal/v1/command"), "{told}");
}

#[test]
fn the_log_has_who_changed_what_and_no_text() {
    let program = Program::new();
    let log = program.path("logs/service.log");
    fs::create_dir(program.path("logs")).unwrap();
    let env = [
        ("AIOS_MEMORY_LOG_PATH", text(&log)),
        ("AIOS_MEMORY_LOG_FORMAT", "json"),
        ("AIOS_MEMORY_LOG_MAX_BYTES", "4096"),
        ("AIOS_MEMORY_LOG_FILES", "2"),
    ];
    let served = Served::start(&program, &env);
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    for number in 0..60 {
        let body = json!({ "items": [{ "text": format!("The secret cake {number} is hidden.") }] });
        let answer = post(served.address, "/api/v1/remember", trace, &body).unwrap();
        assert_eq!(answer.0, 200, "{answer:?}");
    }
    served.stop();
    let mut files: Vec<_> =
        fs::read_dir(program.path("logs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    let mut lines = Vec::new();
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        let content = fs::read_to_string(file).unwrap();
        assert!(content.len() < 4096 + 1024, "{}", content.len());
        assert!(!content.contains("cake"), "{content}");
        lines.extend(content.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    let change = lines.iter().find(|line| line["message"] == "change").unwrap();
    assert_eq!(change["level"], "info");
    assert_eq!(change["operation"], "POST /api/v1/remember");
    assert_eq!(change["caller"], "loopback");
    assert_eq!(change["outcome"], "ok");
    assert_eq!(change["count"], 1);
    assert!(change["keys"].as_str().unwrap().starts_with("note/"), "{change}");
    assert_eq!(change["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert!(change["timestamp"].is_string() && change["module"].is_string());
}

#[test]
fn events_of_the_service_are_printed_and_followed() {
    let program = Program::new();
    let missing = program.run(&["events"]);
    assert_eq!(missing.code, 3, "{missing:?}");
    assert!(missing.stderr.contains("no service runs"), "{}", missing.stderr);
    assert_eq!(program.run(&["events", "--follow"]).code, 3);
    let served = Served::start(&program, &[]);
    let push = |category: &str| {
        let body = json!({"events": [{"category": category, "source": "door", "data": {"n": 1}}]});
        assert_eq!(post(served.address, "/api/v1/events", "", &body).unwrap().0, 200);
    };
    push("alarm");
    push("test");
    let model = [("AIOS_MEMORY_EMBEDDING_MODEL", "static")];
    let recent = program.run_with(&["events", "--category", "alarm"], b"", &model);
    assert_eq!(recent.stdout.lines().count(), 1, "{recent:?}");
    assert!(recent.stdout.contains(r#"alarm  door  {"n":1}"#), "{}", recent.stdout);
    let mut follower = Command::new(env!("CARGO_BIN_EXE_aios-memory"))
        .args(["--json", "events", "--follow", "--category", "alarm"])
        .env_clear()
        .env("HOME", program.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    // The follower may connect after the first of these.
    let followed = thread::scope(|scope| {
        let first = scope.spawn(|| lines.next().unwrap().unwrap());
        while !first.is_finished() {
            push("test");
            push("alarm");
        }
        first.join().unwrap()
    });
    let event: Value = serde_json::from_str(&followed).unwrap();
    assert_eq!((&event["category"], &event["source"]), (&json!("alarm"), &json!("door")));
    served.stop();
    assert_eq!(follower.wait().unwrap().code(), Some(0), "the end of the service ends it");
}

#[test]
fn tokens_are_added_used_and_revoked() {
    let program = Program::new();
    let served = Served::start(&program, &[]);
    let added =
        program.json(&["--user", "ada", "token", "add", "laptop", "--rights", "read,write"]);
    let secret = added["token"].as_str().unwrap();
    let bearer = format!("authorization: Bearer {secret}\r\n");
    let body = json!({ "items": [{ "text": "Ada likes tea." }] });
    let stored = post(served.address, "/api/v1/remember", &bearer, &body).unwrap();
    assert_eq!(stored.0, 200, "{stored:?}");
    let listed = program.run(&["token", "list"]);
    assert_eq!(listed.stdout, "laptop: read,write for ada\n");
    assert!(!listed.stdout.contains(secret));
    assert_eq!(program.run(&["token", "revoke", "laptop"]).code, 0);
    let refused = post(served.address, "/api/v1/remember", &bearer, &body).unwrap();
    assert_eq!(refused.0, 401, "{refused:?}");
    let log = served.stop();
    assert!(log.contains("caller=\"laptop\"") && !log.contains("trace_id"), "{log}");
    assert_eq!(program.run(&["--user", "ada", "recall", "tea"]).stdout.lines().count(), 1);
    assert_eq!(program.run(&["recall", "tea"]).stdout, "");
}

#[test]
fn a_service_refuses_what_it_cannot_keep() {
    let program = Program::new();
    for (arguments, part) in [
        (&["--user", "ada", "serve"][..], "scope"),
        (&["serve", "--listen", "nowhere"], "not an address"),
        (&["serve", "--idle-exit", "soon"], "length of time"),
        (&["token", "add", "x", "--rights", "fly"], "read, write"),
        (&["--agent", "a", "token", "add", "x"], "user and a project"),
        (&["--read-only", "serve"], "read"),
    ] {
        let refused = program.run(arguments);
        assert!(refused.code == 2 || refused.code == 1, "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains(part), "{arguments:?}: {}", refused.stderr);
    }
    let fresh = Program::new();
    let exposed = fresh.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(exposed.code, 1);
    assert!(exposed.stderr.contains("no tokens"), "{}", exposed.stderr);
    let is_opened = fresh.data_dir().join("working.db").exists();
    assert!(!is_opened, "it is refused before anything is opened");
    let issuer = [("AIOS_MEMORY_AUTH_OAUTH_ISSUER", "https://login.example.com")];
    let half = program.run_with(&["serve"], b"", &issuer);
    assert_eq!(half.code, 2, "{half:?}");
    assert!(half.stderr.contains("auth.oauth.audience"), "{}", half.stderr);
    assert_eq!(program.run(&["token", "add", "x"]).code, 0);
    let exposed = program.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(exposed.stderr.contains("unencrypted"), "{}", exposed.stderr);
}
