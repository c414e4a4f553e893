//! Sentences of a text, each with its mood.
//!
//! The mood decides whether a sentence can become a fact and whether it can end one. It is read
//! from closed-class words and fixed phrases, without a tagger.

mod phrases;

use std::ops::Range;

use phrases::Kind;

use crate::lexicon::Class;
use crate::photo::note;
use crate::words::{Word, words};

/// Sentences of a message that are read. Later ones are ignored.
pub(crate) const SENTENCES_MAX: usize = 200;

const ABBREVIATIONS: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "no", "approx", "dept",
];

/// The way in which a sentence says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Says that something is so.
    Statement,
    Question,
    /// Says that something may be, would be, or is wished.
    Hypothesis,
    /// Says what somebody else said, or what happens in a story.
    Report,
    /// Says that a plan was not carried out, or will not be.
    Refusal,
    /// A joke, or something taken back as one.
    Joke,
}

#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    pub(crate) span: Range<usize>,
    pub(crate) words: Vec<Word>,
    pub(crate) mood: Mood,
}

impl Sentence {
    /// Creates a sentence of a part of one, with the mood of the part.
    pub(crate) fn part(text: &str, span: Range<usize>, words: Vec<Word>) -> Sentence {
        let mood = mood(&text[span.clone()], &words);
        Sentence { span, words, mood }
    }

    pub(crate) fn has(&self, class: Class) -> bool {
        self.words.iter().any(|word| word.is(class))
    }

    pub(crate) fn content(&self) -> usize {
        self.words.iter().filter(|word| word.is_content()).count()
    }

    /// Returns true if the sentence only greets, thanks or praises, or only speaks about "you".
    pub(crate) fn is_chatter(&self) -> bool {
        let first = self.has(Class::First);
        let second = self.has(Class::Second);
        let meaning = |word: &&Word| {
            word.is_content() && !word.is(Class::Praise) && !word.is(Class::Greeting)
        };
        let meanings = self.words.iter().filter(meaning).count();
        if meanings == 0 && !self.words.iter().any(Word::is_number) {
            return true;
        }
        let verbs = self.has(Class::Verb) || self.has(Class::Auxiliary);
        let greets = self.words.first().is_some_and(|word| word.is(Class::Greeting));
        if greets && !verbs && !first && meanings < 3 {
            return true;
        }
        let praises = self.has(Class::Praise) && !self.has(Class::Current);
        !first && (second && !self.is_request() || praises && meanings < 3)
    }

    /// Returns true if the sentence asks the listener to do something from now on.
    pub(crate) fn is_request(&self) -> bool {
        let Some(first) = self.words.iter().find(|word| !word.is_sign) else { return false };
        let polite = |word: &&Word| matches!(word.low.as_str(), "please" | "always" | "never");
        let prefers = self.words.windows(2).any(|it| it[0].low == "would" && it[1].low == "rather");
        let orders = || phrases::find(&spaced(&self.words)) & Kind::Order.bit() != 0;
        first.is(Class::Verb) && first.low == first.lemma
            || prefers && orders()
            || self.words.iter().take(4).any(|word| polite(&word))
    }
}

