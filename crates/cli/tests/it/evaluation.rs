//! `eval`: its figures on tiny sets, as JSON and as text.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Program, text};

const NOTES: &str = r#"{"id": "m1", "text": "The kettle is dented.", "kind": "fact", "user": "x"}
{"id": "m2", "text": "The boat is called Petrel.", "kind": "fact", "user": "x"}
{"id": "m3", "text": "Rent is due on the third of each month.", "kind": "fact", "user": "y"}
{"q": "Is the kettle dented?", "gold": ["m1"], "type": "words"}
{"q": "How is the boat called?", "gold": ["m2"], "type": "words"}
{"q": "quixotic zygotes", "gold": ["m3"], "type": "lost"}
{"q": "Who repairs violins in Lisbon?", "gold": [], "type": "never-stored"}
"#;

#[test]
fn notes_are_measured_by_type() {
    let program = Program::new();
    let file = program.file("notes.jsonl", NOTES);
    let report = program.json(&["eval", "--format", "notes", text(&file)]);
    assert_eq!((&report["queries"], &report["others"]), (&json!(3), &json!(0)), "{report}");
    let words = &report["by_category"]["words"];
    assert_eq!((&words["queries"], &words["recall_any"]["1"]), (&json!(2), &json!(1.0)));
    assert_eq!(words["mrr"], 1.0);
    let relevance = &report["relevance"];
    assert_eq!(relevance["words"]["area_under_curve"], 1.0, "{report}");
    assert_eq!(relevance["words"]["passing"], 1.0, "{report}");
    assert!(0.5 < relevance["words"]["median"].as_f64().unwrap(), "{report}");
    for figure in ["passing", "median", "area_under_curve", "calibration_error"] {
        assert!(relevance["lost"][figure].is_f64(), "{figure}: {report}");
    }
    assert_eq!(relevance["never-stored"]["queries"], 1);
    assert_eq!(relevance["never-stored"]["area_under_curve"], Value::Null);
    assert!(report["best_hit_calibration_error"].is_f64());
    assert_eq!(report["baselines"]["bm25"]["by_category"]["words"]["mrr"], 1.0, "{report}");
    assert_eq!(report["baselines"]["bm25"]["by_category"]["lost"]["mrr"], 0.0, "{report}");
    assert!(!program.data_dir().exists());
}

