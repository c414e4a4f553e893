//! Secrets: private keys, tokens of a known shape, values with the name of a secret, credentials in
//! URLs, headers and command lines, and runs that look random.
//!
//! Each method of detection has a module. `value` recognises values that are not secrets, such as
//! placeholders and calls.

mod assigned;
mod keys;
mod phrases;
mod random;
mod tokens;
mod urls;
mod value;

pub(crate) use self::assigned::is_secret_under;
use super::Match;

/// Finds every secret in `text`, unordered.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    tokens::find(text, matches);
    keys::find(text, matches);
    assigned::find(text, matches);
    urls::find(text, matches);
    phrases::find(text, matches);
    random::find(text, matches);
}
