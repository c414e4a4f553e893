//! The example `orchestrator`, run as a program: killed after each of its steps, resumed, and run
//! again with what it learned.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

use aios_memory::{AgentMemory, Config, Kind};
use serde_json::json;
use tempfile::TempDir;

/// Steps of the first run: two of the plan, one list, and a list, two reads and a write.
const STEPS: usize = 7;
const INDEX: &str = "Deploying\nPorts";

/// A memory and a sandbox with notes.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let notes = place.path("sandbox/notes");
        fs::create_dir_all(&notes).unwrap();
        fs::write(notes.join("ports.txt"), "Ports\nStaging is on 5433.\n").unwrap();
        fs::write(notes.join("deploy.txt"), "Deploying\nOn Tuesdays.\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(example());
        let (memory, sandbox) = (self.path("memory"), self.path("sandbox"));
        command.arg("--memory").arg(memory).arg("--sandbox").arg(sandbox);
        command.env_remove("ORCHESTRATOR_MODEL_URL");
        command
    }

    /// Runs the example to its end.
    fn run(&self) -> String {
        let output = self.command().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        said(&output)
    }

    /// Runs the example until it dies after its step of this number.
    fn die_at(&self, step: usize) -> String {
        let output = self.command().arg("--die-at").arg(step.to_string()).output().unwrap();
        assert!(!output.status.success(), "it lives on: {}", said(&output));
        said(&output)
    }

    async fn open(&self) -> AgentMemory {
        AgentMemory::open(Config::at(self.path("memory"))).await.unwrap()
    }
}

