//! Active tasks, tool results, and the snapshot.

use std::{sync::Arc, time::Duration};

use aios_operational::{Clock, Config, ManualClock, Operational, TASK_STATE_FIRST, ToolResult};
use aios_record::Id;
use serde_json::json;

fn open() -> (Operational, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap()));
    let config = Config::default().with_active_tasks_max(2).with_clock(clock.clone());
    (Operational::open(config).unwrap(), clock)
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

#[test]
fn a_task_begins_moves_on_and_ends() {
    let (memory, clock) = open();
    let begun = clock.timestamp();
    memory.begin_task(id("t-2"), "sweep", "ada").unwrap();
    clock.advance(Duration::from_secs(1));
    memory.begin_task(id("t-1"), "mop", "ada").unwrap();
    assert_eq!(memory.active_tasks()[0].state, TASK_STATE_FIRST);
    memory.update_task(&id("t-2"), "waiting for the bucket").unwrap();
    let tasks = memory.active_tasks();
    let ids: Vec<&str> = tasks.iter().map(|task| task.task_id.as_str()).collect();
    assert_eq!(ids, ["t-2", "t-1"], "by the time when they began");
    assert_eq!((tasks[0].state.as_str(), tasks[0].started_at), ("waiting for the bucket", begun));
    let ended = memory.end_task(&id("t-2")).unwrap();
    assert_eq!(ended, tasks[0]);
    assert_eq!(memory.end_task(&id("t-2")), None);
    let error = memory.update_task(&id("t-2"), "done").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("t-2"), "{error}");
}

#[test]
fn the_number_of_active_tasks_is_limited() {
    let (memory, _) = open();
    memory.begin_task(id("a"), "", "ada").unwrap();
    memory.begin_task(id("b"), "", "ada").unwrap();
    assert!(memory.begin_task(id("c"), "", "ada").unwrap_err().is_limit());
    memory.begin_task(id("b"), "again", "ada").unwrap();
    memory.end_task(&id("a"));
    memory.begin_task(id("c"), "", "ada").unwrap();
}

#[test]
fn the_last_hundred_tool_results_are_kept() {
    let (memory, clock) = open();
    let result = |number: u64, output| ToolResult {
        tool_name: "grep".into(),
        agent: "ada".into(),
        task_id: None,
        success: true,
        output,
        duration_ms: number,
        timestamp: clock.timestamp(),
    };
    for number in 0..105 {
        memory.push_tool_result(result(number, json!(number))).unwrap();
    }
    let results = memory.tool_results(1_000);
    assert_eq!(results.len(), 100);
    assert_eq!((results[0].duration_ms, results[99].duration_ms), (104, 5));
    assert_eq!(memory.tool_results(1)[0].output, json!(104));
    let error = memory.push_tool_result(result(0, json!("x".repeat(70_000)))).unwrap_err();
    assert!(error.is_limit() && error.to_string().contains("tool result"), "{error}");
}

#[test]
fn pushed_metrics_override_known_values() {
    let (memory, _) = open();
    memory.begin_task(id("a"), "", "ada").unwrap();
    memory.begin_task(id("b"), "", "ada").unwrap();
    memory.report_models(vec!["small".into()]);
    let snapshot = memory.snapshot();
    assert_eq!((snapshot.active_tasks, snapshot.active_agents), (2, 1));
    assert_eq!(snapshot.loaded_models, ["small"]);
    for (number, key) in [
        "cpu.usage",
        "memory.used_mb",
        "memory.total_mb",
        "disk.used_gb",
        "disk.total_gb",
        "gpu.utilization",
        "tasks.active",
        "agents.active",
    ]
    .into_iter()
    .enumerate()
    {
        memory.update_metric(key, 10.0 + number as f64).unwrap();
    }
    let pushed = memory.snapshot();
    assert_eq!(pushed.cpu_percent, 10.0);
    assert_eq!((pushed.memory_used_mb, pushed.memory_total_mb), (11.0, 12.0));
    assert_eq!((pushed.disk_used_gb, pushed.disk_total_gb), (13.0, 14.0));
    assert_eq!(pushed.gpu_utilization, 15.0);
    assert_eq!((pushed.active_tasks, pushed.active_agents), (16, 17));
    memory.update_metric("tasks.active", -1.0).unwrap();
    assert_eq!(memory.snapshot().active_tasks, 0);
}

#[cfg(not(feature = "sysinfo"))]
#[test]
fn the_snapshot_of_an_empty_memory_is_all_zero() {
    let (memory, _) = open();
    assert_eq!(memory.snapshot(), aios_operational::Snapshot::default());
    let json = serde_json::to_value(memory.snapshot()).unwrap();
    for (name, value) in json.as_object().unwrap() {
        match value.as_array() {
            Some(items) => assert!(items.iter().all(|item| item.as_f64() == Some(0.0)), "{name}"),
            None => assert_eq!(value.as_f64(), Some(0.0), "{name}"),
        }
    }
}

#[cfg(feature = "sysinfo")]
#[test]
fn the_machine_is_asked_at_most_once_a_second() {
    let (memory, clock) = open();
    let first = memory.snapshot();
    assert!(0.0 < first.memory_used_mb && first.memory_used_mb < first.memory_total_mb);
    assert!(0.0 <= first.cpu_percent && first.cpu_percent <= 100.0);
    assert!(0 < first.uptime_seconds && 0 < first.processes);
    assert_eq!(memory.snapshot(), first, "the clock stands still, and so does the answer");
    clock.advance(Duration::from_secs(1));
    let later = memory.snapshot();
    assert!(first.uptime_seconds <= later.uptime_seconds);
}
