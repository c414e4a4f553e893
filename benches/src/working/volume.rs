//! The cost of a large memory: RAM and the time to open a file of 1 GB, and the cost of a write as
//! the file grows.

use std::{fs, path::Path, process::Command, time::Instant};

use aios_working::{Durability, RECENT_MESSAGES, ToolCall};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Runtime;

use super::{
    reads::fill,
    text::Texts,
    writes::{contend, open, session_id},
};
use crate::{
    Size,
    report::{Bound, Report, Row},
    status,
};

/// Argument with which the benchmark runs itself to measure a file in a fresh process.
pub const LOOK: &str = "--look-at";
/// Size of the file.
const FILE_BYTES: u64 = 1_000_000_000;
/// Number of messages in the file; tool outputs fill the rest.
const MESSAGES: usize = 300_000;
const OUTPUT_BYTES: usize = 18_000;
const OF_LARGE: &str = "a file of 1 GB";
const GROWTH: &str = "one message, 64 callers, Normal";
const GROWTH_WORK: &str = "the same, time of processors";
/// Numbers of rows at which the cost since the previous milestone is reported.
const MILESTONES: [usize; 9] =
    [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000];

/// Measurements of a fresh process.
#[derive(Debug, Serialize, Deserialize)]
struct Look {
    open_ns: u64,
    rss_kib: u64,
    peak_kib: u64,
}

/// Measures RAM use and the time to open a large file.
pub(super) fn large(size: Size, runtime: &Runtime, report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("working.db");
    let bytes = filled(size, runtime, &path);
    report.rows.push(Row::new(OF_LARGE, "size", "bytes", &[bytes as f64]));
    let look = match size {
        Size::Real => in_fresh_process(&path),
        Size::Smoke => look(runtime, &path),
    };
    report.add(OF_LARGE, "opening", &[look.open_ns as f64]);
    let kib = |name: &str, kib: u64| Row::new(OF_LARGE, name, "bytes", &[(kib * 1024) as f64]);
    report.rows.push(kib("RAM after reads and searches", look.rss_kib));
    report.rows.push(kib("RAM, most", look.peak_kib));
    let mb = (look.peak_kib * 1024) as f64 / 1e6;
    report.target_in("RAM of a process with a file of 1 GB", mb, "MB", Bound::AtMost(60.0));
    let ms = look.open_ns as f64 / 1e6;
    report.target_in("opening a file of 1 GB", ms, "ms", Bound::AtMost(50.0));
}

fn filled(size: Size, runtime: &Runtime, path: &Path) -> u64 {
    let working = open(path, Durability::Normal);
    fill(size.pick(100, MESSAGES), runtime, &working, 21);
    let bytes = || fs::metadata(path).map_or(0, |file| file.len());
    let mut texts = Texts::new(22);
    while bytes() < size.pick(1, FILE_BYTES) {
        let mut output = texts.text();
        while output.len() < OUTPUT_BYTES {
            output.push('\n');
            output.push_str(&texts.text());
        }
        let call = ToolCall { output: json!(output), ..ToolCall::new("shell") };
        runtime.block_on(working.tool_calls().put(call)).expect("it is stored");
    }
    runtime.block_on(working.close());
    bytes()
}

fn in_fresh_process(path: &Path) -> Look {
    let own = std::env::current_exe().expect("this program");
    let output = Command::new(own).arg(LOOK).arg(path).output().expect("it starts");
    serde_json::from_slice(&output.stdout).expect("it says what it found")
}

/// Opens the file at `path`, reads and searches, and returns the measurements as JSON, for the
/// parent process.
///
/// # Panics
/// If the file cannot be read.
#[must_use]
pub fn looked_at(path: &Path) -> String {
    let runtime = Runtime::new().expect("threads");
    serde_json::to_string(&look(&runtime, path)).expect("numbers")
}

fn look(runtime: &Runtime, path: &Path) -> Look {
    let started = Instant::now();
    let working = open(path, Durability::Full);
    let open_ns = started.elapsed().as_nanos() as u64;
    let mut texts = Texts::new(23);
    runtime.block_on(async {
        for session in 0..100 {
            let session = session_id(session);
            let recent = working.messages().recent(&session, RECENT_MESSAGES).await;
            assert!(!recent.expect("readable").is_empty(), "it was filled");
        }
        for _ in 0..200 {
            let found = working.records().find(texts.question(), Default::default()).await;
            found.expect("readable");
        }
    });
    contend(runtime, &working, 16, 10, &mut texts);
    Look { open_ns, rss_kib: status::of_process("VmRSS"), peak_kib: status::of_process("VmHWM") }
}

/// Measures the cost of a write as the file grows, with single writes by 64 callers. Not synced:
/// the duration of a sync does not depend on the size of the file, and would hide the growth.
/// Reports the elapsed time, and the processor time, which other load on the machine affects less.
pub(super) fn growth(size: Size, runtime: &Runtime, report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let working = open(&folder.path().join("working.db"), Durability::Normal);
    let (mut texts, mut rows) = (Texts::new(31), 0);
    let mut first = None;
    for &milestone in &MILESTONES[..size.pick(1, MILESTONES.len())] {
        let (mut spent, before, worked) = (0.0, rows, processor_ns());
        while rows < size.pick(128, milestone) {
            let each = size.pick(1, 100);
            let (each_ns, _) = contend(runtime, &working, 64, each, &mut texts);
            rows += 64 * each;
            spent += each_ns * (64 * each) as f64;
        }
        let written = (rows - before) as f64;
        let worked = (processor_ns() - worked) / written;
        let name = format!("up to row {milestone}");
        report.add(GROWTH, &name, &[spent / written]);
        report.add(GROWTH_WORK, &name, &[worked]);
        // Below 10,000 rows the log has not been checkpointed.
        if 10_000 < milestone {
            let grown = worked / *first.get_or_insert(worked);
            let what = format!("work of a write up to row {milestone}, against 10,000 to 20,000");
            report.target(&what, grown, Bound::AtMost(1.2));
        }
    }
}

/// Returns the processor time of this process in nanoseconds, in steps of 10 ms.
fn processor_ns() -> f64 {
    const TICK_NS: f64 = 1e7;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program name may contain spaces, so fields are counted from its end.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK_NS
}
