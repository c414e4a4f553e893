//! Values: those that could be a secret, and those that are a placeholder, a name or an expression.

use crate::entropy::{CHANGES_PERCENT_MIN, bits_per_byte, looks_random};

/// Returns `true` if `value` is a placeholder for a secret: a variable, a template, a mask, or a
/// word such as `changeme`.
pub(super) fn is_placeholder(value: &str) -> bool {
    is_template(value) || is_mask(value) || is_sample(value) || is_alphabet(value)
}

/// Returns true for `$TOKEN`, `${TOKEN}`, `{{ token }}`, `<token>`, `%TOKEN%`, `$(command)` and
/// similar.
fn is_template(value: &str) -> bool {
    const CLOSED: &[(&str, &str)] = &[
        ("${", "}"),
        ("{{", "}}"),
        ("$(", ")"),
        ("#{", "}"),
        ("<", ">"),
        ("[", "]"),
        ("{", "}"),
        ("%", "%"),
        ("@", "@"),
        ("`", "`"),
        ("__", "__"),
        ("ENC[", "]"),
        ("!", ""),
    ];
    let is_name = |text: &str| {
        let is_part = |c: char| c.is_alphanumeric() || "_-. \"'/&|:()=,$[]+".contains(c);
        text.chars().all(is_part)
    };
    let closed = CLOSED.iter().any(|(open, close)| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(is_name) && (!close.is_empty() || value.contains(' '))
    });
    let variable = value.strip_prefix('$').is_some_and(|name| {
        let name = name.split([':', '.', '[', '-']).next().unwrap_or(name);
        let is_word = |case: fn(&u8) -> bool| name.bytes().all(|b| b == b'_' || case(&b));
        !name.is_empty()
            && (is_word(u8::is_ascii_uppercase)
                || is_word(u8::is_ascii_lowercase)
                || is_word(u8::is_ascii_digit)
                || name.bytes().all(|b| b == b'_' || b.is_ascii_alphabetic())
                || (name.contains('_')
                    && name.bytes().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(&b))))
    });
    closed
        || variable
        || value.starts_with("${{")
        || value.starts_with("{{ ")
        || value.starts_with("ENC[")
        || value.starts_with("$(")
        || value.starts_with("%(")
        || value.starts_with(".*")
        || value.starts_with("[^")
        || (value.starts_with("${") && is_name(&value[2..].replace('}', "")))
}

/// Returns true for `xxxx`, `****`, `...` and a repeated sign.
fn is_mask(value: &str) -> bool {
    let mut bytes = value.bytes();
    let first = bytes.next();
    let is_one = bytes.all(|byte| Some(byte) == first);
    let is_signs = !value.is_empty()
        && value.chars().all(|c| "xX*.-_#?\u{2022}\u{2026}".contains(c) || c == '\u{1}');
    let has = |mark: &str| value.contains(mark);
    is_one || is_signs || has("****") || has("xxxx") || has("XXXX") || has("...") || has("\u{1}")
}

/// Maximum length of a value that is searched for words. Long random values contain them by chance.
const SAMPLE_BYTES_MAX: usize = 48;

fn is_sample(value: &str) -> bool {
    /// Parts of values that mark them as samples.
    const MARKS: &[&str] = &[
        "example",
        "your",
        "changeme",
        "change_me",
        "change-me",
        "changeit",
        "placeholder",
        "dummy",
        "redacted",
        "replace",
        "fake",
        "sample",
        "insert",
        "todo",
        "goes-here",
        "goes_here",
        "masked",
        "removed",
        "omitted",
    ];
    if SAMPLE_BYTES_MAX < value.len() {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark)) || is_plain_word(&lower)
}

