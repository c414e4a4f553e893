//! Full-text search: results, their order, and queries without operators.

use aios_record::{Gate, Kind, Timestamp};
use aios_working::{
    Decision, Entry, FindOptions, Goal, Hit, Interaction, NewMessage, Pattern, Session, Task,
    TaskUpdate, ToolCall, Working, WorkingView,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{Place, id, key, opened, view};

async fn keys(working: &Working, query: &str, options: FindOptions) -> Vec<String> {
    let found = working.records().find(query, options).await.unwrap();
    found.iter().map(|found| found.record.key().to_string()).collect()
}

async fn note(working: &Working, name: &str, content: &str) {
    let message = NewMessage { id: Some(id(name)), ..NewMessage::new(id("s"), "user", content) };
    working.messages().add(message).await.unwrap();
}

#[tokio::test]
async fn words_of_many_scripts_and_identifiers_are_found() {
    let (_place, working) = opened();
    let texts = [
        ("tower", "昨日、東京タワーに行きました"),
        ("city", "Zürich ist schön"),
        ("error", "the page failed with ERR_CONN_RESET again"),
        ("version", "we run nginx-1.24.0 on it"),
        ("sailing", "She sailed around the islands"),
        ("korean", "한국어를 배웁니다"),
        ("accent", "Cre\u{300}me bru\u{302}le\u{301}e a\u{300} la carte"),
    ];
    for (name, text) in texts {
        note(&working, name, text).await;
    }
    let check = async |query: &str, expect: &[&str]| {
        let expect: Vec<_> = expect.iter().map(|name| format!("message/{name}")).collect();
        assert_eq!(keys(&working, query, FindOptions::default()).await, expect, "{query}");
    };
    check("東京", &["tower"]).await;
    check("京タ", &["tower"]).await;
    // A single character at the beginning, inside and at the end of a run.
    for single in ["東", "京", "タ", "ー", "た", "昨", "日"] {
        check(single, &["tower"]).await;
    }
    check("어", &["korean"]).await;
    check("海", &[]).await;
    check("zurich", &["city"]).await;
    check("SCHON", &["city"]).await;
    check("Zürich", &["city"]).await;
    check("Zu\u{308}rich", &["city"]).await;
    check("crème BRULEE", &["accent"]).await;
    for part in ["ERR_CONN_RESET", "err_conn_reset", "CONN_RESET", "conn", "reset"] {
        check(part, &["error"]).await;
    }
    for part in ["nginx-1.24.0", "nginx", "1.24.0", "1.24", "NGINX-1.24"] {
        check(part, &["version"]).await;
    }
    check("nginx-1.25", &["version"]).await;
    check("sailing island", &["sailing"]).await;
    check("한국어", &["korean"]).await;
    check("submarine", &[]).await;
    check("what is the submarine?", &[]).await;
    check("the", &["sailing", "error"]).await;
}

#[tokio::test]
async fn every_searchable_text_is_searched() {
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("1"), ..Goal::new("alpha") }).await.unwrap();
    working.goals().set_status(&id("1"), "completed", Some("beta".to_owned())).await.unwrap();
    working.tasks().put(Task { id: id("1"), ..Task::new("gamma") }).await.unwrap();
    let update = TaskUpdate { summary: Some("delta".to_owned()), ..TaskUpdate::default() };
    working.tasks().set_status(&id("1"), "completed", update).await.unwrap();
    let call = ToolCall { id: id("1"), output: json!("hidden"), ..ToolCall::new("epsilon") };
    working.tool_calls().put(call).await.unwrap();
    working
        .decisions()
        .put(Decision { id: id("1"), ..Decision::new("zeta", "eta") })
        .await
        .unwrap();
    working.patterns().put(Pattern { id: id("1"), ..Pattern::new("theta", "iota") }).await.unwrap();
    let named = NewMessage {
        name: Some("Kappa".to_owned()),
        id: Some(id("1")),
        ..NewMessage::new(id("s"), "user", "lambda")
    };
    working.messages().add(named).await.unwrap();
    working
        .interactions()
        .put(Interaction { id: id("1"), ..Interaction::new("mu", "nu") })
        .await
        .unwrap();
    working
        .entries()
        .add(Entry { id: id("1"), ..Entry::new("c", "xi", json!([{"k": "omicron"}])) })
        .await
        .unwrap();
    working
        .sessions()
        .add(Session { summary: Some("pi".to_owned()), ..Session::new(id("1")) })
        .await
        .unwrap();
    let expect = [
        ("alpha", "goal/1"),
        ("beta", "goal/1"),
        ("gamma", "task/1"),
        ("delta", "task/1"),
        ("epsilon", "tool_call/1"),
        ("zeta", "decision/1"),
        ("eta", "decision/1"),
        ("theta", "pattern/1"),
        ("iota", "pattern/1"),
        ("kappa", "message/1"),
        ("lambda", "message/1"),
        ("mu", "interaction/1"),
        ("nu", "interaction/1"),
        ("xi", "entry/1"),
        ("omicron", "entry/1"),
        ("pi", "session/1"),
    ];
    for (word, key) in expect {
        assert_eq!(keys(&working, word, FindOptions::default()).await, [key], "{word}");
    }
    assert!(keys(&working, "hidden", FindOptions::default()).await.is_empty());
}

