//! Normal forms of texts. Each form ignores certain differences.
//!
//! | form | used for | ignored differences |
//! |---|---|---|
//! | [`same`] | known records, folding | line ends, runs of white space, canonical forms (NFC) |
//! | [`forgotten`] | tombstones | also compatibility variants (NFKC), case, invisible characters |
//! | [`skeleton`] | look-alikes | also look-alike characters (UTS 39) |
//!
//! Each form is a refinement of the next: texts that are equal in one are equal in the next. Stores
//! keep keyed hashes of forms, never the forms themselves, and record [`VERSION`] beside them.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The version of these forms. It changes with any of them, because stores hold hashes.
pub const VERSION: u32 = 1;

/// The pattern of Braille without a dot, which looks like a space.
const BRAILLE_BLANK: char = '\u{2800}';

/// Returns the form in which texts are compared character by character: NFC, with each run of white
/// space (including line ends) as one space, and none at either end. Signs, symbols, superscripts,
/// joiners and case are kept. Borrows a text that is in this form already.
///
/// ```
/// use aios_record::forms::same;
///
/// assert_eq!(same("two \r\n lines\t"), "two lines");
/// assert_ne!(same("-5"), same("5"));
/// ```
#[must_use]
pub fn same(text: &str) -> Cow<'_, str> {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return spaced(text);
    }
    let normalized: String = text.nfc().collect();
    match spaced(&normalized) {
        Cow::Borrowed(_) if normalized == text => Cow::Borrowed(text),
        spaced => Cow::Owned(spaced.into_owned()),
    }
}

/// Returns the text in NFC, in which canonically equal characters have one encoding. Nothing else
/// changes. Borrows a text that is in this form already.
///
/// ```
/// use aios_record::forms::composed;
///
/// assert_eq!(composed("cafe\u{301}"), "caf\u{e9}");
/// ```
#[must_use]
pub fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Returns the form by which a forgotten text is recognised: NFKC with case folded, without
/// invisible characters (Default_Ignorable_Code_Point), white space as in [`same`].
///
/// ```
/// use aios_record::forms::forgotten;
///
/// assert_eq!(forgotten("Stra\u{ad}\u{df}e\u{a0}5"), forgotten("STRASSE  5"));
/// ```
#[must_use]
pub fn forgotten(text: &str) -> String {
    if text.is_ascii() {
        // ASCII is its own normal form and has no ignorable characters.
        return spaced(&text.to_ascii_lowercase()).into_owned();
    }
    let folded = folded(text);
    // The result of folding a compatibility form, such as a circled capital letter, may need
    // folding again.
    let again = self::folded(&folded);
    spaced(&again).into_owned()
}

/// Returns the form in which look-alike texts are equal: the skeleton of UTS 39, section 4, over
/// [`forgotten`].
///
/// ```
/// use aios_record::forms::skeleton;
///
/// assert_eq!(skeleton("p\u{430}ypal"), skeleton("paypal"));
/// ```
#[must_use]
pub fn skeleton(text: &str) -> String {
    let alike: String = unicode_security::skeleton(&forgotten(text)).collect();
    forgotten(&alike)
}

fn folded(text: &str) -> String {
    let visible = |c: &char| !is_ignorable(*c);
    let compatible: String = text.chars().filter(visible).nfkc().filter(visible).collect();
    caseless::default_case_fold_str(&compatible).nfkc().collect()
}

/// Returns `text` with each run of white space as one space, and none at either end.
fn spaced(text: &str) -> Cow<'_, str> {
    let is_spaced = !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains("  ")
        && text.chars().all(|c| c == ' ' || !c.is_whitespace());
    if is_spaced {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns `true` if no character of `text` is visible: it has only white space, control
/// characters, [invisible](is_ignorable) ones and blank Braille patterns. Such a text counts as
/// empty.
///
/// ```
/// use aios_record::forms::is_blank;
///
/// assert!(is_blank(" \u{200b}\u{feff}\u{2800}\n"));
/// assert!(!is_blank("."));
/// ```
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || c.is_control() || is_ignorable(c) || c == BRAILLE_BLANK)
}

/// Returns `true` for characters of the Unicode property Default_Ignorable_Code_Point
/// (`DerivedCoreProperties.txt`, Unicode 16).
#[must_use]
pub fn is_ignorable(c: char) -> bool {
    matches!(u32::from(c),
        0xAD
        | 0x34F
        | 0x61C
        | 0x115F..=0x1160
        | 0x17B4..=0x17B5
        | 0x180B..=0x180F
        | 0x200B..=0x200F
        | 0x202A..=0x202E
        | 0x2060..=0x206F
        | 0x3164
        | 0xFE00..=0xFE0F
        | 0xFEFF
        | 0xFFA0
        | 0xFFF0..=0xFFF8
        | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF
    )
}
