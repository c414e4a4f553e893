//! Reads messages, one a line, and prints the facts that each states and ends.
//!
//! ```text
//! printf 'I live in Ghent.\nI moved to Oslo last week.\n' |
//!     cargo run -p aios-learning --example facts_of_lines -- 2026-03-02T10:00:00Z
//! ```
//!
//! The argument is the time of the messages, against which "last week" is resolved; without it,
//! relative times stay as they are.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, io};

use aios_learning::{Extractor, Heard, Known, Message, supersede};
use aios_record::Timestamp;

fn main() -> Result<(), Box<dyn Error>> {
    let at: Option<Timestamp> = env::args().nth(1).map(|time| time.parse()).transpose()?;
    let extractor = Extractor::default();
    let mut heard = Heard::default();
    let mut current: Vec<(Known, String)> = Vec::new();
    let mut before: Option<Message> = None;
    for (number, line) in io::stdin().lines().enumerate() {
        let message = Message { at, ..Message::new(format!("line {}", number + 1), line?) };
        let known: Vec<Known> = current.iter().map(|(known, _)| known.clone()).collect();
        for ended in supersede(&known, &message) {
            for (_, text) in current.extract_if(.., |(known, _)| known.key() == ended.key) {
                println!("- {text}");
            }
        }
        for draft in extractor.extract(&message, before.as_ref(), &mut heard).drafts {
            println!("+ {}", draft.text);
            let key = format!("{} {}", message.key, current.len());
            current.push((Known::of(key, &draft), draft.text));
        }
        before = Some(message);
    }
    Ok(())
}
