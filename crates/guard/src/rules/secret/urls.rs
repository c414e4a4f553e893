//! Credentials in URLs: the password before the host, or a token instead of it.

use super::{
    super::{Match, is_full},
    value,
};
use crate::Kind::Credential;

/// Maximum length of a user name, in bytes.
const USER_BYTES_MAX: usize = 200;

/// Finds passwords and tokens between `://` and a host.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let mut read_until = 0;
    for (at, sign) in text.match_indices("://") {
        if is_full(matches) {
            return;
        }
        let start = at + sign.len();
        if start < read_until {
            continue;
        }
        let authority = authority(text, start);
        read_until = start + authority.len();
        let Some(host) = authority.rfind('@') else { continue };
        let login = &authority[..host];
        let (rule, offset) = match login.find(':') {
            Some(colon) if colon <= USER_BYTES_MAX => ("url-password", colon + 1),
            Some(_) => continue,
            None => ("url-token", 0),
        };
        let secret = &login[offset..];
        // `guest:guest` is the default of every installation.
        let is_default = offset != 0 && login[..offset - 1] == *secret;
        if !is_default && is_secret(secret, rule == "url-token") {
            let span = start + offset..start + host;
            matches.push(Match { rule, kind: Credential, span });
        }
    }
}

/// Returns the part from `start`, after `://`, to the path.
fn authority(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"/?\"'<>`\\|,".contains(&byte);
    &rest[..rest.bytes().position(ends).unwrap_or(rest.len())]
}

fn is_secret(secret: &str, is_token: bool) -> bool {
    const PASSWORD_BYTES_MIN: usize = 3;
    const TOKEN_BYTES_MIN: usize = 16;
    if value::is_placeholder(secret) {
        return false;
    }
    if is_token {
        return value::is_issued(secret, TOKEN_BYTES_MIN);
    }
    // This may be a port, or the tail of one URL in another.
    PASSWORD_BYTES_MIN <= secret.len() && !secret.contains('@')
        || value::is_issued(secret, TOKEN_BYTES_MIN)
}
