//! Unusual input on the command line: texts that begin with a dash, `~`, invisible texts.

use std::{fs, path::Path};

use crate::program::{Program, text};

#[test]
fn a_text_may_begin_with_a_dash_and_options_stay_options() {
    let program = Program::new();
    for note in ["- [ ] buy oat milk", "--force is needed when the tunnel is stale", "-5 degrees"] {
        let remembered = program.json(&["remember", note, "--tag", "dash", "--importance=0.9"]);
        assert_eq!(remembered["known"], false, "{note}");
        let listed = program.json(&["recall", note, "--limit", "1", "--tag", "dash"]);
        assert_eq!(listed["hits"][0]["text"], note);
        assert_eq!(listed["hits"].as_array().unwrap().len(), 1);
    }
    assert_eq!(program.run(&["recall", "--limit", "2", "-5 degrees"]).code, 0);
    assert_eq!(program.run(&["context", "- a task", "--max-tokens", "50"]).code, 0);
    assert_eq!(program.run(&["remember", "--", "--limti"]).code, 0);
    let described = program.run(&["record", "goal", "--description", "- water the plants"]);
    assert_eq!(described.code, 0, "{described:?}");
    let query = program.run(&["forget", "--query", "- [ ] buy oat milk", "--dry-run"]);
    assert_eq!(query.code, 0, "{query:?}");
    assert!(query.stdout.contains("- [ ] buy oat milk"), "{query:?}");
}

