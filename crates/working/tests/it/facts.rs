//! Facts: slots, ends, evidence, rejections, and reading in time.

use aios_record::{Identity, Kind, Owner, Timestamp};
use aios_working::{Error, Fact, FactEnd, FactQuery, FactReport, FactStep, Retention, WorkingView};
use serde_json::json;

use crate::{Place, id, key, opened, view};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn home(name: &str, city: &str) -> Fact {
    let fact = Fact::new(format!("Ada lives in {city}.")).with_slot("Ada", "home", city);
    Fact { id: id(name), ..fact }
}

/// A step of a message `message/SOURCE` at a time.
fn step(source: &str, time: &str, added: Vec<Fact>, ended: Vec<FactEnd>) -> FactStep {
    let source = format!("message/{source}");
    let stated = |fact: Fact| Fact {
        evidence: vec![source.clone()],
        stated_at: Some(at(time)),
        confidence: 0.6,
        ..fact
    };
    let added = added.into_iter().map(stated).collect();
    FactStep { source: source.clone(), stated_at: Some(at(time)), added, ended }
}

fn end(name: &str, by: Option<&str>) -> FactEnd {
    FactEnd { id: id(name), valid_to: None, superseded_by: by.map(id) }
}

async fn apply(view: &WorkingView, steps: Vec<FactStep>) -> FactReport {
    view.facts().apply(steps).await.unwrap()
}

async fn current(view: &WorkingView, query: FactQuery) -> Vec<String> {
    let page = view.facts().list(query).await.unwrap();
    page.facts.iter().map(|fact| fact.id.to_string()).collect()
}