/// Returns `true` for words that name or describe a value in documentation and code.
fn is_plain_word(lower: &str) -> bool {
    const WORDS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "pass",
        "pwd",
        "pw",
        "secret",
        "token",
        "apikey",
        "api_key",
        "key",
        "string",
        "str",
        "text",
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "required",
        "optional",
        "test",
        "user",
        "username",
        "empty",
        "default",
        "hidden",
        "unknown",
        "invalid",
        "wrong",
        "incorrect",
        "missing",
        "number",
        "int",
        "integer",
        "boolean",
        "bool",
        "object",
        "array",
        "char",
        "varchar",
        "bytes",
        "basic",
        "bearer",
        "confirm",
        "show",
        "hide",
        "forgot",
        "reset",
        "value",
        "name",
        "type",
        "any",
        "self",
        "this",
        "yes",
        "no",
        "on",
        "off",
        "enabled",
        "disabled",
        "prompt",
        "expired",
        "valid",
        "revoked",
        "encrypted",
        "plain",
        "plaintext",
        "raw",
        "auto",
        "public",
        "private",
        "pin",
        "foobar",
        "foo",
        "bar",
        "baz",
        "yyy",
        "zzz",
        "abc",
        "not",
        "will",
        "must",
        "should",
        "can",
        "may",
        "and",
        "the",
        "for",
        "credentials",
        "my_password",
        "mypassword",
        "my-password",
        "db_password",
        "cookie",
        "strict",
    ];
    const DIGITS_MAX: usize = 2;
    let word = lower.trim_end_matches([',', ';', ':', '.', '!', '?', ')']);
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() - stem.len() <= DIGITS_MAX && WORDS.contains(&stem)
}

/// Returns `true` for a value that a program computes or reads: a path, a URL, a call, a type, a
/// field of a variable.
pub(super) fn is_code(value: &str) -> bool {
    is_path(value) || is_expression(value)
}

/// Returns `true` for a path, or the URL of something that is not a password.
pub(super) fn is_path(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let starts = |start: &str| value.starts_with(start);
    let is_words = |separator: char| {
        let parts: Vec<&str> = value.split(separator).filter(|part| !part.is_empty()).collect();
        1 < parts.len() && parts.iter().all(|part| is_wordlike(part))
    };
    starts("./")
        || starts("../")
        || starts("~/")
        || (starts("/") && is_words('/'))
        || (value.contains('/') && is_words('/'))
        || (is_drive && matches!(bytes[2], b'\\' | b'/'))
        || value.contains("://")
        || starts("arn:")
        || starts("file:")
        || starts("vault:")
}

/// Returns true for a call, an index, a type or a field: `foo(..)`, `a[..]`, `Option<..>`,
/// `this.token`, `&str`.
fn is_expression(value: &str) -> bool {
    let is_name = |text: &str| {
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
        starts && chars.all(|c| c.is_ascii_alphanumeric() || "_.:-!?$>".contains(c))
    };
    let referred = value.strip_prefix(['&', '*']);
    let is_reference = referred.is_some_and(|name| is_name(name.trim_end_matches([',', ';'])));
    let value = value.trim_start_matches(['&', '*', '!', '@']);
    let opened = value.find(['(', '[', '<', '{']);
    let is_called = opened.is_some_and(|at| 0 < at && is_name(&value[..at]));
    let fields = || value.trim_end_matches([',', ';', ')']).split(['.']);
    let is_field = value.contains('.')
        && fields().count() < 8
        && fields().all(|part| is_name(part) && is_wordlike(part));
    let is_qualified = value.contains("::") || value.contains("->");
    is_reference || is_called || is_field || is_qualified || value.starts_with('\'')
}

/// Returns `true` for the name of a variable that holds a secret: `confirmPassword2`.
pub(super) fn is_variable(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let names = ["password", "passwd", "secret", "token", "apikey", "credential"];
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    value.bytes().all(is_part) && names.iter().any(|name| lower.contains(name))
}

/// Returns `true` for words joined as in program code: `dbPassword`, `db_password`.
pub(super) fn is_joined(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_hump = |two: &[u8]| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase();
    value.contains('_') || (bytes[0].is_ascii_lowercase() && bytes.windows(2).any(is_hump))
}

