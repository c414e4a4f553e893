//! Texts that are the material of a task: to be translated, summarised, answered or drafted.
//!
//! A heading ("Summarize this email:", "Here is a message from my friend:") makes foreign what
//! follows it, and a request at the end ("please proofread the text above") what is before it. A
//! colon alone introduces a statement of the author: "Update: I moved".

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::blank::Blank;

pub(super) fn read(blank: &mut Blank<'_>, blocks: &[Range<usize>]) {
    let text = blank.text;
    let mut start = 0;
    while start < text.len() {
        let end = segment(text, start);
        let part = &text[start..end];
        if !blank.covers(start + leading(part)) {
            match Heading::of(part, &text[end..]) {
                Some(Heading::Forward) => {
                    blank.add(start..end);
                    let material = material(text, end, blocks, blank);
                    start = material.end.max(end);
                    blank.add(material);
                    continue;
                }
                Some(Heading::Backward) => blank.add(0..end),
                None => {}
            }
        }
        start = end;
    }
}

/// The text to which a request belongs.
enum Heading {
    /// That which follows.
    Forward,
    /// That which is before it.
    Backward,
}

/// Verbs whose object is a text, whatever the object is called.
const STRONG: &[&str] = &[
    "summarize",
    "summarise",
    "translate",
    "proofread",
    "rephrase",
    "paraphrase",
    "reword",
    "rewrite",
    "draft",
    "spellcheck",
    "tl;dr",
    "tldr",
    "pretend",
    "roleplay",
    "role-play",
    "shorten",
    "transcribe",
    "compose",
    "condense",
    "repeat",
];

/// Verbs whose object is a text if it is called so.
const WEAK: &[&str] = &[
    "write",
    "reply",
    "respond",
    "answer",
    "edit",
    "improve",
    "review",
    "correct",
    "fix",
    "analyse",
    "analyze",
    "explain",
    "classify",
    "extract",
    "format",
    "convert",
    "make",
    "read",
    "post",
    "send",
    "polish",
    "parse",
    "check",
    "create",
    "generate",
    "label",
    "grade",
    "evaluate",
    "compare",
    "continue",
    "finish",
    "complete",
    "interpret",
    "give",
    "turn",
    "think",
    "look",
    "see",
    "use",
    "play",
    "act",
    "be",
    "say",
    "mean",
];

/// Nouns that name a text.
const TEXTS: &[&str] = &[
    "email",
    "e-mail",
    "mail",
    "message",
    "letter",
    "text",
    "tweet",
    "paragraph",
    "sentence",
    "essay",
    "article",
    "resume",
    "cv",
    "transcript",
    "conversation",
    "poem",
    "blurb",
    "readme",
    "caption",
    "reply",
    "response",
    "dialogue",
    "dialog",
    "excerpt",
    "passage",
    "snippet",
    "abstract",
    "speech",
    "quote",
    "bio",
    "chat",
    "thread",
    "script",
    "ad",
    "advert",
    "lyrics",
    "post",
    "review",
    "comment",
    "template",
    "prompt",
    "testimonial",
    "joke",
    "story",
    "phrase",
    "output",
    "grammar",
    "spelling",
    "haiku",
    "song",
    "slogan",
    "headline",
    "log",
    "logs",
    "document",
];

/// Labels of texts that nobody states.
const SAMPLES: &[&str] = &[
    "example",
    "test input",
    "test message",
    "test text",
    "your line",
    "grammar",
    "spelling",
    "spell check",
    "sample",
    "template",
    "something like",
    "e.g",
    "such as",
    "along the lines of",
    "quote",
    "lyrics",
    "excerpt",
    "transcript",
    "prompt",
    "input",
    "output",
    "placeholder",
];

