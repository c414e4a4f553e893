//! Hostile texts: no stored text can control a terminal or hide characters in the output.

use std::{fs, os::unix::ffi::OsStrExt, path::Path};

use serde_json::{Value, json};

use crate::program::{Ended, Program, text};

/// A text with every kind of unsafe character, and a word to find it by.
const HOSTILE: &str = "heron \u{1b}[2J\u{1b}]0;title\u{7} red\u{9b}31m back\u{8} over\rwritten \
    \u{202e}dlrow\u{202c} \u{2066}iso\u{2069} \u{200f}mark zero\u{200b}width join\u{200d}er \
    soft\u{ad}hyphen bom\u{feff} tag\u{e0041}\u{e007f} private\u{e000}\u{f8ff}\u{10fffd} \
    del\u{7f} nel\u{85} line\u{2028}separator \u{fff9}annotation\u{fffb} filler\u{3164}";

/// Emoji and scripts that need invisible characters.
const READABLE: &str = "crane \u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2764}\u{fe0f} \
    \u{1f3f3}\u{fe0f}\u{200d}\u{1f308} \u{1f44d}\u{1f3fd} 1\u{fe0f}\u{20e3} \
    \u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645} \u{915}\u{94d}\u{200d}\u{937}";

/// Panics if `printed` has a character that controls a terminal or is invisible.
fn check_harmless(what: &str, printed: &str) {
    let allowed = |c: char| {
        c == '\n' || c == '\t' || !(c.is_control() || aios_memory::record::forms::is_ignorable(c))
    };
    let is_bad = |c: char| {
        !allowed(c)
            || matches!(u32::from(c), 0x2028 | 0x2029 | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF)
            || 0xF0000 <= u32::from(c)
    };
    let bad: Vec<String> =
        printed.chars().filter(|c| is_bad(*c)).map(|c| format!("{c:?}")).collect();
    assert!(bad.is_empty(), "{what}: {bad:?} in {printed:?}");
}

fn check_run(what: &str, ended: &Ended) {
    check_harmless(what, &ended.stdout);
    check_harmless(what, &ended.stderr);
}

/// Creates a program with hostile text in every field of every kind.
fn filled() -> Program {
    let program = Program::new();
    let id = |number: usize| format!("{number}\u{1b}[31m\u{202e}\nid");
    let given = [
        ("goal", json!({"id": id(1), "description": HOSTILE})),
        ("task", json!({"id": id(2), "description": HOSTILE, "agent": HOSTILE})),
        ("tool_call", json!({"id": id(3), "tool_name": HOSTILE, "input": {"x": HOSTILE}})),
        ("decision", json!({"id": id(4), "context": HOSTILE, "chosen": HOSTILE})),
        ("preference", json!({"key": id(5), "value": HOSTILE})),
        ("entry", json!({"id": id(6), "category": HOSTILE, "key": HOSTILE, "value": HOSTILE})),
        ("note", json!({"id": id(7), "content": HOSTILE})),
        ("metric", json!({"key": id(8), "value": 1})),
    ];
    for (kind, value) in given {
        let ended = program.run_with(&["record", kind], value.to_string().as_bytes(), &[]);
        check_run(kind, &ended);
        assert_eq!(ended.code, 0, "{kind}: {ended:?}");
    }
    let line = json!({
        "role": "user", "name": HOSTILE, "content": HOSTILE, "session": "s\u{202e}\u{1b}",
        "id": "m\u{202e}",
    });
    let chat = program.path("chat\u{202e}\u{1b}[31m\n.jsonl");
    fs::write(&chat, format!("{line}\n{{\"content\": 5, \"\u{202e}\": 1}}\n")).unwrap();
    check_run("ingest", &program.run(&["ingest", text(&chat)]));
    let document = program.path("notes\u{202e}\n.md");
    fs::write(&document, format!("# {HOSTILE}\n\n{HOSTILE}\n")).unwrap();
    check_run("ingest", &program.run(&["ingest", text(&document)]));
    check_run("remember", &program.run(&["remember", HOSTILE]));
    program
}

