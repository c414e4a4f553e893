//! Every command, as each owner: it prints the same as in a store without the records of others,
//! shows nothing of them, and leaves them unchanged.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use aios_memory::{AgentMemory, Config, Kind, MemoryView};
use regex::Regex;
use serde_json::Value;

use crate::program::{Ended, Program, text};

/// Records that every owner has under the same names. `@` is the digit of the owner's secret word:
/// `zebra0` for shared records, `zebra1` and `zebra2` for users.
const RECORDS: &str = include_str!("../../../../tests/fixtures/same-names.jsonl");
/// A conversation for `ingest`.
const CHAT: &str = r#"{"messages": [
    {"role": "user", "content": "The zebra@ needs a halter.", "session": "s3", "id": "x1"},
    {"role": "user", "content": "Everybody says this.", "session": "s1", "id": "m9"},
    {"role": "user", "content": "I live in Zebra@.", "session": "s3", "id": "x2"}]}"#;
/// A conversation for `eval`.
const TALK: &str = include_str!("../../../../tests/fixtures/store-5/sources/talk.locomo.json");
/// Disables retention, learning in the background and full syncs, and waits long enough for
/// vectors, so that a busy machine does not change the figures.
const SETTINGS: &str = "[learning]\nauto = false\n[search]\nvector_wait_ms = 60000\n\
    [working]\ndurability = \"normal\"\n\
    [retention]\ngoals_and_tasks_days = 0\ntool_calls_days = 0\ndecisions_days = 0\n\
    messages_days = 0\nsessions_days = 0\nevents_days = 0\n";

