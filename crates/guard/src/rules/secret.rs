//! Secrets: private keys, tokens of a known shape, values under a name that tells, credentials in
//! addresses, headers and command lines, and runs that look random.
//!
//! Each way of telling has a module; what a value must not be, a placeholder or a call, is in
//! `value`.

mod assigned;
mod keys;
mod phrases;
mod random;
mod tokens;
mod urls;
mod value;

pub(crate) use self::assigned::is_secret_under;
use super::Match;

/// Finds every secret in `text`, in no order.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    tokens::find(text, matches);
    keys::find(text, matches);
    assigned::find(text, matches);
    urls::find(text, matches);
    phrases::find(text, matches);
    random::find(text, matches);
}
