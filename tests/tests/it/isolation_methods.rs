//! Every public method of the handles, and every function of the exchange, as each owner: it has
//! the same result as in a store without the records of others, reveals nothing of them, and leaves
//! them unchanged.

mod longterm;
mod memory;
mod removal;
mod working;

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::{Debug, Write as _},
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, LazyLock},
};

use aios_memory::{AgentMemory, Id, Key, Kind, MemoryView, Scope};
use regex::Regex;
use serde_json::{Map, Value};

use crate::{
    same_names::{self, SHARED, U1, U2, Whose},
    source::{functions_of_views, public_methods},
    state::exported,
};

/// The owner that runs an exercise, with its store.
pub(crate) struct Hand {
    view: MemoryView,
    memory: AgentMemory,
    /// Digit of the owner's secret word.
    digit: &'static str,
    user: Option<&'static str>,
    /// Data directory.
    dir: PathBuf,
    /// Directory for files.
    files: PathBuf,
}

impl Hand {
    /// Returns `text` with the owner's secret word.
    fn text(&self, text: &str) -> String {
        text.replace('@', self.digit)
    }

    /// Returns the fields of a record, with the owner's secret word.
    fn fields(&self, fields: Value) -> Map<String, Value> {
        let fields = self.text(&fields.to_string());
        serde_json::from_str(&fields).unwrap()
    }

    /// Writes a file with the owner's secret word, and returns its path.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.join(name);
        std::fs::write(&path, self.text(text)).unwrap();
        path
    }
}

/// Returns the key of the record of this kind and id.
pub(crate) fn key(kind: Kind, id: &str) -> Key {
    Key::new(kind, Id::new(id).unwrap())
}

type Told = Pin<Box<dyn Future<Output = Vec<String>> + Send>>;

/// Calls of a method that show if it separates owners.
pub(crate) struct Exercise {
    name: &'static str,
    run: fn(Arc<Hand>) -> Told,
}

/// `"Type::method" => [results];`: each entry calls the method at least once, and every result is
/// compared.
macro_rules! exercises {
    ($hand:ident; $($name:literal => [$($result:expr),+ $(,)?];)*) => {
        &[$($crate::isolation_methods::Exercise {
            name: $name,
            run: |$hand| Box::pin(async move {
                vec![$($crate::isolation_methods::told(&$result)),+]
            }),
        }),*]
    };
}
use exercises;

/// A full result: its value, or its error with all causes, as text and in debug form.
pub(crate) trait Tell {
    fn tell(&self) -> String;
}

impl<T: Debug, E: Error> Tell for Result<T, E> {
    fn tell(&self) -> String {
        match self {
            Ok(value) => format!("{value:#?}"),
            Err(error) => {
                let mut text = format!("error: {error}");
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(text, ": {error}").unwrap();
                    cause = error.source();
                }
                format!("{text}\n{error:#?}")
            }
        }
    }
}

pub(crate) fn told(result: &impl Tell) -> String {
    result.tell()
}

/// Wraps an infallible value.
pub(crate) fn value<T>(value: T) -> Result<T, std::fmt::Error> {
    Ok(value)
}

/// Returns the tables in the order of execution, with removals last.
fn tables() -> [&'static [Exercise]; 4] {
    [working::TABLE, longterm::TABLE, memory::TABLE, removal::TABLE]
}