/// Runs of a command that show whether it keeps owners apart.
enum Exercise {
    /// Reads: run as text and as JSON.
    Reads(&'static [&'static [&'static str]]),
    /// Writes: run once, as JSON.
    Writes(&'static [&'static [&'static str]]),
    /// Shows no records: the reason, and the runs, each once and without a user.
    ShowsNone(&'static str, &'static [&'static [&'static str]]),
}
use Exercise::{Reads, ShowsNone, Writes};

/// The exercises in order of execution. `@` is the digit of the owner's secret word, `FILES` the
/// directory with the files above.
const TABLE: &[(&str, Exercise)] = &[
    (
        "Recall",
        Reads(&[
            &["recall", "Where does the zebra sleep?", "--explain", "--limit", "100"],
            &["recall", "barn key", "--limit", "1"],
            &["--session", "s1", "recall", "barn"],
            &["recall", "vet", "--collection", "notes", "--tag", "care"],
        ]),
    ),
    (
        "Context",
        Reads(&[
            &[
                "context",
                "lock the barn",
                "--max-tokens",
                "100000",
                "--tier",
                "working",
                "--tier",
                "longterm",
                "--explain",
            ],
            &["--session", "s1", "context", "barn", "--max-tokens", "300", "--tier", "working"],
        ]),
    ),
    (
        "List",
        Reads(&[
            &["list", "goal"],
            &["list", "message"],
            &["list", "session", "--limit", "1000"],
            &["list", "note"],
            &["list", "preference"],
            &["list", "persona"],
            &["list", "event"],
            &["--exact-scope", "list", "entry"],
        ]),
    ),
    (
        "Show",
        Reads(&[
            &["show", "goal/g1"],
            &["show", "note/n1"],
            &["show", "m1"],
            &["show", "goal/nothing"],
        ]),
    ),
    ("History", Reads(&[&["history", "note/n1"], &["history", "goal/nothing"]])),
    ("Export", Reads(&[&["export", "-"]])),
    ("Resume", Reads(&[&["resume"]])),
    ("Stats", Reads(&[&["stats"]])),
    ("Report", Reads(&[&["report", "--days", "3"], &["report", "--html", "-"]])),
    (
        "Remember",
        Writes(&[
            &["remember", "The ears of the zebra@ are cold."],
            &["remember", "Everybody remembers this."],
            &["remember", "Everybody remembers this."],
        ]),
    ),
    (
        "Record",
        Writes(&[
            &["record", "goal", "--id", "g7", "--description", "Buy hay for zebra@"],
            &["record", "goal", "--id", "g2", "--description", "Buy oats for zebra@"],
            &["record", "entry", "--id", "e1", "--category", "c", "--key", "k"],
            &["record", "task", "--id", "t9", "--goal-id", "g1", "--description", "Brush zebra@"],
            &["record", "persona", "--key", "mood", "--value", "calm"],
        ]),
    ),
    (
        "Update",
        Writes(&[
            &["update", "goal/g1", "--priority", "9"],
            &["update", "note/n1", "--content", "Vet of zebra@: Tuesday."],
            &["update", "goal/nothing", "--priority", "9"],
            &["history", "note/n1"],
        ]),
    ),
    (
        "Files",
        Writes(&[
            &["files", "create", "/memories/barn.md", "The zebra@ sleeps here."],
            &["files", "create", "/memories/barn.md", "a path that is taken"],
            &["files", "str_replace", "/memories/barn.md", "--old", "here", "--new", "there"],
            &["files", "insert", "/memories/barn.md", "--line", "1", "Hay for zebra@"],
            &["files", "view", "/memories"],
            &["files", "view", "/memories/barn.md"],
            &["files", "rename", "/memories/barn.md", "/memories/zebra@/barn.md"],
            &["list", "file"],
            &["files", "delete", "/memories/zebra@", "--yes"],
        ]),
    ),
    (
        "Ingest",
        Writes(&[
            &["ingest", "FILES/chat.json"],
            &["ingest", "FILES/chat.json"],
            &["ingest", "FILES/missing.json"],
        ]),
    ),
    (
        "Learn",
        Writes(&[
            &["learn", "FILES/chat.json"],
            &["learn", "FILES/chat.json"],
            &["learn", "FILES/missing.json"],
        ]),
    ),
    (
        "Facts",
        Writes(&[
            &["facts", "--all"],
            &["facts", "--history", "the user", "home"],
            &["facts", "--search", "zebra"],
            &["facts", "--contradictions"],
            &["facts", "confirm", "fact/nothing"],
            &["facts", "reject", "fact/nothing"],
        ]),
    ),
    (
        "Import",
        Writes(&[
            &["import", "--from", "FILES/taken.jsonl", "--dry-run"],
            &["import", "--from", "FILES/taken.jsonl"],
        ]),
    ),
    (
        "Delete",
        Writes(&[
            &["delete", "goal/g2", "--yes"],
            &["delete", "goal/g2", "--yes"],
            &["delete", "session/s2", "--yes"],
            &["delete", "note/n1", "--yes"],
            &["list", "task"],
        ]),
    ),
    ("Clear", Writes(&[&["clear", "entry", "--yes"], &["clear", "entry", "--yes"]])),
    (
        "Forget",
        Writes(&[
            &["forget", "--dry-run", "--yes"],
            &["forget", "--query", "The vet of the zebra", "--dry-run", "--yes"],
            &["forget", "note/n2", "--yes"],
            &["forget", "note/n2", "--yes"],
            &["forget", "session/s1", "--yes"],
            &["--session", "s3", "forget", "--yes"],
            &["remember", "Everybody remembers this."],
            &["stats"],
        ]),
    ),
    ("Backup", ShowsNone("it copies files", &[&["backup", "FILES/copy"]])),
    ("Restore", ShowsNone("it copies files", &[&["restore", "FILES/copy"]])),
    ("Snapshot", ShowsNone("it is of the machine", &[&["snapshot"]])),
    ("Events", ShowsNone("events have no owner", &[&["events"], &["events", "--follow"]])),
    (
        "Serve",
        ShowsNone(
            "each call says whom it acts for",
            &[&["serve", "--check"], &["serve", "--listen", "none", "--idle-exit", "1s"]],
        ),
    ),
    ("Token", ShowsNone("it is of the service", &[&["token", "list"]])),
    ("Mcp", ShowsNone("a host calls its tools; tests of `mcp` keep owners apart", &[])),
    ("Top", ShowsNone("it shows the service to the user who runs it", &[])),
    ("Hook", ShowsNone("the service answers, by the flags of the hook", &[])),
    ("Install", ShowsNone("it edits files of other programs", &[&["install", "cursor"]])),
    ("Doctor", ShowsNone("it examines files", &[&["doctor"]])),
    ("Verify", ShowsNone("it compares files", &[&["verify"]])),
    ("Repair", ShowsNone("it writes the library", &[&["repair"]])),
    ("Reindex", ShowsNone("it writes the library", &[&["reindex"]])),
    ("Maintain", ShowsNone("it tidies files", &[&["maintain", "--dry-run"], &["maintain"]])),
    ("Migrate", ShowsNone("it is of the schemas", &[&["migrate", "--dry-run"], &["migrate"]])),
    ("Eval", ShowsNone("it has a store of its own", &[&["eval", "FILES/talk.json"]])),
    ("Demo", ShowsNone("it has a store of its own", &[&["demo"]])),
    (
        "Config",
        ShowsNone(
            "it is of the settings",
            &[&["config", "show"], &["config", "path"], &["config", "init"]],
        ),
    ),
    ("Kinds", ShowsNone("it is of the program", &[&["kinds"], &["kinds", "goal"]])),
    ("Model", ShowsNone("it is of the models on this machine", &[&["model", "list"]])),
    ("DecodeRows", ShowsNone("it decodes a file for `repair`", &[&["decode-rows"]])),
    ("Completions", ShowsNone("it is of the shell", &[&["completions", "bash"]])),
];

#[test]
fn every_command_is_exercised() {
    let source = include_str!("../../src/args.rs");
    let (_, commands) = source.split_once("pub(crate) enum Command {\n").unwrap();
    let (commands, _) = commands.split_once("\n}\n").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("    "));
    let names = names.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let commands: BTreeSet<&str> =
        names.map(|line| line.split([' ', '(', ',', '{']).next().unwrap()).collect();
    let exercised: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(commands, exercised, "the commands of args.rs and those of the table");
    assert!(20 < commands.len());
}

/// Creates a program whose store has the records of `owners`; 0 means shared.
fn program(owners: &[usize]) -> Program {
    let program = Program::new();
    let settings = program.path(".config/aios-memory");
    fs::create_dir_all(&settings).unwrap();
    fs::write(settings.join("aios-memory.toml"), SETTINGS).unwrap();
    fs::create_dir_all(program.path("files")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let memory = AgentMemory::open(Config::at(program.data_dir())).await.unwrap();
        for owner in owners {
            store(&view(&memory, *owner), *owner).await;
        }
        memory.shutdown().await.unwrap();
    });
    program
}

fn view(memory: &AgentMemory, owner: usize) -> MemoryView {
    match owner {
        0 => memory.for_shared(),
        _ => memory.for_user(&format!("u{owner}")).unwrap(),
    }
}

async fn store(view: &MemoryView, owner: usize) {
    for line in RECORDS.lines() {
        let line: Value = serde_json::from_str(&line.replace('@', &owner.to_string())).unwrap();
        if line["only"].as_str().is_some_and(|only| only != owner.to_string()) {
            continue;
        }
        let kind: Kind = line["kind"].as_str().unwrap().parse().unwrap();
        let mut record = line["record"].clone();
        if let Some(session) = line.get("session") {
            record["scope"] = serde_json::json!({ "session": session });
        }
        view.record(kind, record).await.unwrap();
    }
}

/// Runs a command as an owner.
fn run(program: &Program, owner: &[&str], digit: &str, arguments: &[&str]) -> Ended {
    let files = program.path("files");
    for (name, content) in [("chat.json", CHAT), ("talk.json", TALK)] {
        fs::write(files.join(name), content.replace('@', digit)).unwrap();
    }
    let filled = |argument: &&str| argument.replace('@', digit).replace("FILES", text(&files));
    let mut all: Vec<String> = owner.iter().map(|flag| (*flag).to_owned()).collect();
    all.extend(arguments.iter().map(filled));
    program.run(&all)
}

/// Runs all exercises for owners, and returns the faults.
fn compare(all: &Program, control: &Program, owner: usize) -> Vec<String> {
    let user = format!("u{owner}");
    let flags: Vec<&str> = if owner == 0 { Vec::new() } else { vec!["--user", &user] };
    let digit = owner.to_string();
    let mut faults = Vec::new();
    // The owner's own export, for `import`.
    for program in [all, control] {
        let file = program.path("files/taken.jsonl");
        let _ = fs::remove_file(&file);
        let ended = program.run(&[&flags[..], &["export", text(&file)]].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    let before = others(all, owner);
    for (name, exercise) in TABLE {
        let (commands, modes): (_, &[&str]) = match exercise {
            Reads(commands) => (commands, &["--json", "--quiet"]),
            Writes(commands) => (commands, &["--json"]),
            ShowsNone(..) => continue,
        };
        for (command, mode) in commands.iter().flat_map(|it| modes.iter().map(move |m| (it, m))) {
            let flags = [&flags[..], &[mode]].concat();
            let got = stripped(all, &run(all, &flags, &digit, command));
            let expected = stripped(control, &run(control, &flags, &digit, command));
            if let Some(word) = foreign(owner).find(&got) {
                let word = word.as_str();
                faults.push(format!("{name} {flags:?} {command:?} shows `{word}`: {got}"));
            }
            if got != expected {
                faults.push(format!(
                    "{name} {flags:?} {command:?}\n   got {got}\nexpected {expected}"
                ));
            }
        }
    }
    let after = others(all, owner);
    let changed: Vec<_> = before.symmetric_difference(&after).collect();
    if !changed.is_empty() {
        faults.push(format!("user {owner} changes what is of others: {changed:?}"));
    }
    faults
}

/// Matches secret words and names of other owners.
fn foreign(owner: usize) -> Regex {
    let others = match owner {
        0 => r"zebra[12]|\bu[12]\b",
        1 => r"zebra2|\bu2\b",
        _ => r"zebra1|\bu1\b",
    };
    Regex::new(others).unwrap()
}

/// Returns the lines of a full export that do not belong to `owner`.
fn others(program: &Program, owner: usize) -> BTreeSet<String> {
    let ended = program.run(&["--all-users", "export", "-"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let own = format!("u{owner}");
    let is_own = |line: &&str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["scope"]["user"].as_str() == Some(own.as_str()).filter(|_| owner != 0)
    };
    let lines = ended.stdout.lines().skip(1).filter(|line| !is_own(line));
    lines.map(str::to_owned).collect()
}

/// Returns the exit code and the output of a command, without the parts that vary between runs:
/// current times, generated ids, directories, durations, and figures of the whole store.
fn stripped(program: &Program, ended: &Ended) -> String {
    static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let pairs = [
            (r"20(2[6-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?", "TIME"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
            (r#""(elapsed_ms|disk_bytes|pending)":[\d.e-]+"#, "\"$1\":N"),
            (r"\d+(\.\d+)? (ms|s)\b", "N $2"),
            (r"\d+(\.\d+)? (KB|MB|KiB|MiB|bytes)\b", "N bytes"),
        ];
        pairs.map(|(pattern, by)| (Regex::new(pattern).unwrap(), by)).to_vec()
    });
    let printed = format!("{} {}{}", ended.code, ended.stdout, ended.stderr);
    let home = program.path("");
    let printed = printed.replace(text(&home), "HOME/");
    VARYING.iter().fold(printed, |it, (pattern, by)| pattern.replace_all(&it, *by).into_owned())
}

#[test]
fn every_command_keeps_owners_apart() {
    let all = program(&[0, 1, 2]);
    let mut faults = Vec::new();
    for owner in [1, 2, 0] {
        let owners: &[usize] = if owner == 0 { &[0] } else { &[0, owner] };
        let control = program(owners);
        faults.extend(compare(&all, &control, owner));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n\n"));
}

#[test]
fn an_administrator_sees_everything_and_must_name_an_owner_to_change_records() {
    let all = program(&[0, 1, 2]);
    for command in [
        &["recall", "Where does the zebra sleep?", "--limit", "100"][..],
        &["list", "goal"],
        &["export", "-"],
    ] {
        let ended = all.run(&[&["--all-users"], command].concat());
        assert_eq!(ended.code, 0, "{ended:?}");
        let words = ["zebra0", "zebra1", "zebra2"];
        assert!(words.iter().all(|word| ended.stdout.contains(word)), "{command:?}: {ended:?}");
    }
    let before = others(&all, 3);
    for command in [
        &["show", "goal/g1"][..],
        &["update", "goal/g1", "--priority", "9"],
        &["delete", "goal/g1", "--yes"],
        &["forget", "note/n1", "--yes"],
        &["history", "note/n1"],
    ] {
        let ended = all.run(&[&["--all-users"], command].concat());
        assert_ne!(ended.code, 0, "{command:?}: {ended:?}");
        let owners = ["shared", "u1", "u2"];
        assert!(owners.iter().all(|name| ended.stderr.contains(name)), "{command:?}: {ended:?}");
    }
    assert_eq!(before, others(&all, 3));
}

#[test]
fn commands_that_show_no_records_print_nothing_of_an_owner() {
    let all = program(&[0, 1, 2]);
    let secret = Regex::new(r"zebra\d|\bu[12]\b").unwrap();
    for (name, exercise) in TABLE {
        let ShowsNone(reason, commands) = exercise else { continue };
        for command in *commands {
            for flags in [&["--json"][..], &[]] {
                let ended = run(&all, flags, "0", command);
                let printed = format!("{}{}", ended.stdout, ended.stderr);
                let found = secret.find(&printed).map(|word| word.as_str());
                assert_eq!(found, None, "{name}, of which {reason}, prints {printed}");
            }
        }
    }
}

#[test]
fn upkeep_is_of_all_owners_and_refused_on_behalf_of_one() {
    const UPKEEP: &[&str] =
        &["Backup", "Restore", "Doctor", "Verify", "Repair", "Reindex", "Maintain", "Migrate"];
    let all = program(&[0, 1, 2]);
    let before = others(&all, 3);
    let set = [("AIOS_MEMORY_MEMORY_USER", "u1")];
    for (name, exercise) in TABLE.iter().filter(|(name, _)| UPKEEP.contains(name)) {
        let ShowsNone(_, commands) = exercise else { panic!("{name} shows records") };
        for command in *commands {
            let by_flag = run(&all, &["--user", "u1"], "1", command);
            let by_setting = all.run_with(command, b"", &set);
            for ended in [by_flag, by_setting] {
                assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{name}: {ended:?}");
                assert!(ended.stderr.contains("--all-users"), "{name}: {ended:?}");
            }
        }
    }
    let allowed = all.run_with(&["--all-users", "verify"], b"", &set);
    assert_eq!(allowed.code, 0, "{allowed:?}");
    assert_eq!(before, others(&all, 3));
}
