//! Random commands against the reference: the local memory tool of the Anthropic SDK, answer by
//! answer and word for word.
//!
//! `cargo xtask verify files` runs it with an interpreter that has the package `anthropic`. The
//! suite compares the wording with answers that are written down, in `wording`.
//!
//! Accepted differences from the reference:
//!
//! - A directory exists while files are in it, because a memory stores files. There an empty one
//!   stays; the script removes it.
//! - The size of a directory is always `4K`, which is the most frequent one of a file system.
//! - A file in the way, or a directory moved into itself, is refused in words. There it is an
//!   exception of the system, on which a model cannot act.
//! - `/memoriesx` is refused. There it is `/memories/x`, by a slip.
//! - A percent-encoded `..` is refused: a program that decodes the path would leave the directory.
//! - Control characters in a path are refused, because lists have one path a line.
//! - The NFC and the NFD of a name are one file, because they look the same.
//! - A path, a file and the number of files have limits.
//! - An error lists at most 1,000 lines.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use aios_working::{Config, Durability, FileCommand, Working};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::Place;

/// Commands of one memory.
const SESSION: usize = 100;
/// Commands of a run. The variable `AIOS_FILES_COMMANDS` has another number.
const COMMANDS: usize = 5000;
/// Numbers of lines that an answer lists. The reference lists all.
const LINE_NUMBERS: usize = 1000;

/// The process of the reference.
struct Reference {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reference {
    fn start(python: &str) -> Reference {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/files.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Reference { child, input, output }
    }

    fn begin(&mut self) {
        writeln!(self.input, "null").unwrap();
    }