#[test]
fn every_public_method_is_exercised() {
    let mut methods =
        public_methods("aios-memory", &["MemoryView", "AgentMemory", "Administrator"]);
    methods.retain(|method| !ROLES_OF_MEMORY.iter().any(|(role, _)| method == role));
    let of_roles = public_methods("aios-memory", &ROLES_OF_MEMORY.map(|(_, role)| role));
    methods.extend(of_roles.iter().map(|method| format!("memory::{method}")));
    methods.extend(functions_of_views("exchange"));
    methods.extend(public_methods("working", &["WorkingView"]));
    methods.retain(|method| !ROLES.iter().any(|(role, _)| method == role));
    methods.extend(public_methods("working", &ROLES.map(|(_, role)| role)));
    methods.extend(public_methods("longterm", &["LongtermView"]));
    methods.retain(|method| !ROLES_OF_LONGTERM.iter().any(|(role, _)| method == role));
    let of_roles = public_methods("longterm", &ROLES_OF_LONGTERM.map(|(_, role)| role));
    methods.extend(of_roles.iter().map(|method| format!("longterm::{method}")));
    let methods: BTreeSet<&str> = methods.iter().map(String::as_str).collect();
    let exercised: Vec<&str> = tables().into_iter().flatten().map(|it| it.name).collect();
    let names: BTreeSet<&str> = exercised.iter().copied().collect();
    assert_eq!(exercised.len(), names.len(), "an exercise is in the tables twice");
    let missing: Vec<_> = methods.difference(&names).collect();
    assert!(missing.is_empty(), "add exercises to tests/it/isolation_methods for {missing:?}");
    let gone: Vec<_> = names.difference(&methods).collect();
    assert!(gone.is_empty(), "these exercises are of methods that do not exist: {gone:?}");
}

/// Methods that only return a role, and the roles. The methods of the roles have exercises.
const ROLES: [(&str, &str); 17] = [
    ("WorkingView::goals", "Goals"),
    ("WorkingView::tasks", "Tasks"),
    ("WorkingView::tool_calls", "ToolCalls"),
    ("WorkingView::decisions", "Decisions"),
    ("WorkingView::patterns", "Patterns"),
    ("WorkingView::agent_states", "AgentStates"),
    ("WorkingView::sessions", "Sessions"),
    ("WorkingView::messages", "Messages"),
    ("WorkingView::interactions", "Interactions"),
    ("WorkingView::entries", "Entries"),
    ("WorkingView::facts", "Facts"),
    ("WorkingView::files", "Files"),
    ("WorkingView::events", "Events"),
    ("WorkingView::preferences", "Preferences"),
    ("WorkingView::persona", "Persona"),
    ("WorkingView::metrics", "Metrics"),
    ("WorkingView::records", "Records"),
];

/// The roles of the whole memory. Their exercises are named `memory::Role::method`.
const ROLES_OF_MEMORY: [(&str, &str); 9] = [
    ("MemoryView::contexts", "Contexts"),
    ("MemoryView::events", "Events"),
    ("MemoryView::facts", "Facts"),
    ("MemoryView::feed", "Feed"),
    ("MemoryView::files", "Files"),
    ("MemoryView::forgetting", "Forgetting"),
    ("MemoryView::graph", "Graph"),
    ("MemoryView::work", "Works"),
    ("Administrator::upkeep", "Upkeep"),
];

/// The roles of long-term memory. Their exercises are named `longterm::Role::method`.
const ROLES_OF_LONGTERM: [(&str, &str); 8] = [
    ("LongtermView::records", "Records"),
    ("LongtermView::sources", "Sources"),
    ("LongtermView::tombstones", "Tombstones"),
    ("LongtermView::notes", "Notes"),
    ("LongtermView::procedures", "Procedures"),
    ("LongtermView::incidents", "Incidents"),
    ("LongtermView::config_changes", "ConfigChanges"),
    ("LongtermView::knowledge", "KnowledgeCollection"),
];

