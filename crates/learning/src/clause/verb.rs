//! The verb of a clause: its first one, and the main one after auxiliaries.

use crate::lexicon::Class;
use crate::words::Word;

/// Returns the first verb or auxiliary that is not a noun.
pub(super) fn first_verb(words: &[Word]) -> Option<usize> {
    (0..words.len()).find(|at| is_verb(words, *at))
}

fn is_verb(words: &[Word], at: usize) -> bool {
    let word = &words[at];
    // A capital inside of a sentence is a name: "my favorite movie is Arrival".
    if word.is_capital && 0 < at && !words[at - 1].is_sign {
        return false;
    }
    if word.is(Class::Auxiliary) {
        return true;
    }
    // Any word of meaning after "I" or "they" is their verb.
    let subject = at.checked_sub(1).map_or("", |before| words[before].low.as_str());
    let after_pronoun = matches!(subject, "i" | "we" | "he" | "she" | "they");
    if after_pronoun && word.is_content() && !word.low.ends_with("ly") && !word.is_capital {
        return !word.is(Class::Time) && !word.is_number();
    }
    const VERBS: [Class; 5] =
        [Class::Verb, Class::Ending, Class::Changing, Class::Ceasing, Class::Starting];
    if !VERBS.iter().any(|class| word.is(*class)) {
        return false;
    }
    let next = words.get(at + 1);
    let of_time = Class::Time.bit() | Class::Weekday.bit() | Class::Month.bit();
    if word.low == "last" && next.is_some_and(|next| next.classes & of_time != 0) {
        return false;
    }
    // "Let us lower it" is about lowering.
    if word.low == "let" && next.is_some_and(|next| next.low == "us") {
        return false;
    }
    if word.is(Class::Transport) && word.low == word.lemma && at == 0 {
        return false;
    }
    // A noun may open a sentence: "Work moved us to Zulip".
    let opens = at == 0 && word.low == word.lemma;
    if opens && next.is_some_and(is_finite) {
        return false;
    }
    let before = at.checked_sub(1).map(|before| &words[before]);
    let is_noun = before.is_some_and(|before| {
        before.is(Class::Mine)
            || before.is(Class::Determiner)
                && !matches!(before.low.as_str(), "that" | "this" | "both")
            || before.low == "'s"
            || matches!(before.low.as_str(), "favorite" | "favourite" | "new" | "old" | "of")
            || before.is_number() && word.low.ends_with('s')
    });
    let of = next.is_some_and(|next| next.low == "of");
    // The last noun of a subject: "the launch date is".
    let in_phrase = words[at.saturating_sub(3)..at].iter().any(|it| it.is(Class::Determiner))
        && before.is_some_and(|before| before.is_content() && !before.is(Class::Time));
    // "Football training got moved."
    let gerund = (word.low.ends_with("ing") || word.low == word.lemma)
        && before.is_some_and(|it| it.is_content());
    let in_phrase = in_phrase || gerund && 0 < at;
    let is_last_noun = in_phrase
        && !word.low.ends_with("ed")
        && next.is_some_and(|next| {
            next.is(Class::Auxiliary) && !matches!(next.low.as_str(), "being" | "having" | "been")
                || next.low == "got"
        });
    !(is_noun || is_last_noun || of && word.low == word.lemma)
}

/// Returns true if a word is an auxiliary or a verb in the past tense.
fn is_finite(word: &Word) -> bool {
    let is_past = word.low.ends_with("ed") && (word.is(Class::Verb) || word.is(Class::Changing));
    is_past || word.is(Class::Auxiliary) && !matches!(word.low.as_str(), "be" | "being" | "having")
}

/// Follows auxiliaries, negations and adverbs from the first verb to the main one.
pub(super) fn main_verb(words: &[Word], head: usize) -> usize {
    let mut last = head;
    let mut at = head + 1;
    let follows = words[head].is(Class::Auxiliary)
        || words[head].low == "going"
        || words[head].lemma == "end" && words.get(at).is_some_and(|it| it.low == "up")
        || words[head].lemma == "get" && words.get(at).is_some_and(|it| it.lemma != "up");
    if !follows {
        // "I've started waking up at 5" is about waking.
        let starts = matches!(words[head].lemma.as_str(), "start" | "begin");
        let does = words.get(at).is_some_and(|it| it.low.ends_with("ing") && it.is(Class::Verb));
        if starts && does {
            return at;
        }
        let used = words[head].low == "used" && words.get(at).is_some_and(|it| it.low == "to");
        return if used && at + 1 < words.len() { at + 1 } else { head };
    }
    while at < words.len() && at < head + 7 {
        let word = &words[at];
        let passes = word.is(Class::Negation)
            || word.low.ends_with("ly")
            || word.is(Class::Current)
            || word.is(Class::First) && at == head + 1
            || matches!(
                word.low.as_str(),
                "just"
                    | "also"
                    | "still"
                    | "even"
                    | "finally"
                    | "already"
                    | "only"
                    | "longer"
                    | "had"
                    | "to"
                    | "going"
                    | "got"
                    | "now"
                    | "gotten"
                    | "get"
                    | "ever"
                    | "always"
            )
            || word.low == "up" && words[at - 1].lemma == "end"
            // "I'm back living in Cork."
            || word.low == "back" && words.get(at + 1).is_some_and(is_gerund);
        if is_verb(words, at) {
            last = at;
            if matches!(word.lemma.as_str(), "start" | "begin") {
                return main_verb(words, at);
            }
            if !word.is(Class::Auxiliary) {
                break;
            }
        } else if !passes {
            break;
        }
        at += 1;
    }
    last
}

fn is_gerund(word: &Word) -> bool {
    word.low.ends_with("ing") && word.is(Class::Verb)
}

/// Returns the index of the verb that was agreed on, if it changes something: "we decided to raise
/// the budget".
pub(super) fn agreed(words: &[Word], verb: usize) -> usize {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let agrees =
        matches!(words[verb].lemma.as_str(), "agre" | "agree" | "decid" | "decide" | "vote");
    let changes = words.get(verb + 2).is_some_and(|word| word.is(Class::Changing));
    let determined =
        words.get(verb + 3).is_some_and(|it| it.is(Class::Determiner) && it.low != "another");
    if agrees && low(verb + 1) == "to" && changes && determined { verb + 2 } else { verb }
}

/// Past forms of irregular verbs, but for those of a change that lasts: "got", "left", "became".
const PRETERITES: &[&str] = &[
    "went", "took", "made", "saw", "met", "felt", "came", "ran", "told", "said", "thought", "knew",
    "won", "lost", "spent", "wrote", "ate", "drank", "sang", "spoke", "brought", "stood", "sat",
    "fell", "flew", "drove", "rode", "threw", "grew", "built", "held", "heard", "slept", "woke",
    "swam", "beat", "led", "paid", "shot", "shone",
];

/// Returns true for the past form of an irregular verb: "ate", "drove".
pub(crate) fn is_preterite(low: &str) -> bool {
    PRETERITES.contains(&low)
}
