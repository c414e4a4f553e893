//! `mcp`: the real process over pipes, with and without a service, and its exit.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::{
    program::{Program, text},
    serving::Served,
};

/// Time limit for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time limit for the exit of a process whose host is gone.
const ORPHAN_MAX: Duration = Duration::from_secs(5);

/// A host with a running server.
struct Host {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    id: u64,
}

fn command(program: &Program, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aios-memory"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", program.path(""))
        .env("TMPDIR", program.path(""))
        .env("AIOS_MEMORY_EMBEDDING_MODEL", "static")
        .current_dir(program.path(""));
    command
}

impl Host {
    fn start(program: &Program, arguments: &[&str]) -> Host {
        let mut command = command(program, arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = piped.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines() {
                let Ok(line) = line else { return };
                let _ = sender.send(line);
            }
        });
        Host { input: process.stdin.take(), process, lines, id: 0 }
    }

    /// Starts a server and the session.
    fn begin(program: &Program, arguments: &[&str]) -> Host {
        let mut host = Host::start(program, arguments);
        host.initialize("2025-06-18");
        host
    }

    fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
    }

    fn hear(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.id += 1;
        let id = self.id;
        self.tell(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        );
        id
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        let answer = self.hear();
        assert_eq!(answer["id"], id, "{answer}");
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    fn initialize(&mut self, revision: &str) -> Value {
        let begun = self.ask(
            "initialize",
            json!({
                "protocolVersion": revision,
                "capabilities": {},
                "clientInfo": {"name": "host", "version": "1.0"},
            }),
        );
        self.tell(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        begun
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    fn text(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], false, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    fn remember(&mut self, text: &str) -> String {
        let stored = self.text("remember", json!({"text": text}));
        stored.split_whitespace().find(|word| word.contains('/')).unwrap().to_owned()
    }

    fn tools(&mut self) -> Vec<String> {
        let listed = self.ask("tools/list", json!({}));
        let tools = listed["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().try_into().unwrap())
    }

    /// Returns true if the process has a database of the data directory open.
    fn has_opened(&self) -> bool {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap();
        let targets = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        targets.into_iter().any(|target| target.extension().is_some_and(|it| it == "db"))
    }

    /// Closes the input, and returns the exit code and the unread lines.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        drop(self.input.take());
        self.ended()
    }

    /// Waits for the exit, and returns the exit code and the unread lines.
    fn ended(&mut self) -> (Option<i32>, Vec<String>) {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not end: {rest:?}"),
            }
        }
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the texts of all notes.
fn notes(program: &Program) -> Vec<String> {
    let export = program.path("export.jsonl");
    let _ = fs::remove_file(&export);
    assert_eq!(program.run(&["export", text(&export)]).code, 0);
    let exported = fs::read_to_string(&export).unwrap();
    let texts = exported.lines().filter_map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        record
            .pointer("/record/text")
            .or(record.get("text"))
            .map(|it| it.as_str().unwrap().to_owned())
    });
    texts.collect()
}

#[test]
fn every_revision_begins_and_nothing_is_opened_for_the_lists() {
    let program = Program::new();
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut host = Host::start(&program, &["mcp"]);
        let begun = host.initialize(revision);
        assert_eq!(begun["protocolVersion"], revision);
        assert_eq!(begun["serverInfo"]["name"], "memory");
        assert_eq!(host.tools(), ["context", "recall", "read", "remember", "forget"]);
        let prompts = host.ask("prompts/list", json!({}));
        assert_eq!(prompts["prompts"].as_array().unwrap().len(), 2, "{prompts}");
        let handoff = host.ask("prompts/get", json!({"name": "handoff"}));
        assert_eq!(handoff["messages"][0]["role"], "user");
        let templates = host.ask("resources/templates/list", json!({}));
        assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "memory://{kind}/{id}");
        assert_eq!(host.end(), (Some(0), vec![]));
    }
    // The newest revision has no handshake: each request contains its requirements.
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "host", "version": "1.0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut host = Host::start(&program, &["mcp"]);
    let found = host.ask("server/discover", json!({"_meta": meta}));
    assert_eq!(found["supportedVersions"].as_array().unwrap().len(), 5, "{found}");
    let tools = host.ask("tools/list", json!({"_meta": meta}));
    assert_eq!(tools["tools"].as_array().unwrap().len(), 5, "{tools}");
    assert!(!program.data_dir().exists(), "the lists open nothing");
    let stored = json!({"name": "remember", "arguments": {"text": "Tea."}, "_meta": meta});
    let stored = host.ask("tools/call", stored);
    assert_eq!((&stored["isError"], &stored["resultType"]), (&json!(false), &json!("complete")));
    assert_eq!(host.end(), (Some(0), vec![]));
}