/// A store without the records of others, for comparison with one owner's results.
struct Control {
    whose: Whose,
    memory: AgentMemory,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_are_kept_apart() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let files = home.join("files");
    std::fs::create_dir(&files).unwrap();
    let all = Box::pin(same_names::make(&home.join("all"), &[SHARED, U1, U2], &files)).await;
    let mut controls = Vec::new();
    for whose in [U1, U2, SHARED] {
        let owners: &[Whose] = if whose == SHARED { &[SHARED] } else { &[SHARED, whose] };
        let dir = home.join(format!("without{}", whose.digit()));
        let memory = Box::pin(same_names::make(&dir, owners, &files)).await;
        controls.push(Control { whose, memory });
    }
    let faults = compare(&all, &controls, home).await;
    all.shutdown().await.unwrap();
    for control in controls {
        control.memory.shutdown().await.unwrap();
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n\n"));
}

/// Runs every exercise as each owner in turn: in the common store, and in the owner's store without
/// the records of others. In the latter, also runs it as the shared owner. Returns the faults.
async fn compare(all: &AgentMemory, controls: &[Control], home: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let in_all = [U1, U2, SHARED].map(|whose| hand(whose, all, home, "all"));
    let mut in_controls = Vec::new();
    for Control { whose, memory } in controls {
        let name = format!("without{}", whose.digit());
        let own = hand(*whose, memory, home, &name);
        let shared = (*whose != SHARED).then(|| hand(SHARED, memory, home, &name));
        in_controls.push((own, shared));
    }
    let mut before = records(all).await;
    for exercise in tables().into_iter().flatten() {
        for ((control, in_all), (own, _)) in controls.iter().zip(&in_all).zip(&in_controls) {
            let whose = control.whose;
            let name = format!("{whose:?} {}", exercise.name);
            let got = (exercise.run)(Arc::clone(in_all)).await;
            let expected = (exercise.run)(Arc::clone(own)).await;
            // Long-term memory stores each version that reaches it.
            control.memory.feed().catch_up().await.unwrap();
            for (at, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let (got, expected) = (stripped(got, in_all), stripped(expected, own));
                if let Some(word) = foreign(whose).find(&got) {
                    let word = word.as_str();
                    faults.push(format!("{name} #{at} shows `{word}`: {}", cut(&got)));
                }
                if got != expected {
                    faults.push(format!("{name} #{at}: {}", difference(&got, &expected)));
                }
            }
            let after = records(all).await;
            let (others_before, others_after) = (others(&before, whose), others(&after, whose));
            if others_before != others_after {
                let changed = difference(&others_after.join("\n"), &others_before.join("\n"));
                faults.push(format!("{name} changes what is of others: {changed}"));
            }
            before = after;
        }
        for shared in in_controls.iter().filter_map(|(_, shared)| shared.as_ref()) {
            (exercise.run)(Arc::clone(shared)).await;
        }
    }
    faults
}

/// Exercises with ids of several owners. The administrator gets an error that names the owners.
const AMBIGUOUS: &[&str] = &[
    "Entries::remove",
    "Goals::get",
    "Goals::set_status",
    "LongtermView::note",
    "LongtermView::update_note",
    "MemoryView::delete",
    "MemoryView::get",
    "MemoryView::update",
    "Messages::recent",
    "Records::remove",
];

/// Exercises that show an administrator the records of every owner.
const COMPLETE: &[&str] = &[
    "LongtermView::search",
    "MemoryView::assemble_context",
    "MemoryView::list",
    "MemoryView::recall_with",
    "Records::find",
    "Records::list",
    "export::to_writer",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_sees_everything_and_must_name_an_owner_to_change_records() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let files = home.join("files");
    std::fs::create_dir(&files).unwrap();
    let all = Box::pin(same_names::make(&home.join("all"), &[SHARED, U1, U2], &files)).await;
    let view = MemoryView::clone(&all.administrator());
    let hand = Arc::new(Hand { view, digit: "9", ..hand_of(SHARED, &all, home, "files9") });
    let mut before = records(&all).await;
    for exercise in tables().into_iter().flatten() {
        let name = exercise.name;
        let results = (exercise.run)(Arc::clone(&hand)).await;
        let text = results.join("\n");
        if AMBIGUOUS.contains(&name) {
            assert!(text.contains("Ambiguous"), "{name}: {text}");
        }
        if COMPLETE.contains(&name) {
            let words = ["zebra0", "zebra1", "zebra2"];
            assert!(words.iter().all(|word| text.contains(word)), "{name}: {text}");
        }
        let after = records(&all).await;
        let all_fail = results.iter().all(|result| result.starts_with("error: "));
        assert!(!all_fail || before == after, "{name} fails and changes records: {text}");
        before = after;
    }
    all.shutdown().await.unwrap();
}

/// Matches secret words and names of other owners.
fn foreign(whose: Whose) -> Regex {
    let others = match whose {
        Whose::Shared => "zebra[12]|\\bu[12]\\b",
        Whose::User("u1") => "zebra2|\\bu2\\b",
        Whose::User(_) => "zebra1|\\bu1\\b",
    };
    Regex::new(others).unwrap()
}

fn hand(whose: Whose, memory: &AgentMemory, home: &Path, name: &str) -> Arc<Hand> {
    Arc::new(hand_of(whose, memory, home, &format!("files-{name}-{}", whose.digit())))
}

/// Creates a hand. `files` is the directory for files in `home`.
fn hand_of(whose: Whose, memory: &AgentMemory, home: &Path, files: &str) -> Hand {
    let files = home.join(files);
    std::fs::create_dir(&files).unwrap();
    Hand {
        view: whose.view(memory),
        memory: memory.clone(),
        digit: whose.digit(),
        user: whose.user(),
        dir: memory.config().memory.data_dir.clone(),
        files,
    }
}

/// The user of a record, and its line in an export.
type Line = (Option<String>, String);

/// Returns the lines of a full export that `whose` must leave unchanged.
fn others(lines: &[Line], whose: Whose) -> Vec<&str> {
    let others = lines.iter().filter(|(user, _)| user.as_deref() != whose.user());
    others.map(|(_, line)| line.as_str()).collect()
}

/// Returns all records as sorted lines, each with its user.
async fn records(memory: &AgentMemory) -> Vec<Line> {
    let records = exported(&memory.administrator()).await.into_iter();
    let user = |record: &Value| record["scope"]["user"].as_str().map(str::to_owned);
    let mut lines: Vec<Line> = records.map(|it| (user(&it), it.to_string())).collect();
    lines.sort();
    lines
}

/// Returns `text` without the parts that vary between runs: current times, generated ids,
/// directories, durations, and counts of the whole store.
fn stripped(text: &str, hand: &Hand) -> String {
    static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let pairs = [
            (r"20(2[6-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d", "TIME"),
            (r"20(2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
            (r"(time|recorded_at): \d{16}\b", "$1: TIME"),
            (r"process-\d+-\d{16}", "PROCESS"),
            (r"duration_ms: Some\(\s*\d+", "duration_ms: Some(N"),
            (r#""\d{16}\."#, "\"TIME."),
            (r"(elapsed_ms|disk_bytes|took_ms): [\d.e-]+", "$1: N"),
        ];
        pairs.map(|(pattern, by)| (Regex::new(pattern).unwrap(), by)).to_vec()
    });
    let text = text.replace(hand.dir.to_str().unwrap(), "DIR");
    let text = text.replace(hand.files.to_str().unwrap(), "FILES");
    VARYING.iter().fold(text, |text, (pattern, by)| pattern.replace_all(&text, *by).into_owned())
}

/// Formats the first lines that differ.
fn difference(got: &str, expected: &str) -> String {
    let (got, expected): (Vec<&str>, Vec<&str>) =
        (got.lines().collect(), expected.lines().collect());
    let at = got.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let some = |lines: &[&str]| {
        cut(&lines
            .iter()
            .skip(at.saturating_sub(3))
            .take(8)
            .copied()
            .collect::<Vec<_>>()
            .join("\n"))
    };
    format!("line {at}: got\n{}\nexpected\n{}", some(&got), some(&expected))
}

fn cut(text: &str) -> String {
    text.chars().take(1500).collect()
}

/// Returns the scope of the owner that runs an exercise.
fn own_scope(hand: &Hand) -> Scope {
    Scope { user: hand.user.map(str::to_owned), ..Scope::default() }
}
