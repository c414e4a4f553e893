//! Texts that begin with a dash.
//!
//! `remember "- [ ] buy oat milk"` is a text, `recall milk --limti 3` a mistake. Texts that stand
//! by themselves may begin with a dash as long as no word of the command line looks like an option
//! that no command has; if one does, a dash begins an option, and clap names the nearest one. After
//! `--` every word is a text.

use std::ffi::{OsStr, OsString};

use clap::{Command, CommandFactory, FromArgMatches, error::Error};

use super::Arguments;

/// The commands whose text stands by itself, with its argument.
const TEXTS: &[(&str, &str)] = &[("remember", "text"), ("recall", "query"), ("context", "task")];

impl Arguments {
    /// Reads the words of a command line, the program's name first.
    pub(crate) fn read(words: Vec<OsString>) -> Result<Arguments, Error> {
        let mut command = Arguments::command();
        if !has_unknown_option(&words) {
            for &(name, text) in TEXTS {
                command = command.mut_subcommand(name, |command| {
                    command.mut_arg(text, |text| text.allow_hyphen_values(true))
                });
            }
        }
        Arguments::from_arg_matches(&command.try_get_matches_from(words)?)
    }
}

/// Returns `true` if JSON is asked for, as far as that can be told from the words alone.
pub(crate) fn asks_for_json(words: &[OsString]) -> bool {
    before_dashes(words).any(|word| word == "--json")
}

/// Returns `true` if `word` is written as an option: a dash or two, and a letter before any space.
pub(super) fn looks_like_option(word: &str) -> bool {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
    let name = name.split('=').next().unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn has_unknown_option(words: &[OsString]) -> bool {
    // A command that is built cannot be changed any more.
    let mut command = Arguments::command();
    command.build();
    let options = before_dashes(words).filter_map(|word| word.to_str());
    options.filter(|word| looks_like_option(word)).any(|word| !is_option(&command, word))
}

/// Returns `true` if `command`, or one below it, has the option or the short ones in `word`.
fn is_option(command: &Command, word: &str) -> bool {
    let here = match word.strip_prefix("--") {
        Some(name) => {
            let name = name.split('=').next().unwrap_or_default();
            command.get_arguments().any(|argument| {
                argument.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name))
            })
        }
        None => word
            .chars()
            .skip(1)
            .all(|c| command.get_arguments().any(|argument| argument.get_short() == Some(c))),
    };
    here || command.get_subcommands().any(|below| is_option(below, word))
}

/// The words of the command line before `--`.
fn before_dashes(words: &[OsString]) -> impl Iterator<Item = &OsStr> {
    words.iter().skip(1).map(OsString::as_os_str).take_while(|word| *word != "--")
}
