//! Hits of a search, exclusions, and explanations.

use aios_longterm::{
    Config, Error, Explain, Explanation, FeedPage, Fields, LIMIT_MAX, Longterm, QUERY_BYTES_MAX,
    SearchOptions,
};
use aios_record::{
    FeedItem, Id, Identity, Kind, Record, Scope, ScopeFilter, Source, Timestamp, Trust,
};

use serde_json::json;

use crate::support::{keys, model, note, open, removal, search, turn};

/// Searches the records in the journal, in RAM, and by the library's indexes. The results must not
/// differ.
async fn check(records: Vec<Record>, query: &str, options: &SearchOptions, expect: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(records).await.unwrap();
    let pending = longterm.search(query, options).await.unwrap();
    assert_eq!(keys(&pending), expect, "`{query}` in the journal");
    longterm.upkeep().drain().await.unwrap();
    assert!(longterm.upkeep().warm().await.unwrap());
    let resident = longterm.search(query, options).await.unwrap();
    assert_eq!(keys(&resident), expect, "`{query}` in the library, in RAM");
    let config = Config { resident_bytes_max: 0, ..Config::default() };
    let by_index = Longterm::open(dir.path(), config, model()).await.unwrap();
    let found = by_index.search(query, options).await.unwrap();
    assert_eq!(keys(&found), expect, "`{query}` by the library's indexes");
    for (ram, index) in resident.hits.iter().zip(&found.hits) {
        assert_eq!(ram.record, index.record);
        assert!((ram.score - index.score).abs() < 1e-9, "{} {}", ram.score, index.score);
    }
}

/// Builds a record with every field that a hit shows.
fn full(id: &str) -> Record {
    let scope = Scope {
        user: Some("ada".to_owned()),
        project: Some("p".to_owned()),
        agent: Some("g".to_owned()),
        session: Some("s".to_owned()),
    };
    let text = format!("The lighthouse {id} is red. {}", "It stands on a rock. ".repeat(20));
    let second = |at| Some(Timestamp::from_second(at).unwrap());
    let new = Record::new(Kind::Message, Id::new(id).unwrap(), text, scope);
    Record {
        title: Some("Towers".to_owned()),
        speaker: Some("Bruno".to_owned()),
        position: Some(7),
        tags: vec!["b".to_owned(), "a".to_owned()],
        source: Some(Source { kind: "file".to_owned(), id: "towers.md".to_owned() }),
        external_id: Some("x-1".to_owned()),
        importance: 0.25,
        confidence: 0.75,
        trust: Trust::Low,
        occurred_at: second(1_700_000_000),
        valid_from: second(1_600_000_000),
        valid_to: second(4_000_000_000),
        expires_at: second(4_100_000_000),
        ..new
    }
}

#[tokio::test]
async fn a_hit_is_the_same_with_and_without_texts_in_ram() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let plain = note("plain", "the lighthouse keeper");
    longterm.store(vec![full("one"), full("two"), plain]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    let mut found = Vec::new();
    // Three records take some 1,900 bytes; their fields that only hits show take some 1,100.
    for resident_bytes_max in [Config::default().resident_bytes_max, 2500, 0] {
        let config = Config { resident_bytes_max, ..Config::default() };
        let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
        assert_eq!(longterm.upkeep().warm().await.unwrap(), 0 < resident_bytes_max);
        let hits = longterm.search("lighthouse", &SearchOptions::default()).await.unwrap().hits;
        found.push(hits.into_iter().map(|hit| hit.record).collect::<Vec<_>>());
    }
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
    for id in ["one", "two"] {
        let hit = found[0].iter().find(|record| record.id.as_str() == id).unwrap();
        let Record { recorded_at, references, payload, .. } = hit.clone();
        assert_eq!(*hit, Record { recorded_at, references, payload, ..full(id) });
    }
}