impl Heading {
    /// Reads a segment of a text. `after` is the text that follows it.
    fn of(part: &str, after: &str) -> Option<Heading> {
        // Most sentences are no heading.
        let is_last = part.trim_end().ends_with(':') || after.starts_with('\n');
        if !is_last && !has_strong(part) {
            return None;
        }
        let low = part.trim().to_lowercase();
        let low = low.trim_start_matches(['-', '*', '\u{2014}', ' ']);
        let words: Vec<&str> = words(low).collect();
        if words.is_empty() || WORDS_MAX < words.len() {
            return None;
        }
        let opens = low.ends_with(':');
        let request = request(&words);
        let strong = request.is_some_and(|verb| STRONG.contains(&verb));
        let weak = request.is_some_and(|verb| WEAK.contains(&verb));
        let names_text = words.iter().any(|word| TEXTS.contains(word));
        let points = words.iter().any(|it| matches!(*it, "this" | "following" | "below" | "that"));
        if opens
            && (strong || weak && (names_text && !is_of_author(&words) || asks_wording(&words)))
        {
            return Some(Heading::Forward);
        }
        if opens && is_introduction(low, &words, names_text) {
            return Some(Heading::Forward);
        }
        let blank_line = after.starts_with('\n');
        if (strong || weak && names_text) && points && blank_line && !after.trim().is_empty() {
            return Some(Heading::Forward);
        }
        if strong && refers_back(&words) {
            return Some(Heading::Backward);
        }
        None
    }
}

/// Returns true if a text has the letters of a strong verb.
fn has_strong(text: &str) -> bool {
    static VERBS: OnceLock<AhoCorasick> = OnceLock::new();
    let verbs = VERBS.get_or_init(|| {
        let built = AhoCorasick::builder().ascii_case_insensitive(true).build(STRONG);
        built.expect("the list of verbs is short")
    });
    verbs.is_match(text)
}

/// Words of the longest heading.
const WORDS_MAX: usize = 16;

fn words(low: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-' | ';' | '.');
    low.split(move |c: char| !is_part(c))
        .map(|word| word.trim_matches(['.', ';', '-', '\'']))
        .filter(|word| !word.is_empty())
}

/// Returns the verb of a request: "can you please summarize", "I want you to translate".
fn request<'w>(words: &[&'w str]) -> Option<&'w str> {
    const POLITE: &[&str] = &[
        "please", "pls", "kindly", "now", "then", "ok", "okay", "hey", "hi", "and", "also", "just",
        "can", "could", "would", "will", "you", "help", "me", "to", "i", "need", "want", "let's",
        "would", "like", "how", "do", "does", "what", "we",
    ];
    let asks = matches!(words[0], "what" | "how" | "can" | "could" | "would" | "will");
    let first = words.iter().position(|word| !POLITE.contains(word))?;
    // "I need to write": the author's own plan, unless somebody is asked.
    let is_own = matches!(words[0], "i" | "we") && !words[..first].contains(&"you");
    if is_own {
        return None;
    }
    if asks {
        let all = words.iter().copied();
        return all.into_iter().find(|it| STRONG.contains(it) || WEAK.contains(it));
    }
    Some(words[first]).filter(|it| STRONG.contains(it) || WEAK.contains(it))
}

/// Returns true for "how do I say this in Spanish", "play the customer", "act as a nurse".
fn asks_wording(words: &[&str]) -> bool {
    let has = |it: &str| words.contains(&it);
    let restyles = words.first() == Some(&"make")
        && words.iter().any(|it| matches!(*it, "sound" | "more" | "less" | "shorter" | "longer"));
    has("how") && has("say")
        || restyles
        || words == ["say"]
        || words.first() == Some(&"play")
        || words.starts_with(&["act", "as"])
}

/// Returns true if the text that a request names is a profile of the author: "fix my profile".
fn is_of_author(words: &[&str]) -> bool {
    words.contains(&"profile")
}

