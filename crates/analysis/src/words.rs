//! Conversion of a piece to its terms.

use rust_stemmers::Stemmer;
use unicode_normalization::char::is_combining_mark;

use crate::{
    pieces::{Piece, is_currency, is_percent, is_word},
    plain::lower,
};

/// Maximum length of a term in bytes; longer pieces are truncated.
pub(crate) const TERM_BYTES_MAX: usize = 64;
/// Prefix of a loose term; no other term begins with it.
pub(crate) const LOOSE: char = '`';
/// Prefix of the stem of a word in a text of another language; no other term begins with it.
pub(crate) const FOREIGN: char = '^';
/// Maximum number of parts of a name with a joined term.
const JOINED_PARTS_MAX: usize = 4;
/// Signs inside a word; all other punctuation ends a word.
const INNER: &[char] = &['-', '_', '.', '@', '#', '+', '%', '\'', '~'];
/// Signs between the parts of a word that also gets a joined term.
const JOINTS: &[char] = &['-', '_', '.'];

/// A term and its use.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) term: String,
    pub(crate) used: Use,
    /// The word as written, in lower case, if the term is a whole word of letters.
    pub(crate) word: Option<String>,
}

/// The use of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Plain,
    /// The previous term without its signs, with the same meaning (`#tag`, `@name`, `.NET`).
    Bare,
    /// The previous term without its signs, with another meaning (`-5`, `5%`, `C++`).
    Loose,
    /// The number that the previous term spells differently.
    Number,
    /// For stored texts only: one character of a longer run, another spelling of a number.
    Stored,
}

impl Token {
    pub(crate) fn new(term: impl Into<String>, used: Use) -> Token {
        Token { term: term.into(), used, word: None }
    }

    /// Returns the term in a stored text.
    pub(crate) fn into_term(self) -> String {
        match self.used {
            Use::Loose => loose(&self.term),
            Use::Plain | Use::Bare | Use::Number | Use::Stored => self.term,
        }
    }
}

/// Returns the loose form of a term.
pub(crate) fn loose(term: &str) -> String {
    format!("{LOOSE}{term}")
}

/// Returns the term of a stem in another language.
pub(crate) fn foreign(stem: &str) -> String {
    format!("{FOREIGN}{stem}")
}

/// Removes a possessive ending: `Ada's` becomes `Ada`.
pub(crate) fn without_possessive(piece: &str) -> &str {
    let cut = ["'s", "\u{2019}s", "'S", "\u{2019}S"].iter().find_map(|end| piece.strip_suffix(end));
    cut.unwrap_or(piece)
}

/// Turns pieces into terms.
pub(crate) struct Words<'a> {
    pub(crate) stemmer: Option<&'a Stemmer>,
}