#[tokio::test]
async fn a_query_contains_no_operators() {
    let (_place, working) = opened();
    note(&working, "m", "say \"hello\" to NEAR and OR").await;
    let long = "hello ".repeat(20_000);
    let queries = [
        ("\" OR 1=1 --", false),
        ("OR", true),
        ("NEAR(", true),
        ("*", false),
        ("hello*", true),
        ("text: hello", true),
        ("hello AND", true),
        ("^hello", true),
        ("{hello}", true),
        ("-hello", true),
        ("(hello", true),
        ("NOT hello", true),
        ("hello\0world", true),
        ("'; DROP TABLE messages; --", false),
        ("", false),
        (" ", false),
        ("\"", false),
        (long.as_str(), true),
    ];
    for (query, expect) in queries {
        let found = keys(&working, query, FindOptions::default()).await;
        assert_eq!(!found.is_empty(), expect, "{query:.40}");
    }
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn no_query_is_an_error(query in any::<String>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        thread_local!(static OPEN: (Place, Working) = opened());
        OPEN.with(|(_, working)| {
            runtime.block_on(working.records().find(query, FindOptions::default())).unwrap();
        });
    }
}

#[tokio::test]
async fn kinds_times_and_limits_restrict_a_search() {
    let (place, working) = opened();
    working.goals().put(Goal { id: id("old"), ..Goal::new("paint boat") }).await.unwrap();
    place.pass_hours(48);
    working.tasks().put(Task { id: id("new"), ..Task::new("paint boat") }).await.unwrap();
    note(&working, "m", "the boat").await;
    let check = async |options: FindOptions, expect: &[&str]| {
        let mut found = keys(&working, "paint boat", options).await;
        found.sort();
        assert_eq!(found, expect);
    };
    let all = FindOptions::default();
    check(all.clone(), &["goal/old", "message/m", "task/new"]).await;
    check(all.clone().with_kinds([Kind::Goal]), &["goal/old"]).await;
    let start: Timestamp = crate::START.parse().unwrap();
    let noon = start + jiff::SignedDuration::from_hours(24);
    let both = ["message/m", "task/new"];
    check(all.clone().with_since(noon), &both).await;
    check(all.clone().with_until(noon), &["goal/old"]).await;
    check(all.clone().with_limit(0), &[]).await;
    let best = keys(&working, "paint", all.with_limit(1)).await;
    assert_eq!(best, ["task/new"], "equals come newest first");
}

#[tokio::test]
async fn an_updated_record_is_found_only_by_its_new_words() {
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("g"), ..Goal::new("paint boat") }).await.unwrap();
    working.goals().put(Goal { id: id("g"), ..Goal::new("sell house") }).await.unwrap();
    assert!(keys(&working, "boat", FindOptions::default()).await.is_empty());
    assert_eq!(keys(&working, "house", FindOptions::default()).await, ["goal/g"]);
}

#[tokio::test]
async fn similar_decisions_come_best_first() {
    let (_place, working) = opened();
    for (context, chosen) in
        [("which web server", "nginx"), ("which database server", "sqlite"), ("lunch", "soup")]
    {
        working.decisions().put(Decision::new(context, chosen)).await.unwrap();
    }
    let found = working.decisions().find_similar("choose a database server", 5).await.unwrap();
    assert_eq!(found.iter().map(|d| d.chosen.as_str()).collect::<Vec<_>>(), ["sqlite", "nginx"]);
    for limit in [0, 1] {
        let found = working.decisions().find_similar("server", limit).await.unwrap();
        assert_eq!(found.len(), limit);
    }
}

