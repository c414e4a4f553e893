use aios_longterm::Hit;
use aios_record::{Id, Kind, Record, Scope};

use super::{merged, other_kinds};

fn hits(kind: Kind, list: &[(&str, f64, f64)]) -> Vec<Hit> {
    let hit = |(id, score, relevance): &(&str, f64, f64)| {
        let record = Record::new(kind, Id::new(*id).unwrap(), *id, Scope::default());
        Hit { record, score: *score, relevance: *relevance, folded: Vec::new(), explain: None }
    };
    list.iter().map(hit).collect()
}

fn shown(messages: &[(&str, f64, f64)], told: &[(&str, f64, f64)], limit: usize) -> String {
    let merged = merged(hits(Kind::Message, messages), hits(Kind::Fact, told), limit);
    let is_ordered = |pair: &[Hit]| pair[1].score <= pair[0].score;
    assert!(merged.windows(2).all(is_ordered), "the score orders the hits");
    merged.iter().map(|hit| hit.record.id.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn told_facts_stand_among_other_hits_by_relevance() {
    let messages = [("m1", 9.0, 0.8), ("m2", 5.0, 0.4)];
    assert_eq!(shown(&messages, &[("f1", 0.2, 0.6), ("f2", 0.1, 0.1)], 9), "m1 f1 m2 f2");
    assert_eq!(shown(&messages, &[("f1", 0.2, 0.9)], 9), "f1 m1 m2");
    assert_eq!(shown(&messages, &[("f1", 0.2, 0.9)], 2), "f1 m1");
    assert_eq!(shown(&messages, &[("f1", 0.2, 0.8)], 9), "m1 f1 m2", "equal relevance");
    assert_eq!(shown(&[], &[("f1", 0.2, 0.8)], 9), "f1");
}

#[test]
fn only_a_search_for_facts_and_others_is_split() {
    assert_eq!(other_kinds(Some(&[Kind::Fact])), None);
    assert_eq!(other_kinds(Some(&[Kind::Note])), None);
    assert_eq!(other_kinds(Some(&[Kind::Note, Kind::Fact])), Some(vec![Kind::Note]));
    let all = other_kinds(None).unwrap();
    assert_eq!(all.len() + 1, Kind::ALL.len());
    assert!(!all.contains(&Kind::Fact));
}
