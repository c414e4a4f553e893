//! Facts that a message ends, and those that it does not.

use aios_learning::{Extractor, Heard, Known, Message, Role, Shape, supersede};

use crate::rows;

/// Facts that no case is about.
const UNRELATED: &[&str] = &[
    "My accountant is Ms. Marsh.",
    "I have a parrot named Kiwi.",
    "My hobby is woodworking.",
    "My niece Nora lives in Quebec.",
    "I take the vitamin D pills every morning.",
    "Our repository is on GitLab.",
    "My goal is to run 10 km.",
    "My favorite season is autumn.",
    "I'm learning Swahili.",
    "My rent is 840.",
    "My cousin Ivo is a sculptor.",
    "I go fishing on Sundays.",
];

/// Learns texts in order and returns the indexes of those without a current fact.
fn lost(texts: &[&str]) -> Vec<usize> {
    let mut heard = Heard::default();
    let mut current: Vec<Known> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let message = Message::new(at.to_string(), *text);
        let ended = supersede(&current, &message);
        current.retain(|known| !ended.iter().any(|it| it.key == known.key()));
        let drafts = Extractor::default().extract(&message, None, &mut heard).drafts;
        current.extend(drafts.iter().map(|draft| Known::of(message.key.clone(), draft)));
    }
    let all = 0..texts.len();
    all.filter(|at| !current.iter().any(|known| known.key() == at.to_string())).collect()
}

