//! Normal use of the commands, and the shapes of their JSON.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Program, text};

const CONVERSATION: &str = r#"[{
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Ada", "speaker_b": "Bob",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Ada", "dia_id": "D1:1", "text": "I adopted a grey cat called Pixel."},
            {"speaker": "Bob", "dia_id": "D1:2", "text": "Lovely!", "blip_caption": "a cat asleep"},
            {"speaker": "Ada", "dia_id": "D1:3", "text": "Lovely!"}
        ],
        "session_2_date_time": "9:00 am on 9 May, 2023",
        "session_2": [
            {"speaker": "Bob", "dia_id": "D2:1", "text": "My train to Lisbon leaves on Friday."}
        ]
    },
    "qa": [
        {"question": "What is the name of the cat?", "evidence": ["D1:1"], "category": 4},
        {"question": "When does Bob's train leave?", "evidence": ["D2:1; D9:9"], "category": 2},
        {"question": "Who owns a yacht?", "evidence": ["D1:2"], "category": 5}
    ]
}]"#;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_has(value: &Value, expected: &[&str]) {
    for key in expected {
        assert!(keys(value).contains(key), "`{key}` is not in {value}");
    }
}

#[test]
fn a_conversation_goes_in_once_and_is_found() {
    let program = Program::new();
    let file = program.file("talk.json", CONVERSATION);
    let first = program.json(&["ingest", text(&file), "--format", "locomo"]);
    assert_has(&first, &["added", "known", "sessions", "failed", "elapsed_ms"]);
    assert_eq!(
        (&first["added"], &first["known"], &first["sessions"]),
        (&json!(4), &json!(0), &json!(2))
    );
    let second = program.json(&["ingest", text(&file)]);
    assert_eq!((&second["added"], &second["known"]), (&json!(0), &json!(4)));

    let found = program.json(&["recall", "what is the cat called?", "--explain"]);
    assert_has(&found, &["query", "elapsed_ms", "hits"]);
    let best = &found["hits"][0];
    assert_has(
        best,
        &[
            "id",
            "external_id",
            "collection",
            "tier",
            "text",
            "relevance",
            "score",
            "occurred_at",
            "user",
            "session",
            "tags",
            "explain",
        ],
    );
    assert_eq!(best["text"], "I adopted a grey cat called Pixel.");
    assert_eq!(best["external_id"], "D1:1");
    assert_eq!(best["collection"], "messages");
    assert_eq!(best["tier"], "longterm");
    assert_eq!(best["user"], json!(null));
    assert_eq!(best["session"], "conv-1/session_1");
    assert_eq!(best["occurred_at"], "2023-05-08T13:56:00Z");

    let photo = program.recall("a photo of a sleeping cat").join("\n");
    assert!(photo.contains("Lovely! [shared a photo: a cat asleep]"), "{photo}");
}

#[test]
fn ingesting_the_whole_file_completes_a_truncated_ingest() {
    let program = Program::new();
    let lines: Vec<_> =
        (0..20).map(|n| format!("{{\"role\": \"user\", \"text\": \"turn {n}\"}}")).collect();
    let part = program.file("talk.jsonl", lines[..7].join("\n"));
    assert_eq!(program.json(&["ingest", text(&part)])["added"], 7);
    let whole = program.file("talk.jsonl", lines.join("\n"));
    let report = program.json(&["ingest", text(&whole)]);
    assert_eq!((&report["added"], &report["known"]), (&json!(13), &json!(7)));
    let stats = program.json(&["stats"]);
    assert_eq!(stats["longterm"]["collections"]["messages"], 20);
}

