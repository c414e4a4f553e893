//! Synthetic conversations: words by Zipf's law, topics that make vectors cluster, sessions with
//! turns of two speakers, a few users. A number gives the same turn in every run.

use aios_record::{Id, Kind, Record, Scope, Timestamp};

use crate::numbers::Numbers;

/// Vocabulary size of all topics together.
const WORDS: usize = 20_000;
/// Number of words shared by all topics.
const WORDS_SHARED: usize = 2_000;
const WORDS_OF_TOPIC: usize = 300;
const TOPICS: usize = 400;
const TURNS_OF_SESSION: u64 = 20;
const USERS: u64 = 10;
const NAMES: [&str; 8] = ["Ada", "Bruno", "Chen", "Dara", "Edith", "Farid", "Grace", "Hugo"];
const SYLLABLES: [&str; 20] = [
    "ba", "con", "der", "fi", "gra", "hol", "in", "ju", "ker", "lan", "mo", "ner", "pol", "qui",
    "ran", "ster", "tion", "ur", "ver", "wen",
];
/// 2024-01-01T00:00:00Z.
const START_SECONDS: i64 = 1_704_067_200;

/// Returns turn `number` of an unlimited history.
#[must_use]
pub fn record(number: u64) -> Record {
    let session = number / TURNS_OF_SESSION;
    let id = Id::new(format!("turn-{number}")).expect("letters and digits");
    let scope = Scope::default().with_user(user(number)).with_session(format!("session-{session}"));
    let mut record = Record::new(Kind::Message, id, text(number), scope);
    record.position = Some((number % TURNS_OF_SESSION) as i64);
    record.speaker = Some(speaker(number).to_owned());
    let seconds = START_SECONDS + (number * 60) as i64;
    record.occurred_at = Some(Timestamp::from_second(seconds).expect("within some years"));
    record
}

/// Returns a question about turn `number`: its four longest words and its speaker.
#[must_use]
pub fn question(number: u64) -> String {
    let text = text(number);
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(4);
    format!("What did {} say about {}?", speaker(number), words.join(" "))
}

/// Returns the user of turn `number`.
#[must_use]
pub fn user(number: u64) -> String {
    format!("user-{}", (number / TURNS_OF_SESSION) % USERS)
}

fn speaker(number: u64) -> &'static str {
    let session = number / TURNS_OF_SESSION;
    let other = 1 + Numbers::new(session).below(NAMES.len() - 1) as u64;
    NAMES[((session + other * (number % 2)) % NAMES.len() as u64) as usize]
}

fn text(number: u64) -> String {
    let topic = Numbers::new(number / TURNS_OF_SESSION).below(TOPICS);
    let mut numbers = Numbers::new(number.wrapping_mul(0x9E37_79B9).wrapping_add(7));
    let count = 8 + numbers.below(24);
    let words = (0..count).map(|_| {
        if 6 <= numbers.below(10) {
            return word_of(zipf(numbers.share(), WORDS_SHARED));
        }
        let word = topic * WORDS_OF_TOPIC + zipf(numbers.share(), WORDS_OF_TOPIC);
        word_of(WORDS_SHARED + Numbers::new(word as u64).below(WORDS - WORDS_SHARED))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Maps a uniform `share` to a rank below `of` with density 1 / rank. Rank 0 is the most frequent.
fn zipf(share: f64, of: usize) -> usize {
    ((of as f64).powf(share) as usize).saturating_sub(1).min(of - 1)
}

fn word_of(mut number: usize) -> String {
    let mut word = String::new();
    loop {
        word.push_str(SYLLABLES[number % SYLLABLES.len()]);
        number /= SYLLABLES.len();
        if number == 0 {
            return word;
        }
    }
}
