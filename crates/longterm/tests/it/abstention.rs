//! Relevance means the same in every collection, and a query without a match finds nothing.

use aios_longterm::{Longterm, SearchOptions};
use aios_record::{Id, Kind, Record, Scope};

use crate::support::{keys, open};

const STORED: &[&str] = &[
    "The staging database moved to port 5433 after the upgrade.",
    "Ada is allergic to peanuts and carries an injector.",
    "The backup of the photo archive runs every night at two.",
    "We planted tomatoes behind the shed in April.",
    "The login test fails when the token expires during the run.",
    "Bob's train to Lisbon leaves on Friday morning.",
    "The gateway returns 502 when its certificate has run out.",
    "Release notes are written by whoever merges last.",
];

const ANSWERED: &[(&str, usize)] = &[
    ("which port does the staging database use?", 0),
    ("what is Ada allergic to?", 1),
    ("when does the backup of the photo archive run?", 2),
    ("where did we plant the tomatoes?", 3),
    ("why does the login test fail?", 4),
    ("when does the train to Lisbon leave?", 5),
];

/// Questions about topics that were never stored.
const UNANSWERED: &[&str] = &[
    "how do whales sleep?",
    "quantum chromodynamics lecture",
    "what did the violinist play as an encore?",
    "capital of Mongolia",
    "how much yeast goes into the dough?",
    "who won the chess tournament?",
];

async fn of_kind(kind: Kind) -> (tempfile::TempDir, Longterm) {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let records = STORED.iter().enumerate().map(|(number, text)| {
        Record::new(kind, Id::new(number.to_string()).unwrap(), *text, Scope::default())
    });
    longterm.store(records.collect()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    (dir, longterm)
}

#[tokio::test]
async fn questions_about_unstored_topics_find_nothing() {
    let fitting = SearchOptions::default().with_min_relevance(0.5);
    for kind in [Kind::Note, Kind::Knowledge, Kind::Incident] {
        let (_dir, longterm) = of_kind(kind).await;
        for (question, answer) in ANSWERED {
            let found = keys(&longterm.search(question, &fitting).await.unwrap());
            assert_eq!(found.first(), Some(&format!("{kind}/{answer}")), "{question}");
        }
        for question in UNANSWERED {
            let found = longterm.search(question, &fitting).await.unwrap();
            assert!(found.hits.is_empty(), "{question}: {:?}", found.hits[0]);
            let nearest = longterm.search(question, &SearchOptions::default()).await.unwrap();
            assert!(!nearest.hits.is_empty(), "{question} is told from others by relevance alone");
        }
    }
}

#[tokio::test]
async fn relevance_grows_with_the_score_and_is_the_same_in_every_collection() {
    let mut by_kind = Vec::new();
    for kind in [Kind::Note, Kind::Knowledge, Kind::Procedure, Kind::Fact] {
        let (_dir, longterm) = of_kind(kind).await;
        let mut pairs = Vec::new();
        for question in ANSWERED.iter().map(|(question, _)| question).chain(UNANSWERED) {
            let found = longterm.search(question, &SearchOptions::default()).await.unwrap();
            let found = found.hits.iter().map(|hit| (hit.score, hit.relevance));
            let found: Vec<(f64, f64)> = found.collect();
            assert!(found.is_sorted_by(|a, b| b.0 <= a.0 && b.1 <= a.1), "{question}: {found:?}");
            pairs.extend(found);
        }
        assert!(pairs.iter().all(|(_, relevance)| (0.0..=1.0).contains(relevance)));
        by_kind.push(pairs);
    }
    for pairs in &by_kind {
        assert_eq!(*pairs, by_kind[0], "the same texts, the same questions");
    }
}

#[tokio::test]
async fn words_of_every_script_are_as_relevant_as_those_of_latin() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let long = "\u{6211}\u{4eec}\u{5728}\u{82b1}\u{56ed}\u{91cc}\u{559d}\u{8336}".repeat(6);
    let texts = [
        "My cat is called Whitey",
        "\u{6211}\u{7684}\u{732b}\u{53eb}\u{5c0f}\u{767d}",
        "\u{41c}\u{43e}\u{44f} \u{441}\u{435}\u{441}\u{442}\u{440}\u{430} \u{412}\u{435}\u{440}\u{430}",
        "\u{e41}\u{e21}\u{e27}\u{e02}\u{e2d}\u{e07}\u{e09}\u{e31}\u{e19}",
        &long,
        "Invoice total was $1,299.00 for the oak shelves",
    ];
    let record = |(number, text): (usize, &&str)| {
        Record::new(Kind::Note, Id::new(number.to_string()).unwrap(), *text, Scope::default())
    };
    longterm.store(texts.iter().enumerate().map(record).collect()).await.unwrap();
    let fitting = SearchOptions::default().with_min_relevance(0.5);
    let cases = [
        ("my cat", Some(0)),
        ("\u{6211}\u{7684}\u{732b}", Some(1)),
        ("\u{732b}", Some(1)),
        // One of two pairs of characters matches.
        ("\u{6211}\u{7684}\u{72d7}", None),
        ("\u{441}\u{435}\u{441}\u{442}\u{440}\u{430}", Some(2)),
        ("\u{e41}\u{e21}\u{e27}", Some(3)),
        ("\u{e2b}\u{e21}\u{e32}", None),
        ("\u{8336}", Some(4)),
        ("1299.00", Some(5)),
        ("1299", Some(5)),
        ("1300", None),
    ];
    for place in ["journal", "library"] {
        for (query, expect) in cases {
            let found = keys(&longterm.search(query, &fitting).await.unwrap());
            let expect: Vec<String> = expect.iter().map(|n| format!("note/{n}")).collect();
            assert_eq!(found, expect, "{query} in the {place}");
        }
        longterm.upkeep().drain().await.unwrap();
    }
}
