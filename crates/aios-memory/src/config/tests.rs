//! The layers, their order, and errors for invalid values.

use std::{collections::BTreeMap, path::Path};

use super::*;

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let home = [("HOME", "/home/ada")];
    let all = home.iter().chain(pairs);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn load(file: &str, pairs: &[(&str, &str)], flags: Vec<Flag>) -> Result<Effective, Error> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("aios-memory.toml");
    std::fs::write(&path, file).unwrap();
    Effective::load(&Sources { file: Some(path), env: env(pairs), flags })
}

fn check_error(file: &str, pairs: &[(&str, &str)], expect: &str) {
    let error = load(file, pairs, Vec::new()).unwrap_err().to_string();
    assert!(error.contains(expect), "`{error}` does not say `{expect}`");
}

#[test]
fn later_layers_override_earlier_ones() {
    let file = "[search]\nlimit = 3\n[context]\nmax_tokens = 100\n";
    let flags =
        vec![Flag { name: "--data-dir", key: "memory.data_dir", value: "/flag".to_owned() }];
    let pairs = [("AIOS_MEMORY_SEARCH_LIMIT", "7"), ("AIOS_MEMORY_DATA_DIR", "/env")];
    let effective = load(file, &pairs, flags).unwrap();
    assert_eq!(effective.config.search.limit, 7);
    assert_eq!(effective.config.context.max_tokens, 100);
    assert_eq!(effective.config.memory.data_dir, Path::new("/flag"));
    for (key, expect) in [
        ("search.limit", "environment AIOS_MEMORY_SEARCH_LIMIT"),
        ("memory.data_dir", "flag --data-dir"),
        ("working.queue", "default"),
    ] {
        assert_eq!(effective.origin(key).to_string(), expect);
    }
    assert!(effective.origin("context.max_tokens").to_string().ends_with("aios-memory.toml"));
}

#[test]
fn settings_round_trip_through_toml_and_the_template() {
    let defaults = load("", &[], Vec::new()).unwrap();
    let again = load(&defaults.to_toml(), &[], Vec::new()).unwrap();
    assert_eq!(again.config, defaults.config);
    let uncommented: String = Config::template()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let template = load(&uncommented, &[], Vec::new()).unwrap();
    assert_eq!(template.config, defaults.config);
    assert!(KEYS.iter().all(|key| !matches!(template.origin(&key.path()), Origin::Default)));
    assert!(KEYS.iter().all(|key| !key.help.is_empty()));
}

