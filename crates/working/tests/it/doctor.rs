//! Findings of the health checks, and their remedies.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use aios_record::Remedy;
use aios_working::{Check, Config, Goal, Health, Working};

use crate::Place;

async fn check(working: &Working, name: &str) -> Check {
    let checks = working.upkeep().doctor().await.unwrap();
    checks.into_iter().find(|check| check.name == name).unwrap()
}

#[tokio::test]
async fn a_new_memory_passes_every_check() {
    let place = Place::new();
    let working = place.open(place.fed());
    working.goals().put(Goal::new("stay well")).await.unwrap();
    let checks = working.upkeep().doctor().await.unwrap();
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    let expect = [
        "file_mode",
        "log",
        "free_pages",
        "room",
        "schema",
        "integrity",
        "foreign_keys",
        "word_index",
        "message_counts",
        "feed",
        "queue",
    ];
    assert_eq!(names, expect);
    for check in &checks {
        assert_eq!((check.health, &check.remedy), (Health::Good, &None), "{check:?}");
    }
    let json = serde_json::to_value(&checks[9]).unwrap();
    let finding = "1 changes not in long-term memory yet";
    assert_eq!(json, serde_json::json!({"name": "feed", "health": "good", "finding": finding}));
    working.close().await;
    assert!(working.upkeep().doctor().await.is_err());
}

#[tokio::test]
async fn each_problem_is_found_with_its_remedy() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let limited = Config { file_bytes_max: Some(4 << 20), ..place.config() };
    let working = place.open(limited);
    while working.goals().put(Goal::new("boat ".repeat(20_000))).await.is_ok() {}
    let ill = async |name: &str, health: Health, remedy: Remedy| {
        let check = check(&working, name).await;
        assert_eq!((check.health, check.remedy.as_ref()), (health, Some(&remedy)), "{check:?}");
    };
    ill("room", Health::Warning, Remedy::Purge { setting: "file_bytes_max" }).await;

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ends = ["", "-wal", "-shm"].map(|end| place.folder.path().join(format!("working.db{end}")));
    let mode = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode();
    let open = ends.into_iter().filter(|path| mode(path) & 0o077 != 0).collect();
    ill("file_mode", Health::Bad, Remedy::SetMode { mode: 0o600, paths: open }).await;

    let other = rusqlite::Connection::open(&path).unwrap();
    let spoil = |sql: &str| other.execute_batch(sql).unwrap();
    spoil("DELETE FROM goals WHERE row <= 30");
    ill("free_pages", Health::Warning, Remedy::Vacuum).await;
    ill("word_index", Health::Bad, Remedy::RebuildWordIndex).await;
    spoil(
        "PRAGMA foreign_keys = OFF;
         INSERT INTO tool_calls (id, task_row, tool_name, agent, input, output, success, timestamp,
             owner, module, importance, created_at, updated_at, recorded_at)
         VALUES ('c', 999, 't', '', 'null', 'null', 1, 0, '', '', 0.5, 0, 0, 0);",
    );
    ill("foreign_keys", Health::Bad, Remedy::RestoreBackup).await;
    spoil(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
         INSERT INTO feed (kind, id, op) SELECT 'goal', n, 'upsert' FROM n;",
    );
    ill("feed", Health::Warning, Remedy::KeepRunning).await;
    spoil("PRAGMA user_version = 99");
    ill("schema", Health::Bad, Remedy::UseNewerProgram).await;
}
