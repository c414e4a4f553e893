//! The table of rules: a name, a kind, a cue and a pattern each.
//!
//! One pass looks for the cues of all rules together; a rule's pattern is compiled and run only
//! where its cue was seen. Patterns use ASCII word boundaries, which keep the engine on its fast
//! path when the text around them is not ASCII, and bounded gaps, so that no match spans a page.

mod injection;
mod secret;

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use regex::{Regex, RegexSet};

use crate::{Kind, entropy};

/// One rule. If its pattern has a group, the group is what was found, else the whole match.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Literals of which every match has one: alternatives in any case and verbose mode.
    cue: &'static str,
    pattern: &'static str,
    check: Check,
    regex: OnceLock<Regex>,
}

/// What a match must pass beyond its pattern.
#[derive(Clone, Copy)]
enum Check {
    None,
    /// At least so many bits per byte, and no placeholder.
    Entropy(f64),
    /// See [`entropy::looks_random`]; and not a public key or digest by its beginning.
    Random,
}

impl Rule {
    fn new(name: &'static str, kind: Kind, cue: &'static str, pattern: &'static str) -> Rule {
        Rule { name, kind, cue, pattern, check: Check::None, regex: OnceLock::new() }
    }

    fn with_check(self, check: Check) -> Rule {
        Rule { check, ..self }
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| Regex::new(self.pattern).expect("rules are constants, tested"))
    }

    fn admits(&self, found: &str) -> bool {
        match self.check {
            Check::None => true,
            Check::Entropy(bits_min) => {
                bits_min <= entropy::bits_per_byte(found) && !is_placeholder(found)
            }
            Check::Random => !found.starts_with("AAAA") && entropy::looks_random(found),
        }
    }
}

/// Whether a value stands for a secret in an example, such as `your-api-key` or `${TOKEN}`.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["example", "your", "changeme", "placeholder", "redacted", "xxxx", "****", "....", "${", "{{"]
        .iter()
        .any(|mark| lower.contains(mark))
}

/// The rules in the form in which they run.
pub(crate) struct Compiled {
    rules: Vec<Rule>,
    cues: RegexSet,
}

/// All rules, made on first use.
pub(crate) static ALL: LazyLock<Compiled> = LazyLock::new(|| {
    let rules: Vec<Rule> = injection::rules().into_iter().chain(secret::rules()).collect();
    let cues = RegexSet::new(rules.iter().map(|rule| format!("(?ix:{})", rule.cue)));
    Compiled { cues: cues.expect("rules are constants, tested"), rules }
});

impl Compiled {
    /// Every match in `text`.
    pub(crate) fn matches<'c>(
        &'c self,
        text: &'c str,
    ) -> impl Iterator<Item = (&'c Rule, Range<usize>)> + 'c {
        let cued = self.cues.matches(text).into_iter().map(|index| &self.rules[index]);
        cued.flat_map(move |rule| {
            let found = rule.regex().captures_iter(text).filter_map(|captures| {
                let whole = captures.get(0);
                captures.get(1).or(whole).map(|found| found.range())
            });
            let found = found.filter(|span| rule.admits(&text[span.clone()]));
            found.map(move |span| (rule, span))
        })
    }
}
