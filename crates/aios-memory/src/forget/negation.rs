//! Negation: "Anna does not like risotto" has all words of "Anna likes risotto" and says the
//! opposite. Of languages that people bring; a word of one may be another word of another, which
//! costs a look and no record.

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

/// Returns `true` if `text` negates something.
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