/// Returns the path of the example, which cargo builds with the tests of the package.
fn example() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let path = profile.join("examples/orchestrator");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p aios-memory --example orchestrator`, or all tests of \
         the package",
        path.display()
    );
    path
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the ids of the tool calls that the example acknowledged.
fn steps(said: &str) -> Vec<String> {
    let lines = said.lines().filter_map(|line| line.strip_prefix("step "));
    lines.map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_loses_nothing_and_continues_without_repeating_a_step() {
    for at in 1..=STEPS {
        let place = Place::new();
        let killed = place.die_at(at);
        let acknowledged = steps(&killed);
        assert_eq!(acknowledged.len(), at);

        let memory = place.open().await;
        let stored = calls(&memory).await;
        assert_eq!(stored, acknowledged.iter().cloned().collect(), "killed at step {at}");
        let incidents = memory.list(Kind::Incident, None, 9).await.unwrap().records;
        assert_eq!(incidents.len(), 1, "killed at step {at}");
        assert_eq!(memory.work().resume_list().await.unwrap().len(), 1);
        memory.shutdown().await.unwrap();

        let resumed = place.run();
        assert!(resumed.contains("resuming"), "{resumed}");
        assert_eq!(steps(&resumed).len(), STEPS - at, "{killed}{resumed}");
        let index = fs::read_to_string(place.path("sandbox/index.txt")).unwrap();
        assert_eq!(index, INDEX);
        let memory = place.open().await;
        let goals = memory.list(Kind::Goal, None, 9).await.unwrap().records;
        let statuses: Vec<_> = goals.iter().map(|goal| &goal.payload["status"]).collect();
        assert_eq!(statuses, [&json!("completed")]);
        assert_eq!(memory.list(Kind::Task, None, 9).await.unwrap().records.len(), 3);
        assert!(memory.work().resume_list().await.unwrap().is_empty());
        assert_eq!(memory.list(Kind::Procedure, None, 9).await.unwrap().records.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_run_of_a_goal_asks_no_model_and_sees_what_changed() {
    let place = Place::new();
    let first = place.run();
    assert!(first.contains("asked rules 10 times"), "{first}");
    fs::write(place.path("sandbox/notes/ports.txt"), "Harbours\n").unwrap();
    let second = place.run();
    assert!(second.contains("asked rules 0 times"), "{second}");
    assert_eq!(second.matches("known as pattern/").count(), 3, "{second}");
    let index = fs::read_to_string(place.path("sandbox/index.txt")).unwrap();
    assert_eq!(index, "Deploying\nHarbours");
    let memory = place.open().await;
    memory.feed().catch_up().await.unwrap();
    let procedure = memory.list(Kind::Procedure, None, 9).await.unwrap().records.remove(0);
    assert_eq!(procedure.payload["success_count"], 2, "the same steps are one procedure");
    let decisions = memory.working().decisions().latest(3).await.unwrap();
    assert!(decisions.iter().all(|it| it.intelligence_level.as_str() == "reactive"));
}

async fn calls(memory: &AgentMemory) -> BTreeSet<String> {
    let calls = memory.list(Kind::ToolCall, None, 100).await.unwrap().records;
    calls.into_iter().map(|call| call.id.to_string()).collect()
}

/// Answers each call to a chat endpoint with the next of `answers`, and returns its address.
fn endpoint(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !is_whole(&request) {
                let read = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..read]);
            }
            assert!(request.starts_with(b"POST /v1/chat/completions "));
            let body = json!({"choices": [{"message": {"content": answer}}]}).to_string();
            let (begin, end) = body.split_at(body.len() / 2);
            let chunks =
                format!("{:x}\r\n{begin}\r\n{:x}\r\n{end}\r\n0\r\n\r\n", begin.len(), end.len());
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n{chunks}"
            )
            .unwrap();
        }
    });
    address
}

/// Returns true if a request has as many bytes as its head says.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    length.parse::<usize>().unwrap() <= body.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_model_cannot_leave_the_sandbox() {
    let place = Place::new();
    fs::write(place.path("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink(place.path("secret.txt"), place.path("sandbox/link")).unwrap();
    std::os::unix::fs::symlink(place.folder.path(), place.path("sandbox/out")).unwrap();
    let address = endpoint(&[
        r#"{"tool": "add_task", "input": {"description": "Look around"}, "reason": "a plan"}"#,
        r#"Here it is: {"done": "planned"}"#,
        r#"{"tool": "read", "input": {"path": "../secret.txt"}}"#,
        r#"{"tool": "read", "input": {"path": "/etc/passwd"}}"#,
        r#"{"tool": "read", "input": {"path": "link"}}"#,
        r#"{"tool": "write", "input": {"path": "out/new.txt", "text": "x"}}"#,
        r#"{"tool": "write", "input": {"path": "new.txt", "text": "{../secret.txt}"}}"#,
        r#"{"tool": "run", "input": {"command": "id"}}"#,
        r#"{"tool": "read", "input": {"path": "notes/ports.txt"}}"#,
        r#"{"done": "nothing found"}"#,
    ]);
    let mut command = place.command();
    command.env("ORCHESTRATOR_MODEL_URL", format!("http://{address}/v1"));
    let output = command.env("ORCHESTRATOR_MODEL", "scripted").arg("Explore").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said(&output).contains("asked scripted 10 times"), "{}", said(&output));

    let memory = place.open().await;
    let calls = memory.list(Kind::ToolCall, None, 100).await.unwrap().records;
    let good: Vec<String> = calls
        .iter()
        .filter(|call| call.payload["success"] == true)
        .map(|call| call.payload["input"].to_string())
        .collect();
    assert_eq!(good, [r#"{"description":"Look around"}"#, r#"{"path":"notes/ports.txt"}"#]);
    assert_eq!(calls.len(), 8);
    assert!(!calls.iter().any(|call| call.payload["output"].to_string().contains("root:")));
    assert!(!place.path("new.txt").exists() && !place.path("sandbox/new.txt").exists());
    let decisions = memory.working().decisions().latest(100).await.unwrap();
    assert!(decisions.iter().all(|it| it.model_used.as_deref() == Some("scripted")));
}