/// Returns `true` for a value made of words and short numbers, like identifiers and phrases:
/// `my-secrets-manager-2`, `TokenKind`, `password1`.
pub(super) fn is_wordlike(value: &str) -> bool {
    let parts = value.split(|c: char| !c.is_ascii_alphanumeric());
    let mut parts = parts.filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some() && parts.all(is_word)
}

/// Returns true for letters that could be one word or several joined ones, with a short number
/// before or after.
fn is_word(part: &str) -> bool {
    const NUMBER_DIGITS_MAX: usize = 4;
    const WORD_LETTERS_MAX: usize = 28;
    let letters = part.trim_matches(|c: char| c.is_ascii_digit());
    let digits = part.len() - letters.len();
    if letters.is_empty() {
        return part.len() <= NUMBER_DIGITS_MAX;
    }
    let is_letters = letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let humps = letters
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    // Words joined by capitals have at most one capital per four letters.
    let is_joined = is_upper || 4 * humps.count() <= letters.len();
    is_letters
        && digits <= NUMBER_DIGITS_MAX
        && letters.len() <= WORD_LETTERS_MAX
        && is_joined
        && has_vowels(letters)
}

/// Returns true if the letters have vowels like a word; random letters have few, unevenly
/// distributed.
fn has_vowels(letters: &str) -> bool {
    const SHORT: usize = 5;
    let is_vowel = |byte: &u8| b"aeiouyAEIOUY".contains(byte);
    let vowels = letters.bytes().filter(|byte| is_vowel(byte)).count();
    let longest = letters.as_bytes().split(is_vowel).map(<[u8]>::len).max().unwrap_or(0);
    letters.len() < SHORT || (letters.len() <= 6 * vowels && longest <= 5)
}

/// Returns `true` if `value` looks issued by a machine: letters and digits, mixed and varied.
pub(super) fn is_issued(value: &str, length_min: usize) -> bool {
    /// 16 random hexadecimal digits have about 3.2 bits.
    const BITS_MIN: f64 = 2.5;
    /// Minimum number of letters in a value without a digit. Fewer are an abbreviation.
    const LETTERS_MIN: usize = 16;
    let has = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    length_min <= value.len()
        && (is_mixed || (LETTERS_MIN <= value.len() && has(u8::is_ascii_alphabetic)))
        && BITS_MIN <= bits_per_byte(value)
        && !is_wordlike(value)
}

/// Returns `true` if `value` is certainly random: both cases and digits.
pub(super) fn is_random(value: &str) -> bool {
    looks_random(value, CHANGES_PERCENT_MIN)
}

/// Same as [`is_random`], with a lower limit for a value that is assigned to something, since words
/// and names are seldom that long.
pub(super) fn is_random_assigned(value: &str) -> bool {
    const PERCENT_MIN: usize = 36;
    looks_random(value, PERCENT_MIN) && !is_wordlike(value)
}

/// Returns `true` for a run that lists an alphabet.
fn is_alphabet(value: &str) -> bool {
    ["abcdefgh", "ABCDEFGH", "stuvwxyz", "STUVWXYZ"].iter().any(|part| value.contains(part))
}

/// Returns `true` for UUIDs, which are public identifiers.
pub(super) fn is_uuid(value: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = value.split('-').collect();
    groups.len() == GROUPS.len()
        && groups.iter().zip(GROUPS).all(|(group, length)| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// Returns `true` for blockchain and content addresses in base58: they start with `1` or `3`, or
/// with `Qm`.
pub(super) fn is_base58_address(value: &str) -> bool {
    let is_base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    let has_length = match value.as_bytes() {
        [b'1' | b'3', ..] => (26..=35).contains(&value.len()),
        [b'Q', b'm', ..] => value.len() == 46,
        _ => false,
    };
    has_length && value.bytes().all(is_base58)
}

/// Returns `true` for hexadecimal digits, as of a digest.
pub(super) fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