#[test]
fn every_key_has_a_variable() {
    for key in KEYS {
        let value = match (key.show)(&Config::default()) {
            // An empty one is refused.
            toml::Value::String(_) if key.path() == "memory.data_dir" => "/memory".to_owned(),
            toml::Value::String(text) => text,
            toml::Value::Array(names) => {
                names.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        };
        let effective = load("", &[(&key.variable(), &value)], Vec::new()).unwrap();
        assert_eq!(
            effective.origin(&key.path()),
            &Origin::Environment(key.variable()),
            "{}",
            key.path()
        );
    }
}

#[test]
fn an_empty_data_directory_is_refused_in_variables_and_flags() {
    for variable in ["AIOS_MEMORY_DATA_DIR", "AIOS_MEMORY_MEMORY_DATA_DIR"] {
        check_error("", &[(variable, "")], "is ``; expected a directory");
    }
    let flag = Flag { name: "--data-dir", key: "memory.data_dir", value: String::new() };
    let error = load("", &[], vec![flag]).unwrap_err().to_string();
    assert!(error.starts_with("`memory.data_dir` in flag --data-dir is ``"), "{error}");
}

#[test]
fn errors_name_the_expected_value() {
    for (file, expect) in [
        ("[search]\nlimt = 3", "did you mean `search.limit`?"),
        ("[serch]\nlimit = 3", "unknown setting `serch.limit`"),
        ("[serch]", "unknown setting `serch`"),
        ("limit = 3", "unknown setting `limit`"),
        ("[search]\nlimit = \"x\"", "is `\"x\"`; expected a whole number from 1 to 1000"),
        ("[search]\nlimit = -1", "is `-1`; expected a whole number from 1 to 1000"),
        ("[operational]\nkeep = \"some\"", "expected one of critical, all, none"),
        ("[context]\ntiers = [\"cellar\"]", "unknown tier `cellar`; known are operational"),
        ("[context]\ntiers = 7", "expected a list of names in brackets"),
        ("[search]\nlimit = = 3", ", line 2: "),
    ] {
        check_error(file, &[], expect);
    }
    check_error(
        "",
        &[("AIOS_MEMORY_SERCH_LIMIT", "3")],
        "did you mean `AIOS_MEMORY_SEARCH_LIMIT`?",
    );
    check_error(
        "",
        &[("AIOS_MEMORY_SEARCH_LIMIT", "many")],
        "expected a whole number from 1 to 1000",
    );
}

#[test]
fn out_of_bounds_errors_name_the_bounds() {
    for (section, name, value, expect) in [
        ("working", "busy_timeout_ms", "2147483648", "a whole number from 0 to 3600000"),
        ("working", "queue", "9223372036854775807", "a whole number from 1 to 1000000"),
        ("working", "queue", "0", "a whole number from 1 to 1000000"),
        ("working", "readers", "100000", "a whole number from 1 to 64"),
        ("search", "limit", "0", "a whole number from 1 to 1000"),
        ("search", "limit", "5000", "a whole number from 1 to 1000"),
        ("search.weights", "words", "1e308", "a number from 0 to 100"),
        ("search.weights", "time", "-0.1", "a number from 0 to 100"),
        ("search.weights", "question", "-101", "a number from -100 to 100"),
        ("search.weights", "related", "nan", "a number from 0 to 100"),
        ("search.weights", "meaning", "inf", "a number from 0 to 100"),
        ("embedding", "model", "\"\"", "a string of 1 to 4096 characters"),
    ] {
        let file = format!("[{section}]\n{name} = {value}");
        check_error(&file, &[], &format!("`{section}.{name}` in /"));
        check_error(&file, &[], &format!("; expected {expect}"));
        let variable = format!("AIOS_MEMORY_{section}_{name}").replace('.', "_").to_uppercase();
        let value = value.trim_matches('"');
        let told = format!("in environment {variable} is `{value}`; expected {expect}");
        check_error("", &[(&variable, value)], &told);
    }
    // The bounds themselves are valid.
    for (section, setting) in [("search", "limit = 1000"), ("search.weights", "words = 100")] {
        load(&format!("[{section}]\n{setting}"), &[], Vec::new()).unwrap();
    }
}

#[test]
fn bert_options_follow_the_settings() {
    let settings = "[embedding]\nmax_batch = 7\nquery_prefix = 'query: '";
    let config = load(settings, &[], Vec::new()).unwrap().config;
    let expect = BertOptions::default().with_batch_max(7).with_query_prefix("query: ");
    assert_eq!(config.to_bert(), expect);
    assert_eq!(Config::default().to_bert(), BertOptions::default());
}

#[test]
fn check_reports_fields_out_of_bounds() {
    Config::at("/data").check().unwrap();
    let mut config = Config::at("/data");
    config.working.queue = usize::MAX;
    let told = config.check().unwrap_err().to_string();
    assert!(told.starts_with("`working.queue` in the program is `9223372036854775807`"), "{told}");
}

#[test]
fn the_data_directory_follows_the_platform_and_earlier_names() {
    for (pairs, data_dir, working) in [
        (&[][..], "/home/ada/.local/share/aios-memory", "working.db"),
        (&[("XDG_DATA_HOME", "/data")], "/data/aios-memory", "working.db"),
        (&[("XDG_DATA_HOME", "data")], "/home/ada/.local/share/aios-memory", "working.db"),
        (&[("AIOS_WORKING_DB", "/var/lib/aios/memory/w.db")], "/var/lib/aios/memory", "w.db"),
        (
            &[("AIOS_LONGTERM_DB", "/var/lib/aios/memory/l.db")],
            "/var/lib/aios/memory",
            "working.db",
        ),
        (
            &[("AIOS_MEMORY_ADDR", "localhost:1")],
            "/home/ada/.local/share/aios-memory",
            "working.db",
        ),
    ] {
        let config = load("", pairs, Vec::new()).unwrap().config;
        assert_eq!(config.memory.data_dir, Path::new(data_dir));
        assert_eq!(config.working_path(), Path::new(data_dir).join(working));
    }
    let default = load("[memory]\ndata_dir = \"\"", &[], Vec::new()).unwrap().config;
    assert_eq!(default.memory.data_dir, Path::new("/home/ada/.local/share/aios-memory"));
    let nowhere = Sources::default();
    assert!(matches!(Effective::load(&nowhere), Err(Error::NoDataDir)));
}

#[test]
fn a_named_file_must_exist() {
    let missing = Some(PathBuf::from("/nowhere/aios-memory.toml"));
    let sources = Sources { file: missing, env: env(&[]), flags: Vec::new() };
    assert!(matches!(Effective::load(&sources), Err(Error::File { .. })));
    let unnamed = Sources { file: None, ..sources };
    assert_eq!(Effective::load(&unnamed).unwrap().file, None);
}