/// Cuts `text` into sentences; byte offsets of words refer to `text`.
pub(crate) fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for span in spans(text) {
        let mut words = words(&text[span.clone()]);
        if words.iter().all(|word| word.is_sign) {
            continue;
        }
        for word in &mut words {
            word.start += span.start;
            word.end += span.start;
        }
        let mood = mood(&text[span.clone()], &words);
        let asked = asked_after(text, &span, &words).filter(|_| mood == Mood::Question);
        if let Some(asked) = asked {
            let question = words.split_off(asked);
            while words.last().is_some_and(|word| word.is_sign) {
                words.pop();
            }
            let end = words.last().map_or(span.start, |word| word.end);
            let start = question[0].start;
            sentences.push(Sentence::part(text, span.start..end, words));
            sentences.push(Sentence { span: start..span.end, words: question, mood });
            continue;
        }
        let but = firm_but(text, &span, &words).filter(|_| mood == Mood::Hypothesis);
        if let Some(but) = but {
            let firm = words.split_off(but + 1);
            words.truncate(but);
            let end = words[but - 1].end;
            sentences.push(Sentence { span: span.start..end, words, mood });
            let (span, mood) = (firm[0].start..span.end, Mood::Statement);
            sentences.push(Sentence { span, words: firm, mood });
        } else {
            sentences.push(Sentence { span, words, mood });
        }
        if SENTENCES_MAX <= sentences.len() {
            break;
        }
    }
    // "Just kidding" takes back the sentence before it.
    for at in 1..sentences.len() {
        if sentences[at].mood == Mood::Joke && sentences[at].words.len() < 7 {
            sentences[at - 1].mood = Mood::Joke;
        }
    }
    sentences
}

/// Returns the index of a "but" after which the speaker states something without a mark of doubt:
/// "not sure if it matters, but I'm a nurse".
fn firm_but(text: &str, span: &Range<usize>, words: &[Word]) -> Option<usize> {
    let but = words.iter().rposition(|word| word.low == "but").filter(|but| 0 < *but)?;
    let rest = &words[but + 1..];
    let subject = rest.first()?.low.as_str();
    let is_own = matches!(subject, "i" | "we" | "my" | "our");
    let is_firm = || mood(&text[rest[0].start..span.end], rest) == Mood::Statement;
    // A supposition goes on after "but".
    const SUPPOSING: &[&str] = &[
        "if",
        "imagine",
        "suppose",
        "supposing",
        "assume",
        "assuming",
        "say",
        "let",
        "what",
        "hypothetically",
        "dream",
        "dreamed",
        "dreamt",
    ];
    let supposes = |(at, word): (usize, &Word)| {
        SUPPOSING.contains(&word.low.as_str()) && (at == 0 || word.low != "if")
    };
    let supposes = words[..but].iter().enumerate().any(supposes);
    (is_own && !supposes && is_firm()).then_some(but)
}

/// Returns the index at which a question to the listener follows a statement of the speaker: "I
/// live in Leeds, can you find me a dentist?"
fn asked_after(text: &str, span: &Range<usize>, words: &[Word]) -> Option<usize> {
    let low = |at: usize| words.get(at).map_or("", |word| word.low.as_str());
    let opens = words.iter().find(|word| !word.is_sign && !word.is(Class::Greeting))?;
    if !matches!(opens.low.as_str(), "i" | "we" | "my" | "our") {
        return None;
    }
    let asks = |at: &usize| {
        matches!(low(*at), "can" | "could" | "would" | "will") && matches!(low(at + 1), "you" | "u")
    };
    let asked = (2..words.len()).find(asks)?;
    let joins = |word: &Word| word.is_sign || matches!(word.low.as_str(), "so" | "and" | "but");
    let end = words[..asked].iter().rposition(|word| !joins(word))? + 1;
    let said = &words[..end];
    let is_firm = || mood(&text[span.start..said[end - 1].end], said) == Mood::Statement;
    (end < asked && is_firm()).then_some(asked)
}

/// Returns the spans of the sentences, without notes on photos and the white space around them.
fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some(length) = (c == '[').then(|| note(&text[at..])).flatten() {
            push(text, start..at, &mut spans);
            start = at + length;
            while chars.next_if(|(next, _)| *next < start).is_some() {}
            continue;
        }
        let after = at + c.len_utf8();
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' => true,
            '!' | '?' | '.' | '\u{2026}' => {
                next.is_none_or(char::is_whitespace) && !(c == '.' && abbreviates(&text[..at]))
            }
            '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => true,
            _ => false,
        };
        if ends {
            push(text, start..after, &mut spans);
            start = after;
        }
    }
    push(text, start..text.len(), &mut spans);
    spans
}

