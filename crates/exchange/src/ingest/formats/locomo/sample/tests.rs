//! Conversations with valid and malformed evidence.

use serde_json::json;

use super::*;

fn read(value: &Value) -> (Option<Sample>, Vec<String>) {
    let mut problems = Vec::new();
    let sample = Sample::read(value, &mut problems);
    problems.extend(sample.iter().flat_map(|it| it.untimed.clone()));
    (sample, problems)
}

#[test]
fn sessions_are_ordered_by_number_and_captions_are_text() {
    let (sample, problems) = read(&json!({
        "sample_id": "conv-1",
        "conversation": {
            "speaker_a": "Ada",
            "session_10": [{"speaker": "Ada", "dia_id": "D10:1", "text": "late"}],
            "session_10_date_time": "1:56 pm on 8 May, 2023",
            "session_2": [
                {"speaker": "Bob", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a cat"},
                {"speaker": "Bob", "dia_id": "D2:2", "text": "", "blip_caption": "a dog"},
            ],
        },
    }));
    let sample = sample.unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let texts: Vec<_> = sample
        .sessions
        .iter()
        .flat_map(|session| session.turns.iter().map(|turn| (session.number, &*turn.text)))
        .collect();
    let expect =
        [(2, "Look! [shared a photo: a cat]"), (2, "[shared a photo: a dog]"), (10, "late")];
    assert_eq!(texts, expect);
    assert_eq!(sample.sessions[0].started_at, None);
    assert_eq!(sample.sessions[1].started_at.unwrap().to_string(), "2023-05-08T13:56:00Z");
}

#[test]
fn answers_are_words_or_numbers() {
    let (sample, _) = read(&json!({
        "sample_id": "conv-1",
        "conversation": {"session_1": []},
        "qa": [
            {"question": "a", "answer": "7 May 2023"},
            {"question": "b", "answer": 2022},
            {"question": "c", "adversarial_answer": "x", "category": 5},
        ],
    }));
    let answers: Vec<_> = sample.unwrap().questions.into_iter().map(|it| it.answer).collect();
    assert_eq!(answers, [Some("7 May 2023".to_owned()), Some("2022".to_owned()), None]);
}

#[test]
fn malformed_evidence_is_split_and_unknown_turns_are_dropped() {
    let turn = |id: &str| json!({"speaker": "Ada", "dia_id": id, "text": "x"});
    let (sample, _) = read(&json!({
        "sample_id": "conv-1",
        "conversation": {"session_1": [turn("D8:6"), turn("D9:17"), turn("D9:1")]},
        "qa": [
            {"question": "a", "evidence": ["D8:6; D9:17"], "category": 1},
            {"question": "b", "evidence": ["D9:1 D8:6", "D9:1"], "category": 2},
            {"question": "c", "evidence": ["D:11:26", "D4:36"], "category": 3},
            {"question": "d", "category": 5},
        ],
    }));
    let evidence: Vec<_> =
        sample.unwrap().questions.into_iter().map(|question| question.evidence).collect();
    let expect: [&[&str]; 4] = [&["D8:6", "D9:17"], &["D9:1", "D8:6"], &[], &[]];
    assert_eq!(evidence, expect);
}

#[test]
fn a_broken_turn_costs_that_turn_only() {
    let (sample, problems) = read(&json!({
        "sample_id": "conv-1",
        "conversation": {
            "session_1": [{"dia_id": "D1:1"}, {"speaker": "Ada", "text": "kept"}],
            "session_1_date_time": "some day",
            "session_2": "lost",
        },
    }));
    assert_eq!(sample.unwrap().sessions[0].turns.len(), 1);
    assert_eq!(
        problems,
        [
            "turn 1 of `session_1`: `speaker` is missing",
            "`session_2` is not a list of turns",
            "`session_1` is stored undated: `some day` is not a session time like \
             `1:56 pm on 8 May, 2023`",
        ]
    );
    assert_eq!(read(&json!({"conversation": {}})).0, None);
    assert_eq!(read(&json!({"sample_id": "x"})).0, None);
}