#[tokio::test]
async fn the_facts_of_a_record_are_those_that_cite_it() {
    let (_place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    let day = "2026-01-01T00:00:00Z";
    let open = |name: &str| Fact { id: id(name), ..Fact::new(format!("Ada said {name}.")) };
    apply(&ada, vec![step("m1", day, vec![home("f1", "Ghent"), open("f2")], vec![])]).await;
    apply(&ada, vec![step("m2", day, vec![home("f3", "Oslo")], vec![end("f1", Some("f3"))])]).await;
    apply(&bob, vec![step("m1", day, vec![open("f4")], vec![])]).await;
    let citing = async |view: &WorkingView, owner: &str, names: &[&str]| {
        let owner = Owner::from_stored(owner.to_owned());
        let records = names.iter().map(|it| Identity::new(owner.clone(), Kind::Message, id(it)));
        let facts = view.facts().citing(records.collect()).await.unwrap();
        facts.iter().map(|fact| fact.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(citing(&ada, "ada", &["m1"]).await, ["f1", "f2"], "ended ones, too");
    assert_eq!(citing(&ada, "ada", &["m2", "m3"]).await, ["f3"]);
    assert_eq!(citing(&ada, "bob", &["m1"]).await, Vec::<String>::new(), "another owner's");
    assert_eq!(citing(&bob, "bob", &["m1"]).await, ["f4"]);
}

#[tokio::test]
async fn pages_go_back_from_the_last_statement_and_repeat_nothing() {
    let (_place, working) = opened();
    let (ada, shared) = (view(&working, "ada"), &working);
    let open = |name: &str| Fact { id: id(name), ..Fact::new(format!("Ada said {name}.")) };
    let day = |day: u32| format!("2026-01-{day:02}T00:00:00Z");
    // Stored in another order than stated, several at one time, of two owners.
    for (source, on, names) in
        [("m3", 3, &["f5", "f6"][..]), ("m1", 1, &["f1", "f2", "f3"]), ("m2", 2, &["f4"])]
    {
        let facts = names.iter().map(|name| open(name)).collect();
        apply(&ada, vec![step(source, &day(on), facts, vec![])]).await;
    }
    let fact = Fact { stated_at: Some(at(&day(2))), ..home("f7", "Ghent") };
    shared.facts().put(fact).await.unwrap();
    for query in [
        FactQuery::default(),
        FactQuery::default().with_ended(),
        FactQuery::default().with_as_of(at("2026-01-05T00:00:00Z")),
    ] {
        let whole = current(&ada, query.clone()).await;
        assert_eq!(whole, ["f6", "f5", "f7", "f4", "f3", "f2", "f1"], "{query:?}");
        let mut paged = Vec::new();
        let mut next = query.with_limit(2);
        loop {
            let page = ada.facts().list(next.clone()).await.unwrap();
            paged.extend(page.facts.iter().map(|fact| fact.id.to_string()));
            match page.next {
                Some(cursor) => next = next.with_after(cursor),
                None => break,
            }
        }
        assert_eq!(paged, whole);
    }
    let then = FactQuery::default().with_as_of(at("2026-01-02T00:00:00Z"));
    assert_eq!(current(&ada, then).await, ["f7", "f4", "f3", "f2", "f1"]);
}

#[tokio::test]
async fn a_step_adds_facts_and_ends_others_and_can_be_repeated() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    let steps = vec![
        step("m1", "2026-01-01T00:00:00Z", vec![home("f1", "Ghent")], vec![]),
        step("m2", "2026-02-01T00:00:00Z", vec![home("f2", "Oslo")], vec![end("f1", Some("f2"))]),
    ];
    let report = apply(&ada, steps.clone()).await;
    assert_eq!((report.added.len(), report.superseded.len()), (2, 1));
    let before = ada.facts().history("ADA", "Home ").await.unwrap();
    assert_eq!(before[0].superseded_by, Some(id("f2")));
    assert_eq!(before[0].valid_to, Some(at("2026-02-01T00:00:00Z")));
    assert_eq!(before[0].ended_by.as_deref(), Some("message/m2"));

    let again = apply(&ada, steps).await;
    assert_eq!((again.added.len(), again.superseded.len(), again.known), (0, 0, 2));
    assert_eq!(ada.facts().history("Ada", "home").await.unwrap(), before);
    assert_eq!(current(&ada, FactQuery::default()).await, ["f2"]);
    assert_eq!(current(&ada, FactQuery::default().with_ended()).await, ["f2", "f1"]);
    working.close().await;
}

#[tokio::test]
async fn a_moment_shows_what_was_known_and_true_then() {
    let (_place, working) = opened();
    let moved = Fact { valid_from: Some(at("2026-01-20T00:00:00Z")), ..home("f2", "Oslo") };
    let ended = FactEnd { valid_to: moved.valid_from, ..end("f1", Some("f2")) };
    let trip = Fact { valid_to: Some(at("2026-03-05T00:00:00Z")), ..Fact::new("Ada is in Rome.") };
    let trip = Fact { id: id("f3"), ..trip };
    apply(
        &working,
        vec![
            step("m1", "2026-01-01T00:00:00Z", vec![home("f1", "Ghent")], vec![]),
            step("m2", "2026-02-01T00:00:00Z", vec![moved], vec![ended]),
            step("m3", "2026-02-20T00:00:00Z", vec![trip], vec![]),
        ],
    )
    .await;
    let cases = [
        ("2025-12-31T00:00:00Z", vec![]),
        ("2026-01-10T00:00:00Z", vec!["f1"]),
        // The move had happened, and nobody had said so.
        ("2026-01-25T00:00:00Z", vec!["f1"]),
        ("2026-02-10T00:00:00Z", vec!["f2"]),
        ("2026-03-01T00:00:00Z", vec!["f3", "f2"]),
        ("2026-03-06T00:00:00Z", vec!["f2"]),
    ];
    for (moment, expected) in cases {
        let query = FactQuery::default().with_as_of(at(moment));
        assert_eq!(current(&working, query).await, expected, "{moment}");
        let all = working.facts().list(FactQuery::default().with_ended()).await.unwrap().facts;
        let holds = all.iter().filter(|fact| fact.holds_at(at(moment)));
        let holds: Vec<String> = holds.map(|fact| fact.id.to_string()).collect();
        assert_eq!(holds, expected, "{moment}");
    }
    working.close().await;
}

#[tokio::test]
async fn a_restated_fact_keeps_its_id_and_gains_evidence() {
    let (_place, working) = opened();
    apply(&working, vec![step("m1", "2026-01-01T00:00:00Z", vec![home("f1", "Ghent")], vec![])])
        .await;
    let again = step("m2", "2026-01-02T00:00:00Z", vec![home("f9", "GHENT")], vec![]);
    let report = apply(&working, vec![again.clone()]).await;
    assert_eq!((report.updated, report.added), (vec![id("f1")], vec![]));
    let fact = working.facts().get(&id("f1")).await.unwrap().unwrap();
    assert_eq!(fact.evidence, ["message/m1", "message/m2"]);
    assert!(0.8 < fact.confidence, "{}", fact.confidence);
    assert_eq!(apply(&working, vec![again.clone()]).await.known, 1);

    // After the fact has ended, the same message does not bring it back.
    let ended = vec![end("f1", None)];
    apply(&working, vec![step("m3", "2026-01-03T00:00:00Z", vec![], ended)]).await;
    assert_eq!(apply(&working, vec![again]).await.known, 1);
    assert!(current(&working, FactQuery::default()).await.is_empty());
    working.close().await;
}

#[tokio::test]
async fn a_rejected_value_stays_out_however_it_is_written() {
    let (place, working) = opened();
    let ada = view(&working, "ada");
    let steps = vec![
        step("m1", "2026-01-01T00:00:00Z", vec![home("f1", "Ghent")], vec![]),
        step("m2", "2026-02-01T00:00:00Z", vec![home("f2", "Oslo")], vec![end("f1", Some("f2"))]),
    ];
    apply(&ada, steps.clone()).await;
    let removed = ada.facts().reject(&id("f2")).await.unwrap();
    assert_eq!(removed.len(), 1);
    // The fact that it had superseded is current again, also when the message is read again.
    for _ in 0..2 {
        assert_eq!(current(&ada, FactQuery::default().with_ended()).await, ["f1"]);
        assert_eq!(apply(&ada, steps.clone()).await.rejected, 1);
    }
    let spellings = ["oslo", "OSLO ", "O s l o", "\u{41e}sl\u{43e}", "Os\u{200b}lo", "Oslo."];
    for (n, spelling) in spellings.iter().enumerate() {
        let fact = home(&format!("g{n}"), spelling);
        let error = ada.facts().put(fact.clone()).await.unwrap_err();
        assert!(matches!(error, Error::Rejected { .. }), "{spelling}: {error}");
        let again = step(&format!("n{n}"), "2026-03-01T00:00:00Z", vec![fact], vec![]);
        let report = apply(&ada, vec![again]).await;
        assert_eq!((report.rejected, report.added), (1, vec![]), "{spelling}");
    }
    // Another owner, another attribute and another value are free.
    view(&working, "bob").facts().put(home("f2", "Oslo")).await.unwrap();
    let birthplace = Fact::new("Ada was born there.").with_slot("Ada", "birthplace", "Oslo");
    ada.facts().put(birthplace).await.unwrap();
    ada.facts().put(home("f3", "Bremen")).await.unwrap();

    // A change of another fact does not bring it in either, and no reopening, no age.
    let change = json!({"value": "OSLO"}).as_object().unwrap().clone();
    let error = ada.records().update(&key(Kind::Fact, "f3"), change).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    place.pass_hours(24 * 4000);
    working.upkeep().age(&Retention::default()).await.unwrap();
    working.close().await;
    let working = place.open(place.fed());
    let error = view(&working, "ada").facts().put(home("h", "oslo")).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    working.close().await;
    let file = std::fs::read(place.folder.path().join("working.db")).unwrap();
    let bobs = file.windows(4).filter(|bytes| bytes.eq_ignore_ascii_case(b"oslo")).count();
    assert!(0 < bobs, "the other owner's fact is there");
}

#[tokio::test]
async fn withdrawn_evidence_takes_its_facts_and_gives_back_what_they_ended() {
    let (_place, working) = opened();
    apply(
        &working,
        vec![
            step("m1", "2026-01-01T00:00:00Z", vec![home("f1", "Ghent")], vec![]),
            step(
                "m2",
                "2026-02-01T00:00:00Z",
                vec![home("f2", "Oslo")],
                vec![end("f1", Some("f2"))],
            ),
            step("m3", "2026-02-02T00:00:00Z", vec![home("f3", "Oslo")], vec![]),
        ],
    )
    .await;
    let withdrawn = working.facts().withdraw(vec![key(Kind::Message, "m2")]).await.unwrap();
    let removed: Vec<String> = withdrawn.removed.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(removed, ["f2"]);
    assert_eq!(withdrawn.revived.len(), 1);
    assert_eq!(withdrawn.evidence_left, [key(Kind::Message, "m3")]);
    assert_eq!(current(&working, FactQuery::default()).await, ["f1"]);
    working.close().await;
}

#[tokio::test]
async fn a_value_that_is_taken_back_gives_its_place_to_the_one_after_it() {
    for is_rejected in [false, true] {
        let (_place, working) = opened();
        let moves = [("f1", "Ghent"), ("f2", "Oslo"), ("f3", "Lyon"), ("f4", "Rome")];
        for (month, (name, city)) in (1..).zip(moves) {
            let former = format!("f{}", month - 1);
            let ends = if month == 1 { vec![] } else { vec![end(&former, Some(name))] };
            let time = format!("2026-0{month}-01T00:00:00Z");
            let moved = step(&format!("m{month}"), &time, vec![home(name, city)], ends);
            apply(&working, vec![moved]).await;
        }
        if is_rejected {
            working.facts().reject(&id("f2")).await.unwrap();
            working.facts().reject(&id("f3")).await.unwrap();
        } else {
            let keys = vec![key(Kind::Message, "m2"), key(Kind::Message, "m3")];
            let withdrawn = working.facts().withdraw(keys).await.unwrap();
            assert_eq!(withdrawn.revived, []);
        }
        assert_eq!(current(&working, FactQuery::default()).await, ["f4"]);
        let ghent = working.facts().get(&id("f1")).await.unwrap().unwrap();
        assert_eq!(ghent.superseded_by, Some(id("f4")));
        assert_eq!(ghent.valid_to, Some(at("2026-04-01T00:00:00Z")));
        // Without a later value, the first one is current again.
        working.facts().withdraw(vec![key(Kind::Message, "m4")]).await.unwrap();
        assert_eq!(current(&working, FactQuery::default()).await, ["f1"]);
        working.close().await;
    }
}

#[tokio::test]
async fn a_told_value_ends_the_others_of_its_slot() {
    let (_place, working) = opened();
    working.facts().put(home("f1", "Ghent")).await.unwrap();
    working.facts().put(home("f2", "Oslo")).await.unwrap();
    let color = |name: &str, value: &str| {
        let fact = Fact::new("").with_slot("ada ", "Favourite colour", value);
        Fact { id: id(name), ..fact }
    };
    working.facts().put(color("c1", "blue")).await.unwrap();
    assert_eq!(current(&working, FactQuery::default()).await, ["c1", "f2"]);
    let colour = working.facts().get(&id("c1")).await.unwrap().unwrap();
    assert_eq!(colour.statement(), "ada, Favourite colour: blue");
    working.close().await;
}

#[tokio::test]
async fn slots_with_several_values_are_listed() {
    let (_place, working) = opened();
    let two = vec![home("f1", "Ghent"), home("f2", "Oslo")];
    apply(&working, vec![step("m1", "2026-01-01T00:00:00Z", two, vec![])]).await;
    view(&working, "ada").facts().put(home("f3", "Rome")).await.unwrap();
    let found = working.facts().contradictions(10).await.unwrap();
    assert_eq!(found.len(), 1);
    let values: Vec<String> = found[0].iter().map(Fact::value_text).collect();
    assert_eq!(values, ["Ghent", "Oslo"]);
    let ada = view(&working, "ada").facts().contradictions(10).await.unwrap();
    assert_eq!(ada.len(), 1, "shared ones are seen, the own fact is another slot");
    working.close().await;
}

#[tokio::test]
async fn pages_of_facts_end_and_belong_to_their_owner() {
    let (_place, working) = opened();
    for n in 0..7 {
        let owner = if n % 2 == 0 { "ada" } else { "bob" };
        let fact = Fact { id: id(&format!("f{n}")), ..Fact::new(format!("statement {n}")) };
        view(&working, owner).facts().put(fact).await.unwrap();
    }
    let ada = view(&working, "ada");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let query = FactQuery::default().with_limit(2).with_after(after);
        let page = ada.facts().list(query).await.unwrap();
        seen.extend(page.facts.iter().map(|fact| fact.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["f6", "f4", "f2", "f0"]);
    let profile = ada.facts().profile(3).await.unwrap();
    let profile: Vec<String> = profile.iter().map(|fact| fact.id.to_string()).collect();
    assert_eq!(profile, ["f6", "f4", "f2"]);
    working.close().await;
}

#[tokio::test]
async fn the_learned_position_never_goes_back() {
    let place = Place::new();
    let working = place.open(place.fed());
    assert_eq!(working.feed().learned().await.unwrap(), None);
    working.feed().set_learned(7).await.unwrap();
    working.feed().set_learned(5).await.unwrap();
    working.close().await;
    let working = place.open(place.fed());
    assert_eq!(working.feed().learned().await.unwrap(), Some(7));
    working.close().await;
}

#[tokio::test]
async fn a_confirmation_stays_if_the_statement_is_stored_again() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    let facts = ada.facts();
    let dog = Fact { id: id("f"), ..Fact::new("Ada has a dog.") };
    facts.put(dog.clone()).await.unwrap();
    facts.confirm(&id("f")).await.unwrap();
    let again = Fact { metadata: json!({"tags": ["home"]}), confidence: 0.5, ..dog.clone() };
    facts.put(again).await.unwrap();
    let stored = facts.get(&id("f")).await.unwrap().unwrap();
    assert!(stored.confirmed_at.is_some() && 0.99 < stored.confidence, "{stored:?}");
    assert_eq!(stored.metadata, json!({"tags": ["home"]}));
    facts.put(Fact { text: "Ada has a cat.".to_owned(), ..dog.clone() }).await.unwrap();
    assert!(facts.get(&id("f")).await.unwrap().unwrap().confirmed_at.is_none());
    // Another owner's fact of the same id is another fact.
    facts.put(dog.clone()).await.unwrap();
    facts.confirm(&id("f")).await.unwrap();
    let bob = view(&working, "bob");
    bob.facts().put(dog).await.unwrap();
    assert!(bob.facts().get(&id("f")).await.unwrap().unwrap().confirmed_at.is_none());
}

#[tokio::test]
async fn a_confirmation_does_not_outlive_its_statement() {
    let (_place, working) = opened();
    let facts = working.facts();
    facts.put(home("f", "Ghent")).await.unwrap();
    let confirmed = async || facts.get(&id("f")).await.unwrap().unwrap().confirmed_at.is_some();
    for (name, value, stays) in [
        ("confidence", json!(0.9), true),
        ("metadata", json!({"seen": 1}), true),
        ("value", json!("Oslo"), false),
        ("text", json!("Ada has moved to Oslo."), false),
        ("attribute", json!("harbour"), false),
    ] {
        facts.confirm(&id("f")).await.unwrap();
        assert!(confirmed().await);
        let changes = serde_json::Map::from_iter([(name.to_owned(), value)]);
        working.records().update(&key(Kind::Fact, "f"), changes).await.unwrap();
        assert_eq!(confirmed().await, stays, "{name}");
    }
    working.close().await;
}
