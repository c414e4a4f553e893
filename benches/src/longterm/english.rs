//! Synthetic English in plain words: turns of a conversation, abstracts, and natural questions. A
//! number gives the same text in every run.

use crate::numbers::Numbers;

const PEOPLE: &[&str] = &[
    "Ada", "Bruno", "Chen", "Dara", "Edith", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira",
    "Liam", "Maya", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tessa",
];
const PLACES: &[&str] = &[
    "library",
    "office",
    "harbour",
    "kitchen",
    "museum",
    "station",
    "garden",
    "school",
    "hospital",
    "market",
    "workshop",
    "airport",
    "theatre",
    "village",
    "beach",
    "stadium",
    "bakery",
    "studio",
    "warehouse",
    "clinic",
    "forest",
    "river",
    "farm",
    "hotel",
    "bridge",
    "castle",
    "factory",
    "gallery",
    "laboratory",
    "mountain",
];
const THINGS: &[&str] = &[
    "guitar",
    "bicycle",
    "server",
    "report",
    "painting",
    "camera",
    "contract",
    "recipe",
    "printer",
    "backup",
    "passport",
    "letter",
    "telescope",
    "violin",
    "invoice",
    "keyboard",
    "blanket",
    "engine",
    "novel",
    "lamp",
    "ticket",
    "battery",
    "jacket",
    "database",
    "cake",
    "microscope",
    "drone",
    "map",
    "ladder",
    "sensor",
    "piano",
    "kettle",
    "tractor",
    "necklace",
    "password",
    "router",
    "parcel",
    "vaccine",
    "poem",
    "compass",
    "statue",
    "wallet",
    "boat",
    "helmet",
    "diary",
    "radio",
    "carpet",
    "spreadsheet",
    "scooter",
    "tent",
];
const DEEDS: &[&str] = &[
    "repaired",
    "bought",
    "lost",
    "painted",
    "sold",
    "cleaned",
    "borrowed",
    "tested",
    "finished",
    "broke",
    "found",
    "measured",
    "returned",
    "designed",
    "packed",
    "restarted",
    "photographed",
    "ordered",
    "delivered",
    "inspected",
    "replaced",
    "wrapped",
    "forgot",
    "recommended",
    "cancelled",
    "rented",
    "installed",
    "carried",
    "described",
    "improved",
];
const TIMES: &[&str] = &[
    "yesterday",
    "last week",
    "on Monday",
    "in March",
    "two days ago",
    "this morning",
    "in spring",
    "on her birthday",
    "after lunch",
    "before the holidays",
    "in 2021",
    "late at night",
    "during the storm",
    "at noon",
    "over the weekend",
];
const REASONS: &[&str] = &[
    "because it was too old",
    "since nobody used it any more",
    "although it was raining",
    "so that the children could see it",
    "because the price had gone up",
    "to help a neighbour",
    "because the doctor said so",
    "after the lights went out",
    "to save some money",
    "because the train was late",
    "while everybody else was asleep",
    "for the summer festival",
    "because the colour had faded",
    "to surprise the whole family",
    "since the deadline was near",
];
const KINDS: &[&str] = &[
    "red",
    "heavy",
    "small",
    "expensive",
    "broken",
    "new",
    "wooden",
    "quiet",
    "famous",
    "second",
    "strange",
    "warm",
    "empty",
    "digital",
    "ancient",
    "light",
    "borrowed",
    "favourite",
    "spare",
    "noisy",
];

/// Returns turn `number` of a conversation.
pub(super) fn turn(number: u64) -> String {
    let mut numbers = of(number);
    let first = sentence(&mut numbers);
    match numbers.below(3) {
        0 => first,
        1 => format!("{first} {}", remark(&mut numbers)),
        _ => format!("{} {first}", remark(&mut numbers)),
    }
}

/// Returns the speaker of a turn.
pub(super) fn speaker(number: u64) -> &'static str {
    pick(PEOPLE, &mut of(number / 600 * 2 + number % 2))
}

/// Returns abstract `number`, of about 200 words.
pub(super) fn abstract_of(number: u64) -> String {
    let mut numbers = of(number ^ 0xAB57);
    let (thing, place) = (pick(THINGS, &mut numbers), pick(PLACES, &mut numbers));
    let opening = format!("We study how the {thing} of the {place} is used.");
    let rest = (0..14).map(|_| sentence(&mut numbers));
    std::iter::once(opening).chain(rest).collect::<Vec<_>>().join(" ")
}

/// Returns a question about turn `number`. Some of its words differ from the turn's.
pub(super) fn question(number: u64) -> String {
    let mut numbers = of(number);
    let [who, deed, kind, thing, place, ..] = parts(&mut numbers);
    match of(number ^ 0x9E57).below(5) {
        0 => format!("What happened to the {kind} {thing}?"),
        1 => format!("Why was {who} at the {place}, and what about the {thing}?"),
        2 => format!("When did {who} go to the {place}?"),
        3 => format!("Who {deed} the {thing}?"),
        _ => format!("What did {who} say about the {kind} {thing} that was {deed}?"),
    }
}

fn sentence(numbers: &mut Numbers) -> String {
    let [who, deed, kind, thing, place, time, reason] = parts(numbers);
    match numbers.below(4) {
        0 => format!("{who} {deed} the {kind} {thing} at the {place} {time} {reason}."),
        1 => format!("{time}, {who} {deed} a {thing} near the {kind} {place} {reason}."),
        2 => format!("I think {who} {deed} my {kind} {thing} {time}, at the {place}."),
        _ => format!("The {thing} from the {place} was {deed} by {who} {reason}."),
    }
}

fn remark(numbers: &mut Numbers) -> String {
    let (who, thing) = (pick(PEOPLE, numbers), pick(THINGS, numbers));
    match numbers.below(4) {
        0 => "That sounds great!".to_owned(),
        1 => format!("By the way, {who} asked about the {thing}."),
        2 => format!("Do you still have the {thing}?"),
        _ => "I am not sure about that.".to_owned(),
    }
}

fn parts(numbers: &mut Numbers) -> [&'static str; 7] {
    [PEOPLE, DEEDS, KINDS, THINGS, PLACES, TIMES, REASONS].map(|words| pick(words, numbers))
}

fn pick(words: &[&'static str], numbers: &mut Numbers) -> &'static str {
    words[numbers.below(words.len())]
}

fn of(number: u64) -> Numbers {
    Numbers::new(number.wrapping_mul(0x9E37_79B9).wrapping_add(11))
}