#[test]
fn notes_are_shown_in_a_table() {
    let program = Program::new();
    let file = program.file("notes.jsonl", NOTES);
    let shown = program.run(&["eval", "--format", "notes", text(&file)]).stdout;
    let words = shown.lines().find(|line| line.starts_with("words")).unwrap();
    assert!(words.contains(" 2  1.000  1.000  1.000  1.000"), "{shown}");
    let never = shown.lines().find(|line| line.starts_with("never-stored")).unwrap();
    assert_eq!(never.matches(" -").count(), 6, "{shown}");
    for part in ["calibration error of the best hits: 0.", "bm25: mrr 0.", "z_score_fusion: mrr"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn notes_are_found_among_other_texts() {
    let program = Program::new();
    let file = program.file("notes.jsonl", NOTES);
    let lines = program.file("lines.txt", "Dented kettle.\nA third text.\n");
    let more = program.file("more.jsonl", "{\"text\": \"The boat is green.\"}\n");
    let eval = ["eval", "--format", "notes", "--among", text(&lines), "--among", text(&more)];
    let report = program.json(&[&eval[..], &[text(&file)]].concat());
    assert_eq!((&report["others"], &report["records"]), (&json!(3), &json!(6)), "{report}");
    let words = &report["by_category"]["words"];
    assert_eq!(words["recall_any"]["3"], 1.0, "{report}");
    assert!(words["mrr"].as_f64().unwrap() < 1.0, "another text ranks first: {report}");
    let ended = program.run(&["eval", "--among", text(&lines), text(&file)]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("--among is for notes only"), "{ended:?}");
}

#[test]
fn broken_notes_are_named_with_their_line() {
    let program = Program::new();
    let wrong = r#"{"q": "x", "gold": ["m9"], "type": "words"}"#;
    let file = program.file("notes.jsonl", format!("{NOTES}{wrong}"));
    let ended = program.run(&["eval", "--format", "notes", text(&file)]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let expect = "line 8: unknown memory `m9`; correct `gold`, or add its line";
    assert!(ended.stderr.contains(expect), "{ended:?}");
}

#[test]
fn cisi_is_measured_beside_baselines() {
    let program = Program::new();
    fs::create_dir_all(program.path("cisi")).unwrap();
    let all = ".I 1\n.T\nShelves\n.W\nHow deep shelves are\n.X\n1\t5\t1\n.I 2\n.T\nDentistry\n.W\n\
               It is about cards\n";
    program.file("cisi/CISI.ALL", all);
    program.file("cisi/CISI.QRY", ".I 4\n.W\nshelves\n.I 9\n.W\ndentistry\n");
    program.file("cisi/CISI.REL", "4 1 0 0.0\n9 2 0 0.0\n");
    let report = program.json(&["eval", "--format", "cisi", text(&program.path("cisi"))]);
    assert_eq!((&report["queries"], &report["records"]), (&json!(2), &json!(2)), "{report}");
    assert_eq!(report["ndcg@10"], 1.0, "a title is searched: {report}");
    for name in ["bm25", "reciprocal_rank_fusion", "z_score_fusion"] {
        assert_eq!(report["baselines"][name]["ndcg@10"], 1.0, "{name}: {report}");
    }
    let by_path = report["by_path"].as_object().unwrap();
    assert_eq!(by_path.keys().collect::<Vec<_>>(), [text(&program.path("cisi"))]);
}

#[test]
fn a_conversation_is_distinguished_from_others() {
    let program = Program::new();
    let talk = |id: &str, said: &str, question: &str| {
        json!([{
            "sample_id": id,
            "conversation": {"session_1": [{"speaker": "A", "dia_id": "D1:1", "text": said}]},
            "qa": [
                {"question": question, "evidence": ["D1:1"], "category": 4},
                {"question": "Who repairs violins?", "evidence": [], "category": 5},
            ],
        }])
    };
    let heron = talk("one", "The heron is called Magda.", "How is the heron called?");
    let tulip = talk("two", "Tulips bloom in the yard.", "Where do tulips bloom?");
    let [heron, tulip] = [("one.json", heron), ("two.json", tulip)]
        .map(|(name, talk)| program.file(name, talk.to_string()));
    let report = program.json(&["eval", text(&heron), text(&tulip)]);
    let abstention = &report["abstention"];
    for area in ["area_under_curve", "unanswerable_area_under_curve"] {
        assert_eq!(abstention[area], 1.0, "{report}");
    }
    for error in ["calibration_error", "unanswerable_calibration_error"] {
        assert!((0.0..0.5).contains(&abstention[error].as_f64().unwrap()), "{report}");
    }
    assert_eq!(report["by_path"][text(&tulip)]["recall"]["1"], 1.0, "{report}");
    let shown = program.run(&["eval", text(&heron), text(&tulip)]).stdout;
    let expect = "answerable against unanswerable: AUROC 1.000, calibration error 0.";
    assert!(shown.contains(expect), "{shown}");
}

#[test]
fn conversations_without_questions_measure_nothing() {
    let program = Program::new();
    let turns = json!([{"speaker": "A", "dia_id": "D1:1", "text": "Hello."}]);
    let talk = json!([{"sample_id": "x", "conversation": {"session_1": turns}, "qa": []}]);
    let ended = program.run(&["eval", text(&program.file("talk.json", talk.to_string()))]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("talk.json: no questions with evidence in the file"),
        "{ended:?}"
    );
}

#[test]
fn the_model_flag_selects_the_model() {
    let program = Program::new();
    let file = program.file("notes.jsonl", NOTES);
    let eval = ["eval", "--format", "notes", "--model"];
    let ended = program.run(&[&eval[..], &["absent-model", text(&file)]].concat());
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(ended.stderr.contains("absent-model"), "{ended:?}");
    let report = program.json(&[&eval[..], &["bundled", text(&file)]].concat());
    assert_eq!(report["queries"], 3);
}

#[test]
fn learning_is_measured_on_conversations_and_cases() {
    let program = Program::new();
    let said = |id: &str, said: &str| json!({"speaker": "Ada", "dia_id": id, "text": said});
    let talk = json!([{
        "sample_id": "talk",
        "conversation": {
            "session_1": [said("D1:1", "I adopted a parrot yesterday."), said("D1:2", "Thanks!")],
            "session_1_date_time": "1:56 pm on 8 May, 2023",
        },
        "qa": [{"question": "When did Ada adopt the parrot?", "answer": "7 May 2023",
                "evidence": ["D1:1"], "category": 2}],
    }]);
    let noted = json!({"talk": [
        {"speaker": "Ada", "text": "Ada adopted a parrot.", "evidence": ["D1:1"]},
    ]});
    let case = json!({
        "messages": [{"text": "I live in Ghent."}, {"text": "I live in Oslo now."}],
        "target": 0,
        "expect": {"target_current": false},
    });
    program.file("observations.json", noted.to_string());
    let talk = program.file("talk.json", talk.to_string());
    let cases = program.file("cases.jsonl", case.to_string());
    let eval = ["eval", "--learning", text(&talk), text(&cases)];
    let report = program.json(&eval);
    assert_eq!(report["selection"]["auc"], 1.0, "{report}");
    assert_eq!(report["coverage"]["covered"], 1.0, "{report}");
    assert_eq!(report["answer_words"]["256"]["facts"], 1.0, "{report}");
    assert!(report["answer_words"]["256"]["turns"].as_f64().unwrap() < 1.0, "{report}");
    assert_eq!(report["temporal"], 1.0, "{report}");
    assert_eq!(report["supersession"]["exact"], 1.0, "{report}");
    let shown = program.run(&eval).stdout;
    for expect in [
        "observations (1): covered 1.000",
        "evidence within 1024 tokens: turns 1.000, facts beside 1.000",
        "temporal questions (1): right 1.000",
        "supersession: exact 1.000 of 1 updates",
    ] {
        assert!(shown.contains(expect), "{shown}");
    }
    let ended = program.run(&["eval", "--learning", "--format", "notes", text(&cases)]);
    assert_eq!(ended.code, 2, "{ended:?}");
}
