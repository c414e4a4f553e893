//! Verbs that agree with a name: "I am" and "Ada is", "I live" and "Ada lives".

use crate::lexicon::{self, Class};
use crate::words::Word;

/// Adverbs between subject and verb.
const BETWEEN: &[&str] = &[
    "also",
    "just",
    "still",
    "never",
    "always",
    "often",
    "usually",
    "really",
    "actually",
    "now",
    "currently",
    "mostly",
    "only",
    "even",
    "rarely",
    "sometimes",
    "generally",
    "recently",
    "already",
    "definitely",
    "finally",
    "frequently",
    "hardly",
    "honestly",
    "mainly",
    "normally",
    "occasionally",
    "probably",
    "regularly",
    "seldom",
    "simply",
    "truly",
    "typically",
];

/// Maximum number of words between subject and verb.
const SKIPPED_MAX: usize = 3;

/// Returns the word before the verb at `at`, and the number of adverbs between them.
pub(super) fn subject_before(words: &[Word], at: usize) -> Option<(&Word, usize)> {
    let mut before = at.checked_sub(1)?;
    let mut skipped = 0;
    loop {
        let is_one = BETWEEN.contains(&words[before].low.as_str());
        let is_no_longer = words[before].low == "longer"
            && before.checked_sub(1).is_some_and(|at| words[at].low == "no");
        let count = if is_no_longer { 2 } else { usize::from(is_one) };
        if count == 0 || SKIPPED_MAX < skipped + count {
            break;
        }
        before = before.checked_sub(count)?;
        skipped += count;
    }
    Some((&words[before], skipped))
}

/// Returns the third person singular of the verb at `at`, whose subject was `I` or `you`, if it
/// has another form.
pub(super) fn third_person(words: &[Word], at: usize, raw: &str, skipped: usize) -> Option<String> {
    let word = &words[at];
    // A part of a contraction follows its subject without a space: "I'm".
    let joined = raw.starts_with(['\'', '\u{2019}']);
    let spaced = |form: &str| if joined { format!(" {form}") } else { form.to_owned() };
    let is_cut = raw.len() == word.low.len() + 1 && raw.ends_with(['n', 'N']);
    match word.low.as_str() {
        "am" | "are" => Some(spaced(if is_cut { "isn" } else { "is" })),
        "have" => Some(spaced(if is_cut { "hasn" } else { "has" })),
        "do" => Some(if is_cut { "doesn" } else { "does" }.to_owned()),
        "will" | "would" if joined => Some(spaced(&word.low)),
        "were" => Some(if is_cut { "wasn" } else { "was" }.to_owned()),
        low if word.is(Class::Verb) && lexicon::is_base_verb(low) && low == raw => {
            // After "did" or "can" the base form stays; it does not follow the subject directly.
            let follows = at.checked_sub(1 + skipped).is_some();
            follows.then(|| with_s(low))
        }
        _ => None,
    }
}

fn with_s(verb: &str) -> String {
    let stem = verb.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match stem {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "sh", "ch", "x", "z", "o"].iter().any(|end| verb.ends_with(end)) => {
            format!("{verb}es")
        }
        None => format!("{verb}s"),
    }
}
