//! Hits of facts and messages, in every order.

use aios_longterm::Hit;
use aios_record::{Id, Kind, Record, Scope, Source};

use super::folded;

fn hit(kind: Kind, id: &str, score: f64, evidence: Option<&str>) -> Hit {
    let source = evidence.map(|id| Source { kind: "message".to_owned(), id: id.to_owned() });
    let record = Record::new(kind, Id::new(id).unwrap(), id, Scope::default());
    let record = Record { source, ..record };
    Hit { record, score, relevance: score / 10.0, folded: Vec::new(), explain: None }
}

fn shown(hits: Vec<Hit>) -> (Vec<(String, f64)>, usize) {
    let (hits, left_out) = folded(hits);
    (hits.iter().map(|hit| (hit.record.key().to_string(), hit.score)).collect(), left_out)
}

#[test]
fn a_fact_lends_its_place_to_the_message_that_states_it() {
    let hits = vec![
        hit(Kind::Fact, "f", 9.0, Some("m")),
        hit(Kind::Note, "n", 8.0, None),
        hit(Kind::Message, "m", 7.0, None),
    ];
    let expected = vec![("message/m".to_owned(), 9.0), ("note/n".to_owned(), 8.0)];
    assert_eq!(shown(hits), (expected, 1));
}

#[test]
fn a_fact_below_its_message_is_left_out() {
    let hits = vec![
        hit(Kind::Message, "m", 9.0, None),
        hit(Kind::Fact, "f", 8.0, Some("m")),
        hit(Kind::Fact, "g", 7.0, Some("m")),
    ];
    assert_eq!(shown(hits), (vec![("message/m".to_owned(), 9.0)], 2));
}

#[test]
fn a_fact_whose_message_was_not_found_stays() {
    let hits = vec![hit(Kind::Fact, "f", 9.0, Some("x")), hit(Kind::Message, "m", 8.0, None)];
    let expected = vec![("fact/f".to_owned(), 9.0), ("message/m".to_owned(), 8.0)];
    assert_eq!(shown(hits), (expected, 0));
}
