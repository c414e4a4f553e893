//! Everyday messages beside the facts of a person: errands, work, chores, travel, family and code.
//!
//! Most share words with a fact and end none; the others end the one that they name.

use aios_learning::{Extractor, Heard, Known, Message, supersede};
use aios_record::Timestamp;

use crate::rows;

/// Facts of somebody in an office.
const OFFICE: &[&str] = &[
    "I'm 34 years old.",
    "I'm married to Tom.",
    "I have two kids.",
    "I live in Ghent.",
    "I work at Siemens.",
    "My boss is Sue.",
    "I drive a Skoda.",
    "I play the piano.",
    "I have a dog called Rex.",
    "I have three cats.",
    "I use Vim.",
    "Our production database is Postgres.",
    "The deploy deadline is 5 May.",
    "My favourite colour is blue.",
    "I love hiking in the Alps.",
    "I drink coffee every day.",
    "I love Python.",
    "I wake up at 6.",
    "I have a gym membership.",
    "I'm a vegetarian.",
    "My laptop is a ThinkPad.",
    "I'm subscribed to Netflix.",
    "My sister Anna lives in Berlin.",
    "I'm learning Spanish.",
    "I take the tram to work.",
];

/// Facts of somebody with a studio.
const STUDIO: &[&str] = &[
    "I'm 41.",
    "My wife is Lena.",
    "I have a son and a daughter.",
    "I live in Porto.",
    "I work for Novartis as an analyst.",
    "My manager is Carla.",
    "We own a Toyota.",
    "I play the violin.",
    "My cat is called Miso.",
    "I have two horses.",
    "My editor is Emacs.",
    "Our backend runs on Kubernetes.",
    "The thesis deadline is 12 June.",
    "My favourite band is Muse.",
    "I like swimming in the lake.",
    "I drink green tea every morning.",
    "I'm on the volleyball team.",
    "I go to bed at 11.",
    "I have a library card.",
    "I'm vegan.",
    "My phone is a Pixel.",
    "I have a Spotify subscription.",
    "My brother Jonas lives in Vienna.",
    "I'm taking a pottery course.",
    "I take ibuprofen for my knee.",
];

/// Facts of somebody in a clinic.
const CLINIC: &[&str] = &[
    "I'm 29.",
    "I'm engaged to Priya.",
    "I have three kids.",
    "I live in Leeds with Priya.",
    "I'm a nurse at Mercy Hospital.",
    "My supervisor is Helen.",
    "I ride a Yamaha.",
    "I play guitar in a band called Driftwood.",
    "I have a rabbit named Clover.",
    "I have four chickens.",
    "I write everything in VS Code.",
    "We host our website on Heroku.",
    "The exam is on 14 June.",
    "My favourite film is Amelie.",
    "I enjoy gardening.",
    "I drink a glass of wine on Fridays.",
    "I love jazz.",
    "I get up at 5:30.",
    "I'm a member of the tennis club.",
    "I'm lactose intolerant.",
    "My phone is an iPhone.",
    "I have an account at Barclays.",
    "My brother Marek lives in Krakow.",
    "I'm learning Japanese.",
    "I cycle to work.",
    "My therapist is Dr. Lowe.",
    "The API runs on port 8080.",
    "Our standup is at 9:30.",
    "I'm reading Middlemarch.",
    "I'm allergic to cats.",
];

/// Facts of somebody by the sea.
const HARBOUR: &[&str] = &[
    "I'm 52 years old.",
    "My husband is Erik.",
    "I have a daughter called Lotte.",
    "I live in Malmo.",
    "I work at Volvo.",
    "My boss is Ingrid.",
    "I own a sailing boat.",
    "I sing in the church choir.",
    "I have a cat named Felix.",
    "I bake bread every Saturday.",
    "I read on a Kindle.",
    "Our CI runs on Jenkins.",
    "The report is due on Friday.",
    "My favourite author is Atwood.",
    "I love skiing in Norway.",
    "I drink espresso after lunch.",
    "I play chess on Thursdays.",
    "I go to bed at 10.",
    "I rent an allotment.",
    "I don't eat pork.",
    "My computer runs Ubuntu.",
    "I have a Disney subscription.",
    "My father lives in a care home in Lund.",
    "I'm studying law at the evening school.",
    "I take the bus to work.",
    "I'm writing a cookbook.",
    "I volunteer at the animal shelter.",
    "My bank is Nordea.",
    "I smoke a pipe.",
];

/// Facts of a student.
const CAMPUS: &[&str] = &[
    "I'm 23.",
    "My girlfriend is Nadia.",
    "I share a flat with Ollie.",
    "I live in Bristol.",
    "I work at a bakery in Bristol.",
    "My landlord is Mr. Harris.",
    "I ride a Vespa.",
    "I play the drums.",
    "I have a hamster called Peanut.",
    "I have two sisters.",
    "I code in Rust.",
    "Our app runs on AWS.",
    "The rent is due on the 3rd.",
    "My favourite food is ramen.",
    "I like climbing.",
    "I drink oat milk.",
    "I'm on the rowing team.",
    "I get up at 4.",
    "I have a Duolingo subscription.",
    "I'm on keto.",
    "My tablet is an iPad.",
    "My mum lives in Cardiff.",
    "I'm training for the London marathon.",
    "I take the train to uni.",
    "I'm saving for a trip to Japan.",
    "I study biology at Bristol University.",
    "I wear contact lenses.",
];

