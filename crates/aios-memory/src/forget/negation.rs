//! Detection of negation: "Anna does not like risotto" has all words of "Anna likes risotto" but
//! the opposite meaning. Covers several languages at once. A word may be a negation in one language
//! only, which at worst requires a review, but never loses a record.

/// Words that negate, in lower case.
const NEGATIONS: &[&[&str]] = &[
    // English
    &["cannot", "neither", "never", "no", "nobody", "none", "nor", "not", "nothing", "without"],
    // German
    &["nicht", "nichts", "nie", "niemals", "niemand", "ohne", "weder"],
    &["kein", "keine", "keinem", "keinen", "keiner", "keines"],
    // Dutch
    &["niet", "niets", "nooit", "geen", "zonder", "noch"],
    // French
    &["ne", "pas", "jamais", "rien", "aucun", "aucune", "sans", "ni"],
    // Spanish
    &["nunca", "jam\u{e1}s", "nada", "nadie", "sin", "tampoco"],
    &["ning\u{fa}n", "ninguno", "ninguna"],
    // Italian
    &["non", "niente", "nulla", "nessun", "nessuno", "nessuna", "senza", "n\u{e9}"],
    // Swedish
    &["inte", "ej", "icke", "aldrig", "ingen", "inget", "inga", "ingenting", "utan"],
];

/// Returns `true` if `text` contains a negation.
pub(super) fn negates(text: &str) -> bool {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.any(|word| {
        let plain = word.trim_matches('\'');
        // English and French contractions.
        NEGATIONS.iter().any(|of_language| of_language.contains(&plain))
            || plain.ends_with("n't")
            || plain.starts_with("n'")
    })
}

#[cfg(test)]
mod tests;
