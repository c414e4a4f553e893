//! Documents that are read repeatedly: current pieces are found now, removed ones only as of an
//! earlier time.

use std::{collections::BTreeSet, fs, path::Path};

use aios_exchange::ingest::{self, Format, IngestOptions, IngestReport};
use aios_memory::{
    AgentMemory, Config, ForgetOptions, ForgetTarget, Key, Kind, MemoryView, Mode, Record,
    SearchOptions, admission::Tally,
};
use aios_memory_tests::{
    child::{self, Child},
    number,
};
use proptest::{prelude::*, test_runner::Config as Runs};

use tokio::runtime::Runtime;

use crate::{Fixture, of, texts};

async fn read(memory: &MemoryView, path: &Path) -> Tally {
    let report = ingest::file(memory, path, IngestOptions::default()).await.unwrap();
    assert_eq!(report.failed, []);
    report.tally
}

/// Returns the numbers of added, known, updated, retired and forgotten pieces.
fn counts(tally: &Tally) -> [u64; 5] {
    [tally.added, tally.known, tally.updated, tally.retired, tally.forgotten]
}

/// Returns a document with a section for each word.
fn document(words: &[&str]) -> String {
    words.iter().map(|word| format!("# {word}\n\nThe zebra says {word}.\n\n")).collect()
}

fn section(word: &str) -> String {
    format!("# {word}\n\nThe zebra says {word}.")
}

async fn found(memory: &MemoryView) -> BTreeSet<String> {
    texts(memory, "the zebra says").await.into_iter().collect()
}

fn sections(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| section(word)).collect()
}

/// Returns all pieces, including retired ones.
async fn pieces(memory: &MemoryView) -> Vec<Record> {
    memory.list(Kind::Knowledge, None, 1000).await.unwrap().records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_section_is_found_only_as_of_an_earlier_time() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, document(&["one", "two"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [2, 0, 0, 0, 0]);
    let first = pieces(&memory).await.iter().map(|it| it.recorded_at).max().unwrap();

    fs::write(&path, document(&["two", "three"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [1, 1, 0, 1, 0]);
    assert_eq!(found(&memory).await, sections(&["two", "three"]));
    let then = SearchOptions::default().with_as_of(first);
    let then = memory.recall_with("the zebra says", &then).await.unwrap().hits;
    let then: BTreeSet<String> = then.into_iter().map(|hit| hit.text).collect();
    assert_eq!(then, sections(&["one", "two"]));

    let all = pieces(&memory).await;
    let ended: Vec<&Record> = all.iter().filter(|it| it.valid_to.is_some()).collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].text, section("one"));

    // The piece returns with its former recording time.
    fs::write(&path, document(&["one", "three"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [0, 1, 1, 1, 0]);
    assert_eq!(found(&memory).await, sections(&["one", "three"]));
    let one = memory.get(&Key::new(Kind::Knowledge, ended[0].id.clone())).await.unwrap().unwrap();
    assert_eq!((one.valid_to, one.recorded_at), (None, ended[0].recorded_at));
    assert_eq!(counts(&read(&memory, &path).await), [0, 2, 0, 0, 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_heading_updates_its_pieces() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, "# House\n\nIntro.\n\n## Zebra\n\nIt sleeps.\n").unwrap();
    read(&memory, &path).await;
    fs::write(&path, "# Stable\n\nIntro.\n\n## Zebra\n\nIt sleeps.\n").unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [1, 0, 1, 1, 0]);
    let titles: BTreeSet<Option<String>> =
        pieces(&memory).await.into_iter().map(|it| it.title).collect();
    assert!(titles.contains(&Some("Stable > Zebra".to_owned())), "{titles:?}");
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_reading_retires_nothing() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.guard.secrets = "refuse".parse().unwrap();
    let memory = AgentMemory::open(config).await.unwrap();
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, document(&["one", "two"])).unwrap();
    read(&memory, &path).await;
    let secret = format!("{}# key\n\nAKIAIOSFODNN7EXAMPLQ\n", document(&["two"]));
    for broken in
        [&b""[..], b" \n\n", b"\xe2\x80\x83\n", b"# one\n\n\x00\xff bytes", secret.as_bytes()]
    {
        fs::write(&path, broken).unwrap();
        let report = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap();
        assert_eq!((report.failed_count, report.tally.retired), (1, 0), "{broken:?}");
        assert_eq!(found(&memory).await, sections(&["one", "two"]), "{broken:?}");
    }
    struct Torn(usize, fn() -> std::io::Result<usize>);
    impl std::io::Read for Torn {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => (&b"# other\n\nOther.\n"[..]).read(buffer),
                _ => (self.1)(),
            }
        }
    }
    let options = IngestOptions::default();
    let faults: [fn() -> std::io::Result<usize>; 2] =
        [|| Err(std::io::Error::other("the cable is out")), || unreachable!("a fault of ours")];
    for fault in faults {
        let torn = Torn(0, fault);
        let report = ingest::reader(&memory, torn, Some(&path), options.clone()).await.unwrap();
        assert_eq!((report.failed_count, report.tally.retired), (1, 0));
        assert_eq!(found(&memory).await, sections(&["one", "two"]));
    }

    fs::remove_file(&path).unwrap();
    ingest::file(&memory, &path, IngestOptions::default()).await.unwrap();
    assert_eq!(found(&memory).await, sections(&["one", "two"]));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_name_is_identified_by_its_text_and_replaces_nothing() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let read = async |words: &[&str]| {
        let text = std::io::Cursor::new(document(words));
        let options = IngestOptions::default().with_format(Format::Markdown);
        let report: IngestReport = ingest::reader(&memory, text, None, options).await.unwrap();
        counts(&report.tally)
    };
    assert_eq!(read(&["one", "two"]).await, [2, 0, 0, 0, 0]);
    assert_eq!(read(&["one", "two"]).await, [0, 2, 0, 0, 0]);
    assert_eq!(read(&["two", "three"]).await, [2, 0, 0, 0, 0]);
    assert_eq!(found(&memory).await, sections(&["one", "two", "three"]));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_of_different_owners_or_scopes_are_independent() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    let at_work = ada.narrow(&aios_memory::Scope::default().with_agent("work").into()).unwrap();
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, document(&["one"])).unwrap();
    for view in [&memory, &ada, &bob, &at_work] {
        assert_eq!(counts(&read(view, &path).await), [1, 0, 0, 0, 0]);
    }
    fs::write(&path, document(&["two"])).unwrap();
    assert_eq!(counts(&read(&ada, &path).await), [1, 0, 0, 1, 0]);
    let forget = ForgetOptions::new(ForgetTarget::Document(path.clone()));
    assert_eq!(bob.forget(forget.clone()).await.unwrap().forgotten, 1);
    assert_eq!(found(&bob).await, sections(&["one"]), "the shared one is left");
    assert_eq!(counts(&read(&at_work, &path).await), [1, 0, 0, 1, 0]);
    let at_home = ada.narrow(&aios_memory::Scope::default().with_agent("home").into()).unwrap();
    let dry = at_home.forget(forget.clone().with_mode(Mode::DryRun)).await.unwrap();
    assert_eq!(dry.forgotten, 2, "the pieces of the agent at work are not seen");
    assert_eq!(
        ada.forget(forget).await.unwrap().forgotten,
        4,
        "of ada in both scopes, retired too"
    );
    assert_eq!(pieces(&memory).await.len(), 1);
    memory.shutdown().await.unwrap();
}

