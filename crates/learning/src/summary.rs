//! Summaries by extraction: sentences of the messages, unchanged and in order.

use std::collections::HashSet;

use aios_record::Timestamp;
use serde::{Deserialize, Serialize};

use crate::heard::Heard;
use crate::lexicon::Class;
use crate::message::{Message, Role};
use crate::sentence::{Mood, Sentence, sentences};
use crate::when::day_of;

/// Sentences that are considered. Later ones are ignored.
pub const SUMMARY_SENTENCES_MAX: usize = 5_000;

/// A sentence that was chosen for a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Key of its message.
    pub key: String,
    /// The sentence, verbatim.
    pub sentence: String,
    /// Name of the speaker.
    pub speaker: String,
    /// Time of the message.
    pub at: Option<Timestamp>,
}

/// Sentences that stand for messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The sentences as one text, a line for each run of a speaker: "2023-05-07 Ada: ...".
    pub text: String,
    /// The chosen sentences, in order.
    pub chosen: Vec<Chosen>,
}

/// Chooses sentences of `messages` whose text has at most `chars_max` characters, with the day and
/// the speaker of each.
///
/// Each step takes the sentence with the most weight of words that no chosen one has, for its
/// length (the greedy choice for a budgeted coverage: Lin and Bilmes, "A Class of Submodular
/// Functions for Document Summarization", 2011). Rare words weigh more, and so do names, numbers,
/// times and the first person; questions and greetings are not chosen. Empty if no sentence fits.
#[must_use]
pub fn summary(messages: &[Message], chars_max: usize) -> Summary {
    let read: Vec<Vec<Sentence>> = messages.iter().map(|it| sentences(it.read())).collect();
    let mut heard = Heard::default();
    for sentences in &read {
        heard.add(sentences);
    }
    let mut open: Vec<Candidate<'_>> = Vec::new();
    for (message, sentences) in messages.iter().zip(&read) {
        let wanted = sentences.iter().filter(|_| message.role != Role::Other);
        let wanted = wanted.filter(|it| it.mood != Mood::Question && !it.is_chatter());
        open.extend(wanted.map(|sentence| Candidate::new(message, sentence)));
        if SUMMARY_SENTENCES_MAX <= open.len() {
            open.truncate(SUMMARY_SENTENCES_MAX);
            break;
        }
    }
    for (position, candidate) in open.iter_mut().enumerate() {
        candidate.position = position;
    }
    let mut chosen: Vec<Candidate<'_>> = Vec::new();
    let mut covered: HashSet<&str> = HashSet::new();
    let mut chars = 0;
    loop {
        let weighed = open.iter().enumerate().map(|(at, it)| (at, it.gain(&covered, &heard)));
        let best = weighed.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((at, _)) = best.filter(|(_, gain)| 0.0 < *gain) else { break };
        let candidate = open.swap_remove(at);
        // Every sentence may need a heading of its own.
        if chars_max < chars + candidate.chars {
            continue;
        }
        chars += candidate.chars;
        covered.extend(candidate.lemmas());
        chosen.push(candidate);
    }
    chosen.sort_by_key(|candidate| candidate.position);
    written(&chosen)
}

struct Candidate<'m> {
    position: usize,
    message: &'m Message,
    sentence: &'m Sentence,
    /// Characters with heading and separator.
    chars: usize,
}

impl<'m> Candidate<'m> {
    fn new(message: &'m Message, sentence: &'m Sentence) -> Candidate<'m> {
        let text = &message.read()[sentence.span.clone()];
        let chars = text.chars().count() + heading(message).chars().count() + 1;
        Candidate { position: 0, message, sentence, chars }
    }

    fn text(&self) -> &'m str {
        &self.message.read()[self.sentence.span.clone()]
    }

    fn lemmas(&self) -> impl Iterator<Item = &'m str> {
        let sentence = self.sentence;
        let words = sentence.words.iter().filter(|word| word.is_content());
        words.map(|word| word.lemma.as_str())
    }

    /// Returns the weight of its words that are not covered, by the square root of its length.
    fn gain(&self, covered: &HashSet<&str>, heard: &Heard) -> f64 {
        let words = self.sentence.words.iter().filter(|word| word.is_content());
        let fresh = words.filter(|word| !covered.contains(word.lemma.as_str()));
        let weight: f64 = fresh
            .map(|word| {
                let stands_out = word.is_capital || word.is_number() || word.is(Class::Time);
                heard.idf(&word.lemma) * if stands_out { 1.5 } else { 1.0 }
            })
            .sum();
        let personal = if self.sentence.has(Class::First) { 1.2 } else { 1.0 };
        weight * personal / (self.chars as f64).sqrt()
    }
}

fn heading(message: &Message) -> String {
    let day = message.at.map(|at| format!("{} ", day_of(at, message.offset_seconds)));
    format!("{}{}: ", day.unwrap_or_default(), message.subject())
}

fn written(chosen: &[Candidate<'_>]) -> Summary {
    let mut text = String::new();
    let mut last: Option<String> = None;
    for candidate in chosen {
        let heading = heading(candidate.message);
        if last.as_ref() == Some(&heading) {
            text.push(' ');
        } else {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&heading);
        }
        text.push_str(candidate.text());
        last = Some(heading);
    }
    let chosen = chosen.iter().map(|candidate| Chosen {
        key: candidate.message.key.clone(),
        sentence: candidate.text().to_owned(),
        speaker: candidate.message.subject().to_owned(),
        at: candidate.message.at,
    });
    Summary { text, chosen: chosen.collect() }
}