impl Words<'_> {
    pub(crate) fn push(&self, piece: Piece<'_>, tokens: &mut Vec<Token>) {
        match piece {
            Piece::Word(word) => self.push_word(word, tokens),
            Piece::Number(number) => tokens.push(Token::new(number, Use::Plain)),
            Piece::Symbol(symbol) => tokens.push(Token::new(symbol, Use::Plain)),
            Piece::Run(run) => push_run(run, tokens),
        }
    }

    /// Returns the term of a word.
    pub(crate) fn stem(&self, word: &str) -> String {
        match self.stemmer {
            Some(stemmer) => stemmer.stem(word).into_owned(),
            None => word.to_owned(),
        }
    }

    fn push_word(&self, piece: &str, tokens: &mut Vec<Token>) {
        let core = piece.trim_matches(|c: char| !is_word(c));
        if core.is_empty() {
            return;
        }
        let is_end = |c: char| !is_word(c) && !INNER.contains(&c) && !is_currency(c);
        if !core.contains(is_end) || grouped_number(core).is_some() {
            return self.push_segment(piece.trim_matches(is_end_of_piece), tokens);
        }
        let ended = piece.trim_end_matches(is_end_of_piece);
        let after = signs_after(&ended[ended.trim_end_matches(|c: char| !is_word(c)).len()..]);
        let whole = lower(clipped(&format!("{core}{after}")));
        let opened = piece.trim_start_matches(['(', '[', '{', '<', '"', '\'']);
        let path = opened.trim_start_matches(['/', '~']);
        let root = &opened[..opened.len() - path.len()];
        if !root.is_empty() && path.starts_with(is_word) {
            tokens.push(Token::new(clipped(&format!("{root}{whole}")), Use::Plain));
        }
        tokens.push(Token::new(whole, Use::Plain));
        for segment in piece.split(is_end) {
            self.push_segment(segment, tokens);
        }
    }

    /// Adds the terms of a word without inner punctuation, except for signs that belong to it.
    fn push_segment(&self, segment: &str, tokens: &mut Vec<Token>) {
        let core = segment.trim_matches(|c: char| !is_word(c));
        if core.is_empty() {
            return;
        }
        let start = segment.len() - segment.trim_start_matches(|c: char| !is_word(c)).len();
        let (before, after) = (&segment[..start], &segment[start + core.len()..]);
        let (before, after) = (signs_before(before, core), signs_after(after));
        let number = grouped_number(core);
        let is_signed = !before.is_empty() || !after.is_empty();
        let bare = match &number {
            Some(number) => number.clone(),
            None => without_possessive(core).replace('\'', ""),
        };
        match &number {
            Some(number) if !is_signed => return push_number(core, number, tokens),
            None if !is_signed => return self.push_bare(&bare, tokens),
            _ => {}
        }
        tokens.push(Token::new(lower(clipped(&format!("{before}{bare}{after}"))), Use::Plain));
        match &parts(&bare)[..] {
            [part] => {
                let is_name = after.is_empty() && part.starts_with(char::is_alphabetic);
                let used = if is_name { Use::Bare } else { Use::Loose };
                tokens.push(Token::new(self.stem(&lower(clipped(part))), used));
            }
            _ => self.push_bare(&bare, tokens),
        }
        if let Some(number) = &number {
            let is_amount = before.chars().chain(after.chars()).all(is_currency);
            let others = spellings(core, number).into_iter();
            let others = others.chain(is_amount.then(|| number.clone()));
            tokens.extend(others.map(|other| Token::new(clipped(&other), Use::Stored)));
        }
    }

    fn push_bare(&self, bare: &str, tokens: &mut Vec<Token>) {
        let parts = parts(bare);
        if 1 < parts.len() {
            let whole = match joined(bare, &parts) {
                Some(joined) => self.stem(&lower(clipped(&joined))),
                None => lower(clipped(bare)),
            };
            tokens.push(Token::new(whole, Use::Plain));
        }
        let is_one = parts.len() == 1;
        for part in parts {
            let lower = lower(clipped(part));
            let term = self.stem(&lower);
            let word = (is_one && lower.chars().all(char::is_alphabetic)).then_some(lower);
            tokens.push(Token { term, used: Use::Plain, word });
        }
    }
}

/// Adds all pairs of neighbours of a run, and each character, with its combining marks.
fn push_run(run: &str, tokens: &mut Vec<Token>) {
    let is_start = |(_, c): &(usize, char)| c.is_alphanumeric() && !is_combining_mark(*c);
    let mut starts: Vec<usize> = run.char_indices().filter(is_start).map(|(at, _)| at).collect();
    if starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    starts.push(run.len());
    if let [start, end] = starts[..] {
        return tokens.push(Token::new(clipped(&run[start..end]), Use::Plain));
    }
    for pair in starts.windows(3) {
        tokens.push(Token::new(clipped(&run[pair[0]..pair[2]]), Use::Plain));
    }
    for single in starts.windows(2) {
        tokens.push(Token::new(clipped(&run[single[0]..single[1]]), Use::Stored));
    }
}

/// Returns `true` for punctuation around a word that does not change its meaning.
fn is_end_of_piece(c: char) -> bool {
    !is_word(c) && !INNER.contains(&c) && !is_currency(c)
}

/// Returns the signs before a word that change its meaning.
fn signs_before<'a>(before: &'a str, core: &str) -> &'a str {
    let before = before.trim_start_matches(['\'', '_']);
    let is_number = core.starts_with(|c: char| c.is_ascii_digit());
    let is_kept = match before {
        "-" | "--" | "#" | "@" => true,
        "+" => is_number,
        "." => !is_number,
        _ => {
            let amount = before.trim_start_matches(['-', '+']);
            let amount = amount.strip_suffix(['-', '+']).unwrap_or(amount);
            !amount.is_empty() && amount.chars().all(is_currency)
        }
    };
    if is_kept { before } else { "" }
}

/// Returns the signs after a word that change its meaning.
fn signs_after(after: &str) -> &str {
    let after = after.trim_end_matches(['.', '-', '_', '~', '\'', '@']);
    let is_kept = match after {
        "#" | "+" | "++" => true,
        _ => {
            let mut chars = after.chars();
            chars.next().is_some_and(|c| is_percent(c) || is_currency(c)) && chars.next().is_none()
        }
    };
    if is_kept { after } else { "" }
}

