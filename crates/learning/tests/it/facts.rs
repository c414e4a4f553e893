//! Statements that become facts, and their form.

use aios_learning::{Draft, Extractor, Heard, Message, Role};

use crate::{facts_of, rows, said};

#[test]
fn statements_become_facts_in_the_third_person() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/facts.tsv"), 5) {
        let [text, subject, attribute, value, fact] = row[..] else { unreachable!() };
        let drafts = facts_of(text);
        let found: Vec<[&str; 4]> = drafts
            .iter()
            .map(|draft| {
                let attribute = draft.attribute.as_deref().unwrap_or_default();
                let value = draft.value.as_deref().unwrap_or_default();
                [draft.subject.as_str(), attribute, value, draft.text.as_str()]
            })
            .collect();
        let expected = [[subject, attribute, value, fact]];
        let expected: &[[&str; 4]] = if fact.is_empty() { &[] } else { &expected };
        if found != expected {
            wrong.push(format!("{text}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the slots of a text that the user says on 2 March 2026, each with its owner unless that
/// is the user; `nothing` if the text has no fact at all.
fn slots_of(text: &str) -> String {
    let message = Message::new("m", text).with_time("2026-03-02T10:00:00Z".parse().unwrap(), 0);
    let drafts = Extractor::default().extract(&message, None, &mut Heard::default()).drafts;
    let slot = |draft: &Draft| {
        let attribute = draft.attribute.as_ref()?;
        let owner = draft.subject.strip_prefix("the user").unwrap_or(&draft.subject);
        let owner = owner.trim_start_matches("'s ");
        let dot = if owner.is_empty() { "" } else { "." };
        let end = if draft.until.is_some() { "!" } else { "" };
        Some(format!("{owner}{dot}{attribute}={}{end}", draft.value.as_deref().unwrap_or("")))
    };
    let slots: Vec<String> = drafts.iter().filter_map(slot).collect();
    if drafts.is_empty() { "nothing".to_owned() } else { slots.join("; ") }
}

#[test]
fn a_message_is_read_for_the_slots_that_its_author_states() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/reading.tsv"), 2) {
        let found = slots_of(&row[0].replace("\\n", "\n"));
        let is_none = row[1].is_empty() && found == "nothing";
        if found != row[1] && !is_none {
            wrong.push(format!("{}\n  expected {}\n  found    {found}", row[0], row[1]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sentence_that_refers_back_joins_the_one_before() {
    let drafts = facts_of("We adopted a parrot. It sings every morning.");
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].quote, "We adopted a parrot. It sings every morning.");
}

#[test]
fn a_limited_validity_has_its_end() {
    let drafts = facts_of("I'm staying with my mother until Friday.");
    assert_eq!(drafts[0].until.as_ref().unwrap().iso, "2023-08-18");
    assert!(drafts[0].when.is_none());
}

#[test]
fn an_elliptic_answer_has_its_question() {
    let question = said("q", "How long have you been painting?", "2023-08-14");
    let question = Message { speaker: Some("Bo".into()), ..question };
    let answer = said("a", "Seven years now.", "2023-08-14");
    let learned = Extractor { worth_min: 0.0, ..Extractor::default() }.extract(
        &answer,
        Some(&question),
        &mut Heard::default(),
    );
    assert_eq!(learned.worth.numbers.was_asked, 1.0);
    assert_eq!(learned.drafts.len(), 1);
    let draft = &learned.drafts[0];
    assert_eq!(
        draft.text,
        "Asked \"How long have you been painting?\", Ada: Seven years now (since 2016)."
    );
    assert_eq!(draft.evidence, ["q", "a"]);
}

#[test]
fn an_assistant_is_believed_only_if_confirmed_or_deciding() {
    let extract = |message: &Message, before: Option<&Message>| {
        Extractor::default().extract(message, before, &mut Heard::default()).drafts
    };
    let guess =
        Message::new("g", "You live in Lyon. You work as a baker.").with_role(Role::Assistant);
    assert!(extract(&guess, None).is_empty());
    let yes = Message::new("y", "Yes, exactly.");
    let confirmed = extract(&yes, Some(&guess));
    let texts: Vec<&str> = confirmed.iter().map(|draft| draft.text.as_str()).collect();
    assert_eq!(texts, ["The user lives in Lyon.", "The user works as a baker."]);
    assert_eq!(confirmed[0].evidence, ["g", "y"]);
    let no = Message::new("n", "No, not at all.");
    assert!(extract(&no, Some(&guess)).iter().all(|draft| draft.evidence == ["n"]));
    let decision = Message::new("d", "We decided to deploy on Fridays.").with_role(Role::Assistant);
    assert_eq!(extract(&decision, None).len(), 1);
    let tool = Message::new("t", "I live in Lyon.").with_role(Role::Other);
    assert!(extract(&tool, None).is_empty());
}

#[test]
fn rare_words_are_worth_more() {
    let mut heard = Heard::default();
    let extractor = Extractor::default();
    let common = Message::new("m", "I walked my dog in the park this morning.");
    for _ in 0..200 {
        let _ = extractor.worth(&common, None, &mut heard);
    }
    let rare = Message::new("m", "I assembled my telescope in the attic this morning.");
    let rare = extractor.worth(&rare, None, &mut heard.clone());
    let common = extractor.worth(&common, None, &mut heard.clone());
    assert!(common.score < rare.score, "{common:?} {rare:?}");
    let json = serde_json::to_string(&heard).unwrap();
    assert_eq!(serde_json::from_str::<Heard>(&json).unwrap(), heard);
}

#[test]
fn the_caption_of_a_photo_has_neither_worth_nor_facts() {
    let learned = |text: &str| {
        Extractor::default().extract(&Message::new("m", text), None, &mut Heard::default())
    };
    let plain = learned("I adopted a parrot. It sings.");
    let shown =
        learned("I adopted a parrot. [shared a photo: I live in Rome. My cat left.] It sings.");
    assert_eq!(plain.worth, shown.worth);
    let texts = |it: &aios_learning::Learned| {
        it.drafts.iter().map(|draft| draft.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&plain), texts(&shown));
    assert!(learned("[shared a photo: I moved to Oslo").drafts.is_empty());
}

#[test]
fn an_answer_is_worth_more_than_a_remark() {
    let worth = |before: &str| {
        let asked = Message { speaker: Some("Bo".to_owned()), ..Message::new("a", before) };
        let said = Message { speaker: Some("Ada".to_owned()), ..Message::new("b", "A red kayak.") };
        Extractor::default().worth(&said, Some(&asked), &mut Heard::default()).score
    };
    assert!(worth("Is it new? I like it.") < worth("I like it. Is it new?"));
    let asked = "Is it new? [shared a photo: a red boat]";
    assert!(worth("I like it.") < worth(asked));
}
