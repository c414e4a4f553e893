//! Statements about the past: "in 2010 I moved to Oslo", "my dog ran away when I was ten".
//!
//! An event that lies before the facts of a conversation ends none of them. The time of a fact's
//! statement is not known here, so an earlier year than that of the message counts as before.

use aios_record::Timestamp;
use jiff::tz::TimeZone;

use crate::lexicon::Class;
use crate::sentence::{Sentence, spaced};
use crate::words::Word;

/// Phrases by which a speaker tells of former times.
const FORMER_TIMES: &[&str] = &[
    " when i was ",
    " when we were ",
    " when i lived ",
    " when i worked ",
    " when i studied ",
    " as a kid ",
    " as a child ",
    " as a boy ",
    " as a girl ",
    " as a teenager ",
    " as a student ",
    " in my childhood ",
    " in my youth ",
    " in my twenties ",
    " in my thirties ",
    " at the age of ",
    " back in the ",
    " back then ",
    " back in the day ",
    " growing up ",
];

/// Returns true if a statement tells of former times, and not also of the present.
pub(super) fn is_history(sentence: &Sentence, at: Option<Timestamp>) -> bool {
    let spaced = spaced(&sentence.words);
    let is_told = FORMER_TIMES.iter().any(|phrase| spaced.contains(phrase));
    let was_young = |it: &[Word]| it[0].low == "was" && it[1].is_number() && it[2].low == "when";
    let is_many = |word: &Word| word.is_number() && !matches!(word.low.as_str(), "one" | "1");
    let years_ago = |it: &[Word]| is_many(&it[0]) && it[1].low == "years" && it[2].low == "ago";
    let then = is_told
        || sentence.words.windows(3).any(years_ago)
        || sentence.words.windows(3).any(was_young)
        || sentence.words.windows(2).any(|it| is_former_year(it, at));
    let lasts = spaced.contains(" since ") || spaced.contains(" these days ");
    then && !lasts && !sentence.has(Class::Current)
}

/// Returns true for "in 2010", a year before that of the message.
fn is_former_year(words: &[Word], at: Option<Timestamp>) -> bool {
    let Some(year) = words[1].low.parse::<i16>().ok().filter(|it| (1900..2100).contains(it)) else {
        return false;
    };
    let now = at.map(|at| TimeZone::UTC.to_datetime(at).year());
    matches!(words[0].low.as_str(), "in" | "during") && now.is_none_or(|now| year < now)
}

/// Returns true if a statement says that what broke or was lost is whole again or was found.
pub(super) fn is_mended(sentence: &Sentence) -> bool {
    const MENDED: &[&str] = &[
        " still works ",
        " works again ",
        " is fixed ",
        " got fixed ",
        " was fixed ",
        " fixed it ",
        " repaired it ",
        " was repaired ",
        " is repaired ",
        " found it ",
        " found him ",
        " found her ",
        " got it back ",
        " came back ",
        " is back ",
        " are back ",
        " back home ",
        " turned up ",
        " handed it in ",
        " handed him in ",
        " handed her in ",
        " is alive ",
        " was asleep ",
        " was only asleep ",
        " was just asleep ",
    ];
    let spaced = spaced(&sentence.words);
    let is_undone = || spaced.contains(" not ") || spaced.contains(" never ");
    MENDED.iter().any(|phrase| spaced.contains(phrase)) && !is_undone()
}