#[test]
fn scopes_keep_records_of_different_users_apart() {
    let program = Program::new();
    for user in ["ada", "bob"] {
        program.json(&[
            "remember",
            &format!("the pin of {user} is on the pinboard"),
            "--user",
            user,
        ]);
    }
    program.json(&["remember", "the pinboard hangs in the kitchen"]);
    let found = |arguments: &[&str]| -> Vec<String> {
        let all = [&["recall", "pinboard"], arguments].concat();
        let found = program.json(&all);
        let mut texts: Vec<String> = found["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["text"].as_str().unwrap().to_owned())
            .collect();
        texts.sort();
        texts
    };
    let (ada, shared) = ("the pin of ada is on the pinboard", "the pinboard hangs in the kitchen");
    assert_eq!(found(&["--user", "ada"]), [ada, shared]);
    assert_eq!(found(&["--user", "ada", "--exact-scope"]), [ada]);
    assert_eq!(found(&["--user", "eve", "--exact-scope"]), Vec::<String>::new());
    assert_eq!(found(&[]), [shared]);
    assert_eq!(found(&["--all-users"]).len(), 3);
    let context = program.json(&["context", "pinboard", "--user", "ada"]);
    assert!(!context["text"].as_str().unwrap().contains("bob"), "{context}");
}

#[test]
fn remembering_the_same_text_twice_stores_it_once() {
    let program = Program::new();
    let first = program.json(&["remember", "tea at four", "--tag", "habit", "--importance", "0.9"]);
    assert_eq!((keys(&first), &first["known"]), (vec!["id", "known"], &json!(false)));
    let second =
        program.json(&["remember", "tea at four", "--tag", "habit", "--importance", "0.9"]);
    assert_eq!((&second["id"], &second["known"]), (&first["id"], &json!(true)));
    let tagged = program.json(&["recall", "tea", "--tag", "habit"]);
    assert_eq!(tagged["hits"][0]["tags"], json!(["habit"]));
    assert_eq!(program.json(&["recall", "tea", "--tag", "other"])["hits"], json!([]));
}

#[test]
fn a_context_has_its_json_shape_and_stays_within_budget() {
    let program = Program::new();
    let file = program.file("talk.json", CONVERSATION);
    program.json(&["ingest", text(&file)]);
    for tokenizer in ["embedder", "o200k", "cl100k", "estimate"] {
        for budget in ["40", "120", "4000"] {
            let context = program.json(&[
                "context",
                "feed the cat",
                "--max-tokens",
                budget,
                "--tokenizer",
                tokenizer,
                "--tier",
                "long_term",
            ]);
            assert_has(
                &context,
                &["max_tokens", "total_tokens", "tokenizer", "text", "chunks", "omitted"],
            );
            assert_eq!(context["tokenizer"], tokenizer);
            assert!(context["total_tokens"].as_u64() <= context["max_tokens"].as_u64());
        }
    }
    let context = program.json(&["context", "feed the cat", "--session", "conv-1/session_1"]);
    let text = context["text"].as_str().unwrap();
    assert!(text.contains("Pixel"), "{text}");
    for chunk in context["chunks"].as_array().unwrap() {
        assert_has(chunk, &["tier", "ids", "tokens", "relevance", "content"]);
        // Facts belong to the person and are known in every session.
        let is_fact = chunk["ids"][0].as_str().unwrap().starts_with("fact/");
        let content = chunk["content"].as_str().unwrap();
        assert!(is_fact || !content.contains("Lisbon"), "{chunk}");
    }
    let plain = program.run(&["context", "feed the cat", "--format", "xml"]);
    assert!(plain.stdout.trim_start().starts_with('<'), "{plain:?}");
}

#[test]
fn records_are_stored_listed_and_shown() {
    let program = Program::new();
    let goal = br#"{"id": "g-1", "description": "ship the release", "priority": 1}"#;
    assert_eq!(program.json_with(&["record", "goal"], goal)["id"], "g-1");
    for n in 0..3 {
        let task = json!({"goal_id": "g-1", "description": format!("step {n}")}).to_string();
        program.json_with(&["record", "task"], task.as_bytes());
    }
    let first = program.json(&["list", "task", "--limit", "2"]);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let rest = program.json(&["list", "task", "--limit", "2", "--after", next]);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(rest["next"], Value::Null);

    for key in ["goal/g-1", "g-1"] {
        assert_eq!(program.json(&["show", key])["payload"]["description"], "ship the release");
    }
    program.json_with(&["record", "note"], br#"{"id": "g-1", "content": "of the same id"}"#);
    let ambiguous = program.run(&["show", "g-1"]);
    assert_eq!(ambiguous.code, 2);
    assert!(ambiguous.stderr.contains("goal/g-1, note/g-1"), "{ambiguous:?}");
    assert_eq!(program.recall("release")[0], "ship the release");
    let incident = br#"{"description": "the login test was red", "symptoms": ["timeout"],
        "root_cause": "an expired token", "timestamp": 1683554160}"#;
    program.json_with(&["record", "incident"], incident);
    let found = program.json(&["recall", "expired token", "--collection", "incidents"]);
    assert_eq!(found["hits"][0]["occurred_at"], "2023-05-08T13:56:00Z");
}

#[test]
fn documents_become_knowledge() {
    let program = Program::new();
    let file =
        program.file("manual.md", "# Pump\n\nIt hums.\n\n## Repair\n\nTighten the brass valve.\n");
    assert_eq!(program.json(&["ingest", text(&file)])["added"], 2);
    assert_eq!(program.json(&["ingest", text(&file)])["known"], 2);
    let found = program.json(&["recall", "brass valve", "--collection", "knowledge"]);
    assert_eq!(found["hits"][0]["title"], "Pump > Repair");
    let note = program.file("diary.txt", "It rained. We stayed in.");
    program.json(&["ingest", text(&note)]);
    assert!(program.recall("rain").concat().contains("It rained."));
}

#[test]
fn stats_and_snapshot_have_their_json_shapes() {
    let program = Program::new();
    program.json(&["remember", "tea at four"]);
    let stats = program.json(&["stats"]);
    assert_has(&stats, &["operational", "working", "longterm", "disk_bytes", "model"]);
    assert_eq!(stats["longterm"]["records"], 1);
    assert_eq!(stats["longterm"]["collections"], json!({"notes": 1}));
    assert!(stats["longterm"]["pending"].is_u64());
    let snapshot = program.json(&["snapshot"]);
    assert_has(&snapshot, &["cpu_percent", "memory_total_mb", "disk_total_gb", "active_tasks"]);
}

#[test]
fn eval_measures_without_touching_the_data_directory() {
    let program = Program::new();
    let file = program.file("talk.json", CONVERSATION);
    let report = program.json(&["eval", "--format", "locomo", text(&file)]);
    assert_eq!(report["queries"], 2);
    assert_eq!(report["k"], json!([1, 3, 5, 10, 20]));
    for figure in ["recall_any", "recall_all", "recall"] {
        assert_eq!(report[figure]["5"], 1.0, "{report}");
    }
    assert_has(
        &report,
        &["mrr", "ndcg@10", "by_category", "index_seconds", "query_ms", "embedder"],
    );
    assert_eq!(report["by_category"]["2"]["queries"], 1);
    assert_eq!(report["evidence_within_tokens"]["1000"], 1.0, "{report}");
    assert_eq!(report["sessions"]["recall"]["10"], 1.0, "{report}");
    assert!(!program.data_dir().exists());
    let ended = program.run(&["eval", text(&program.file("x.json", "[]"))]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("no samples found"), "{ended:?}");
}

#[test]
fn eval_ranks_documents_by_their_best_piece() {
    let program = Program::new();
    let filler = "The chapter on sails goes on for a while. ".repeat(200);
    let long = format!("{filler} The keeper of the lighthouse was called Ingrid.");
    let documents = [("tea", "green tea is not fermented"), ("book", &long), ("q", "lighthouse")];
    let corpus = documents.map(|(id, text)| json!({"_id": id, "text": text}).to_string());
    fs::create_dir_all(program.path("set/qrels")).unwrap();
    program.file("set/corpus.jsonl", corpus.join("\n"));
    program.file("set/queries.jsonl", r#"{"_id": "q", "text": "the keeper of the lighthouse"}"#);
    program.file("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\tbook\t2\nq\ttea\t1\n");
    let report = program.json(&["eval", "--format", "beir", text(&program.path("set"))]);
    assert!(4 < report["records"].as_u64().unwrap(), "the book is cut: {report}");
    assert_eq!(report["recall"]["1"], 0.5, "the query is no answer to itself: {report}");
    assert_eq!(report["recall"]["3"], 1.0, "{report}");
    assert_eq!(report["ndcg@10"], 1.0, "{report}");
    assert_eq!(report["sessions"], Value::Null);
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let program = Program::new();
    let ended = program.run(&["demo"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("1. An agent starts"), "{ended:?}");
    assert!(ended.stdout.contains("never restart the staging database on Fridays"), "{ended:?}");
    let left: Vec<_> = fs::read_dir(program.path("")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let told = program.json(&["demo"]);
    assert_has(&told["steps"][0], &["step", "told"]);
}

#[test]
fn help_version_and_completions_are_results() {
    let program = Program::new();
    for (arguments, expect) in [
        (&["--help"][..], "Usage: aios-memory"),
        (&["--version"], "aios-memory "),
        (&["completions", "bash"], "complete -F"),
        (&["config", "path"], ".config/aios-memory/aios-memory.toml"),
    ] {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stdout.contains(expect), "{ended:?}");
    }
    assert!(!program.data_dir().exists());
}

#[test]
fn long_term_kinds_are_listed_and_updated_with_their_history() {
    let program = Program::new();
    for name in ["a", "b", "c"] {
        let stored = ["record", "procedure", "--set", &format!("id={name}"), "--name", name];
        program.json(&stored);
    }
    let page = program.json(&["list", "procedures", "--limit", "2"]);
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&page), ["a", "b"]);
    let next = page["next"].as_str().unwrap();
    let page = program.json(&["list", "procedures", "--limit", "2", "--after", next]);
    assert_eq!((ids(&page), &page["next"]), (vec!["c".to_owned()], &Value::Null));

    program.json(&["update", "procedure/a", "--description", "what it is for", "--name", "A"]);
    let shown = program.json(&["show", "procedure/a"]);
    assert_eq!(shown["text"], "A\nwhat it is for");
    let history = program.json(&["history", "procedure/a"]);
    let texts: Vec<&str> = history["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["record"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["A\nwhat it is for", "a"]);
    assert_eq!(history["versions"][0]["by"], "update");
    assert_eq!(history["versions"][1]["by"], "unknown");

    program.json(&["record", "goal", "--set", "id=g", "--description", "before"]);
    program.json(&["update", "goal/g", "--description", "after"]);
    let history = program.json(&["history", "goal/g"]);
    assert_eq!(history["versions"].as_array().unwrap().len(), 2);
    assert_eq!(history["versions"][1]["record"]["text"], "before");
}

#[test]
fn a_kind_is_accepted_by_its_name_and_its_collection() {
    let program = Program::new();
    for collection in ["note", "notes"] {
        program.json(&["remember", "tea at four", "--collection", collection]);
        let found = program.json(&["recall", "tea", "--collection", collection]);
        assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{collection}");
        let listed = program.json(&["list", collection]);
        let id = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!(program.json(&["show", &format!("{collection}/{id}")])["kind"], "note");
        program.json(&["forget", "--dry-run", &format!("{collection}/{id}")]);
    }
    let call = "{\"tool_name\": \"spade\", \"id\": \"c\"}";
    program.json_with(&["record", "tool-calls"], call.as_bytes());
    assert_eq!(program.json(&["show", "tool-call/c"])["kind"], "tool_call");
    let feed = [("AIOS_MEMORY_LONGTERM_FEED_KINDS", "goals,task")];
    let shown = program.run_with(&["config", "show"], b"", &feed);
    assert!(shown.stdout.contains("feed_kinds = [\"goal\", \"task\"]"), "{shown:?}");
}

#[test]
fn a_list_continues_after_the_cursor() {
    let program = Program::new();
    let texts = ["one", "two", "three"].map(|text| program.json(&["remember", text])["id"].clone());
    let mut after = json!(null);
    let mut listed = Vec::new();
    for _ in texts.iter() {
        let page = match after.as_str() {
            None => program.json(&["list", "note", "--limit", "1"]),
            Some(cursor) => program.json(&["list", "note", "--limit", "1", "--after", cursor]),
        };
        listed.push(page["items"][0]["id"].clone());
        after = page["next"].clone();
    }
    assert!(texts.iter().all(|id| listed.contains(id)), "{listed:?}");
}