#[test]
fn a_directory_that_cannot_be_opened_still_lists_the_tools() {
    let program = Program::new();
    let file = program.file("data", "not a directory");
    let mut host = Host::begin(&program, &["--data-dir", text(&file), "mcp"]);
    assert_eq!(host.tools().len(), 5);
    for _ in 0..2 {
        let failed = host.call("recall", json!({"query": "tea"}));
        assert_eq!(failed["isError"], true, "{failed}");
        assert!(failed["content"][0]["text"].as_str().unwrap().contains("data"), "{failed}");
    }
    // The memory is opened as soon as that is possible.
    fs::remove_file(&file).unwrap();
    assert!(host.remember("Tea is at four.").starts_with("note/"));
    assert_eq!(host.end(), (Some(0), vec![]));
}

#[test]
fn each_tool_works_in_the_process_and_through_the_service() {
    for is_served in [false, true] {
        let program = Program::new();
        let served = is_served.then(|| Served::start(&program, &[]));
        let mut host = Host::begin(&program, &["--user", "ada", "--project", "kitchen", "mcp"]);
        let key = host.remember("The kettle is blue.");
        let again = host.text("remember", json!({"text": "The kettle is blue."}));
        assert_eq!(again, format!("known already as {key}"));
        let recalled = host.text("recall", json!({"query": "which colour has the kettle"}));
        assert!(recalled.contains(&format!("{key} ")), "{recalled}");
        assert!(recalled.contains("\"The kettle is blue.\""), "{recalled}");
        let change = json!({"text": "The kettle is green.", "replaces": key});
        assert!(host.text("remember", change).starts_with(&format!("replaced {key}")));
        let read = host.text("read", json!({"ids": [key]}));
        assert!(read.contains("> The kettle is green.\nuntil "), "{read}");
        assert!(read.contains("written by \"host 1.0\""), "{read}");
        let context = host.text("context", json!({"task": "fill the kettle"}));
        assert!(context.contains("The kettle is green."), "{context}");
        let resource = host.ask("resources/read", json!({"uri": format!("memory://{key}")}));
        assert!(resource["contents"][0]["text"].as_str().unwrap().contains("green"));
        let profile = host.ask("resources/read", json!({"uri": "memory://profile"}));
        assert_eq!(profile["contents"][0]["text"], "No preferences and no facts are stored.\n");
        assert_eq!(host.has_opened(), !is_served, "with a service nothing is opened");
        let mut other = Host::begin(&program, &["--user", "bob", "mcp"]);
        let hidden = other.text("read", json!({"ids": [key]}));
        assert!(hidden.contains("not stored"), "{hidden}");
        let mut elsewhere = Host::begin(&program, &["--user", "ada", "--project", "garden", "mcp"]);
        let hidden = elsewhere.text("recall", json!({"query": "kettle"}));
        assert!(hidden.starts_with("Nothing stored fits."), "{hidden}");
        let forgotten = host.text("forget", json!({"ids": [key]}));
        assert_eq!(forgotten, format!("forgot 1 record: {key}"));
        let nothing = host.text("recall", json!({"query": "kettle"}));
        assert!(nothing.starts_with("Nothing stored fits."), "{nothing}");
        assert_eq!(host.end(), (Some(0), vec![]));
        if let Some(served) = served {
            served.stop();
        }
    }
}