#[tokio::test]
async fn a_search_for_all_fields_returns_the_stored_records() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let whole = |id: &str| {
        let about = note("keeper", "").identity();
        Record { payload: json!({"role": id}), references: vec![about], ..full(id) }
    };
    longterm.store(vec![whole("one"), whole("two"), whole("three")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    // One of the library's rows is outdated, one is removed, and one record waits in the journal.
    let newer = Record { payload: json!({"role": "newer"}), ..whole("two") };
    longterm.store(vec![newer, whole("four")]).await.unwrap();
    longterm.forget(vec![whole("three").identity()]).await.unwrap();
    let options = SearchOptions::default().with_fields(Fields::All);
    for resident_bytes_max in [Config::default().resident_bytes_max, 0] {
        let config = Config { resident_bytes_max, ..Config::default() };
        let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
        longterm.upkeep().warm().await.unwrap();
        let hits = longterm.search("lighthouse", &options).await.unwrap().hits;
        let identities: Vec<Identity> = hits.iter().map(|hit| hit.record.identity()).collect();
        assert_eq!(hits.len(), 3);
        let mut stored = longterm.records().get_all(&identities).await.unwrap();
        stored.sort_by_key(|record| identities.iter().position(|it| *it == record.identity()));
        let found: Vec<Record> = hits.into_iter().map(|hit| hit.record).collect();
        assert_eq!(found, stored);
        let has_references = |record: &Record| record.references.len() == 1;
        assert!(found.iter().all(has_references));
    }
}

#[tokio::test]
async fn a_repeated_query_word_counts_each_time() {
    let records = || vec![note("pump", "the pump hums"), note("valve", "the valve hums")];
    for (query, expect) in [
        ("pump, valve, pump", ["note/pump", "note/valve"]),
        ("valve, pump, valve", ["note/valve", "note/pump"]),
    ] {
        check(records(), query, &SearchOptions::default(), &expect).await;
    }
}

#[tokio::test]
async fn texts_of_several_languages_are_found_by_other_forms_of_their_words() {
    let records = || {
        vec![
            note("de", "Wir haben gestern zwei alte H\u{e4}user in der Stadt besichtigt."),
            note("fr", "Les enfants ont chant\u{e9} de belles chansons pour la f\u{ea}te."),
            note("en", "They looked at two old barns in the country yesterday."),
        ]
    };
    for (query, expect) in [("Haus", "de"), ("chanter", "fr"), ("barn", "en")] {
        let dir = tempfile::tempdir().unwrap();
        let longterm = open(dir.path()).await;
        longterm.store(records()).await.unwrap();
        for _ in 0..2 {
            let found = longterm.search(query, &SearchOptions::default()).await.unwrap();
            assert_eq!(found.hits[0].record.id.as_str(), expect, "{query}");
            longterm.upkeep().drain().await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_rows_in_ram_follow_the_library() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { compact_after_batches: 3, ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let other = open(dir.path()).await;
    let text = |step: usize| format!("the lighthouse keeper counts ship {step}");
    for step in 0..12 {
        // Every third one replaces the record of the previous step.
        let id = format!("{}", step - usize::from(step % 3 == 2));
        longterm.store(vec![note(&id, &text(step))]).await.unwrap();
        longterm.upkeep().drain().await.unwrap();
        assert!(longterm.upkeep().warm().await.unwrap() && other.upkeep().warm().await.unwrap());
        let expect = if step % 3 == 2 { step - 1 } else { step };
        for handle in [&longterm, &other] {
            let query = format!("lighthouse ship {step}");
            let found = handle.search(&query, &SearchOptions::default()).await.unwrap();
            assert_eq!(found.hits[0].record.text, text(step), "{step}");
            assert_eq!(found.hits[0].record.id.as_str(), expect.to_string());
            let replaced = (0..step).filter(|before| before % 3 == 1);
            for before in replaced {
                assert!(found.hits.iter().all(|hit| hit.record.text != text(before)), "{before}");
            }
        }
    }
    let change = removal("0");
    let page = FeedPage { after: 0, through: 1, changes: vec![FeedItem { seq: 1, change }] };
    longterm.feed().apply(page).await.unwrap();
    for _ in 0..2 {
        for handle in [&longterm, &other] {
            assert!(!search(handle, "lighthouse ship 0").await.contains(&"note/0".to_owned()));
        }
        longterm.upkeep().drain().await.unwrap();
        assert!(other.upkeep().warm().await.unwrap());
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn records_are_found_by_words_and_by_meaning() {
    let records = || {
        vec![
            note("error", "the proxy failed with ERR_CONN_RESET on nginx-1.24.0"),
            note("dog", "my puppy ran around the garden all afternoon"),
            note("tax", "quarterly taxes are due in April"),
        ]
    };
    let best = SearchOptions::default().with_limit(1);
    check(records(), "err_conn_reset", &best, &["note/error"]).await;
    check(records(), "nginx", &best, &["note/error"]).await;
    check(records(), "a dog playing outside", &best, &["note/dog"]).await;
    check(records(), "TAXES?", &best, &["note/tax"]).await;
}

#[tokio::test]
async fn neighbouring_turns_contribute_their_words() {
    let records = vec![
        turn("s", 0, "Ada", "Did you adopt the kitten from the shelter?"),
        turn("s", 1, "Bob", "Yes, last week, she is called Mochi."),
        turn("t", 0, "Ada", "The train was late again."),
        turn("t", 1, "Bob", "Yes, every week, it is called Monday."),
    ];
    let two = SearchOptions::default().with_limit(2);
    let expect = ["message/s:0", "message/s:1"];
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(records).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let mut found = keys(&longterm.search("the name of the kitten", &two).await.unwrap());
    found.sort();
    assert_eq!(found, expect);
}

#[tokio::test]
async fn filters_restrict_before_the_search() {
    let scoped = |id: &str, user: Option<&str>| {
        let mut record = note(id, "blue whale");
        record.text.push_str(&format!(" number {id}"));
        record.scope = Scope { user: user.map(str::to_owned), ..Scope::default() };
        record
    };
    let users = || vec![scoped("1", Some("ada")), scoped("2", Some("bob")), scoped("3", None)];
    let ada = Scope::default().with_user("ada");
    let shared = SearchOptions::default().with_scope(ScopeFilter::new(ada.clone()));
    check(users(), "whale", &shared, &["note/1", "note/3"]).await;
    let exact = SearchOptions::default().with_scope(ScopeFilter::exact(ada));
    check(users(), "whale", &exact, &["note/1"]).await;

    let tagged = |id: &str, tags: &[&str]| {
        let mut record = note(id, &format!("green tea {id}"));
        record.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        record
    };
    let tags = vec![tagged("1", &["a b", "c"]), tagged("2", &["a"]), tagged("3", &[])];
    let any = SearchOptions::default().with_tags(vec!["a".to_owned(), "zz".to_owned()]);
    check(tags, "tea", &any, &["note/2"]).await;

    let facts = SearchOptions::default().with_kinds(vec![Kind::Fact]);
    check(vec![note("1", "x")], "x", &facts, &[]).await;
    let none = SearchOptions::default().with_kinds(vec![]);
    check(vec![note("1", "x")], "x", &none, &[]).await;
}

#[tokio::test]
async fn times_restrict_the_search() {
    let timed = |id: &str, change: &dyn Fn(&mut Record)| {
        let mut record = note(id, &format!("meeting {id}"));
        record.recorded_at = time("2024-06-01T00:00:00Z");
        change(&mut record);
        record
    };
    let records = || {
        vec![
            timed("may", &|record| record.occurred_at = Some(time("2023-05-10T09:00:00Z"))),
            timed("july", &|record| record.occurred_at = Some(time("2023-07-10T09:00:00Z"))),
            timed("expired", &|record| record.expires_at = Some(time("2024-07-01T00:00:00Z"))),
        ]
    };
    let day = |text: &str| Some(time(text));
    let june = SearchOptions::default()
        .with_since(day("2023-06-01T00:00:00Z"))
        .with_until(day("2023-07-10T09:00:00.000001Z"));
    check(records(), "meeting", &june, &["note/july"]).await;
    let before = SearchOptions::default().with_until(day("2023-07-10T09:00:00Z"));
    check(records(), "meeting", &before, &["note/may"]).await;
    let then = SearchOptions::default().with_as_of(day("2024-06-15T00:00:00Z"));
    check(records(), "expired meeting", &then.with_limit(1), &["note/expired"]).await;
    let named = SearchOptions::default().with_limit(1);
    check(records(), "the meeting in May 2023", &named, &["note/may"]).await;
}

#[tokio::test]
async fn a_hit_explains_itself_and_its_score_is_the_sum() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![turn("s", 0, "Ada", "I painted a lake at sunrise")]).await.unwrap();
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let found = longterm.search("What did Ada paint?", &options).await.unwrap();
    let hit = &found.hits[0];
    let why = hit.explain.as_ref().unwrap();
    assert_eq!(why.terms, ["paint"]);
    assert!(0.0 < why.speaker && 0.0 < why.words && 0.0 < why.meaning, "{why:?}");
    let sum = why.words + why.meaning + why.speaker + why.time + why.moment + why.question;
    assert!((hit.score - sum - why.feedback).abs() < 1e-9);
    assert!((0.0..=1.0).contains(&hit.relevance));
}

/// Searches with explanations, and returns each hit's key with its explanation.
async fn explained(records: Vec<Record>, query: &str) -> Vec<(String, Explanation)> {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(records).await.unwrap();
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let found = longterm.search(query, &options).await.unwrap();
    let explained =
        found.hits.into_iter().map(|hit| (hit.record.key().to_string(), hit.explain.unwrap()));
    explained.collect()
}

#[tokio::test]
async fn related_words_count_and_are_explained() {
    let records = vec![
        note("near", "we purchased the vehicle from a cousin"),
        note("far", "we painted the fence with a cousin"),
    ];
    let found = explained(records, "where did they buy the car?").await;
    let (key, why) = &found[0];
    assert_eq!(key, "note/near");
    assert!(why.terms.is_empty(), "{why:?}");
    assert_eq!(why.related, ["purchas", "vehicl"]);
    assert!(0.0 < why.words && found[1].1.words <= 0.0, "{found:?}");
}

#[tokio::test]
async fn a_question_for_a_time_prefers_records_that_name_one() {
    let records = || {
        vec![
            note("bare", "the roof of the barn was mended by Otto"),
            note("told", "the roof of the barn was mended by Otto yesterday"),
        ]
    };
    let when = explained(records(), "When was the roof of the barn mended?").await;
    assert_eq!(when[0].0, "note/told");
    assert!(0.0 < when[0].1.moment && when[1].1.moment <= 0.0, "{when:?}");
    let who = explained(records(), "Who mended the roof of the barn?").await;
    assert!(who.iter().all(|(_, why)| why.moment <= 0.0), "{who:?}");
}

#[tokio::test]
async fn relative_times_are_relative_to_the_time_of_the_question() {
    let told = |id: &str, day: &str| {
        let mut record = note(id, &format!("the committee met in room {id}"));
        record.occurred_at = Some(time(&format!("{day}T09:00:00Z")));
        record.recorded_at = record.occurred_at.unwrap();
        record
    };
    let records =
        || vec![told("4", "2023-04-11"), told("7", "2023-07-20"), told("9", "2024-05-14")];
    let at = |moment: &str| SearchOptions::default().with_as_of(time(moment)).with_limit(1);
    let asked = at("2024-05-15T12:00:00Z");
    check(records(), "the committee last spring", &asked, &["note/4"]).await;
    check(records(), "the committee yesterday", &asked, &["note/9"]).await;
    let before = at("2023-08-02T12:00:00Z");
    check(records(), "the committee two weeks ago", &before, &["note/7"]).await;
}

#[tokio::test]
async fn speakers_may_be_named_like_question_words() {
    let records = vec![
        turn("s", 0, "Will", "I painted the old mill at dusk"),
        turn("t", 0, "May", "I painted the old mill at dawn"),
    ];
    let found = explained(records.clone(), "What did Will paint?").await;
    assert_eq!(found[0].0, "message/s:0");
    assert!(0.0 < found[0].1.speaker && found[1].1.speaker <= 0.0, "{found:?}");
    let found = explained(records, "what did May paint?").await;
    assert_eq!(found[0].0, "message/t:0");
}

#[tokio::test]
async fn few_records_and_misspelt_questions_are_enough() {
    let records = || {
        vec![
            note("tomato", "we planted tomatoes behind the shed in April"),
            note("train", "the train to Lisbon leaves on Friday morning"),
            note("peanut", "Ada is allergic to peanuts and carries an injector"),
            note("backup", "the backup of the photo archive runs every night at two"),
            note("who", "the singer is known as Who Is She"),
        ]
    };
    let best = SearchOptions::default().with_limit(1);
    for (query, expect) in [
        ("tomatoes", "note/tomato"),
        ("WHERE ARE THE TOMATOES", "note/tomato"),
        ("plantd tomatos", "note/tomato"),
        ("tomatoes \u{1f345}\u{1f345}", "note/tomato"),
        ("lisbon train friday", "note/train"),
        ("On what day and at what time of the day does the train to Lisbon leave?", "note/train"),
        ("alergic to penuts", "note/peanut"),
        ("who is she?", "note/who"),
        ("\u{bf}cu\u{e1}ndo sale el tren a Lisboa, Lisbon?", "note/train"),
    ] {
        check(records(), query, &best, &[expect]).await;
    }
    let long =
        format!("{} the backup of the photo archive", "well, you know how it goes. ".repeat(500));
    check(records(), &long, &best, &["note/backup"]).await;
    for query in ["\u{1f345}", "\u{6771}\u{4eac}", "zzzz"] {
        let found = explained(records(), query).await;
        assert!(found.iter().all(|(_, why)| why.words.is_finite() && why.meaning.is_finite()));
    }
}

#[tokio::test]
async fn records_with_the_same_words_fold_into_one_hit() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let text = "the backup runs every night at two";
    longterm.store(vec![note("a", text), note("b", text), note("c", "other")]).await.unwrap();
    let found = longterm.search("backup at night", &SearchOptions::default()).await.unwrap();
    assert_eq!(found.hits[0].folded.len(), 1);
    assert_eq!(found.hits.len(), 2);
}

#[tokio::test]
async fn query_operators_are_words_and_odd_queries_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "one or more near misses"), note("b", "b")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    for query in ["\" OR 1=1 --", "NEAR(", "misses^2 AND (", "'; DROP TABLE records; --"] {
        search(&longterm, query).await;
    }
    for query in ["", "   ", "*", "?!"] {
        assert!(search(&longterm, query).await.is_empty(), "{query}");
    }
    let long = "misses ".repeat(15_000);
    assert_eq!(search(&longterm, &long).await[0], "note/a");
    let many: String = (0..20_000).map(|n| format!("w{n} ")).collect();
    assert_eq!(search(&longterm, &format!("{many} misses")).await[0], "note/a");
    let found = longterm.search(&many, &SearchOptions::default()).await.unwrap();
    assert!(found.hits.iter().all(|hit| hit.score.is_finite()));
}

#[tokio::test]
async fn limits_of_a_search_are_typed_errors() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let long = "x".repeat(QUERY_BYTES_MAX + 1);
    let error = longterm.search(&long, &SearchOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    let many = SearchOptions::default().with_limit(LIMIT_MAX + 1);
    let error = longterm.search("x", &many).await.unwrap_err();
    assert!(matches!(error, Error::TooMany { .. }), "{error}");
    let zero = SearchOptions::default().with_limit(0);
    assert!(longterm.search("x", &zero).await.unwrap().hits.is_empty());
}

#[tokio::test]
async fn min_relevance_excludes_records_that_do_not_match() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "we planted tomatoes behind the shed")]).await.unwrap();
    let options = SearchOptions::default().with_min_relevance(0.5);
    let fits = longterm.search("where are the tomatoes planted?", &options).await.unwrap();
    assert_eq!(keys(&fits), ["note/a"]);
    let off = longterm.search("quantum chromodynamics lecture", &options).await.unwrap();
    assert!(off.hits.is_empty());
}

#[tokio::test]
async fn repeated_records_do_not_crowd_out_others() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let same = (0..300).map(|n| note(&format!("same{n}"), "The heartbeat of the worker is fine."));
    let others =
        ["late", "lost", "strong"].map(|how| note(how, &format!("A heartbeat was {how}.")));
    longterm.store(same.chain(others).collect()).await.unwrap();
    for round in ["pending", "drained"] {
        let options = SearchOptions::default().with_limit(4);
        let found = longterm.search("worker heartbeat", &options).await.unwrap();
        assert_eq!(found.hits.len(), 4, "{round}");
        let folded: usize = found.hits.iter().map(|hit| hit.folded.len()).sum();
        assert_eq!(folded, 299, "{round}");
        longterm.upkeep().drain().await.unwrap();
    }
}
