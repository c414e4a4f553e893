//! Statements that become facts, sentence by sentence.

use super::correction;
use super::resolved::{moments_of, public};
use crate::clause::{Clause, Owner, clauses};
use crate::draft::{Draft, Origin};
use crate::grounded::{Grounding, grounded};
use crate::lexicon::Class;
use crate::message::{Message, Role};
use crate::request::{is_rule, without_requests};
use crate::rewrite::rewritten;
use crate::sentence::{Mood, Sentence, spaced};
use crate::slot::Slot;
use crate::slots::slots;
use crate::when::Relation;
use crate::words::Word;
use crate::worth::Worth;

/// Confidence of a slot, of another statement, and of a hypothesis or report.
const SLOT: f32 = 0.9;
const OPEN: f32 = 0.6;
const DOUBTFUL: f32 = 0.3;

/// Bytes of a fact's text to which a sentence that refers back to it is joined.
const JOINED_BYTES_MAX: usize = 400;

pub(super) fn read(
    worth_min: f64,
    message: &Message,
    sentences: &[Sentence],
    worth: &Worth,
    is_answer: bool,
    drafts: &mut Vec<Draft>,
) {
    let (mut is_open, mut is_corrected) = (false, false);
    let stated = stated(message, sentences, is_answer);
    for sentence in &stated {
        is_corrected |= takes_back(sentence);
        if message.role == Role::Person && correction::correct(message, sentence, drafts) {
            is_open = false;
            continue;
        }
        let clauses = clauses(&sentence.words);
        let found = if sentence.mood == Mood::Statement && message.role == Role::Person {
            slots(&clauses)
        } else {
            Vec::new()
        };
        let continues = is_open && refers_back(sentence) && 0 < sentence.content();
        let wanted = match message.role {
            Role::Person => {
                let is_wanted =
                    || !found.is_empty() || is_wanted(worth_min, sentence, &clauses, worth);
                is_stated(sentence) && (continues || is_wanted())
            }
            Role::Assistant => is_decision(sentence),
            Role::Other => false,
        };
        if !wanted {
            is_open = false;
            continue;
        }
        if is_open && found.is_empty() && refers_back(sentence) {
            let text = rewritten_with_times(message, sentence);
            if let Some(last) = drafts.last_mut()
                && last.text.len() + text.len() <= JOINED_BYTES_MAX
            {
                last.text.push(' ');
                last.text.push_str(&text);
                last.quote.push(' ');
                last.quote.push_str(&message.read()[sentence.span.clone()]);
                continue;
            }
        }
        let mut stated = draft(message, sentence, &clauses, found.first());
        correction::correct_within(message, sentence, &mut stated);
        if is_corrected && stated.attribute.is_some() {
            // "I live in Ghent. No, that was before. I live in Oslo."
            let is_former =
                |it: &Draft| (&it.subject, &it.attribute) == (&stated.subject, &stated.attribute);
            drafts.retain(|it| !is_former(it));
        }
        drafts.push(stated);
        is_open = found.is_empty();
    }
}

/// Returns the sentences without the requests of a person.
fn stated(message: &Message, sentences: &[Sentence], is_answer: bool) -> Vec<Sentence> {
    if message.role != Role::Person {
        return sentences.to_vec();
    }
    let each = sentences.iter().enumerate();
    each.flat_map(|(at, it)| without_requests(message.read(), it, is_answer && at == 0)).collect()
}

/// Returns true if a sentence takes back what was said before it.
fn takes_back(sentence: &Sentence) -> bool {
    const CORRECTIONS: &[&str] = &[
        " actually no ",
        " no wait ",
        " wait no ",
        " scratch that ",
        " that was before ",
        " i mean ",
        " i meant ",
        " correction ",
        " my mistake ",
        " that is wrong ",
        " that was wrong ",
        " that is outdated ",
        " that is old ",
        " that is not true ",
        " not any more ",
        " i misspoke ",
        " i mistyped ",
        " typo ",
    ];
    let words: Vec<Word> = sentence.words.iter().filter(|word| !word.is_sign).cloned().collect();
    let spaced = spaced(&words);
    CORRECTIONS.iter().any(|it| spaced.contains(it))
}

/// Returns true if a sentence states something: no question, joke or greeting.
fn is_stated(sentence: &Sentence) -> bool {
    !matches!(sentence.mood, Mood::Question | Mood::Joke)
        && (!sentence.is_chatter() || is_rule(sentence))
}