#[test]
fn no_command_prints_control_or_invisible_characters() {
    let program = filled();
    let backup = program.path("backup\u{1b}[31m");
    let note = program.json(&["list", "note", "--limit", "1"])["items"][0]["id"].clone();
    let note = format!("note/{}", note.as_str().unwrap());
    let missing = format!("note/{HOSTILE}");
    let commands: &[&[&str]] = &[
        &["recall", "heron"],
        &["recall", "heron", "--explain"],
        &["recall", HOSTILE],
        &["context", "heron", "--explain"],
        &["context", "heron", "--format", "xml"],
        &["context", "heron", "--format", "json"],
        &["list", "goal"],
        &["list", "task"],
        &["list", "tool_call"],
        &["list", "decision"],
        &["list", "preference"],
        &["list", "entry"],
        &["list", "message"],
        &["list", "session"],
        &["list", "knowledge"],
        &["list", "note", "--limit", "1"],
        &["list", "metric"],
        &["show", &note],
        &["show", "metric/8\u{1b}[31m\u{202e}\nid"],
        &["show", &missing],
        &["show", HOSTILE],
        &["history", &note],
        &["update", &note, "--content", HOSTILE],
        &["delete", "goal/1\u{1b}[31m\u{202e}\nid"],
        &["forget", "--query", HOSTILE, "--dry-run"],
        &["forget", "--query", "heron", "--min-relevance", "0", "--limit", "9"],
        &["forget", "--query", "a heron of mars \u{202e}"],
        &["forget", &note, "--dry-run"],
        &["stats"],
        &["report"],
        &["report", "--html", "-"],
        &["doctor"],
        &["verify"],
        &["snapshot"],
        &["maintain", "--dry-run"],
        &["export", "-"],
        &["backup", text(&backup)],
        &["backup", text(&backup)],
        &["config", "show"],
        &["ingest", "/nowhere\u{202e}\u{1b}[31m"],
        &["import", "--from", "/nowhere\u{202e}\u{1b}[31m"],
        &["recall", "x", "--\u{202e}\u{1b}[31m"],
        &["recall", "x", "--since", "\u{202e}\u{1b}[31m"],
        &["list", "\u{202e}\u{1b}[31m"],
        &["\u{202e}\u{1b}[31m"],
        &["--data-dir", "/proc/\u{202e}\u{1b}[31m", "stats"],
        &["--user", "\u{202e}\u{1b}[31m", "stats"],
    ];
    for command in commands {
        check_run(&format!("{command:?}"), &program.run(command));
        let with_json: Vec<&str> = ["--json"].into_iter().chain(command.iter().copied()).collect();
        let ended = program.run(&with_json);
        check_run(&format!("{with_json:?}"), &ended);
        for line in ended.stderr.lines() {
            let told: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{with_json:?}: {error}: {line}"));
            let fields = ["level", "code", "message", "hint"];
            assert!(fields.iter().all(|field| told.get(field).is_some()), "{line}");
        }
    }
}

#[test]
fn json_preserves_every_character() {
    let program = Program::new();
    program.json(&["remember", HOSTILE]);
    assert_eq!(program.recall("heron"), [HOSTILE]);
    let shown = program.run(&["recall", "heron", "--json"]).stdout;
    assert!(shown.contains("\\u202edlrow\\u202c"), "{shown}");
    assert!(shown.contains("\\udb40\\udc41"), "{shown}");
    // An export is imported unchanged.
    let exported = program.run(&["export", "-"]).stdout;
    let other = Program::new();
    let file = other.file("export.jsonl", exported);
    other.json(&["import", "--from", text(&file)]);
    assert_eq!(other.recall("heron"), [HOSTILE]);
}

#[test]
fn hidden_characters_are_shown_to_a_person_and_emoji_stay_emoji() {
    let program = Program::new();
    program.json(&["remember", HOSTILE]);
    program.json(&["remember", READABLE]);
    program.json(&["remember", "one line\n\n  and another\r\nheron"]);
    let shown = program.run(&["list", "note"]).stdout;
    for expect in [
        "heron \\e[2J\\e]0;title\\u{7}",
        "\\u{202e}dlrow\\u{202c}",
        READABLE,
        "one line \u{23ce} and another \u{23ce} heron",
    ] {
        let shown = program.run(&["recall", "heron crane", "--limit", "9"]).stdout + &shown;
        assert!(shown.contains(expect), "{expect}: {shown}");
    }
    assert_eq!(shown.lines().count(), 3, "{shown}");
}

#[test]
fn a_printed_context_is_within_its_budget_with_its_escapes() {
    let program = Program::new();
    let pictures =
        "\u{1f469}\u{200d}\u{1f4bb} \u{2764}\u{fe0f} \u{1f937}\u{1f3fd}\u{200d}\u{2640}\u{fe0f}";
    let icons = "branch \u{e0b0} main \u{f418} on the \u{e0b0} server".repeat(3);
    for (number, text) in [pictures, &icons].into_iter().cycle().take(20).enumerate() {
        program.json(&["remember", &format!("Deploy number {number} to staging: {text}")]);
    }
    let o200k = aios_memory::context::counter("o200k").unwrap();
    for max in ["50", "120", "300", "1000"] {
        for format in ["markdown", "xml", "json"] {
            let arguments = ["context", "deploy to staging", "--format", format];
            let budget = ["--max-tokens", max, "--tokenizer", "o200k", "--tier", "longterm"];
            let printed = program.run(&[&arguments[..], &budget].concat()).stdout;
            let tokens = o200k.count(&printed).0;
            assert!(tokens <= max.parse().unwrap(), "{tokens} of {max}: {printed}");
            assert!(!printed.is_empty() || max == "50", "{format} {max}");
        }
    }
}

#[test]
fn names_of_files_that_are_not_unicode_are_shown_harmlessly() {
    let program = Program::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9\x1b[31m.txt");
    let path = program.path("x").with_file_name(name);
    let arguments = ["ingest".as_ref(), path.as_os_str()];
    check_run("ingest", &program.run(&arguments));
}

#[test]
fn output_is_printed_in_one_place() {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut others = Vec::new();
    while let Some(dir) = open.pop() {
        for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let prints = ["io::stdout()", "io::stderr()", "println!(", " print!("];
            if prints.iter().any(|name| source.contains(name)) {
                others.push(path.file_name().unwrap().to_owned());
            }
        }
    }
    others.sort_unstable();
    // `mcp` reserves stdout for the protocol before anything is printed.
    assert_eq!(others, ["capture.rs", "log.rs", "mcp.rs", "output.rs"]);
}