#[test]
fn a_mistyped_option_is_not_taken_as_text() {
    let program = Program::new();
    program.json(&["remember", "milk"]);
    for (arguments, expect) in [
        (&["recall", "milk", "--limti", "3"][..], "--limti"),
        (&["recall", "--limti", "3", "milk"], "--limti"),
        (&["recall", "--limti"], "--limti"),
        (&["remember", "--tga", "x", "milk"], "--tga"),
        (&["remember", "-x"], "-x"),
        (&["context", "milk", "--max-token", "3"], "--max-token"),
        (&["forget", "--query", "--yes"], "expected a text"),
        (&["remember", "milk", "--tag", "--json"], "expected a text"),
        (&["record", "goal", "--description", "--priority"], "expected a text"),
        (&["recall", "milk", "--limit", "-1"], "expected a whole number from 1 to 1000"),
        (&["recall", "milk", "--since", "-1d"], "`-1d` is not a time"),
        (&["recall", "milk", "--until", "-1"], "`-1` is not a time"),
        (&["recall", "milk", "--as-of", "-1d"], "`-1d` is not a time"),
        (&["facts", "--as-of", "-1d"], "`-1d` is not a time"),
        (&["recall", "milk", "--min-relevance", "-1"], "expected a number from 0 to 1"),
        (&["remember", "milk", "--importance", "-1"], "expected a number from 0 to 1"),
        (&["context", "milk", "--max-tokens", "-1"], "invalid value '-1' for '--max-tokens <N>'"),
        (&["report", "--days", "-1"], "-1 is not in 1..=3660"),
        (&["token", "add", "app", "--expires", "-1d"], "expected a length of time"),
    ] {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(expect), "{arguments:?}: {ended:?}");
    }
    assert_eq!(program.json(&["list", "note"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_tilde_is_the_home_directory_wherever_a_path_is_given() {
    let program = Program::new();
    let home = program.path("");
    let config = program.file("tilde.toml", "[memory]\ndata_dir = \"~/of/file\"\n");
    let other = program.file("other.toml", "");
    let of_home = [("AIOS_MEMORY_CONFIG", "~/tilde.toml")];
    for (arguments, env, made) in [
        (&[][..], &[("AIOS_MEMORY_DATA_DIR", "~/mem")][..], "mem"),
        (&[], &[("AIOS_MEMORY_MEMORY_DATA_DIR", "~/long")], "long"),
        (&["--data-dir", "~/flag"], &[], "flag"),
        (&["--data-dir=~/equals"], &[], "equals"),
        (&["--config", text(&config)], &[], "of/file"),
        (&[], &of_home, "of/file"),
        (
            &["--config", text(&other), "--data-dir", "~/kept"],
            &[("AIOS_MEMORY_WORKING_PATH", "~/kept/other.db")],
            "kept/other.db",
        ),
    ] {
        let words = [arguments, &["remember", "tilde"]].concat();
        let ended = program.run_with(&words, b"", env);
        assert_eq!(ended.code, 0, "{arguments:?} {env:?}: {ended:?}");
        assert!(home.join(made).exists(), "{made}");
    }
    program.json(&["remember", "tilde"]);
    let export = program.run(&["export", "~/out.jsonl"]);
    assert_eq!(export.code, 0, "{export:?}");
    let ended = program.run(&["ingest", "~/out.jsonl", "--format=jsonl"]);
    assert!(
        home.join("out.jsonl").exists() && !ended.stderr.contains("failed to open"),
        "{ended:?}"
    );
    assert!(!home.join("~").exists());
    for (arguments, env, expect) in [
        (&["--data-dir", "~ada/mem"][..], &[("X", "")][..], "`~NAME` is not supported"),
        (&[], &[("AIOS_MEMORY_DATA_DIR", "~ada/mem")], "`~NAME` is not supported"),
        (&[], &[("AIOS_MEMORY_DATA_DIR", "~/mem"), ("HOME", "")], "HOME, which is not set"),
        (&["--data-dir", "~/mem"], &[("HOME", "")], "HOME, which is not set"),
        (&[], &[("HOME", "")], "with `--data-dir DIR`"),
    ] {
        let ended = program.run_with(&[arguments, &["remember", "tilde"]].concat(), b"", env);
        assert_eq!(ended.code, 2, "{arguments:?} {env:?}: {ended:?}");
        assert!(ended.stderr.contains(expect), "{arguments:?} {env:?}: {ended:?}");
    }
    assert!(!Path::new(&home).join("~ada").exists());
}

#[test]
fn an_invisible_text_counts_as_empty() {
    let program = Program::new();
    for blank in ["", "  ", "\u{200b}", "\u{feff}\u{2060} \u{ad}\n", "\u{3164}", "\u{e0041}"] {
        let ended = program.run(&["remember", blank]);
        assert_eq!(ended.code, 1, "{blank:?}: {ended:?}");
        assert!(ended.stderr.contains("its text is empty"), "{blank:?}: {ended:?}");
        for (kind, flag) in [("goal", "--description"), ("note", "--content")] {
            let ended = program.run(&["record", kind, flag, blank]);
            assert_eq!(ended.code, 1, "{kind} {blank:?}: {ended:?}");
            let expect = ["its text is empty", "it requires title or content"];
            let is_told = expect.iter().any(|told| ended.stderr.contains(told));
            assert!(is_told, "{kind} {blank:?}: {ended:?}");
        }
        let message = format!("{{\"content\": \"{}\"}}", blank.replace('\n', "\\n"));
        let ended =
            program.run_with(&["ingest", "--format", "jsonl", "-"], message.as_bytes(), &[]);
        assert!(ended.stdout.contains("0 added, 0 already known, 1 skipped"), "{ended:?}");
    }
    assert_eq!(program.json(&["list", "note"])["items"].as_array().unwrap().len(), 0);
    assert_eq!(program.json(&["list", "goal"])["items"].as_array().unwrap().len(), 0);
}

#[test]
fn ingesting_a_directory_skips_ignored_hidden_and_linked_files() {
    let program = Program::new();
    let dir = program.path("house");
    for (name, content) in [
        ("boiler.md", &b"# Boiler\n\nThe boiler pressure must be 1.5 bar.\n"[..]),
        ("docs/lift.md", b"The lift stops at floor nine.\n"),
        ("docs/roof.txt", b"The roof was mended in March.\n"),
        ("docs/deep/er/cellar.md", b"The cellar is dry.\n"),
        ("build/out.md", b"ignored output\n"),
        ("secret.log", b"ignored log\n"),
        (".hidden/x.md", b"hidden text\n"),
        (".env.md", b"hidden file\n"),
        (".gitignore", b"build/\n*.log\n"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("manual.pdf", b"%PDF-1.4 some text"),
        ("empty.txt", b""),
    ] {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    std::os::unix::fs::symlink(program.file("outside.md", "outside text"), dir.join("link.md"))
        .unwrap();
    std::os::unix::fs::symlink(&dir, dir.join("loop")).unwrap();
    let only = program.json(&["ingest", text(&dir), "--include", "docs/*.md"]);
    assert_eq!((&only["added"], &only["directories"]["files"]), (&1.into(), &1.into()), "{only}");
    let whole = program.run(&["ingest", text(&dir)]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert!(whole.stdout.contains("3 added, 1 already known"), "{whole:?}");
    assert!(whole.stdout.contains("4 files read, 3 skipped (empty or not text)"), "{whole:?}");
    for (query, expect) in [
        ("boiler pressure", true),
        ("roof mended March", true),
        ("dry cellar", true),
        ("ignored", false),
        ("hidden", false),
        ("outside", false),
    ] {
        let found = program.recall(query).iter().any(|it| query.split(' ').all(|w| it.contains(w)));
        assert_eq!(found, expect, "{query}");
    }
    let again = program.json(&["ingest", text(&dir), "--include", "*.md", "--include", "*.txt"]);
    assert_eq!((&again["added"], &again["known"]), (&0.into(), &4.into()), "{again}");
    let wrong = program.run(&["ingest", text(&dir), "--include", "a{b"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
}

#[test]
fn a_remembered_text_from_stdin_is_as_ingest_reads_it() {
    let program = Program::new();
    let ended = program.run_with(&["remember", "-"], "\u{feff}Tea\0 time".as_bytes(), &[]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(program.json(&["list", "note"])["items"][0]["text"], "Tea\u{fffd} time");
}

#[test]
fn a_token_without_an_end_or_with_every_user_is_made_on_purpose_only() {
    let program = Program::new();
    for (arguments, expect) in [
        (&["--expires", "0d"][..], "expected a length of time"),
        (&["--delegate", ""], "the prefix is empty"),
        (&["--delegate="], "the prefix is empty"),
    ] {
        let ended = program.run(&[&["token", "add", "app"], arguments].concat());
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(expect), "{ended:?}");
    }
    for (name, arguments) in [("a", &["--delegate"][..]), ("b", &["--delegate", "*"])] {
        program.json(&[&["token", "add", name], arguments].concat());
    }
    let listed = program.json(&["token", "list"]);
    assert_eq!(listed["items"][0]["delegate"], "");
    assert_eq!(listed["items"][1]["delegate"], "");
}

#[test]
fn a_dry_run_of_an_import_leaves_no_trace() {
    let program = Program::new();
    program.json(&["remember", "milk"]);
    let export = program.path("all.jsonl");
    program.json(&["export", text(&export)]);
    fs::remove_dir_all(program.data_dir()).unwrap();
    let report = program.json(&["import", "--from", text(&export), "--dry-run"]);
    assert_eq!(report["added"], 1, "{report}");
    assert!(!program.data_dir().exists());
}