#[test]
fn a_service_that_is_killed_or_starts_in_between_loses_and_doubles_nothing() {
    let program = Program::new();
    let served = Served::start(&program, &[]);
    let mut host = Host::begin(&program, &["mcp"]);
    let mut told = Vec::new();
    for number in 0..60 {
        let text = format!("Note {number} of the host.");
        host.send("tools/call", json!({"name": "remember", "arguments": {"text": text}}));
        told.push(text);
        if number == 20 {
            served.send(Signal::SIGKILL);
        }
    }
    for _ in 0..told.len() {
        let answer = host.hear();
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    assert_eq!(served.end().0, None, "killed");
    assert!(host.has_opened());
    let served = Served::start(&program, &[]);
    let last = "The last note of the host.";
    host.remember(last);
    assert!(!host.has_opened(), "the service has taken the memory over");
    assert_eq!(host.end(), (Some(0), vec![]));
    served.stop();
    let stored = notes(&program);
    for text in told.iter().map(String::as_str).chain([last]) {
        assert_eq!(stored.iter().filter(|stored| *stored == text).count(), 1, "{text}");
    }
    assert_eq!(stored.len(), told.len() + 1);
}

#[test]
fn malformed_lines_are_answered_and_the_session_goes_on() {
    let program = Program::new();
    let mut host = Host::begin(&program, &["mcp"]);
    let malformed = ["{", "hello", "[]", "{\"id\":1}", "null", "\u{0}", "{\"jsonrpc\":\"2.0\""];
    for number in 0..1_000 {
        host.tell(malformed[number % malformed.len()]);
    }
    host.tell(&"x".repeat((4 << 20) + 1));
    for number in 0..=1_000 {
        let answer = host.hear();
        let code = answer["error"]["code"].as_i64().unwrap();
        assert!(code == -32_700 || code == -32_600, "{number}: {answer}");
    }
    assert_eq!(host.tools().len(), 5);
    for (line, code) in [
        (r#"{"jsonrpc":"2.0","id":9000,"method":"tools/call"}"#, -32_602),
        (
            r#"{"jsonrpc":"2.0","id":9000,"method":"tools/call","params":{"name":"\ud83d"}}"#,
            -32_700,
        ),
        (r#"{"jsonrpc":"2.0","id":9000,"method":"tools/unknown"}"#, -32_601),
    ] {
        host.tell(line);
        let answer = host.hear();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&9000.into(), &code.into()));
    }
    // A call that is sent before the input ends is answered.
    host.send("tools/call", json!({"name": "remember", "arguments": {"text": "Tea."}}));
    let (code, rest) = host.end();
    assert_eq!((code, rest.len()), (Some(0), 1), "{rest:?}");
    assert!(rest[0].contains("stored note/"), "{rest:?}");
}

#[test]
fn notifications_before_the_first_request_are_ignored() {
    let program = Program::new();
    let mut host = Host::start(&program, &["mcp"]);
    host.tell(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    host.tell(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert_eq!(host.initialize("2025-06-18")["protocolVersion"], "2025-06-18");
    assert_eq!(host.tools().len(), 5);
}

#[test]
fn a_server_ends_with_its_host_its_output_its_silence_or_a_signal() {
    let program = Program::new();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut host = Host::begin(&program, &["mcp"]);
        host.remember("Tea is at four.");
        kill(host.pid(), signal).unwrap();
        assert_eq!(host.ended().0, Some(0), "{signal}");
    }
    let mut silent = command(&program, &["mcp"]);
    silent.env("AIOS_MEMORY_MCP_IDLE_EXIT_SECONDS", "1").stdin(Stdio::piped());
    let mut silent = silent.stdout(Stdio::piped()).spawn().unwrap();
    let held = silent.stdin.take();
    assert!(silent.wait().unwrap().success());
    drop(held);
    let mut deaf = command(&program, &["mcp"]);
    let mut deaf = deaf.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    drop(deaf.stdout.take());
    let mut input = deaf.stdin.take().unwrap();
    let ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    while input.write_all(ping.as_bytes()).is_ok() {
        thread::yield_now();
    }
    assert!(deaf.wait().unwrap().success());
}

#[test]
fn fifty_servers_whose_host_is_killed_leave_none() {
    let program = Program::new();
    let pipe = program.path("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Held open here, so that the servers do not exit at the end of their input.
    let held = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let script = format!(
        "for i in $(seq 50); do '{}' mcp <'{}' >/dev/null 2>&1 & echo $!; done; wait",
        env!("CARGO_BIN_EXE_aios-memory"),
        text(&pipe),
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .env_clear()
        .env("HOME", program.path(""))
        .env("PATH", "/usr/bin:/bin");
    let mut shell = shell.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let pids: Vec<String> = lines.take(50).map(Result::unwrap).collect();
    let is_server = |pid: &&String| {
        let name = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        name.contains("(aios-memory)") && !name.contains(") Z ")
    };
    // A server closes its stdin after it has recorded its host.
    let has_begun = |pid: &&String| {
        let input = fs::read_link(format!("/proc/{pid}/fd/0"));
        is_server(pid) && input.is_ok_and(|input| input == Path::new("/dev/null"))
    };
    let began = Instant::now();
    while pids.iter().filter(has_begun).count() < 50 {
        assert!(began.elapsed() < PATIENCE, "the servers do not begin");
        thread::yield_now();
    }
    shell.kill().unwrap();
    shell.wait().unwrap();
    let killed = Instant::now();
    while pids.iter().any(|pid| is_server(&pid)) {
        assert!(killed.elapsed() < ORPHAN_MAX, "servers outlive their host");
        thread::yield_now();
    }
    drop(held);
}

#[test]
fn a_read_only_session_offers_and_does_nothing_that_writes() {
    let program = Program::new();
    let mut writing = Host::begin(&program, &["mcp"]);
    writing.remember("The kettle is blue.");
    assert_eq!(writing.end(), (Some(0), vec![]));
    let before = files(&program.data_dir());
    let mut host = Host::begin(&program, &["--read-only", "mcp", "--tools", "openai,core"]);
    assert_eq!(host.tools(), ["context", "recall", "read", "search", "fetch"]);
    let refused = host.call("remember", json!({"text": "Tea."}));
    assert_eq!(refused["isError"], true, "{refused}");
    let words = refused.to_string();
    assert!(words.contains("--read-only") && !words.contains("operator"), "{words}");
    let recalled = host.text("recall", json!({"query": "kettle"}));
    assert!(recalled.contains("blue"), "{recalled}");
    assert_eq!(host.end(), (Some(0), vec![]));
    assert_eq!(files(&program.data_dir()), before);
    for (arguments, part) in [
        (&["mcp", "--tools", "works"][..], "`works` is not a profile"),
        (&["--all-users", "mcp"], "one user"),
    ] {
        let refused = program.run(arguments);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
}

#[test]
fn a_read_only_session_edits_no_file_even_of_a_running_service() {
    let program = Program::new();
    let served = Served::start(&program, &[]);
    let create = json!({"command": "create", "path": "/memories/a", "file_text": "Tea."});
    let mut host = Host::begin(&program, &["--read-only", "mcp", "--tools", "files"]);
    assert_eq!(host.tools(), ["memory"]);
    for edit in [&create, &json!({"command": "delete", "path": "/memories"}), &json!({})] {
        let refused = host.call("memory", edit.clone());
        assert_eq!(refused["isError"], true, "{edit}: {refused}");
        let told = refused["content"][0]["text"].as_str().unwrap();
        assert!(told.contains("opened only to be read"), "{refused}");
    }
    let view = json!({"command": "view", "path": "/memories"});
    let listed = host.text("memory", view.clone());
    assert!(!listed.contains("/memories/a"), "{listed}");
    assert_eq!(host.end(), (Some(0), vec![]));
    let mut host = Host::begin(&program, &["mcp", "--tools", "files"]);
    assert!(host.text("memory", create).starts_with("File created"));
    assert!(host.text("memory", view).contains("/memories/a"));
    assert_eq!(host.end(), (Some(0), vec![]));
    served.stop();
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_graph_of_an_ingested_memory_is_offered_over_stdio() {
    let program = Program::new();
    let lines = [
        r#"{"type":"entity","name":"Ada","entityType":"person","observations":["plays chess"]}"#,
        r#"{"type":"entity","name":"Acme","entityType":"company","observations":[]}"#,
        r#"{"type":"relation","from":"Ada","to":"Acme","relationType":"works_at"}"#,
    ];
    let file = program.file("memory.jsonl", lines.join("\n"));
    let ingested = command(&program, &["--user", "ada", "ingest", text(&file)]).output().unwrap();
    assert!(ingested.status.success(), "{ingested:?}");
    let mut host = Host::begin(&program, &["--user", "ada", "mcp", "--tools", "graph"]);
    assert_eq!(host.tools().len(), 9);
    let observed = json!({"observations": [{"entityName": "Ada", "contents": ["is tall"]}]});
    host.text("add_observations", observed);
    assert_eq!(host.end(), (Some(0), vec![]));
    let reading = ["--read-only", "--user", "ada", "mcp", "--tools", "graph"];
    let mut host = Host::begin(&program, &reading);
    assert_eq!(host.tools(), ["read_graph", "search_nodes", "open_nodes"]);
    let graph: Value = serde_json::from_str(&host.text("read_graph", json!({}))).unwrap();
    assert_eq!(
        graph,
        json!({
            "entities": [
                {
                    "name": "Ada",
                    "entityType": "person",
                    "observations": ["plays chess", "is tall"],
                },
                {"name": "Acme", "entityType": "company", "observations": []},
            ],
            "relations": [{"from": "Ada", "to": "Acme", "relationType": "works_at"}],
        })
    );
    let refused = host.call("delete_entities", json!({"entityNames": ["Ada"]}));
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(host.end(), (Some(0), vec![]));
}