/// Returns true for a heading of somebody's text: "Here is a message from my friend:", "he wrote:",
/// "example sentence:".
fn is_introduction(low: &str, words: &[&str], names_text: bool) -> bool {
    let is_sample =
        SAMPLES.iter().any(|it| low.starts_with(it) || low.starts_with(&format!("for {it}")));
    let shows =
        matches!(words[0], "here" | "here's" | "this" | "these" | "below" | "see" | "the" | "it");
    let shows = shows || words[0].ends_with("'s") || matches!(words[0], "his" | "her" | "their");
    let by_other = words.windows(2).any(|it| {
        matches!(
            it[1],
            "wrote" | "said" | "says" | "writes" | "replied" | "asked" | "texted" | "reads"
        ) && !matches!(it[0], "i" | "we")
    });
    const WRITING: &[&str] = &["writing", "drafting", "reading", "translating", "wrote", "drafted"];
    let gets = |word: &&str| matches!(*word, "got" | "received" | "found" | "saw");
    let points = |word: &&str| matches!(*word, "this" | "following" | "a" | "an" | "these");
    let receives = words.iter().any(gets) && words.iter().any(points);
    let writes = receives || words.iter().any(|word| WRITING.contains(word));
    // "Here's my message" is the author's.
    let is_own = words.windows(2).any(|it| it[0] == "my" && TEXTS.contains(&it[1]));
    is_sample && words.len() <= 5 || (shows && !is_own || writes) && names_text || by_other
}

/// Returns true if a request is about what was said before it: "please proofread", "translate that
/// into Finnish".
fn refers_back(words: &[&str]) -> bool {
    const BACK: &[&str] = &["that", "this", "it", "above"];
    const NEW: &[&str] = &["following", "below", "what", "my", "our", "a", "an", "conversation"];
    let last = words.last().is_some_and(|word| STRONG.contains(word));
    (last || words.iter().any(|word| BACK.contains(word)))
        && !words.iter().any(|word| NEW.contains(word))
        && !words.iter().any(|word| matches!(*word, "pretend" | "draft" | "compose"))
}

/// Returns the end of the segment that begins at `start`: after a colon, a sentence, a double dash
/// or a line.
fn segment(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let skipped = leading(rest);
    let mut chars = rest[skipped..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let is_space = next.is_none_or(char::is_whitespace);
        let at = start + skipped + at;
        match c {
            '\n' => return at,
            ':' | '.' | '!' | '?' if is_space => return at + 1,
            '-' if next == Some('-') && 0 < at => return at.max(start + 1),
            '\u{2014}' if start < at => return at,
            _ => {}
        }
    }
    text.len()
}

/// Returns the bytes of white space and dashes before the first word.
fn leading(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\n', '\t', '\r', '-', '\u{2014}']).len()
}

/// Returns the span of the material after a heading that ends at `end`: a marked block or
/// quotation, else the rest of the paragraph that begins in the line of the heading, else the rest
/// of the text.
fn material(text: &str, end: usize, blocks: &[Range<usize>], blank: &Blank<'_>) -> Range<usize> {
    let rest = &text[end..];
    let first = end + (rest.len() - rest.trim_start().len());
    if let Some(block) = blocks.iter().find(|block| block.contains(&first)) {
        return end..block.end;
    }
    if let Some(marked) = blank.ranges.iter().find(|range| range.start == first) {
        return end..marked.end;
    }
    if rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']) {
        return end..delimited(text, first).unwrap_or(text.len());
    }
    end..rest.find("\n\n").map_or(text.len(), |at| end + at)
}

/// Returns the end of a text between two lines of the same sign: "---".
fn delimited(text: &str, start: usize) -> Option<usize> {
    let line = text[start..].lines().next()?.trim_end();
    let sign = line.chars().next().filter(|c| matches!(c, '-' | '=' | '*' | '_' | '#'))?;
    if line.len() < 3 || !line.chars().all(|c| c == sign) {
        return None;
    }
    let inner = start + line.len();
    text[inner..].find(line).map(|at| inner + at + line.len())
}