#[tokio::test]
async fn the_pattern_with_the_highest_success_bound_comes_first() {
    let (_place, working) = opened();
    let patterns = [
        ("lucky", "disk is full", 1.0, 1),
        ("proven", "disk full on server", 0.95, 40),
        ("poor", "disk full", 0.2, 40),
        ("other", "network is down", 1.0, 100),
    ];
    for (name, trigger, success_rate, uses) in patterns {
        let pattern =
            Pattern { id: id(name), success_rate, uses, ..Pattern::new(trigger, "disk full") };
        working.patterns().put(pattern).await.unwrap();
    }
    let check = async |trigger: &str, rate: f64, expect: &[&str]| {
        let found = working.patterns().find(trigger, rate).await.unwrap();
        assert_eq!(found.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), expect, "{trigger}");
    };
    check("Disk full!", 0.0, &["proven", "lucky", "poor"]).await;
    check("disk full", 0.5, &["proven", "lucky"]).await;
    check("full moon tonight over sea", 0.0, &[]).await;
    check("", 0.0, &[]).await;
    let best = working.patterns().find_best("disk full", 0.96).await.unwrap().unwrap();
    assert_eq!(best.id.as_str(), "lucky");
    assert!(working.patterns().find_best("printer", 0.0).await.unwrap().is_none());
}

/// Stores rows of equal length: all have `common`, one in three `weekly`, one in five hundred
/// `rare`.
async fn many(working: &Working) {
    let message = |n: usize| {
        let weekly = if n.is_multiple_of(3) { "weekly" } else { "plain" };
        let rare = if n.is_multiple_of(500) { "rare" } else { "plain" };
        let content = format!("common {weekly} {rare}");
        NewMessage { id: Some(id(&n.to_string())), ..NewMessage::new(id("s"), "user", content) }
    };
    working
        .decisions()
        .put(Decision { id: id("d"), ..Decision::new("common", "x") })
        .await
        .unwrap();
    working.messages().add_all((0..3_000).map(message).collect()).await.unwrap();
}

#[tokio::test]
async fn rare_words_rank_before_common_ones() {
    let (_place, working) = opened();
    many(&working).await;
    let check = async |query: &str, limit: usize, expect: &[usize]| {
        let options = FindOptions::default().with_limit(limit);
        let expect: Vec<_> = expect.iter().map(|n| format!("message/{n}")).collect();
        assert_eq!(keys(&working, query, options).await, expect, "{query}");
    };
    check("rare", 9, &[2500, 2000, 1500, 1000, 500, 0]).await;
    check("common rare weekly", 6, &[1500, 0, 2500, 2000, 1000, 500]).await;
    check("weekly common", 3, &[2997, 2994, 2991]).await;
    check("common absent", 3, &[2999, 2998, 2997]).await;
    check("common rare", 8, &[2500, 2000, 1500, 1000, 500, 0, 2999, 2998]).await;
}

#[tokio::test]
async fn every_match_is_found_once_with_non_increasing_scores() {
    let (_place, working) = opened();
    many(&working).await;
    for query in ["common", "rare common weekly", "weekly common"] {
        let options = FindOptions::default().with_limit(10_000);
        let found = working.records().find(query, options).await.unwrap();
        let keys: std::collections::BTreeSet<_> =
            found.iter().map(|found| found.record.key()).collect();
        assert_eq!((found.len(), keys.len()), (3_001, 3_001), "{query}");
        assert!(found.is_sorted_by(|a, b| b.score <= a.score), "{query}");
        assert!(found.iter().all(|found| 0.0 < found.score), "{query}");
    }
    let similar = working.decisions().find_similar("common", 5).await.unwrap();
    assert_eq!(similar.len(), 1);
}

#[tokio::test]
async fn repeated_words_raise_the_score() {
    let (_place, working) = opened();
    note(&working, "thrice", "Boat nginx-1.24 boat sun BOAT nginx-1.24").await;
    note(&working, "twice", "boat nginx-1.24 sun boat sun sun").await;
    note(&working, "apart", "1.24 nginx boat light 1.24 nginx").await;
    let check = async |query: &str, expect: &[&str]| {
        let expect: Vec<_> = expect.iter().map(|name| format!("message/{name}")).collect();
        assert_eq!(keys(&working, query, FindOptions::default()).await, expect, "{query}");
    };
    check("boat", &["thrice", "twice", "apart"]).await;
    check("sun", &["twice", "thrice"]).await;
    check("nginx-1.24", &["thrice", "twice", "apart"]).await;
}