/// Returns true if a sentence is about a person or their work, or in a message of enough worth.
fn is_wanted(worth_min: f64, sentence: &Sentence, clauses: &[Clause<'_>], worth: &Worth) -> bool {
    let of_person = sentence.has(Class::First)
        || sentence.has(Class::Relation)
        || sentence.is_request()
        || is_rule(sentence)
        || sentence.has(Class::Work)
        || sentence.words.iter().any(|word| matches!(word.low.as_str(), "he" | "she" | "they"))
        || clauses.iter().any(|it| matches!(it.owner, Owner::Named(_)));
    0 < sentence.content() && of_person || worth_min <= worth.score
}

/// Returns true if an assistant's sentence states a decision.
fn is_decision(sentence: &Sentence) -> bool {
    const DECISIONS: &[&str] = &[
        " decided ",
        " decision ",
        " we agreed ",
        " agreed to ",
        " agreed on ",
        " we will use ",
        " we are going with ",
        " go with ",
        " settled on ",
        " we chose ",
        " i chose ",
        " resolved to ",
    ];
    let spaced = spaced(&sentence.words);
    sentence.mood == Mood::Statement && DECISIONS.iter().any(|it| spaced.contains(it))
}

/// Returns true if a sentence opens with a pronoun for something before it.
fn refers_back(sentence: &Sentence) -> bool {
    let mut words = sentence.words.iter().filter(|word| !word.is_sign);
    let first = words.find(|word| !word.is(Class::Conjunction) && !word.low.ends_with("ly"));
    first.is_some_and(|word| word.is(Class::Third))
}

pub(super) fn rewritten_with_times(message: &Message, sentence: &Sentence) -> String {
    rewritten(message, sentence, &moments_of(message, sentence))
}

/// Creates the fact of a sentence.
fn draft(
    message: &Message,
    sentence: &Sentence,
    clauses: &[Clause<'_>],
    slot: Option<&Slot>,
) -> Draft {
    let text = message.read();
    let quote = &text[sentence.span.clone()];
    // A value that the sentence denies, or that is no word of it, is dropped.
    let slot =
        slot.filter(|slot| grounded(&text[slot.start..slot.end], &[quote]) == Grounding::Grounded);
    let owner = slot.map(|slot| &slot.owner).or_else(|| clauses.first().map(|it| &it.owner));
    let moments = moments_of(message, sentence);
    let times = public(message, sentence, &moments);
    let until = moments.iter().find(|it| {
        it.relation == Relation::Until && holds(sentence.words[it.first].start, slot, clauses)
    });
    let until = until.and_then(|it| it.resolved(text, &sentence.words, message.offset_seconds));
    let when = times.into_iter().find(|time| time.relation != Relation::Until);
    let confidence = match (sentence.mood, slot, message.role) {
        (_, _, Role::Assistant) => OPEN,
        (Mood::Statement, Some(_), _) => SLOT,
        (Mood::Statement | Mood::Refusal, ..) => OPEN,
        _ => DOUBTFUL,
    };
    Draft {
        subject: subject(message, sentence, owner),
        speaker: message.subject().to_owned(),
        attribute: slot.map(|slot| slot.label.clone()),
        value: slot.map(|slot| text[slot.start..slot.end].to_owned()),
        text: rewritten(message, sentence, &moments),
        quote: quote.to_owned(),
        when,
        until,
        evidence: vec![message.key.clone()],
        confidence,
        origin: Origin::Rules,
    }
}

/// Returns true if the time at a byte is one of the slot: "I lived in Ghent until 2020, now I'm in
/// Oslo" gives the home no end.
fn holds(at: usize, slot: Option<&Slot>, clauses: &[Clause<'_>]) -> bool {
    let span = |clause: &Clause<'_>| {
        let (first, last) = (clause.words.first()?, clause.words.last()?);
        Some(first.start..last.end)
    };
    let Some(slot) = slot else { return true };
    let own = clauses.iter().filter_map(span).find(|span| span.contains(&slot.start));
    own.is_none_or(|own| own.contains(&at))
}

/// Returns the one whom a fact is about, in the words of the message.
fn subject(message: &Message, sentence: &Sentence, owner: Option<&Owner>) -> String {
    let text = message.read();
    let said = |lemma: &str| {
        let word = sentence.words.iter().find(|word| word.lemma == lemma)?;
        Some(&text[word.start..word.end])
    };
    match owner {
        Some(Owner::Relation(relation)) => {
            let words = relation.split(' ').map(|word| said(word).unwrap_or(word).to_lowercase());
            format!("{}'s {}", message.subject(), words.collect::<Vec<_>>().join(" "))
        }
        Some(Owner::Named(name)) => said(name).unwrap_or(name).to_owned(),
        Some(Owner::Other(noun)) => said(noun).unwrap_or(noun).to_owned(),
        _ => message.subject().to_owned(),
    }
}
