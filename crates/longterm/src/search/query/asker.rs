//! Words of a query that name the asker or a speaker: "the user", the asker's own name, the name of
//! a speaker.
//!
//! Such a word is scope, not content. Records are written by the people whom it names, so they
//! contain "I" where a question has "the user" or "Caroline", and records that contain the word are
//! about somebody else. Therefore it is not searched for as a word, except that a speaker's name
//! selects the speaker, and the embedded query uses the first person instead. A question then finds
//! the same records in the first and in the third person.

use std::ops::Range;

use aios_analysis::Analyzer;

/// Maximum number of words of an analysed query. A longer one is a text rather than a question.
const WORDS_MAX: usize = 32;
/// Minimum number of characters of a part of an owner's name that counts as a name.
const NAME_CHARS_MIN: usize = 3;
/// Words after which "the user" is part of the name of a thing.
#[rustfmt::skip]
const OF_THINGS: &[&str] = &[
    "account", "accounts", "agent", "base", "data", "experience", "group", "groups", "guide", "id",
    "ids", "input", "interface", "interfaces", "list", "manual", "name", "names", "permissions",
    "role", "roles", "space", "stories", "story", "table", "tables",
];

/// A query, with marks on the words that are scope.
#[derive(Clone)]
pub(crate) struct Asker<'a> {
    text: &'a str,
    analyzer: &'static Analyzer,
    words: Vec<Word<'a>>,
}

/// A word of a query, without the signs around it.
#[derive(Debug, Clone)]
struct Word<'a> {
    range: Range<usize>,
    /// The word without its possessive ending.
    bare: &'a str,
    is_scope: bool,
}

impl Word<'_> {
    fn is_possessive(&self) -> bool {
        self.bare.len() < self.range.len()
    }

    fn is(&self, word: &str) -> bool {
        self.bare.eq_ignore_ascii_case(word)
    }
}

impl<'a> Asker<'a> {
    /// Marks the words of `text` that name the asker, whose name as an owner is `owner`.
    pub(crate) fn new(text: &'a str, owner: Option<&str>, analyzer: &'static Analyzer) -> Self {
        let mut words: Vec<Word<'_>> = words(text).take(WORDS_MAX + 1).collect();
        if WORDS_MAX < words.len() {
            words.clear();
        }
        let mut asker = Asker { text, analyzer, words };
        if analyzer.has_english() {
            asker.find_user();
        }
        if let Some(owner) = owner {
            let name = owner.split('@').next().unwrap_or_default();
            let parts = name.split(|c: char| !c.is_alphabetic());
            let parts = parts.filter(|part| NAME_CHARS_MIN <= part.chars().count());
            asker.find_name(parts, &[]);
        }
        asker
    }

    /// Returns the query without these words, for word search; all of it if nothing else is left.
    pub(crate) fn content(&self) -> String {
        self.with(|_, _| "").unwrap_or_else(|| self.text.to_owned())
    }

    /// Returns the query in the first person of those whom it names: the asker, or one of
    /// `speakers`. `names` are terms that are names here and question words elsewhere.
    pub(crate) fn first_person<'s>(
        mut self,
        speakers: impl Iterator<Item = &'s str>,
        names: &[String],
    ) -> (String, Vec<String>) {
        for speaker in speakers {
            self.find_name(speaker.split_whitespace(), names);
        }
        let is_english = self.analyzer.has_english();
        let asked = self.with(|is_possessive, is_first| match (is_possessive, is_first) {
            _ if !is_english => "",
            (false, _) => "I",
            (true, false) => "my",
            (true, true) => "My",
        });
        match asked {
            Some(asked) => {
                let scope = self.words.iter().filter(|word| word.is_scope);
                (asked, scope.map(|word| word.bare.to_owned()).collect())
            }
            None => (self.text.to_owned(), Vec::new()),
        }
    }

    /// Returns the terms of these words, which may be a speaker's name.
    pub(crate) fn terms(&self) -> Vec<String> {
        let scope = self.words.iter().filter(|word| word.is_scope);
        scope.flat_map(|word| self.analyzer.terms(word.bare)).collect()
    }

    /// Returns `true` if a part of `name` is among the words.
    pub(crate) fn names(&self, name: &str) -> bool {
        let is_named = |part: &str| {
            let part = part.to_lowercase();
            self.words.iter().any(|word| word.bare.to_lowercase() == part)
        };
        name.split_whitespace().any(is_named)
    }

    fn find_user(&mut self) {
        for at in 1..self.words.len() {
            let is_thing = |next: &Word<'_>| OF_THINGS.iter().any(|thing| next.is(thing));
            let is_thing = self.words.get(at + 1).is_some_and(is_thing);
            let word = &self.words[at];
            let is_user = word.is("user") && (word.is_possessive() || !is_thing);
            if is_user && (self.words[at - 1].is("the") || self.words[at - 1].is("this")) {
                self.words[at].is_scope = true;
            }
        }
    }

    /// Marks the words that are part of a name. A question word must be among `names`.
    fn find_name<'n>(&mut self, parts: impl Iterator<Item = &'n str>, names: &[String]) {
        let parts: Vec<String> = parts.map(str::to_lowercase).collect();
        for word in &mut self.words {
            if parts.contains(&word.bare.to_lowercase()) {
                let is_name = |term: &String| names.contains(term) || !self.analyzer.asks(term);
                word.is_scope |= self.analyzer.terms(word.bare).iter().all(is_name);
            }
        }
    }

    /// Returns the query with a replacement for each run of these words and the article before it,
    /// which depends on its being possessive and first. `None` if no searchable word is left or
    /// nothing changes.
    fn with(&self, instead: impl Fn(bool, bool) -> &'static str) -> Option<String> {
        let content = self.words.iter().filter(|word| !word.is_scope);
        let content = content.flat_map(|word| self.analyzer.terms(word.bare));
        if content.filter(|term| !self.analyzer.asks(term)).count() == 0 {
            return None;
        }
        let (mut written, mut end) = (String::new(), 0);
        let mut at = 0;
        while at < self.words.len() {
            let is_article = self.words[at].is("the") || self.words[at].is("this");
            let first = at + usize::from(is_article);
            let run = self.words[first..].iter().take_while(|word| word.is_scope).count();
            if run == 0 {
                at += 1;
                continue;
            }
            let last = &self.words[first + run - 1];
            let start = self.words[at].range.start;
            written.push_str(&self.text[end..start]);
            written.push_str(instead(last.is_possessive(), self.text[..start].trim().is_empty()));
            end = last.range.end;
            at = first + run;
        }
        written.push_str(&self.text[end..]);
        (0 < end).then_some(written)
    }
}

/// Returns the words of a text, without the signs around them.
fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    text.split_whitespace().filter_map(move |piece| {
        let written = piece.trim_matches(|c: char| !c.is_alphanumeric());
        // A piece is a part of the text.
        let start = written.as_ptr().addr() - text.as_ptr().addr();
        let ending = ["'s", "\u{2019}s"].iter().find_map(|ending| written.strip_suffix(ending));
        let bare = ending.unwrap_or(written);
        let range = start..start + written.len();
        (!bare.is_empty()).then_some(Word { range, bare, is_scope: false })
    })
}

#[cfg(test)]
mod tests;
