//! Phrases of scripts without spaces that only make a query a question.
//!
//! Words of other scripts have stop words (`language`). Without spaces, the end of a word is
//! unknown, so whole phrases are removed from the query before it is split into pairs of
//! characters. The phrases are common interrogatives and reminders of earlier conversation. Texts
//! keep all their terms. Short phrases that are often a part of a word, such as the Korean "why",
//! are not listed.

use std::borrow::Cow;

use crate::pieces::is_unspaced;

/// Returns `text`, the plain form of a query, with a space instead of each phrase that only asks,
/// or `text` itself if nothing else would remain.
pub(crate) fn without_asking(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unspaced) {
        return Cow::Borrowed(text);
    }
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let phrases = || PHRASES.iter().flat_map(|phrases| phrases.iter());
        let found =
            phrases().filter(|phrase| rest.starts_with(**phrase)).map(|phrase| phrase.len());
        match found.max() {
            Some(length) => {
                left.push(' ');
                rest = &rest[length..];
            }
            None => {
                left.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    match left.chars().any(char::is_alphanumeric) {
        true => Cow::Owned(left),
        false => Cow::Borrowed(text),
    }
}

const PHRASES: &[&[&str]] = &[CHINESE, JAPANESE, KOREAN];

/// When, why, how, what, where, which, who, how many; is it that; do you remember, as I said; in
/// simplified and traditional characters.
const CHINESE: &[&str] = &[
    "\u{6211}\u{4e4b}\u{524d}\u{8aaa}\u{904e}",
    "\u{6211}\u{4e4b}\u{524d}\u{8bf4}\u{8fc7}",
    "\u{6211}\u{4e0a}\u{6b21}\u{8bf4}\u{7684}",
    "\u{6211}\u{4e0a}\u{6b21}\u{8aaa}\u{7684}",
    "\u{4ec0}\u{9ebc}\u{6642}\u{5019}",
    "\u{4e0a}\u{6b21}\u{8bf4}\u{7684}",
    "\u{751a}\u{9ebc}\u{6642}\u{5019}",
    "\u{4ec0}\u{9ebc}\u{5730}\u{65b9}",
    "\u{8bb0}\u{4e0d}\u{8bb0}\u{5f97}",
    "\u{4e0a}\u{6b21}\u{8aaa}\u{7684}",
    "\u{8a18}\u{4e0d}\u{8a18}\u{5f97}",
    "\u{4ec0}\u{4e48}\u{5730}\u{65b9}",
    "\u{4e4b}\u{524d}\u{8aaa}\u{904e}",
    "\u{4ec0}\u{4e48}\u{65f6}\u{5019}",
    "\u{4e4b}\u{524d}\u{8bf4}\u{8fc7}",
    "\u{591a}\u{5c11}\u{94b1}",
    "\u{600e}\u{4e48}\u{6837}",
    "\u{6709}\u{6c92}\u{6709}",
    "\u{600e}\u{9ebc}\u{6a23}",
    "\u{6703}\u{4e0d}\u{6703}",
    "\u{5728}\u{54ea}\u{91cc}",
    "\u{6709}\u{6ca1}\u{6709}",
    "\u{70ba}\u{4ec0}\u{9ebc}",
    "\u{6211}\u{8aaa}\u{904e}",
    "\u{4f60}\u{8a18}\u{5f97}",
    "\u{8fd8}\u{8bb0}\u{5f97}",
    "\u{544a}\u{8bc9}\u{6211}",
    "\u{662f}\u{4e0d}\u{662f}",
    "\u{5728}\u{54ea}\u{88cf}",
    "\u{600e}\u{9ebc}\u{8fa6}",
    "\u{600e}\u{4e48}\u{529e}",
    "\u{5728}\u{54ea}\u{5152}",
    "\u{544a}\u{8a34}\u{6211}",
    "\u{6211}\u{8bf4}\u{8fc7}",
    "\u{4e3a}\u{4ec0}\u{4e48}",
    "\u{591a}\u{5c11}\u{9322}",
    "\u{4f1a}\u{4e0d}\u{4f1a}",
    "\u{5728}\u{54ea}\u{88e1}",
    "\u{80fd}\u{4e0d}\u{80fd}",
    "\u{5728}\u{54ea}\u{513f}",
    "\u{4f60}\u{8bb0}\u{5f97}",
    "\u{9084}\u{8a18}\u{5f97}",
    "\u{54ea}\u{513f}",
    "\u{5e7e}\u{865f}",
    "\u{54ea}\u{4e9b}",
    "\u{51e0}\u{70b9}",
    "\u{662f}\u{8ab0}",
    "\u{54ea}\u{4e2a}",
    "\u{8acb}\u{554f}",
    "\u{54ea}\u{500b}",
    "\u{591a}\u{5c11}",
    "\u{54ea}\u{5152}",
    "\u{4ec0}\u{4e48}",
    "\u{54ea}\u{5929}",
    "\u{4ec0}\u{9ebc}",
    "\u{751a}\u{9ebc}",
    "\u{54ea}\u{88e1}",
    "\u{51e0}\u{53f7}",
    "\u{54ea}\u{91cc}",
    "\u{5728}\u{54ea}",
    "\u{662f}\u{8c01}",
    "\u{54ea}\u{4e00}",
    "\u{600e}\u{9ebc}",
    "\u{5e7e}\u{9ede}",
    "\u{591a}\u{4e45}",
    "\u{8bf7}\u{95ee}",
    "\u{600e}\u{4e48}",
    "\u{54ea}\u{88cf}",
];

/// Where, why, how, what, who; polite endings of questions.
const JAPANESE: &[&str] = &[
    "\u{3069}\u{3053}",
    "\u{306a}\u{305c}",
    "\u{3069}\u{3046}\u{3057}\u{3066}",
    "\u{3069}\u{306e}\u{304f}\u{3089}\u{3044}",
    "\u{3069}\u{3093}\u{306a}",
    "\u{3069}\u{3046}\u{3084}\u{3063}\u{3066}",
    "\u{3069}\u{308c}\u{304f}\u{3089}\u{3044}",
    "\u{4f55}\u{6642}",
    "\u{4f55}\u{306e}",
    "\u{4f55}\u{3092}",
    "\u{4f55}\u{304c}",
    "\u{8ab0}\u{304c}",
    "\u{8ab0}\u{306e}",
    "\u{8ab0}\u{3068}",
    "\u{3067}\u{3059}\u{304b}",
    "\u{307e}\u{3059}\u{304b}",
    "\u{307e}\u{3057}\u{305f}\u{304b}",
    "\u{3067}\u{3057}\u{305f}\u{304b}",
    "\u{307e}\u{305b}\u{3093}\u{304b}",
];

/// When, where, who, what, how.
const KOREAN: &[&str] = &[
    "\u{c5b8}\u{c81c}",
    "\u{c5b4}\u{b514}\u{c11c}",
    "\u{c5b4}\u{b514}",
    "\u{b204}\u{ac00}",
    "\u{b204}\u{ad6c}",
    "\u{bb34}\u{c5c7}",
    "\u{bb34}\u{c2a8}",
    "\u{c5b4}\u{b5bb}\u{ac8c}",
    "\u{c5bc}\u{b9c8}\u{b098}",
];

#[cfg(test)]
mod tests;
