//! Negation: "Anna does not like risotto" has all words of "Anna likes risotto" and says the
//! opposite. English only: search leaves such words out in no other language.

/// Words that negate, in lower case.
const NEGATIONS: &[&str] =
    &["cannot", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"];

/// Returns `true` if `text` negates something.
pub(super) fn negates(text: &str) -> bool {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.any(|word| NEGATIONS.contains(&word.trim_matches('\'')) || word.ends_with("n't"))
}

#[cfg(test)]
mod tests;
