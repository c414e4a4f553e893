//! Splits Rust text into code, comments and literals, as far as the checks need it.
//!
//! This is not a lexer: it only distinguishes strings, raw strings, characters and lifetimes, and
//! nested comments.

/// A line in three parts of equal length. A character of one part is a space in the others.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) code: String,
    pub(super) comment: String,
    pub(super) literal: String,
    /// True if the line begins within a string. Its length is then part of the data, not of the
    /// layout.
    pub(super) opens_in_literal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    /// A block comment, with its nesting depth.
    BlockComment(usize),
    /// A string with escapes.
    String,
    /// A raw string, with its number of hashes.
    RawString(usize),
}

/// Splits the lines of `text`.
pub(super) fn scan(text: &str) -> Vec<Line> {
    let chars: Vec<char> = text.chars().collect();
    let mut scan = Scan { chars: &chars, at: 0, state: State::Code, lines: vec![Line::default()] };
    while scan.at < scan.chars.len() {
        scan.step();
    }
    scan.lines
}

struct Scan<'a> {
    chars: &'a [char],
    at: usize,
    state: State,
    lines: Vec<Line>,
}

impl Scan<'_> {
    fn step(&mut self) {
        match self.state {
            State::Code => self.code(),
            State::LineComment => {
                if self.peek(0) == Some('\n') {
                    self.state = State::Code;
                }
                self.take(1, State::LineComment);
            }
            State::BlockComment(depth) if self.starts("*/") => {
                self.take(2, self.state);
                let outer = depth - 1;
                self.state = if outer == 0 { State::Code } else { State::BlockComment(outer) };
            }
            State::BlockComment(depth) if self.starts("/*") => {
                self.take(2, self.state);
                self.state = State::BlockComment(depth + 1);
            }
            State::BlockComment(_) => self.take(1, self.state),
            State::String if self.starts("\\") => self.take(2, State::String),
            State::String => {
                let closes = self.starts("\"");
                self.take(1, State::String);
                if closes {
                    self.state = State::Code;
                }
            }
            State::RawString(hashes) => {
                let closes = self.starts("\"") && self.hashes(1) >= hashes;
                self.take(if closes { 1 + hashes } else { 1 }, self.state);
                if closes {
                    self.state = State::Code;
                }
            }
        }
    }

    fn code(&mut self) {
        if self.starts("//") {
            self.state = State::LineComment;
        } else if self.starts("/*") {
            self.take(2, State::BlockComment(1));
            self.state = State::BlockComment(1);
        } else if self.starts("\"") {
            self.take(1, State::String);
            self.state = State::String;
        } else if let Some(hashes) = self.raw_string() {
            self.take(2 + hashes, State::String);
            self.state = State::RawString(hashes);
        } else if let Some(length) = self.character() {
            self.take(length, State::String);
        } else {
            self.take(1, State::Code);
        }
    }

    /// Returns the number of hashes of a raw string that begins here. A `b` or `c` before the `r`
    /// counts as code.
    fn raw_string(&self) -> Option<usize> {
        let hashes = self.hashes(1);
        let quoted = self.peek(0) == Some('r') && self.peek(1 + hashes) == Some('"');
        quoted.then_some(hashes)
    }

    /// Returns the length of a character literal that begins here; `None` for a lifetime.
    fn character(&self) -> Option<usize> {
        if self.peek(0) != Some('\'') {
            return None;
        }
        if self.peek(1) == Some('\\') {
            let rest = &self.chars[(self.at + 3).min(self.chars.len())..];
            return rest.iter().position(|c| *c == '\'').map(|more| more + 4);
        }
        (self.peek(2) == Some('\'')).then_some(3)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    fn hashes(&self, ahead: usize) -> usize {
        self.chars[(self.at + ahead).min(self.chars.len())..]
            .iter()
            .take_while(|c| **c == '#')
            .count()
    }

    /// Moves `count` characters to the part for `state`.
    fn take(&mut self, count: usize, state: State) {
        for _ in 0..count.min(self.chars.len() - self.at) {
            let c = self.chars[self.at];
            self.at += 1;
            if c == '\n' {
                let opens_in_literal = matches!(self.state, State::String | State::RawString(_));
                self.lines.push(Line { opens_in_literal, ..Line::default() });
                continue;
            }
            let line = self.lines.last_mut().expect("there is a line from the start");
            let (mut code, mut comment, mut literal) = (' ', ' ', ' ');
            match state {
                State::Code => code = c,
                State::LineComment | State::BlockComment(_) => comment = c,
                State::String | State::RawString(_) => literal = c,
            }
            line.code.push(code);
            line.comment.push(comment);
            line.literal.push(literal);
        }
    }
}

#[cfg(test)]
mod tests;