/// Facts of somebody with a household.
const HOUSEHOLD: &[&str] = &[
    "I'm 38.",
    "My partner is Sam.",
    "I have a daughter called Ivy.",
    "I live in Basel.",
    "I work at Roche as a chemist.",
    "My phone number is 555-0142.",
    "My email is kim@oak.example.",
    "I drive a Honda.",
    "I have a cat called Pepper.",
    "I'm allergic to peanuts.",
    "I'm vegetarian.",
    "I speak German at home.",
    "I'm learning Italian.",
    "My favourite team is Ajax.",
    "I use Firefox.",
    "My phone is a Nokia.",
    "My dentist is Dr. Frey.",
    "I don't drink alcohol.",
    "I run every morning.",
    "I play the cello.",
    "I take the train to work.",
    "My sister Jo lives in Madrid.",
    "My address is 12 Mill Lane.",
    "My rent is 1400.",
    "I prefer tea.",
    "I'm doing a masters in history.",
    "My birthday is 4 May.",
    "I go to the gym on Mondays.",
    "I love sushi.",
];

fn known(at: usize, text: &str) -> Vec<Known> {
    let message = Message::new(at.to_string(), text);
    let learned = Extractor::default().extract(&message, None, &mut Heard::default());
    learned.drafts.iter().map(|draft| Known::of(message.key.clone(), draft)).collect()
}

fn profile(texts: &[&str]) -> Vec<Known> {
    texts.iter().enumerate().flat_map(|(at, text)| known(at, text)).collect()
}

/// Returns the keys of the facts that a message ends.
fn ended(facts: &[Known], message: &Message) -> Vec<String> {
    supersede(facts, message).into_iter().map(|it| it.key).collect()
}

#[test]
fn an_everyday_message_ends_no_fact_but_the_one_that_it_names() {
    let profiles = [
        ("office", OFFICE),
        ("studio", STUDIO),
        ("clinic", CLINIC),
        ("harbour", HARBOUR),
        ("campus", CAMPUS),
        ("household", HOUSEHOLD),
    ];
    let profiles = profiles.map(|(name, texts)| (name, texts, profile(texts)));
    let mut wrong = Vec::new();
    for row in rows(include_str!("../fixtures/everyday.tsv"), 3) {
        let [name, fact, text] = row[..] else { unreachable!() };
        let (_, texts, facts) = profiles.iter().find(|it| it.0 == name).expect("a profile");
        let at = texts.iter().position(|it| *it == fact).unwrap_or(texts.len());
        let mut facts = facts.clone();
        if fact != "-" && at == texts.len() {
            facts.extend(known(at, fact));
        }
        let found = ended(&facts, &Message::new("m", text));
        let expected = if fact == "-" { Vec::new() } else { vec![at.to_string()] };
        if found != expected {
            wrong.push(format!("{fact} | {text}: ended {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_year_before_that_of_the_message_is_history() {
    let facts = profile(&["I live in Ghent.", "I work at Siemens."]);
    let at: Timestamp = "2026-03-02T10:00:00Z".parse().expect("a time");
    let said = |text: &str| ended(&facts, &Message { at: Some(at), ..Message::new("m", text) });
    for text in ["In 2010 I moved to Oslo.", "I joined Bosch in 2015.", "I left Siemens in 2019."] {
        assert!(said(text).is_empty(), "{text}");
    }
    assert_eq!(said("In 2026 I moved to Oslo."), ["0"]);
    assert_eq!(said("I joined Bosch in 2026."), ["1"]);
    assert_eq!(said("I moved to Oslo in 2025 and live there now."), ["0"]);
    assert_eq!(said("Since 2025 I live in Oslo."), ["0"]);
}

#[test]
fn a_plan_ends_nothing_before_its_time() {
    let facts = profile(&["I live in Ghent.", "I drive a Skoda."]);
    for text in [
        "I move to Oslo next month.",
        "We move to Bergen in two weeks.",
        "I'm selling the Skoda in June.",
        "I'll sell the Skoda next spring.",
    ] {
        assert!(ended(&facts, &Message::new("m", text)).is_empty(), "{text}");
    }
    assert_eq!(ended(&facts, &Message::new("m", "I moved to Oslo last month.")), ["0"]);
}

#[test]
fn a_part_that_ends_leaves_the_whole() {
    for (fact, text) in [
        ("I live in Ghent with Tom.", "Tom moved out."),
        ("I live in Leuven with my girlfriend Mia.", "Mia and I broke up."),
        ("I have a car.", "I no longer have a car payment."),
        ("I love Python.", "I no longer use Python 2."),
        ("I drink coffee every day.", "I no longer drink coffee in the evening."),
        ("I have three cats.", "I have one cat on my lap."),
        ("I go to the gym four times a week.", "I no longer go to the gym on Mondays."),
        ("The project's deadline is 5 May.", "The other project's deadline is 7 June."),
        ("My laptop is a ThinkPad.", "My work laptop is a MacBook now."),
        ("I live in Ghent.", "We left Ghent yesterday."),
        ("I live in Ghent.", "I left Ghent and drove to Brussels."),
        ("My phone is a Pixel.", "My company phone is an iPhone now."),
    ] {
        let facts = profile(&[fact]);
        assert!(!facts.is_empty(), "{fact}");
        assert_eq!(
            ended(&facts, &Message::new("m", text)),
            Vec::<String>::new(),
            "{fact} | {text}"
        );
    }
}
