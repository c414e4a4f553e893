//! Private keys: armoured, in a PuTTY file, as JWK and as XML.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Match;
use crate::Kind::PrivateKey;

/// Finds private keys, each with its body.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    if text.contains("PRIVATE KEY") {
        let found = ARMOUR.find_iter(text).map(|found| ("private-key", found.range()));
        matches.extend(found.map(|(rule, span)| Match { rule, kind: PrivateKey, span }));
    }
    for (cue, rule, pattern) in [
        ("PuTTY-User-Key-File", "putty-private-key", &PUTTY),
        ("\"kty\"", "jwk-private-key", &JWK),
        ("RSAKeyValue>", "xml-private-key", &XML),
    ] {
        if text.contains(cue) {
            let found = pattern.captures_iter(text).filter_map(|captures| captures.get(1));
            let found = found.map(|found| Match { rule, kind: PrivateKey, span: found.range() });
            matches.extend(found);
        }
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("patterns are constants, tested")
}

/// The armour with its content; without an end, up to the end of the content. Lines may be quoted.
static ARMOUR: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?x)-{4,5}\ ?BEGIN\ [A-Z0-9_\ -]{0,60}PRIVATE\ KEY(?:\ BLOCK)?\ ?-{4,5}
        (?:[A-Za-z0-9+/=\s:,.()\\>"'|\#*_@;<-]*?
            -{4,5}\ ?END\ [A-Z0-9_\ -]{0,60}PRIVATE\ KEY(?:\ BLOCK)?\ ?-{4,5}
        |[A-Za-z0-9+/=\s:,.()\\>-]*)"#,
    )
});

/// The private lines of a PuTTY key, or its head alone.
static PUTTY: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)(PuTTY-User-Key-File-[23]:(?:[^\n]*\n){1,12}?Private-Lines:\ [0-9]{1,4}\s+
        (?:[A-Za-z0-9+/=]+(?:\s+|$))*(?:Private-MAC:\s[0-9a-f]+)?|PuTTY-User-Key-File-[23]:[^\n]+)",
    )
});

/// The private members of a JSON Web Key.
static JWK: LazyLock<Regex> =
    LazyLock::new(|| regex(r#""(?:d|p|q|dp|dq|qi|k)"\s?:\s?"([A-Za-z0-9_-]{20,})""#));

/// The private members of an RSA key of .NET.
static XML: LazyLock<Regex> =
    LazyLock::new(|| regex(r"<(?:D|P|Q|DP|DQ|InverseQ)>\s?([A-Za-z0-9+/=]{20,})\s?</"));
