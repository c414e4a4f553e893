//! The command against a real service.

use serde_json::{Value, json};

use crate::{
    program::{Program, text},
    serving::{Served, post},
};

#[test]
fn the_view_once_shows_the_running_service() {
    let program = Program::new();
    let served = Served::start(&program, &[]);
    let send = |path: &str, body: Value| {
        let (status, answer) = post(served.address, path, "", &body).unwrap();
        assert!((200..300).contains(&status), "{answer}");
    };
    send("/api/v1/remember", json!({"items": [{"text": "The kettle is blue."}]}));
    send("/api/v1/records/goal", json!({"description": "Write the report", "status": "active"}));
    let hostile = "Read\u{1b}[2J the mail";
    send("/api/v1/records/task", json!({"description": hostile, "status": "in_progress"}));
    let event = json!({"category": "task", "source": "clerk", "data": {"step": 1}});
    send("/api/v1/events", json!({"events": [event]}));
    let refused = post(served.address, "/api/v1/recall", "", &json!({"question": 1})).unwrap();
    assert_eq!(refused.0, 400);

    let shown = program.run(&["top", "--once"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    for part in [
        "running",
        "Write the report",
        "Read\\e[2J the mail",
        "1 task in progress:",
        "1 goal in progress:",
        "clerk  {\"step\":1}",
        "POST /remember",
        "invalid 1",
        "0 events lost",
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    assert!(!shown.stdout.contains('\u{1b}'));

    let shown = program.run(&["--json", "top", "--once"]).json();
    let calls = shown["calls"].as_array().unwrap();
    let recall = calls.iter().find(|it| it["operation"] == "POST /api/v1/recall").unwrap();
    assert_eq!(recall["outcomes"], json!({"invalid": 1}));
    assert!(recall["p99_seconds"].as_f64().is_some(), "{recall}");
    let notes = shown["records"].as_array().unwrap().iter().find(|it| it["kind"] == "notes");
    assert_eq!(notes.unwrap()["longterm"], 1);
    assert_eq!(shown["events"][0]["source"], "clerk");
    let lost = json!({"unwritten": 0, "critical": 0, "kept": 0, "lapped": 0});
    assert_eq!(shown["lost"], lost);

    // A user sees the shared work and their own, and nobody else's.
    let own = json!({"description": "Ask Ada's sister", "status": "active"});
    let ada = "aios-user: ada\r\n";
    let refused = post(served.address, "/api/v1/records/goal", ada, &own).unwrap();
    assert_eq!(refused.0, 403, "loopback names no user");
    let stored = program.run(&["--user", "ada", "record", "goal", "--description", "Ask"]);
    assert_eq!(stored.code, 0, "{}", stored.stderr);
    let key = stored.stdout.split_whitespace().last().unwrap().to_owned();
    let active = program.run(&["--user", "ada", "update", &key, "--status", "active"]);
    assert_eq!(active.code, 0, "{}", active.stderr);
    let goals = |user: &str| {
        program.run(&["--user", user, "--json", "top", "--once"]).json()["goals"]["total"].clone()
    };
    assert_eq!((goals("ada"), goals("bob")), (json!(2), json!(1)));
    served.stop();
}

#[test]
fn a_view_that_cannot_be_shown_says_why() {
    let program = Program::new();
    let none = program.run(&["top", "--once"]);
    assert_eq!(none.code, 3);
    assert!(none.stderr.contains("aios-memory serve"), "{}", none.stderr);
    let piped = program.run(&["top"]);
    assert_eq!(piped.code, 2);
    for part in ["a terminal", "--once", "snapshot", "stats", "events --follow"] {
        assert!(piped.stderr.contains(part), "{part}: {}", piped.stderr);
    }
    let narrowed = program.run(&["--session", "s1", "top", "--once"]);
    assert_eq!(narrowed.code, 2, "{}", narrowed.stderr);
    for interval in ["1ms", "2h", "soon"] {
        assert_eq!(program.run(&["top", "--once", "--interval", interval]).code, 2);
    }
    let absent = program.path("absent.sock");
    assert_eq!(program.run(&["top", "--once", "--socket", text(&absent)]).code, 3);
}
