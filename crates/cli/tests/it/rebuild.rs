//! `reindex`, `repair`, and the reports of `verify` and `doctor` on a damaged library.

use std::{fs, path::PathBuf};

use serde_json::json;

use crate::program::{Program, text};

/// Creates a model with another fingerprint than the static one, and nearly the same vectors.
fn another_model(program: &Program) -> PathBuf {
    const CHECKSUM_BYTES: usize = 32;
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/../embedding/assets/static-model.bin");
    let mut model = fs::read(bundled).unwrap();
    model.truncate(model.len() - CHECKSUM_BYTES);
    *model.last_mut().unwrap() ^= 1;
    model.extend(blake3::hash(&model).as_bytes());
    let dir = program.path("model");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("static-model.bin"), model).unwrap();
    dir
}

#[test]
fn reindex_switches_to_another_model_and_names_the_setting() {
    let program = Program::new();
    let dir = another_model(&program);
    program.json(&["remember", "tea at four"]);
    program.json(&["record", "goal", "--description", "brew better tea"]);
    let before = program.json(&["stats"])["model"].clone();

    let again = program.json(&["reindex"]);
    assert_eq!(again, json!({"model": before, "records": 2, "embedded": 0, "setting": null}));
    assert_eq!(program.recall("tea").len(), 2);

    // Given as a relative path, and reported as an absolute one.
    let done = program.json(&["reindex", "--model", "model"]);
    assert_eq!((&done["records"], &done["embedded"]), (&json!(2), &json!(2)), "{done}");
    assert_eq!(done["setting"], text(&dir));
    assert_ne!(done["model"], before);

    let refused = program.run(&["recall", "tea"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    for named in [&before, &done["model"], &json!("aios-memory reindex")] {
        assert!(refused.stderr.contains(named.as_str().unwrap()), "{named}: {refused:?}");
    }
    let set = [("AIOS_MEMORY_EMBEDDING_MODEL", text(&dir))];
    let found = program.run_with(&["recall", "tea", "--json"], b"", &set);
    assert_eq!(found.json()["hits"].as_array().unwrap().len(), 2, "{found:?}");
    let told = program.run_with(&["reindex", "--model", "bundled"], b"", &set);
    assert!(told.stdout.contains("now set embedding.model = \"bundled\""), "{told:?}");
    assert_eq!(program.recall("tea").len(), 2);
    assert_eq!(program.json(&["verify"])["checked"], 2);
}

#[test]
fn a_memory_keeps_its_model_until_it_is_reindexed() {
    let program = Program::new();
    let set = |model| [("AIOS_MEMORY_EMBEDDING_MODEL", model)];
    let made = program.run_with(&["remember", "tea at four"], b"", &set("static"));
    assert_eq!(made.code, 0, "{made:?}");
    let model = || program.json(&["stats"])["model"].as_str().unwrap().to_owned();
    assert!(model().starts_with("all-MiniLM-L6-v2-static@"), "{}", model());
    assert_eq!(program.recall("tea"), ["tea at four"]);
    let refused = program.run_with(&["recall", "tea"], b"", &set("minilm"));
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("aios-memory reindex"), "{refused:?}");

    let moved = program.json(&["reindex"]);
    assert_eq!((&moved["embedded"], &moved["setting"]), (&json!(1), &json!(null)), "{moved}");
    assert!(model().starts_with("all-MiniLM-L6-v2-int8@"), "{}", model());
    assert_eq!(program.recall("a hot drink in the afternoon"), ["tea at four"]);
    let refused = program.run_with(&["recall", "tea"], b"", &set("static"));
    assert_eq!(refused.code, 1, "{refused:?}");
    for alias in ["auto", "bundled", "minilm"] {
        let found = program.run_with(&["recall", "tea"], b"", &set(alias));
        assert!(found.stdout.contains("tea at four"), "{alias}: {found:?}");
    }

    let back = program.json(&["reindex", "--model", "static"]);
    assert_eq!((&back["embedded"], &back["setting"]), (&json!(1), &json!(null)), "{back}");
    assert_eq!(program.recall("tea"), ["tea at four"]);
}

#[test]
fn repair_recovers_lost_records_from_working_memory_and_names_the_rest() {
    let program = Program::new();
    let sound = program.json(&["repair"]);
    assert_eq!(sound["was_sound"], true, "{sound}");
    program.json(&["record", "goal", "--id", "g", "--description", "brew better tea"]);
    let note = program.json(&["remember", "tea at four"])["id"].as_str().unwrap().to_owned();
    assert_eq!(program.json(&["repair"])["was_sound"], true);
    let data = program.data_dir().join("longterm/records.lance/data");
    for file in fs::read_dir(data).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }

    let found = program.run(&["verify", "--json"]);
    assert_eq!(found.code, 1, "{found:?}");
    let missing = json!([{"key": "goal/g"}, {"key": format!("note/{note}")}]);
    assert_eq!(found.json()["missing"], missing, "{found:?}");
    let advised = program.run(&["doctor"]);
    assert!(advised.stdout.contains("`aios-memory repair` to repair it"), "{advised:?}");

    let repaired = program.run(&["verify", "--repair", "--json"]);
    assert_eq!(repaired.code, 1, "a record is lost: {repaired:?}");
    let told = repaired.json();
    assert_eq!(told["recovered"], json!([{"key": "goal/g"}]), "{told}");
    assert_eq!(told["lost"], json!([{"key": format!("note/{note}")}]), "{told}");

    assert_eq!(program.json(&["verify"])["checked"], 1);
    assert_eq!(program.recall("tea"), ["brew better tea"]);
    let doctor = program.json(&["doctor"]);
    assert_eq!(doctor["failed"], 0, "{doctor}");
    let refused = doctor["checks"].as_array().unwrap().iter().find(|it| it["name"] == "refused");
    let finding = refused.unwrap()["finding"].as_str().unwrap();
    assert!(finding.contains(&note), "{doctor}");
    // A lost text can be stored again.
    program.json(&["remember", "tea at four"]);
    assert_eq!(program.json(&["verify"])["checked"], 2);
}

#[test]
fn verify_and_doctor_report_an_older_journal_and_repair_accepts_it() {
    let program = Program::new();
    program.json(&["record", "goal", "--description", "brew better tea"]);
    let (journal, copy) = (program.data_dir().join("journal.db"), program.path("journal.db"));
    fs::copy(&journal, &copy).unwrap();
    program.json(&["record", "goal", "--description", "buy a kettle"]);
    fs::copy(&copy, &journal).unwrap();
    for command in ["verify", "doctor"] {
        let ended = program.run(&[command]);
        assert_eq!(ended.code, 1, "{ended:?}");
        let told = format!("{}{}", ended.stdout, ended.stderr);
        let named = ["journal.db is older", "aios-memory repair"];
        assert!(named.iter().all(|part| told.contains(part)), "{command}: {told}");
    }
    let ended = program.run(&["--read-only", "verify"]);
    assert!(ended.stdout.contains("journal.db is older"), "{ended:?}");
    let repaired = program.json(&["repair"]);
    assert_eq!(repaired["was_sound"], false, "{repaired}");
    assert_eq!(program.run(&["verify"]).code, 0);
    assert_eq!(program.recall("kettle")[0], "buy a kettle");
}
