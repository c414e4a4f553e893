//! `backup --scheduled`: due and not due, a full disk, and the words of a purge.

use std::{fs, process::Command};

use crate::program::{Program, text};

/// Returns the names in the directory of the backups.
fn backups(program: &Program) -> Vec<String> {
    let entries = fs::read_dir(program.data_dir().join("backups"));
    let names = entries.into_iter().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_due_backup_is_made_once_and_a_purge_says_how_many_may_hold_the_record() {
    let program = Program::new();
    let nothing = program.run(&["backup", "--scheduled"]);
    assert_eq!(nothing.code, 3, "{nothing:?}");
    program.json(&["remember", "the heron nests in the reeds"]);
    let made = program.json(&["backup", "--scheduled"]);
    assert_eq!(made["outcome"], "made", "{made}");
    let again = program.json(&["backup", "--scheduled"]);
    assert_eq!(again["outcome"], "not_due", "{again}");
    assert_eq!(again["newest"], made["path"]);
    assert_eq!(backups(&program).len(), 1);
    let shown = program.run(&["backup", "--scheduled"]);
    assert!(shown.stdout.starts_with("not due before "), "{shown:?}");
    let both = program.run(&["backup", "--scheduled", "elsewhere"]);
    assert_eq!(both.code, 2, "{both:?}");
    assert_eq!(program.run(&["backup"]).code, 2);

    let listed = program.json(&["list", "note"]);
    let note = format!("note/{}", listed["items"][0]["id"].as_str().unwrap());
    let purged = program.run(&["forget", &note, "--purge", "--yes"]);
    assert_eq!(purged.code, 0, "{purged:?}");
    assert!(purged.stdout.contains("1 backup may still contain them"), "{purged:?}");
    assert!(purged.stdout.contains("no file but backups"), "{purged:?}");
    assert!(purged.stdout.contains(&backups(&program)[0]), "{purged:?}");

    let from = program.data_dir().join("backups").join(&backups(&program)[0]);
    let restored = program.run(&["--data-dir", "new", "restore", text(&from)]);
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(program.run(&["--data-dir", "new", "verify"]).code, 0);
    let found = program.run(&["--data-dir", "new", "recall", "heron"]);
    assert!(found.stdout.contains("reeds"), "{found:?}");
}

#[test]
fn a_full_disk_is_reported_and_no_older_backup_is_removed() {
    let program = Program::new();
    program.json(&["remember", "the heron nests in the reeds"]);
    program.json(&["backup", "--scheduled"]);
    // The backup is from two days ago, so the next one is due.
    let dir = program.data_dir().join("backups");
    let old = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(49);
    let old = old.strftime("%Y-%m-%dT%H%M%SZ").to_string();
    fs::rename(dir.join(&backups(&program)[0]), dir.join(&old)).unwrap();
    let settings = [("AIOS_MEMORY_BACKUP_KEEP", "1"), ("AIOS_MEMORY_BACKUP_ENABLED", "true")];
    let mut command = Command::new("sh");
    // Files may grow to the first blocks: the write-ahead logs fit, the copies do not.
    let script = "trap '' XFSZ; ulimit -f 128; exec \"$@\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_aios-memory")]);
    command.args(["backup", "--scheduled"]);
    let failed = program.complete(command, b"", &settings);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.stderr.contains("failed"), "{failed:?}");
    assert_eq!(backups(&program), [old.as_str()], "{failed:?}");
    let stats = program.run_with(&["--json", "stats"], b"", &settings).json();
    assert_eq!(stats["backups"]["failed_in_a_row"], 1, "{stats}");
    let doctor = program.run_with(&["doctor"], b"", &settings);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    assert!(
        doctor.stdout.contains("backup schedule") && doctor.stdout.contains("--scheduled"),
        "{doctor:?}"
    );

    let made = program.run_with(&["--json", "backup", "--scheduled"], b"", &settings).json();
    assert_eq!(made["outcome"], "made", "{made}");
    assert_eq!(made["removed"].as_array().unwrap().len(), 1, "{made}");
    assert!(!backups(&program).contains(&old));
    assert_eq!(program.run_with(&["doctor"], b"", &settings).code, 0);
}
