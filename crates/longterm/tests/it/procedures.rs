//! Procedures: no outcome and no procedure is lost under concurrent counting.

use aios_longterm::{Longterm, Outcome, Procedure};
use aios_record::{Id, Key, Kind};
use serde_json::json;

use crate::support::{open, search};

async fn stored(longterm: &Longterm) -> Id {
    let procedure = Procedure {
        steps: json!([{"tool": "drain", "args": {}}, {"tool": "restart", "args": {}}]),
        tags: vec!["ops".to_owned()],
        ..Procedure::new("restart staging", "drain it first")
    };
    longterm.procedures().put(procedure).await.unwrap()
}

#[tokio::test]
async fn outcomes_are_counted_and_durations_averaged() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let id = stored(&longterm).await;
    for (outcome, duration_ms) in
        [(Outcome::Success, 100), (Outcome::Failure, 400), (Outcome::Success, 100)]
    {
        longterm.procedures().count(&id, outcome, duration_ms).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
    }
    let procedure = longterm.procedures().get(&id).await.unwrap().unwrap();
    assert_eq!((procedure.success_count, procedure.fail_count), (2, 1));
    assert_eq!(procedure.avg_duration_ms, Some(200.0));
    assert!(procedure.created_at.is_some() && procedure.created_at <= procedure.last_used);
    assert_eq!(procedure.steps[1]["tool"], "restart");
    assert_eq!(search(&longterm, "staging").await, [format!("procedure/{id}")]);
    let versions = longterm.history(&Key::new(Kind::Procedure, id.clone())).await.unwrap();
    assert_eq!(versions.len(), 1, "counts make no version");
    let none = longterm.procedures().count(&Id::generate(), Outcome::Success, 1).await;
    assert!(none.unwrap_err().is_not_found());
}

#[tokio::test]
async fn concurrent_outcomes_are_all_counted() {
    const HANDLES: u64 = 4;
    const CALLERS: u64 = 5;
    const EACH: u64 = 5;
    let dir = tempfile::tempdir().unwrap();
    let owner = open(dir.path()).await;
    let id = stored(&owner).await;
    let mut callers = Vec::new();
    // Handles on one directory share only its files, as processes do.
    for _ in 0..HANDLES {
        let longterm = open(dir.path()).await;
        for number in 0..CALLERS {
            let (longterm, id) = (longterm.clone(), id.clone());
            callers.push(tokio::spawn(async move {
                for _ in 0..EACH {
                    let outcome = if number == 0 { Outcome::Failure } else { Outcome::Success };
                    longterm.procedures().count(&id, outcome, 10).await.unwrap();
                    assert!(longterm.procedures().get(&id).await.unwrap().is_some());
                }
            }));
        }
    }
    for caller in callers {
        owner.upkeep().drain().await.unwrap();
        caller.await.unwrap();
    }
    let procedure = owner.procedures().get(&id).await.unwrap().unwrap();
    assert_eq!(procedure.fail_count, HANDLES * EACH);
    assert_eq!(procedure.success_count, HANDLES * (CALLERS - 1) * EACH);
    owner.upkeep().drain().await.unwrap();
    assert!(owner.upkeep().verify().await.unwrap().is_clean());
}
