//! The settings on the command line.

use crate::program::{Program, text};

#[test]
fn init_writes_every_key_and_changes_nothing() {
    let program = Program::new();
    let before = program.json(&["config", "show"]);
    let written = program.json(&["config", "init"]);
    let path = written["path"].as_str().unwrap();
    assert!(path.ends_with(".config/aios-memory/aios-memory.toml"));
    let file = std::fs::read_to_string(path).unwrap();
    for key in before["settings"].as_object().unwrap().keys() {
        let name = key.rsplit_once('.').unwrap().1;
        assert!(file.contains(&format!("# {name} = ")), "{key} is not in the file");
    }
    let after = program.json(&["config", "show"]);
    assert_eq!(after["settings"], before["settings"]);
    assert_eq!(after["file"], path);

    let again = program.run(&["config", "init"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("already exists (pass --force"), "{again:?}");
    assert_eq!(program.run(&["config", "init", "--force"]).code, 0);
}

#[test]
fn each_layer_overrides_the_one_below() {
    let program = Program::new();
    let file = program.file("own.toml", "[search]\nlimit = 3\n[context]\nmax_tokens = 77\n");
    let shown = program.run_with(
        &["--config", text(&file), "--data-dir", "/flag", "config", "show"],
        b"",
        &[("AIOS_MEMORY_SEARCH_LIMIT", "7"), ("AIOS_MEMORY_DATA_DIR", "/env")],
    );
    for line in [
        "data_dir = \"/flag\"  # flag --data-dir",
        "limit = 7  # environment AIOS_MEMORY_SEARCH_LIMIT",
        &format!("max_tokens = 77  # {}", text(&file)),
        "queue = 1024  # default",
    ] {
        assert!(shown.stdout.contains(line), "`{line}` is not in {}", shown.stdout);
    }
}

#[test]
fn an_unknown_key_is_reported_with_the_nearest() {
    let program = Program::new();
    let file = program.file("own.toml", "[search]\nlimt = 3\n");
    let ended = program.run(&["--config", text(&file), "stats"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("did you mean `search.limit`?"), "{ended:?}");
    let ended = program.run_with(&["stats"], b"", &[("AIOS_MEMORY_SERCH_LIMIT", "3")]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("did you mean `AIOS_MEMORY_SEARCH_LIMIT`?"), "{ended:?}");
    let ended = program.run(&["--config", "/nowhere.toml", "stats"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("failed to read the settings file /nowhere.toml"), "{ended:?}");
}

#[test]
fn settings_take_effect() {
    let program = Program::new();
    let lines: String = (0..9).map(|n| format!("{{\"text\": \"pear number {n}\"}}\n")).collect();
    program.json_with(&["ingest", "-"], lines.as_bytes());
    let ended =
        program.run_with(&["recall", "pear", "--json"], b"", &[("AIOS_MEMORY_SEARCH_LIMIT", "4")]);
    assert_eq!(ended.json()["hits"].as_array().unwrap().len(), 4);

    let secret = "the password is hunter2hunter2, postgres://ada:tr0ub4dor@db/main";
    let refuse = [("AIOS_MEMORY_GUARD_SECRETS", "refuse")];
    let ended = program.run_with(&["remember", secret], b"", &refuse);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("refused: "), "{ended:?}");
    let redact = [("AIOS_MEMORY_GUARD_SECRETS", "redact")];
    assert_eq!(program.run_with(&["remember", secret], b"", &redact).code, 0);
    let found = program.recall("password postgres").concat();
    assert!(found.contains("[redacted: url-password]"), "{found}");
    assert!(!found.contains("tr0ub4dor"), "{found}");
}