/// Returns a number without its group separators and without decimals that are zeros, if it is
/// certainly one: `1,299.00`, `1'299`, `1.299,00`.
fn grouped_number(text: &str) -> Option<String> {
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'');
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(is_figure) {
        return None;
    }
    let groups: Vec<&str> = text.split([',', '.', '\'']).collect();
    let signs: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let (first, last) = (groups.first()?, groups.last()?);
    let (separator, decimals) = match signs[..] {
        // 1299.00 and 1,299
        ['.'] if *last == "00" => (None, Some(*last)),
        [sign @ (',' | '\'')] => (Some(sign), None),
        [sign, .., point] if sign != point && point != '\'' => (Some(sign), Some(*last)),
        [sign @ (',' | '\''), ..] => (Some(sign), None),
        _ => return None,
    };
    let whole = &groups[..groups.len() - decimals.iter().len()];
    let separators = &signs[..whole.len() - 1];
    let fits = separators.iter().all(|sign| Some(*sign) == separator)
        && (separator.is_none() || (1..=3).contains(&first.len()))
        && whole[1..].iter().all(|group| group.len() == 3)
        && decimals.is_none_or(|decimals| !decimals.is_empty());
    if !fits {
        return None;
    }
    let mut number = whole.concat();
    if let Some(decimals) = decimals.filter(|decimals| decimals.contains(|c| c != '0')) {
        number.extend([".", decimals]);
    }
    Some(number)
}

/// Adds a number with its spelling `written`, which ranks before other spellings.
fn push_number(written: &str, number: &str, tokens: &mut Vec<Token>) {
    tokens.push(Token::new(clipped(written), Use::Plain));
    tokens.push(Token::new(clipped(number), Use::Number));
    let others = spellings(written, number).into_iter().filter(|other| other != written);
    let whole = number.split_once('.').map(|(whole, _)| whole.to_owned());
    tokens.extend(others.chain(whole).map(|other| Token::new(clipped(&other), Use::Stored)));
}

/// Returns the spellings of a number as written, without its separators, and without its decimals,
/// except `number` itself: `1,299.00`, `1299.00` and `1,299`.
fn spellings(written: &str, number: &str) -> Vec<String> {
    let point = written.rfind(|c: char| !c.is_ascii_digit());
    // Groups have three digits.
    let point = point.filter(|at| written.len() - at != 4 || number.contains('.'));
    let (whole, decimals) = written.split_at(point.unwrap_or(written.len()));
    let digits = whole.replace(|c: char| !c.is_ascii_digit(), "");
    let mut all = vec![written.to_owned(), format!("{digits}{decimals}"), whole.to_owned()];
    all.retain(|spelling| spelling != number);
    all.dedup();
    all
}

/// Joins a word of several parts, if it may be written as one.
fn joined(bare: &str, parts: &[&str]) -> Option<String> {
    let has_point = bare.contains('.');
    let is_name = |part: &&str| part.starts_with(char::is_alphabetic);
    let all_letters = || parts.iter().all(|part| part.chars().all(char::is_alphabetic));
    let fits = parts.len() <= JOINED_PARTS_MAX
        && bare.chars().all(|c| is_word(c) || JOINTS.contains(&c))
        && parts.iter().any(is_name)
        && (!has_point || all_letters());
    fits.then(|| parts.concat())
}

/// Splits `word` at signs, where lower case turns to upper, and where a word follows an acronym.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for word in word.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()) {
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            parts.push(word);
            continue;
        }
        let chars: Vec<(usize, char)> = word.char_indices().collect();
        let is = |at: usize, has: fn(char) -> bool| chars.get(at).is_some_and(|(_, c)| has(*c));
        let mut start = 0;
        for at in 1..chars.len() {
            let follows_acronym = is(at - 1, char::is_uppercase)
                && is(at + 1, char::is_lowercase)
                && is(at + 2, char::is_lowercase);
            let begins = is(at - 1, char::is_lowercase) || follows_acronym;
            if is(at, char::is_uppercase) && begins {
                parts.push(&word[start..chars[at].0]);
                start = chars[at].0;
            }
        }
        parts.push(&word[start..]);
    }
    parts
}

pub(crate) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(TERM_BYTES_MAX)]
}