#[test]
fn a_message_ends_the_fact_that_it_contradicts_and_no_other() {
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/supersession.tsv"), 4) {
        let [shape, fact, message, expected] = row[..] else { unreachable!() };
        let texts: Vec<&str> =
            [fact].into_iter().chain(UNRELATED.iter().copied()).chain([message]).collect();
        let lost = lost(&texts);
        let lost: Vec<usize> = lost.into_iter().filter(|at| *at + 1 < texts.len()).collect();
        let right = if expected == "ends" { lost == [0] } else { lost.is_empty() };
        if !right {
            let lost: Vec<&str> = lost.iter().map(|at| texts[*at]).collect();
            wrong.push(format!("{shape}: {fact} || {message}: lost {lost:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shapes(fact: &str, message: &str) -> Vec<(Shape, Option<String>)> {
    let known = [Known::read("f", "the user", fact)];
    let ended = supersede(&known, &Message::new("m", message));
    ended.into_iter().map(|it| (it.shape, it.attribute)).collect()
}

#[test]
fn the_shape_of_a_contradiction_is_named() {
    let home = Some("home".to_owned());
    assert_eq!(shapes("I live in Lyon.", "I live in Ghent."), [(Shape::Replacement, home)]);
    assert_eq!(shapes("I don't eat meat.", "I eat meat again."), [(Shape::Polarity, None)]);
    assert_eq!(shapes("I have a dog.", "I no longer have a dog."), [(Shape::Retraction, None)]);
}

#[test]
fn facts_in_the_third_person_are_those_of_the_speaker() {
    let known = [
        Known::read("home", "Ada", "Ada lives in Lyon."),
        Known::read("sister", "Ada", "Ada's sister Greta lives in Oslo."),
    ];
    let ends = |text: &str| {
        let message = Message::new("m", text).with_names("Ada", "Bo");
        let ended = supersede(&known, &message);
        ended.into_iter().map(|it| it.key).collect::<Vec<_>>()
    };
    assert_eq!(ends("I moved to Ghent."), ["home"]);
    assert_eq!(ends("My sister moved to Turku."), ["sister"]);
    assert_eq!(ends("Greta moved to Turku."), ["sister"]);
    assert!(ends("My brother moved to Turku.").is_empty());
}

#[test]
fn only_persons_end_facts() {
    let known = [Known::read("f", "the user", "I live in Lyon.")];
    for role in [Role::Assistant, Role::Other] {
        let message = Message::new("m", "I moved to Ghent.").with_role(role);
        assert!(supersede(&known, &message).is_empty());
    }
}

#[test]
fn words_of_somebody_else_end_nothing() {
    let known = [Known::read("f", "the user", "I live in Lyon.")];
    for text in [
        "Reply to this mail:\n> I live in Oslo now.\n> Cheers, Lars",
        "```\n# I live in Oslo\n```",
        "Make it: 'I moved to Bergen.'",
        "Translate to French: I moved to Oslo",
        "Summarize this email:\n\nHi,\nI moved to Oslo.\nLars",
        "[10:02] Bob: I live in Oslo now.",
        "2026-03-01 10:00:02 INFO user: I moved to Oslo",
        "I live in Oslo now, said the man.",
        "<status>I moved to Oslo</status>",
    ] {
        assert_eq!(supersede(&known, &Message::new("m", text)), [], "{text}");
    }
    let own = "Reply to this mail:\n> I live in Oslo now.\n\nBy the way, I moved to Bergen.";
    assert_eq!(supersede(&known, &Message::new("m", own)).len(), 1);
}

/// Facts, and messages about another time, owner or thing.
const OTHERS: &[(&str, &str)] = &[
    ("I live in Ghent.", "In 2010 I moved to Oslo."),
    ("I work at Lumen.", "In March 2015 I joined Pico."),
    ("I live in Ghent.", "I move to Oslo next month."),
    ("I live in Ghent.", "Once I have moved to Oslo, I will call you."),
    ("I live in Ghent.", "It's not true that I moved to Oslo."),
    ("I live in Ghent.", "I have a friend who moved to Oslo."),
    ("I'm a waiter.", "There is a guy at the gym who is a nurse."),
    ("I'm 41 years old.", "We bought a boat that is 20 years old."),
    ("My phone number is 555-0101.", "I called the shop, whose number is 555-0177."),
    ("My phone number is 555-0101.", "The office phone number is 555-0100."),
    ("My name is Mara.", "My company's name is Acme."),
    ("My daughter works at Lumen.", "My younger daughter works at Pico."),
    ("I have two kids.", "I have three kids in my class today."),
    ("I'm single.", "We're getting married in June."),
    ("I wake up at 7.", "On Sundays I wake up at 10."),
    ("I work as a nurse.", "I am a bad cook."),
];

#[test]
fn a_statement_about_another_time_or_owner_ends_nothing() {
    for (fact, text) in OTHERS {
        let known = [Known::read("f", "the user", fact)];
        let at = "2026-03-02T10:00:00Z".parse().unwrap();
        let message = Message::new("m", *text).with_time(at, 0);
        assert_eq!(supersede(&known, &message), [], "{fact} | {text}");
    }
    let brother = "I visited my brother, who moved to Oslo.";
    assert_eq!(shapes("My brother lives in Ghent.", brother).len(), 1);
    assert!(shapes("I live in Ghent.", brother).is_empty());
}

#[test]
fn another_language_ends_nothing() {
    let known = [Known::read("f", "the user", "I live in Lyon.")];
    for text in [
        "Ich wohne jetzt in Gent und nicht mehr in Lyon.",
        "Ahora vivo en Gante, ya no vivo en Lyon.",
        "\u{42f} \u{431}\u{43e}\u{43b}\u{44c}\u{448}\u{435} \u{43d}\u{435} \u{436}\u{438}\u{432}\u{443} \u{432} Lyon.",
    ] {
        assert!(supersede(&known, &Message::new("m", text)).is_empty(), "{text}");
    }
}

/// Remarks, events and comments of a conversation, each with a later one of the same speaker that
/// shares words with it. None is a change.
const TALK: &[(&str, &str)] = &[
    (
        "Last week I went to the lantern parade with Noor.",
        "Last weekend I joined a lantern workshop.",
    ),
    (
        "I painted that lake last year, it's special to me.",
        "We just finished another painting today!",
    ),
    ("I love painting with the kids.", "Just finished this painting of a bridge."),
    ("The book club is full of Dune fans like me.", "I just got back from the wildest Dune party!"),
    (
        "I'm totally into chess puzzles right now.",
        "My flat lost power during a chess puzzle, so annoying.",
    ),
    ("I can't wait to see the ocean.", "I'm going to the ocean, can't wait!"),
    ("I haven't talked to Ines in a while.", "Let's talk again soon, Ines!"),
    ("My kids have a lot of energy.", "We let the kids run around in the garden."),
    ("I love this city, its food is great.", "I discover new cities, check out this pic of one."),
    ("I totally agree with you about films.", "I couldn't agree more about films!"),
    ("I've been busy volunteering at the shelter.", "I donated some old toys to the shelter."),
    ("I took my nephews to a pottery class on Friday.", "I've finally found my hobby: pottery."),
    ("It's hard, but reading calms me.", "I love getting lost in reading."),
];

#[test]
fn talk_about_a_topic_ends_no_statement_about_it() {
    for (said, later) in TALK {
        let (before, message) = (Message::new("1", *said), Message::new("2", *later));
        let mut heard = Heard::default();
        let learned = Extractor::default().extract(&before, None, &mut heard);
        let mut known: Vec<Known> =
            learned.drafts.iter().map(|draft| Known::of("1", draft)).collect();
        known.push(Known::read("0", "", said));
        assert_eq!(supersede(&known, &message), [], "{said} | {later}");
    }
}