/// Returns the keys that a view finds for some questions, with the bits of their scores.
async fn answers(view: &WorkingView) -> Vec<(String, u64)> {
    let mut answers = Vec::new();
    for query in ["boat", "rare boat", "harbour light boat", "common", "common often", "words w7"] {
        for kinds in [vec![], vec![Kind::Message], vec![Kind::Goal, Kind::Decision]] {
            for limit in [3, 5_000] {
                let options = FindOptions::default().with_kinds(kinds.clone()).with_limit(limit);
                let found = view.records().find(query, options).await.unwrap();
                let answer = |found: Hit| (found.record.key().to_string(), found.score.to_bits());
                answers.push((format!("{query} {kinds:?}"), 0));
                answers.extend(found.into_iter().map(answer));
            }
        }
        for decision in view.decisions().find_similar(query, 9).await.unwrap() {
            answers.push((decision.id.to_string(), 0));
        }
        for pattern in view.patterns().find(query, 0.0).await.unwrap() {
            answers.push((pattern.id.to_string(), 0));
        }
    }
    answers
}

async fn say(view: &WorkingView, name: &str, texts: usize) {
    let message = |n: usize| {
        let often = if n.is_multiple_of(3) { "often" } else { "other words" };
        let rare = if n.is_multiple_of(97) { "rare rare" } else { "" };
        let content = format!("common {often} {rare} w{} {}", n % 50, "boat ".repeat(n % 5 / 4));
        NewMessage {
            id: Some(id(&format!("{name}{n}"))),
            ..NewMessage::new(id("s"), "user", content)
        }
    };
    view.messages().add_all((0..texts).map(message).collect()).await.unwrap();
    for n in 0..9 {
        let text = format!("{} boat in the harbour light common", "rare ".repeat(n % 3));
        let name = id(&format!("{name}{n}"));
        view.goals().put(Goal { id: name.clone(), ..Goal::new(text.clone()) }).await.unwrap();
        let decision = Decision { id: name.clone(), ..Decision::new(text.clone(), "boat") };
        view.decisions().put(decision).await.unwrap();
        view.patterns().put(Pattern { id: name, ..Pattern::new(text, "sail") }).await.unwrap();
    }
}

#[tokio::test]
async fn another_owners_words_do_not_change_order_or_score() {
    let (_place, working) = opened();
    let (ada, everybody) = (view(&working, "ada"), working.scoped(Gate::shared()));
    say(&view(&working, "abe"), "abes", 40).await;
    say(&ada, "adas", 900).await;
    say(&everybody, "shared", 300).await;
    let before = [answers(&ada).await, answers(&everybody).await];
    say(&view(&working, "bob"), "bobs", 900).await;
    say(&view(&working, "abe"), "abe", 300).await;
    let tide = |n: usize| NewMessage::new(id("s"), "user", format!("tide {} ebb", n % 9));
    view(&working, "bob").messages().add_all((0..700).map(tide).collect()).await.unwrap();
    let after = [answers(&ada).await, answers(&everybody).await];
    assert!(before == after);
    for n in 0..40 {
        view(&working, "bob")
            .records()
            .remove(&key(Kind::Message, &format!("bobs{n}")))
            .await
            .unwrap();
    }
    assert!(before == [answers(&ada).await, answers(&everybody).await]);
    working.upkeep().reindex().await.unwrap();
    assert!(before == [answers(&ada).await, answers(&everybody).await]);
}

#[tokio::test]
async fn the_index_is_merged_incrementally() {
    const BATCH: usize = 50;
    let (place, working) = opened();
    let path = place.folder.path().join("working.db");
    let log = || std::fs::metadata(path.with_file_name("working.db-wal")).unwrap().len() / 4096;
    let mut most = 0;
    for batch in 0..120 {
        let message = |n: usize| {
            let words = (0..40).map(|k| format!("w{}", (n * 7919 + k * k * 104_729) % 30_000));
            NewMessage::new(id("s"), "user", words.collect::<Vec<_>>().join(" "))
        };
        let before = log();
        let messages = (batch * BATCH..(batch + 1) * BATCH).map(message).collect();
        working.messages().add_all(messages).await.unwrap();
        most = most.max(log().saturating_sub(before));
    }
    let other = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT count(DISTINCT segid) FROM search_idx";
    let segments: i64 = other.query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(most <= 160 && segments <= 12, "{most} pages in one commit, {segments} segments");
}
