//! Learning on a tiny conversation, and malformed files.

use std::fs;

use serde_json::{Value, json};

use super::*;

const CASES: &str = include_str!("tests/cases.jsonl");

fn said(id: &str, speaker: &str, text: &str) -> Value {
    json!({"speaker": speaker, "dia_id": id, "text": text})
}

fn noted(speaker: &str, text: &str, turn: &str) -> Value {
    json!({"session": 1, "speaker": speaker, "text": text, "evidence": [turn]})
}

fn talk() -> Value {
    json!([{
        "sample_id": "talk",
        "conversation": {
            "speaker_a": "Ada",
            "speaker_b": "Bo",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                said("D1:1", "Ada", "Hi Bo! How are you?"),
                said("D1:2", "Bo", "Fine. I adopted a grey parrot called Kiko yesterday."),
                said("D1:3", "Ada", "Wow, nice!"),
                said("D1:4", "Bo", "I work at Calder Mills as a chemist."),
                said("D1:5", "Ada", "I ran my first marathon in Ghent last week."),
            ],
        },
        "qa": [
            {"question": "When did Bo adopt Kiko?", "answer": "7 May 2023",
             "evidence": ["D1:2"], "category": 2},
            {"question": "Where does Bo work?", "answer": "Calder Mills",
             "evidence": ["D1:4"], "category": 4},
            {"question": "Which city did Ada run in?", "answer": "Ghent",
             "evidence": ["D1:5"], "category": 4},
            {"question": "What is Ada's cat called?", "evidence": [], "category": 5},
        ],
    }])
}

fn observations() -> Value {
    json!({"talk": [
        noted("Bo", "Bo adopted a grey parrot named Kiko.", "D1:2"),
        noted("Bo", "Bo is a chemist at Calder Mills.", "D1:4"),
        noted("Ada", "Ada ran a marathon in Ghent.", "D1:5"),
        noted("Ada", "Ada collects stamps from Peru.", "D1:3"),
    ]})
}

fn measured(files: &[(&str, String)], named: &[&str]) -> Result<LearningReport, Error> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let paths: Vec<PathBuf> = named.iter().map(|name| dir.path().join(name)).collect();
    let config = Config::at(dir.path().join("unused"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let report = runtime.block_on(evaluate_learning(&paths, &config, |_| ()));
    assert!(!dir.path().join("unused").exists(), "the data directory is untouched");
    report
}

fn is(value: f64, expect: f64) -> bool {
    (value - expect).abs() < 1e-9
}

#[test]
fn a_conversation_is_measured_with_observations_beside_it() {
    let files =
        [("talk.json", talk().to_string()), ("observations.json", observations().to_string())];
    let report = measured(&files, &["talk.json"]).unwrap();
    assert_eq!((report.conversations, report.messages, report.questions), (1, 5, 3));
    let coverage = report.coverage.unwrap();
    assert_eq!(coverage.observations, 4);
    assert!(is(coverage.covered, 0.75), "{coverage:?}");
    assert!(is(coverage.cited, 0.75), "{coverage:?}");
    let selection = report.selection.unwrap();
    assert_eq!(selection.rules, selection.shipped, "one conversation has no others to fit on");
    assert!(0.7 < selection.rules.auc, "{selection:?}");
    assert_eq!(report.temporal, Some(1.0));
    assert!(is(report.temporal_detail.unwrap().message_day, 0.0));
    assert_eq!(report.grounded.unwrap().share, 1.0);
    assert_eq!(report.supersession, None);
    // The whole conversation fits the context; only the day comes from facts.
    assert_eq!(report.evidence[&1024], Beside { turns: 1.0, facts: 1.0 });
    let words = report.answer_words[&1024];
    assert!(is(words.turns, 8.0 / 9.0), "{words:?}");
    assert!(is(words.facts, 1.0), "{words:?}");
    assert_eq!(report.by_conversation["talk"].answer_words, report.answer_words);
}

#[test]
fn a_conversation_without_observations_has_no_coverage() {
    let report = measured(&[("talk.json", talk().to_string())], &["talk.json"]).unwrap();
    assert_eq!((report.selection, report.coverage), (None, None));
    assert_eq!(report.temporal, Some(1.0));
}

#[test]
fn cases_of_supersession_need_no_conversation() {
    let report = measured(&[("cases.jsonl", CASES.to_owned())], &["cases.jsonl"]).unwrap();
    let supersession = report.supersession.unwrap();
    assert_eq!((supersession.updates, supersession.negatives), (2, 2));
    // No rule matches one of the updates, and one case wrongly expects no update.
    assert!(is(supersession.exact, 0.5), "{supersession:?}");
    assert!(is(supersession.negatives_kept, 0.5), "{supersession:?}");
    assert!(is(supersession.unrelated_lost, 0.0), "{supersession:?}");
    assert_eq!((report.conversations, report.speed), (0, None));
}

#[test]
fn malformed_files_are_errors_that_name_the_place() {
    let check = |name: &str, content: &str, expect: &str| {
        let error = measured(&[(name, content.to_owned())], &[name]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(expect), "{error}");
    };
    check("x.jsonl", "\n{\"messages\": []}", "line 2: not a case of supersession");
    let case = json!({"messages": [{"text": "a"}, {"text": "b"}], "target": 1,
        "expect": {"target_current": true}});
    check("x.jsonl", &case.to_string(), "line 1: `target` is not the index of a message");
    check("o.json", r#"{"talk": [{"text": 1}]}"#, "not observations");
    check("o.json", "[]", "no samples found");
}
