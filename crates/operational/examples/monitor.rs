//! A live view in the terminal: queries the machine, receives events from several threads, and
//! shows the recent ones, rates and counters. Ends after the given number of seconds (default 10).
//!
//! ```text
//! cargo run -p aios-operational --example monitor --features sysinfo -- 10
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{
    env,
    error::Error,
    fmt::Write,
    io::IsTerminal,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use aios_operational::{Config, Counters, Event, Filter, Operational};
use serde_json::json;

const SECONDS_DEFAULT: u64 = 10;
const FRAME: Duration = Duration::from_millis(500);
const CLEAR_SCREEN: &str = "\x1b[2J\x1b[H";

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = env::args().nth(1).map_or(Ok(SECONDS_DEFAULT), |text| text.parse())?;
    let memory = Operational::open(Config::default())?;
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for agent in ["planner", "coder", "tester"] {
            let (memory, stop) = (&memory, &stop);
            scope.spawn(move || work(agent, memory, stop));
        }
        watch(&memory, Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// Simulates a busy agent: a tool result every few milliseconds, now and then an alarm.
fn work(agent: &str, memory: &Operational, stop: &AtomicBool) {
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let event = match number % 97 {
            0 => Event::new("alarm", agent, json!({"reason": "no answer"})).critical(),
            _ => Event::new("tool_result", agent, json!({"call": number, "success": true})),
        };
        memory.push_event(event).expect("the event is small");
        memory.update_metric(&format!("{agent}.calls"), number as f64).expect("the keys are few");
        thread::sleep(Duration::from_millis(2 + number % 5));
    }
}

/// Draws a frame every half second for `span`.
fn watch(memory: &Operational, span: Duration) {
    let started = Instant::now();
    let mut before = (started, memory.counters());
    while started.elapsed() < span {
        thread::sleep(FRAME);
        let now = (Instant::now(), memory.counters());
        let text = frame(memory, before.1, now.1, now.0 - before.0);
        // A pipe gets the frames one after another; a terminal shows them in place.
        let clear = if std::io::stdout().is_terminal() { CLEAR_SCREEN } else { "" };
        println!("{clear}{text}");
        before = now;
    }
}

fn frame(memory: &Operational, before: Counters, now: Counters, passed: Duration) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes all");
    let machine = memory.snapshot();
    line(format!(
        "cpu {:5.1} %   ram {:.0} of {:.0} MB   disk {:.1} of {:.1} GB   load {:.2}   {} processes",
        machine.cpu_percent,
        machine.memory_used_mb,
        machine.memory_total_mb,
        machine.disk_used_gb,
        machine.disk_total_gb,
        machine.load_average[0],
        machine.processes,
    ));
    let rate = (now.pushed - before.pushed) as f64 / passed.as_secs_f64();
    line(format!(
        "events {} ({rate:.0}/s)   kept {}   evicted {}   critical lost {}",
        now.pushed, now.kept, now.evicted, now.critical_lost,
    ));
    for metric in memory.metrics() {
        let rate = memory.metric_window(&metric.key).and_then(|window| window.rate_per_second);
        line(format!("  {:<16} {:>8}  {:>7.1}/s", metric.key, metric.value, rate.unwrap_or(0.0)));
    }
    line("recent".to_owned());
    for event in memory.recent(8, &Filter::all()).events {
        line(describe(&event));
    }
    line("alarms".to_owned());
    for event in memory.recent(3, &Filter::all().with_category("alarm")).events {
        line(describe(&event));
    }
    text
}

fn describe(event: &aios_operational::StoredEvent) -> String {
    format!(
        "  #{:<6} {}  {:<12} {:<8} {}",
        event.seq(),
        event.timestamp().strftime("%H:%M:%S%.3f"),
        event.category(),
        event.source(),
        event.data(),
    )
}
