//! A claim: the words and slots of a statement by which later messages end it.

mod place;

use place::Place;

use crate::clause::{Clause, Owner, clauses, is_name};
use crate::lexicon::{Class, EXCLUSIVE};
use crate::sentence::{Mood, Sentence, sentences};
use crate::slot::Slot;
use crate::slots::slots;
use crate::words::Word;

/// A word with meaning of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) lemma: String,
    pub(crate) is_name: bool,
    /// True if it says little alone, such as `class` or `trip`.
    pub(crate) is_generic: bool,
    pub(crate) classes: u64,
}

impl Term {
    pub(crate) fn of(word: &Word) -> Term {
        Term {
            lemma: word.lemma.clone(),
            is_name: is_name(word) && !word.is(Class::Occupation) && word.classes & EXCLUSIVE == 0,
            is_generic: word.is(Class::Generic) && !word.is_number(),
            classes: word.classes,
        }
    }
}

/// The claim of a statement, read from its text.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// True for a statement about the present: no hypothesis, question, report or past event.
    pub(crate) is_firm: bool,
    pub(crate) is_negated: bool,
    /// True if it asks the listener to do something from now on.
    pub(crate) is_request: bool,
    pub(crate) owner: Owner,
    /// Names of persons and things in the statement, as lemmas.
    pub(crate) names: Vec<String>,
    /// Names of the owner beside its relation.
    pub(crate) aliases: Vec<String>,
    pub(crate) terms: Vec<Term>,
    /// Lemmas of the main verbs.
    pub(crate) verbs: Vec<String>,
    /// Lemmas of nouns that only narrow the next one: `church` in "the church choir".
    pub(crate) narrowing: Vec<String>,
    /// Relations of the speaker that are mentioned.
    pub(crate) relations: Vec<String>,
    pub(crate) slots: Vec<Slot>,
    /// Objects of its verbs by preposition.
    pub(crate) places: Vec<Place>,
    /// The object of its first verb, if it has more than one word.
    pub(crate) object: Option<Place>,
}

impl Claim {
    pub(crate) fn of(sentences: &[Sentence]) -> Claim {
        let mut claim = Claim {
            is_firm: false,
            is_negated: false,
            is_request: false,
            owner: Owner::Unknown,
            names: Vec::new(),
            aliases: Vec::new(),
            terms: Vec::new(),
            verbs: Vec::new(),
            narrowing: Vec::new(),
            relations: Vec::new(),
            slots: Vec::new(),
            places: Vec::new(),
            object: None,
        };
        for sentence in sentences.iter().filter(|sentence| sentence.mood != Mood::Question) {
            let clauses = clauses(&sentence.words);
            let is_firm = sentence.mood == Mood::Statement;
            if claim.owner == Owner::Unknown
                && let Some(first) = clauses.iter().find(|it| it.owner != Owner::Unknown)
            {
                claim.owner = first.owner.clone();
                claim.names.extend(first.aliases.iter().cloned());
                claim.aliases.clone_from(&first.aliases);
            }
            claim.is_firm |= is_firm;
            claim.is_request |= sentence.is_request();
            for clause in &clauses {
                claim.add(clause);
            }
            if is_firm {
                claim.slots.extend(slots(&clauses));
            }
        }
        claim
    }

    fn add(&mut self, clause: &Clause<'_>) {
        self.is_negated |= clause.is_negated;
        self.places.extend(Place::of(clause));
        self.object = self.object.take().or_else(|| Place::direct(clause));
        if clause.verb.is_some() {
            self.verbs.push(clause.verb_lemma().to_owned());
        }
        let narrows = clause.words.windows(2).filter(|it| is_narrowing(&it[0], &it[1]));
        self.narrowing.extend(narrows.map(|it| it[0].lemma.clone()));
        for word in clause.words.iter().filter(|word| word.is_content()) {
            let term = Term::of(word);
            if term.is_name {
                self.names.push(word.lemma.clone());
            }
            if word.is(Class::Relation) {
                self.relations.push(word.lemma.clone());
            }
            if !self.terms.iter().any(|known| known.lemma == term.lemma) {
                self.terms.push(term);
            }
        }
    }

    pub(crate) fn has(&self, lemma: &str) -> bool {
        self.terms.iter().any(|term| term.lemma == lemma)
    }

    /// Returns true if both statements may be about the same one of a relation: "my brother Timo"
    /// is another one than "my brother Lasse", and "my cousin" may be any of several.
    pub(crate) fn may_share_owner(&self, news: &Claim) -> bool {
        let Owner::Relation(relation) = &news.owner else { return true };
        let several = ["cousin", "friend", "colleagu", "neighbour", "neighbor", "cowork", "mate"];
        match (self.aliases.as_slice(), news.aliases.as_slice()) {
            ([], _) => true,
            (_, []) => self.owner != news.owner || !several.contains(&relation.as_str()),
            (former, names) => names.iter().any(|name| former.contains(name)),
        }
    }

    /// Returns true if the statement is about this owner, or names it.
    pub(crate) fn is_of(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Unknown => false,
            Owner::Named(name) => {
                // A capital may open a sentence: "Yoga got moved" is about "my yoga class".
                self.owner == *owner || self.has(name) && self.owner != Owner::Unknown
            }
            owner => self.owner == *owner,
        }
    }
}

/// Returns true if a noun only narrows the one after it: "the church choir". A generic noun leaves
/// the thing to the first one: "the gym membership".
fn is_narrowing(word: &Word, next: &Word) -> bool {
    let is_noun = |it: &Word| {
        it.is_content() && !it.is(Class::Verb) && !it.is(Class::Time) && !it.is_number()
    };
    let is_other = next.is(Class::Generic) || next.is_capital || next.low.ends_with("ly");
    is_noun(word) && is_noun(next) && !is_other
}

/// Reads the sentences of a statement. Words that equal `subject` are the first person.
pub(crate) fn as_first_person_all(text: &str, subject: &str) -> Vec<Sentence> {
    let mut sentences = sentences(text);
    for sentence in &mut sentences {
        sentence.words = as_first_person(std::mem::take(&mut sentence.words), subject);
    }
    sentences
}

/// Replaces the name of the subject by the first person, and drops what stands in parentheses: the
/// values of times that the text of a fact adds.
pub(crate) fn as_first_person(words: Vec<Word>, subject: &str) -> Vec<Word> {
    let subject: Vec<String> = subject.split_whitespace().map(str::to_lowercase).collect();
    let mut result: Vec<Word> = Vec::with_capacity(words.len());
    let mut depth = 0_usize;
    // The speaker before a colon only introduces the sentence.
    let introduced = words.len() > subject.len()
        && words.iter().zip(&subject).all(|(word, name)| word.low == *name)
        && words[subject.len()].low == ":";
    let mut at = if introduced { subject.len() + 1 } else { 0 };
    while at < words.len() {
        let word = &words[at];
        match word.low.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let here = words[at..].iter().take(subject.len()).map(|word| &word.low);
        if !subject.is_empty() && here.eq(&subject) && at + subject.len() <= words.len() {
            at += subject.len();
            let is_owner = words.get(at).is_some_and(|next| next.low == "'s");
            at += usize::from(is_owner);
            if depth == 0 {
                let low = if is_owner { "my" } else { "i" }.to_owned();
                let classes = crate::lexicon::classes(&low, &low);
                let (lemma, is_capital, is_sign) = (low.clone(), false, false);
                result.push(Word { low, lemma, classes, is_capital, is_sign, ..word.clone() });
            }
            continue;
        }
        if depth == 0 && word.low != ")" {
            result.push(word.clone());
        }
        at += 1;
    }
    result
}
