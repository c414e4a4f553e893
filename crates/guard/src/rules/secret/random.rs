//! Runs that look random, without a known shape or a name of a secret.

use super::{
    super::{Match, is_full},
    value,
};
use crate::Kind::HighEntropy;

/// Minimum length of a run, and of a run after `=`.
const RUN_BYTES_MIN: usize = 32;
const ASSIGNED_BYTES_MIN: usize = 24;

/// Maximum length of the text before a run that is read for a name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Maximum number of bytes of a run that are examined. The rest still belongs to the finding.
const JUDGED_BYTES_MAX: usize = 1024;

/// Finds runs of the base64 alphabets that look random and are not a digest, public key or payload.
pub(super) fn find(text: &str, matches: &mut Vec<Match>) {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-".contains(byte);
    let mut at = 0;
    let mut shown = public_blocks(text).into_iter().peekable();
    while let Some(start) = bytes[at..].iter().position(is_part).map(|skipped| at + skipped) {
        if is_full(matches) {
            return;
        }
        let length = bytes[start..].iter().position(|byte| !is_part(byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        at = end;
        if end - start < ASSIGNED_BYTES_MIN {
            continue;
        }
        while shown.next_if(|block| block.end <= start).is_some() {}
        let padding = bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
        let is_shown = shown.peek().is_some_and(|block| block.start <= start);
        if !is_shown && is_secret(text, start, end, end + padding) {
            let (rule, span) = ("random-run", start..end + padding);
            matches.push(Match { rule, kind: HighEntropy, span });
        }
    }
}

fn is_secret(text: &str, start: usize, end: usize, whole_end: usize) -> bool {
    let bytes = text.as_bytes();
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let is_assigned = before == Some(b'=');
    let length_min = if is_assigned { ASSIGNED_BYTES_MIN } else { RUN_BYTES_MIN };
    if end - start < length_min
        // The run is part of an address, a version, an entity, or of text that is not ASCII.
        || matches!(before, Some(b'.' | b'@' | b'#' | b'%' | b'&' | b'~' | b'$' | b'\\'))
        || before.is_some_and(|byte| !byte.is_ascii())
        || matches!(bytes.get(whole_end), Some(b'.' | b'@' | b'(' | b'=' | b'%'))
    {
        return false;
    }
    let run = &text[start..end];
    let judged = &run[..run.len().min(JUDGED_BYTES_MAX)];
    let judged = judged.trim_start_matches(['/', '+', '-', '_']);
    is_unlabelled(&text[..start], is_assigned)
        && !is_labelled(judged)
        && !value::is_path(judged)
        && !value::is_placeholder(judged)
        && !value::is_base58_address(judged)
        && (value::is_random(judged) || (is_assigned && value::is_random_assigned(judged)))
}

/// Returns `true` if the start of a run identifies it as a digest, a public key, or a certificate.
fn is_labelled(run: &str) -> bool {
    const LABELS: &[&str] =
        &["AAAA", "MII", "sha1-", "sha256-", "sha384-", "sha512-", "md5-", "ZN"];
    LABELS.iter().any(|label| run.starts_with(label))
}

/// Returns `true` if nothing before a run identifies it as a digest, an identifier, a payload or a
/// part of an address.
fn is_unlabelled(before: &str, is_assigned: bool) -> bool {
    /// Words in the names of public values.
    const SHOWN: &[&str] = &[
        "hash",
        "sha",
        "md5",
        "digest",
        "checksum",
        "sum",
        "integrity",
        "fingerprint",
        "h1",
        "public",
        "pub",
        "csrf",
        "xsrf",
        "etag",
        "commit",
        "rev",
        "id",
        "uuid",
        "base64,",
        "foreign",
        "primary",
        "sequence",
        "cursor",
        "nonce",
        "chars",
        "alphabet",
        "charset",
        "cert",
        "x5c",
        "iv",
        "tag",
        "image",
        "data",
        "clid",
    ];
    let near = &before[before.floor_char_boundary(before.len().saturating_sub(NAME_BYTES_MAX))..];
    let word = near
        .rsplit([' ', '\n', '\t', ',', '{', '?', '&'])
        .find(|word| word.bytes().any(|byte| byte.is_ascii_alphanumeric()));
    let word = word.unwrap_or("");
    if !is_assigned && word.contains("://") {
        return false;
    }
    let is_label = near.trim_end_matches(['"', '\'', ' ']).ends_with([':', '=', '-', ',', '>']);
    if !is_label {
        return true;
    }
    let name = word.to_ascii_lowercase();
    !SHOWN.iter().any(|shown| match shown.len() {
        ..3 => name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == *shown),
        _ => name.contains(shown),
    })
}

/// Returns the armoured blocks without a private key: certificates, public keys, messages.
fn public_blocks(text: &str) -> Vec<std::ops::Range<usize>> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(BEGIN).map(|skipped| at + skipped) {
        let head = &text[start + BEGIN.len()..];
        let label = head.split('-').next().unwrap_or("");
        let end = head.find(END).map_or(text.len(), |end| start + BEGIN.len() + end);
        if !label.contains("PRIVATE") {
            blocks.push(start..end);
        }
        at = end;
    }
    blocks
}