fn push(text: &str, span: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let raw = &text[span.clone()];
    let start = span.start + (raw.len() - raw.trim_start().len());
    let end = start + raw.trim().len();
    if start < end {
        spans.push(start..end);
    }
}

/// Returns true if the dot after `before` belongs to an abbreviation.
fn abbreviates(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase) && word != "I";
    initial || ABBREVIATIONS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

fn mood(text: &str, words: &[Word]) -> Mood {
    let spaced = spaced(words);
    let found = phrases::find(&spaced);
    let has = |kind: Kind| found & kind.bit() != 0;
    if has(Kind::Joke) || text.trim_end().ends_with(" /s") {
        return Mood::Joke;
    }
    if text.trim_end_matches(['"', ')', '!', '\u{201d}']).ends_with('?') || inverted(words) {
        return Mood::Question;
    }
    if has(Kind::Refusal) {
        return Mood::Refusal;
    }
    if reported(words, &spaced)
        || is_others_view(words)
        || said_after(words)
        || has(Kind::Story)
        || quoted(text)
    {
        return Mood::Report;
    }
    if has(Kind::Order) {
        return Mood::Statement;
    }
    if has(Kind::Hypothesis) || hypothetical(words) {
        return Mood::Hypothesis;
    }
    Mood::Statement
}

/// Returns the lower-case words with a space around each.
pub(crate) fn spaced(words: &[Word]) -> String {
    let mut spaced = String::with_capacity(words.len() * 6);
    for word in words {
        spaced.push(' ');
        spaced.push_str(&word.low);
    }
    spaced.push(' ');
    spaced
}

/// Returns true if an auxiliary or a question word opens the sentence and its subject follows.
fn inverted(words: &[Word]) -> bool {
    let mut rest = words.iter().filter(|word| !word.is_sign && !word.is(Class::Greeting));
    let (Some(first), Some(second)) = (rest.next(), rest.next()) else { return false };
    let is_subject = |word: &Word| {
        word.is(Class::Second) || matches!(word.low.as_str(), "i" | "we" | "they" | "he" | "she")
    };
    first.is(Class::Auxiliary) && is_subject(second)
        || first.is(Class::Asking)
            && second.is(Class::Auxiliary)
            && rest.next().is_some_and(is_subject)
}

/// Those whose word binds the speaker.
const OFFICIAL: &[&str] =
    &["doctor", "dentist", "vet", "nurse", "boss", "manager", "landlord", "physio", "team"];

/// Returns true if the sentence reports what somebody other than the speaker says or thinks.
fn reported(words: &[Word], spaced: &str) -> bool {
    let Some(at) = words.iter().position(|word| word.is(Class::Reporting)) else { return false };
    // A decision that binds the speaker is not hearsay: "the doctor says I've outgrown it".
    let by = &words[..at];
    if by.iter().any(|word| OFFICIAL.contains(&word.low.as_str())) {
        return false;
    }
    let other = by.iter().any(|word| {
        matches!(word.low.as_str(), "he" | "she" | "they" | "someone" | "somebody" | "everyone")
            || word.is(Class::Relation)
            || word.is_capital && !word.is(Class::Closed) && !word.is(Class::Greeting)
    });
    let verb = words[at].lemma.as_str();
    let early = by.iter().filter(|word| !word.is_sign).count() < 5;
    let says = matches!(verb, "say" | "tell" | "claim" | "joke" | "swear") || verb == "insist";
    says && other && early || spaced.contains(" i heard ") || spaced.contains(" i read that ")
}

