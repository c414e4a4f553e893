//! Classification of names such as `DB_PASSWORD`, `apiKey` and `token_count`: the kind of secret
//! that they name, if any.
//!
//! A name is split into words. The last word names the thing; the one before it distinguishes a
//! secret key from a sort key.

/// The kind of value that a name implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Chosen by a person: any text, even a single word.
    Password,
    /// Issued by a machine or typed at random.
    Secret,
    /// The name is used for secrets and other values alike: only a random value counts.
    Ambiguous,
}

/// Parts of words by which names of secrets are searched. A name contains at least one.
pub(super) const CUES: &[&str] = &[
    "pass",
    "pwd",
    "pw",
    "psw",
    "psk",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "cookie",
    "seed",
    "jwt",
    "mnemonic",
    "bearer",
    "sig",
    "session",
    "otp",
    "salt",
    "contrase",
    "senha",
    "wachtwoord",
    "kennwort",
    "contribsys",
];

/// Names of passwords in other languages, each a whole name.
pub(super) const FOREIGN: &[&str] = &[
    "mot de passe",
    "contrase\u{f1}a",
    "has\u{142}o",
    "\u{15f}ifre",
    "parola",
    "m\u{1ead}t kh\u{1ea9}u",
    "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
    "\u{5bc6}\u{7801}",
    "\u{53e3}\u{4ee4}",
    "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
    "\u{be44}\u{bc00}\u{bc88}\u{d638}",
    "\u{643}\u{644}\u{645}\u{629} \u{627}\u{644}\u{645}\u{631}\u{648}\u{631}",
    "\u{92a}\u{93e}\u{938}\u{935}\u{930}\u{94d}\u{921}",
];

/// Words at the end of a name that do not change its meaning.
const NEUTRAL: &[&str] = &[
    "prod",
    "production",
    "dev",
    "development",
    "test",
    "testing",
    "stage",
    "staging",
    "live",
    "sandbox",
    "main",
    "old",
    "new",
    "current",
    "default",
    "base",
    "value",
    "val",
    "str",
    "string",
    "text",
    "txt",
    "plain",
    "plaintext",
    "raw",
    "env",
    "var",
    "data",
    "here",
    "do",
    "not",
    "commit",
    "b64",
    "base64",
    "hex",
    "primary",
    "secondary",
    "read",
    "write",
    "rw",
    "ro",
    "v",
];

const PASSWORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pass",
    "passw",
    "pwd",
    "pswd",
    "psw",
    "pw",
    "psk",
    "kennwort",
    "contrasena",
    "senha",
    "wachtwoord",
    "passwrd",
];
/// Ends of words written together, such as `dbpassword`.
const PASSWORD_ENDS: &[&str] = &["password", "passwd", "passphrase", "passwort", "pwd", "pass"];
const NO_PASSWORDS: &[&str] =
    &["bypass", "compass", "trespass", "surpass", "encompass", "overpass", "underpass"];

const SECRETS: &[&str] =
    &["secret", "token", "jwt", "mnemonic", "credential", "credentials", "cred", "creds"];
const SECRET_ENDS: &[&str] = &[
    "secret",
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "authkey",
    "privatekey",
    "licensekey",
    "encryptionkey",
    "accountkey",
];
/// Words before `token` or `secret` that make the value public.
const PUBLIC: &[&str] = &[
    "public",
    "pub",
    "csrf",
    "xsrf",
    "page",
    "next",
    "continuation",
    "sync",
    "cancel",
    "max",
    "num",
    "cancellation",
    "no",
    "eos",
    "bos",
    "pad",
    "unk",
    "mask",
    "last",
    "first",
    "end",
    "start",
];

const AMBIGUOUS: &[&str] = &[
    "auth",
    "cookie",
    "seed",
    "sig",
    "signature",
    "session",
    "sessionid",
    "otp",
    "salt",
    "bearer",
    "tokens",
    "secrets",
    "com",
];

/// Words before `key` that make it a secret.
const SECRET_KEYS: &[&str] = &[
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "encryption",
    "signing",
    "master",
    "account",
    "shared",
    "session",
    "service",
    "storage",
    "admin",
    "deploy",
    "app",
    "application",
    "consumer",
    "license",
    "subscription",
    "functions",
    "host",
    "hmac",
    "sas",
    "webhook",
    "client",
    "server",
    "user",
    "root",
    "ingest",
    "insert",
    "rest",
    "crypt",
    "cipher",
    "symmetric",
    "aes",
    "write",
    "stripe",
    "openai",
    "anthropic",
    "apim",
    "decryption",
    "hash",
    "csrf",
];
/// Words before `key` that make it a table key, a button, or a public value.
const OTHER_KEYS: &[&str] = &[
    "public",
    "pub",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "bucket",
    "schema",
    "row",
    "sequence",
    "natural",
    "index",
    "idx",
    "map",
    "i18n",
    "translation",
    "json",
    "object",
    "group",
    "hot",
    "arrow",
    "shift",
    "turn",
    "mon",
    "don",
    "lookup",
    "routing",
    "registry",
    "issuer",
    "kid",
    "idempotency",
    "dedup",
    "dictionary",
    "dict",
    "react",
    "item",
    "record",
    "composite",
    "unique",
    "publishable",
    "site",
    "anon",
];

/// Returns the kind of value that `name` implies, if it is the name of a secret.
pub(super) fn named(name: &str) -> Option<Named> {
    let words = words(name);
    let is_neutral = |word: &String| {
        NEUTRAL.contains(&word.as_str()) || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let end = words.iter().rposition(|word| !is_neutral(word))?;
    let before = end.checked_sub(1).map_or("", |before| words[before].as_str());
    let numbered = words[end].trim_end_matches(|c: char| c.is_ascii_digit());
    let is = |table: &[&str]| table.contains(&numbered);
    let ends = |table: &[&str]| table.iter().any(|end| numbered.ends_with(end));
    if is(NO_PASSWORDS) || (ends(SECRET_ENDS) && PUBLIC.contains(&before)) {
        return None;
    }
    if is(PASSWORDS) || ends(PASSWORD_ENDS) {
        return Some(Named::Password);
    }
    if is(SECRETS) || ends(SECRET_ENDS) {
        return Some(Named::Secret);
    }
    if numbered == "key" {
        return match before {
            before if OTHER_KEYS.contains(&before) => None,
            before if SECRET_KEYS.contains(&before) => Some(Named::Secret),
            _ => Some(Named::Ambiguous),
        };
    }
    is(AMBIGUOUS).then_some(Named::Ambiguous)
}

/// Splits a name into words in lower case, at signs and at capitals.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = b'_';
    for (at, &byte) in name.as_bytes().iter().enumerate() {
        let next = name.as_bytes().get(at + 1).copied().unwrap_or(b'_');
        let is_start = match byte {
            b'A'..=b'Z' => !previous.is_ascii_uppercase() || next.is_ascii_lowercase(),
            _ => false,
        };
        if byte.is_ascii_alphanumeric() {
            match words.last_mut() {
                Some(word) if !is_start && previous.is_ascii_alphanumeric() => {
                    word.push(char::from(byte.to_ascii_lowercase()));
                }
                _ => words.push(char::from(byte.to_ascii_lowercase()).to_string()),
            }
        }
        previous = byte;
    }
    words
}
