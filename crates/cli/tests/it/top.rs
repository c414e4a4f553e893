//! The live view: its state and its screens in isolation, and the command with a real service.
//!
//! The binary has no test harness of its own, so its pure parts are compiled into this one.

#[path = "../../src/output/defused.rs"]
#[allow(dead_code, reason = "the view uses a part of it")]
mod defused;
#[path = "../../src/command/top/draw.rs"]
mod draw;
#[path = "../../src/command/top/figures.rs"]
mod figures;
#[path = "../../src/command/top/model.rs"]
#[allow(dead_code, reason = "the command uses the rest of it")]
mod model;
#[path = "../../src/command/top/rows.rs"]
mod rows;

mod command;
mod drawing;
mod pressing;
mod reading;

use std::time::Duration;

use aios_memory_server::{Live, Looked};
use serde_json::json;

use self::{
    defused::{Notation, defused},
    model::Model,
    rows::Look,
};

/// Metrics of a service that has answered some calls.
const FIGURES: &str = r#"# Figures.
aios_memory_requests_total{transport="http",operation="POST /api/v1/recall",outcome="ok"} 120
aios_memory_requests_total{transport="http",operation="POST /api/v1/recall",outcome="invalid"} 3
aios_memory_requests_total{transport="grpc",operation="Remember",outcome="ok"} 7
aios_memory_request_seconds_bucket{le="0.01",operation="POST /api/v1/recall"} 100
aios_memory_request_seconds_bucket{le="0.1",operation="POST /api/v1/recall"} 123
aios_memory_request_seconds_bucket{le="+Inf",operation="POST /api/v1/recall"} 123
aios_memory_connections 3
aios_memory_streams 1
aios_memory_records{kind="notes",tier="longterm"} 1200
aios_memory_records{kind="goals",tier="working"} 2
aios_memory_records{kind="goals",tier="longterm"} 2
aios_memory_journal_pending 4
aios_memory_feed_lag 0
aios_memory_events_lost{reason="unwritten"} 2
aios_memory_disk_bytes 7340032
aios_memory_resident_bytes 104857600
aios_memory_cpu_seconds 12.25
aios_memory_open_files 40
"#;

/// Returns the state of a service. The texts of its records try to control the terminal.
fn live() -> Live {
    let mut live: Live = serde_json::from_value(json!({
        "figures": FIGURES,
        "machine": {
            "cpu_percent": 12.0, "memory_used_mb": 2048.0, "memory_total_mb": 8192.0,
            "disk_used_gb": 10.0, "disk_total_gb": 100.0, "gpu_utilization": 0.0,
            "active_tasks": 1, "active_agents": 1, "loaded_models": [],
            "load_average": [0.5, 0.25, 0.1], "uptime_seconds": 60, "processes": 100,
        },
        "events": [],
        "skipped": 0,
        "next": 2,
        "lost": {"critical": 0, "kept": 0, "lapped": 5},
        "active": {"total": 1, "items": [{
            "description": "Reads\u{1b}[2J the mail", "agent": "clerk", "state": "reading",
            "since": "2026-01-02T03:04:05Z",
        }]},
        "tasks": {"total": 60, "items": [{
            "description": "Sort the \u{202e}letters", "agent": "", "state": "in_progress",
            "since": null,
        }]},
        "goals": {"total": 0, "items": []},
    }))
    .unwrap();
    live.events = vec![
        json!({"timestamp": "2026-01-02T03:04:05Z", "category": "task", "source": "clerk",
            "data": {"step": "open"}}),
        json!({"timestamp": "2026-01-02T03:04:06Z", "category": "metric",
            "source": "\u{1b}]0;x\u{7}", "data": "\u{9b}31m"}),
    ];
    live
}

fn look_of(has_color: bool) -> Look {
    let harmless = |text: &str, chars: usize| {
        let text: String = text.replace(['\n', '\r'], " ").chars().take(chars).collect();
        defused(&text, Notation::Text).into_owned()
    };
    Look { has_color, zone: jiff::tz::TimeZone::UTC, harmless }
}

/// Returns the view of one state.
fn seen() -> Model {
    let mut model = Model::new("/home/ada/memory".to_owned());
    model.take(Looked::Live(Box::new(live())), Duration::ZERO);
    model
}