/// Runs as a child process: reads the document in its directory, and stops when the pieces are
/// durable but none is retired yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_adds() {
    let Some(dir) = child::place() else { return };
    let memory = AgentMemory::open(Config::at(dir.join("memory"))).await.unwrap();
    let stop = |_| {
        child::say("added");
        std::thread::park();
    };
    let options = IngestOptions::default().with_progress(stop);
    ingest::file(&memory, dir.join("m.md"), options).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_killed_before_it_retires_is_completed_by_the_next() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("m.md");
    let memory = fixture.open().await;
    fs::write(&path, document(&["one", "two"])).unwrap();
    read(&memory, &path).await;
    memory.shutdown().await.unwrap();

    fs::write(&path, document(&["two", "three"])).unwrap();
    let mut child = Child::start("documents::child_that_adds", fixture.dir.path());
    assert_eq!(child.hear_some(1), ["added"]);
    child.kill();

    let memory = fixture.open().await;
    assert_eq!(found(&memory).await, sections(&["one", "two", "three"]));
    assert_eq!(counts(&read(&memory, &path).await), [0, 2, 0, 1, 0]);
    assert_eq!(found(&memory).await, sections(&["two", "three"]));
    memory.shutdown().await.unwrap();
}

/// One step with two documents.
#[derive(Debug, Clone)]
enum Step {
    /// The document now has these paragraphs and is read.
    Read(usize, Vec<usize>),
    /// The whole document is forgotten.
    Forget(usize),
}

/// Paragraphs that both documents may have, in any number.
const WORDS: [&str; 5] = ["ash", "birch", "cedar", "larch", "rowan"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let read = (0..2_usize, prop::collection::vec(0..WORDS.len(), 1..4));
    let step = prop_oneof![
        5 => read.prop_map(|(document, words)| Step::Read(document, words)),
        1 => (0..2_usize).prop_map(Step::Forget),
    ];
    prop::collection::vec(step, 2..12)
}

/// Expected state of a document: its current, former and forgotten paragraphs.
#[derive(Debug, Default)]
struct Model {
    /// In the order of the text.
    words: Vec<usize>,
    present: BTreeSet<usize>,
    ever: BTreeSet<usize>,
    forgotten: BTreeSet<usize>,
}

#[test]
fn documents_match_a_plain_model() {
    let runtime = Runtime::new().unwrap();
    let cases = number("PROPTEST_CASES").map_or(12, |cases| cases as u32);
    let runs = Runs { cases, max_shrink_iters: 60, failure_persistence: None, ..Runs::default() };
    proptest!(runs, |(steps in steps())| {
        runtime.block_on(run(&steps));
    });
}

