//! Texts that begin with a dash.
//!
//! `remember "- [ ] buy oat milk"` contains a text, `recall milk --limti 3` a typo. Positional
//! texts may begin with a dash if no word of the command line looks like an unknown option.
//! Otherwise a dash begins an option, and clap suggests the nearest one. After `--`, every word is
//! a text.

use std::ffi::{OsStr, OsString};

use clap::{Command, CommandFactory, FromArgMatches, error::Error};

use super::{Arguments, values::looks_like_option};
use crate::hook::Host;

/// Commands with a positional text, and the name of that argument.
const TEXTS: &[(&str, &str)] = &[("remember", "text"), ("recall", "query"), ("context", "task")];

impl Arguments {
    /// Parses the words of a command line. The first one is the name of the program.
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

/// Returns true if the words before `--` include `--json`.
pub(crate) fn asks_for_json(words: &[OsString]) -> bool {
    before_dashes(words).any(|word| word == "--json")
}

/// Returns true if the words call a hook, even if they cannot be parsed.
pub(crate) fn is_hook(words: &[OsString]) -> bool {
    let words: Vec<&OsStr> = before_dashes(words).collect();
    words.windows(2).any(|pair| {
        let host = pair[1].to_str().and_then(Host::named);
        pair[0] == "hook" && host.is_some()
    })
}

fn has_unknown_option(words: &[OsString]) -> bool {
    // A built command cannot be changed, so another one is created.
    let mut command = Arguments::command();
    command.build();
    let options = before_dashes(words).filter_map(|word| word.to_str());
    options.filter(|word| looks_like_option(word)).any(|word| !is_option(&command, word))
}

/// Returns true if `command` or one of its subcommands has the long option, or all short options,
/// in `word`.
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

/// Returns the words of the command line before `--`.
fn before_dashes(words: &[OsString]) -> impl Iterator<Item = &OsStr> {
    words.iter().skip(1).map(OsString::as_os_str).take_while(|word| *word != "--")
}