/// Returns true if others say or think it of the speaker: "people assume I'm a doctor".
fn is_others_view(words: &[Word]) -> bool {
    const VIEWS: &[&str] = &[
        "say", "think", "thought", "assume", "assum", "believ", "believe", "reckon", "guess",
        "figure", "figur", "claim", "pretend",
    ];
    const OTHERS: &[&str] = &[
        "he",
        "she",
        "they",
        "people",
        "everyone",
        "everybody",
        "nobody",
        "someone",
        "somebody",
        "folks",
        "strangers",
    ];
    (1..words.len()).filter(|at| VIEWS.contains(&words[*at].lemma.as_str())).any(|at| {
        let is_adverb = |word: &&Word| {
            word.low.ends_with("ly")
                || matches!(word.low.as_str(), "always" | "often" | "just" | "all" | "still")
        };
        let subject = words[..at].iter().rev().find(|word| !is_adverb(word));
        let next = words[at + 1..].iter().find(|word| word.low != "that");
        let is_other = |it: &Word| {
            OTHERS.contains(&it.low.as_str())
                || it.is(Class::Relation) && !OFFICIAL.contains(&it.low.as_str())
                || it.is_capital && it.is_content()
        };
        subject.is_some_and(is_other) && next.is_some_and(|it| it.is(Class::First))
    })
}

/// Returns true if the sentence ends with the one who says it: ", said the man", ", she says".
fn said_after(words: &[Word]) -> bool {
    let Some(comma) = words.iter().rposition(|word| word.low == ",") else { return false };
    let tail: Vec<&Word> = words[comma + 1..].iter().filter(|word| !word.is_sign).collect();
    let says = |word: &Word| matches!(word.low.as_str(), "said" | "says" | "replied" | "wrote");
    match tail.as_slice() {
        [first, second, ..] if says(first) => !second.is(Class::First) && tail.len() <= 5,
        [.., before, last] if says(last) => !before.is(Class::First) && tail.len() <= 4,
        _ => false,
    }
}

/// Returns true if most of the sentence stands in quotation marks, or a quotation speaks as "I".
fn quoted(text: &str) -> bool {
    let mut inside = 0;
    let mut open: Option<usize> = None;
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('"' | '\u{201c}', None) => open = Some(at),
            ('"' | '\u{201d}', Some(start)) => {
                inside += at - start;
                let speech = text[start..at].trim_start_matches(['"', '\u{201c}']);
                if ["I ", "I'", "We ", "My "].iter().any(|first| speech.starts_with(first)) {
                    return true;
                }
                open = None;
            }
            _ => {}
        }
    }
    text.len() < 2 * inside
}

/// Returns true if a word of the main clause says that it is not so yet. An "if" opens a condition,
/// except after a verb of asking.
fn hypothetical(words: &[Word]) -> bool {
    // "The vet couldn't save him" is what happened.
    let could_not = |at: usize| {
        words[at].low == "could" && words.get(at + 1).is_some_and(|next| next.low == "not")
    };
    let is_mark = |at: usize| words[at].is(Class::Hypothesis) && !could_not(at);
    (0..words.len()).any(|at| is_mark(at) && !is_courtesy(&words[at..]))
}

/// Returns true for "if" at the end that conditions nothing: "I'm a nurse, if that helps".
fn is_courtesy(words: &[Word]) -> bool {
    const COURTESIES: &[&str] = &[
        "help",
        "matter",
        "easier",
        "useful",
        "relevant",
        "wonder",
        "know",
        "ask",
        "curious",
        "interested",
        "care",
        "counts",
        "better",
    ];
    let mut words = words.iter().filter(|word| !word.is_sign);
    let opens = words.next().is_some_and(|word| word.low == "if");
    let subject = words.next().map_or("", |word| word.low.as_str());
    let rest: Vec<&Word> = words.collect();
    let is_courteous = |word: &&Word| {
        COURTESIES.contains(&word.low.as_str()) || COURTESIES.contains(&word.lemma.as_str())
    };
    opens
        && matches!(subject, "that" | "it" | "you" | "anyone")
        && (1..=3).contains(&rest.len())
        && rest.last().is_some_and(is_courteous)
}