async fn run(steps: &[Step]) {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let paths = ["a.md", "b.md"].map(|name| fixture.dir.path().join(name));
    let mut models: [Model; 2] = Default::default();
    // Texts of forgotten documents. A copy of one is not stored either.
    let mut whole: Vec<Vec<usize>> = Vec::new();
    // Texts after each step, with its time.
    let mut past: Vec<(aios_memory::Timestamp, BTreeSet<String>)> = Vec::new();
    for step in steps {
        match step {
            Step::Read(at, words) => {
                let model = &mut models[*at];
                let text = document(&words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>());
                fs::write(&paths[*at], text).unwrap();
                let distinct: BTreeSet<usize> = words.iter().copied().collect();
                let tally = read(&memory, &paths[*at]).await;
                let kept_out = match model.ever.is_empty() && whole.contains(words) {
                    true => distinct.clone(),
                    false => &distinct & &model.forgotten,
                };
                let of_kept_out = words.iter().filter(|word| kept_out.contains(word)).count();
                assert_eq!(tally.forgotten, of_kept_out as u64, "{steps:?}: {tally:?}");
                let present: BTreeSet<usize> = &distinct - &kept_out;
                let [added, known, updated, ..] = counts(&tally);
                let stored = words.len() - of_kept_out;
                assert_eq!(added + known + updated, stored as u64, "{steps:?}: {tally:?}");
                model.words.clone_from(words);
                model.words.retain(|word| present.contains(word));
                model.ever.extend(&present);
                model.present = present;
                assert_eq!(counts(&read(&memory, &paths[*at]).await)[2..4], [0, 0]);
            }
            Step::Forget(at) => {
                let forget = ForgetOptions::new(ForgetTarget::Document(paths[*at].clone()));
                memory.forget(forget).await.unwrap();
                let model = &mut models[*at];
                whole.push(std::mem::take(&mut model.words));
                let ever = std::mem::take(&mut model.ever);
                model.forgotten.extend(&ever);
                model.present.clear();
                // Forgotten texts are also removed from the past.
                past.clear();
            }
        }
        let present = &models[0].present | &models[1].present;
        let expect: BTreeSet<String> = present.iter().map(|it| section(WORDS[*it])).collect();
        assert_eq!(found(&memory).await, expect, "{steps:?}");
        for (then, expect) in &past {
            let options = SearchOptions::default().with_as_of(*then);
            let found = memory.recall_with("the zebra says", &options).await.unwrap().hits;
            let found: BTreeSet<String> = found.into_iter().map(|hit| hit.text).collect();
            assert!(expect.is_subset(&found), "{steps:?} as of {then}: {found:?} lacks {expect:?}");
        }
        past.push((aios_memory::Timestamp::now(), expect));
    }
    memory.shutdown().await.unwrap();
}

/// Returns the texts of a kind, page by page.
async fn paged(memory: &MemoryView, kind: Kind, limit: usize) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = memory.list(kind, after.as_deref(), limit).await.unwrap();
        all.extend(page.records.into_iter().map(|it| it.text));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_keep_the_order_of_the_file() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let words: Vec<String> = (0..25).map(|n| format!("word{n}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, document(&words)).unwrap();
    read(&memory, &path).await;
    let expect: Vec<String> = words.iter().map(|word| section(word)).collect();
    for limit in [1, 7, 100] {
        assert_eq!(paged(&memory, Kind::Knowledge, limit).await, expect, "by {limit}");
    }
    // Once without times, once with the same time for all.
    for (user, time) in [("ada", ""), ("bob", r#","timestamp":"2026-01-02T00:00:00Z""#)] {
        let view = of(&memory, user);
        let path = fixture.dir.path().join(format!("{user}.jsonl"));
        let line = |n| format!("{{\"kind\":\"note\",\"content\":\"note {n}\"{time}}}\n");
        fs::write(&path, (0..90).map(line).collect::<String>()).unwrap();
        read(&view, &path).await;
        let expect: Vec<String> = (0..90).map(|n| format!("note {n}")).collect();
        for limit in [1, 7, 100] {
            assert_eq!(paged(&view, Kind::Note, limit).await, expect, "{user} by {limit}");
        }
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_piece_stays_until_its_document_loses_it() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("m.md");
    fs::write(&path, document(&["one", "two"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [2, 0, 0, 0, 0]);
    let one = pieces(&memory).await.into_iter().find(|it| it.text.contains("one")).unwrap();
    let changes = serde_json::json!({"content": "The zebra says nothing."});
    memory.update(&one.key(), changes.as_object().cloned().unwrap()).await.unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [0, 2, 0, 0, 0]);
    let changed = memory.get(&one.key()).await.unwrap().unwrap();
    assert!(changed.text.contains("says nothing"), "{changed:?}");
    fs::write(&path, document(&["two"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [0, 1, 0, 1, 0]);
    fs::write(&path, document(&["one", "two"])).unwrap();
    assert_eq!(counts(&read(&memory, &path).await), [0, 1, 1, 0, 0]);
    assert_eq!(found(&memory).await, sections(&["one", "two"]));
    memory.shutdown().await.unwrap();
}