    /// Runs a command; returns the outcome and the text.
    fn answer(&mut self, command: &Value) -> (String, String) {
        writeln!(self.input, "{command}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(
            !line.is_empty(),
            "the reference ended; does {command} have the package anthropic?"
        );
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        (text("outcome"), text("text"))
    }
}

fn paths() -> impl Strategy<Value = String> {
    let names = ["a", "b", "c.md", "A", "\u{e9}", ".h", "..", ".", "", "x y", "%41", "b\\c"];
    let weights = [9, 9, 6, 1, 2, 2, 2, 1, 1, 1, 1, 1];
    let names = weights.into_iter().zip(names).map(|(weight, name)| (weight, Just(name)));
    let name = prop::strategy::Union::new_weighted(names.collect());
    let root = prop_oneof![
        60 => Just("/memories"),
        1 => Just("memories"),
        1 => Just("/etc"),
        1 => Just(""),
        1 => Just("/memoriesx"),
        1 => Just("/memories/%2e%2E"),
        1 => Just("/memories/a\u{7}b"),
    ];
    let slash = prop_oneof![9 => Just(""), 1 => Just("/")];
    (root, prop::collection::vec(name, 0..4), slash).prop_map(|(root, names, slash)| {
        names.iter().fold(root.to_owned(), |all, name| all + "/" + name) + slash
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ab\n\u{e9}]{0,12}",
        2 => "([ab]{0,3}\n){0,6}",
        1 => "(one|two|\r\n|\n\n|\t|\u{1f600}){0,8}",
        1 => (0_usize..200_000).prop_map(|bytes| "x".repeat(bytes)),
    ]
}

fn commands() -> impl Strategy<Value = FileCommand> {
    let range = prop::option::of(prop::collection::vec(-4..9_i64, 0..4));
    prop_oneof![
        3 => (paths(), range).prop_map(|(path, view_range)| FileCommand::View { path, view_range }),
        4 => (paths(), texts())
            .prop_map(|(path, file_text)| FileCommand::Create { path, file_text }),
        3 => (paths(), "[ab\n\u{e9}]{0,2}", texts()).prop_map(|(path, old_str, new_str)| {
            FileCommand::StrReplace { path, old_str, new_str }
        }),
        3 => (paths(), -1..6_i64, texts()).prop_map(|(path, insert_line, insert_text)| {
            FileCommand::Insert { path, insert_line, insert_text }
        }),
        1 => paths().prop_map(|path| FileCommand::Delete { path }),
        2 => (paths(), paths()).prop_map(|(old_path, new_path)| {
            FileCommand::Rename { old_path, new_path }
        }),
    ]
}

/// Returns true if the command has a path that is refused here and not by the reference.
fn is_refused_here(command: &Value) -> bool {
    let paths = ["path", "old_path", "new_path"].map(|name| command[name].as_str());
    paths.into_iter().flatten().any(|path| {
        path.starts_with("/memoriesx") || path.contains("%2e") || path.contains('\u{7}')
    })
}

/// Returns an answer with at most as many numbers of lines as here.
fn with_line_numbers(text: &str) -> String {
    let found = text.rsplit_once("in lines: ").and_then(|(before, rest)| {
        let (numbers, after) = rest.rsplit_once(". Please")?;
        Some((before, numbers, after))
    });
    match found {
        Some((before, numbers, after)) if LINE_NUMBERS < numbers.split(", ").count() => {
            let numbers: Vec<&str> = numbers.split(", ").take(LINE_NUMBERS).collect();
            format!("{before}in lines: {}, .... Please{after}", numbers.join(", "))
        }
        _ => text.to_owned(),
    }
}

/// Returns a list with the sizes of its directories as here: those of the first line and of paths
/// that end with a slash.
fn with_sizes(text: &str, command: &Value) -> String {
    if !text.starts_with("Here're the files") {
        return text.to_owned();
    }
    let path = command["path"].as_str().unwrap();
    let lines = text.split('\n').enumerate().map(|(at, line)| match line.split_once('\t') {
        Some((_, it)) if at == 1 && it == path || at != 1 && it.ends_with('/') => {
            format!("4K\t{it}")
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns an empty memory whose commits need no sync.
fn fast() -> (Place, Working) {
    let place = Place::new();
    let working = place.open(Config { durability: Durability::Normal, ..place.config() });
    (place, working)
}

#[tokio::test]
async fn random_commands_have_the_answers_of_the_reference() {
    let Ok(python) = env::var("AIOS_FILES_PYTHON") else { return };
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap());
    let count = number("AIOS_FILES_COMMANDS").unwrap_or(COMMANDS);
    let seed = number("AIOS_FILES_SEED").unwrap_or_else(|| std::process::id() as usize);
    tell(&format!("AIOS_FILES_SEED={seed}"));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(seed as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut reference = Reference::start(&python);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut place = fast();
    for at in 0..count {
        if at % SESSION == 0 {
            place = fast();
            reference.begin();
        }
        let command = commands().new_tree(&mut runner).unwrap().current();
        let input = json!(command);
        let reply = place.1.files().run(command).await.unwrap();
        if is_refused_here(&input) {
            assert!(reply.is_error, "{at}: {input} is accepted: {}", reply.text);
            *outcomes.entry("refused here alone".to_owned()).or_default() += 1;
            continue;
        }
        let (outcome, text) = reference.answer(&input);
        let expected = with_line_numbers(&with_sizes(&text, &input));
        match outcome.as_str() {
            // An exception has no wording for a model.
            "broke" => assert!(reply.is_error, "{at}: {input}: {} {expected}", reply.text),
            outcome => {
                let is_refused = outcome == "refused";
                assert_eq!((&reply.text, reply.is_error), (&expected, is_refused), "{at}: {input}");
            }
        }
        *outcomes
            .entry(format!("{} {outcome}", input["command"].as_str().unwrap()))
            .or_default() += 1;
    }
    tell(&format!("{outcomes:#?}"));
    drop(reference.input);
    assert!(reference.child.wait().unwrap().success());
}

/// Shows the seed and the outcomes of a run.
#[expect(clippy::print_stderr, reason = "a failure is repeated by its seed")]
fn tell(text: &str) {
    eprintln!("{text}");
}
