//! Conversation ids that are unique worldwide by their form.
//!
//! Such an id identifies the same conversation in every file. Any other id, such as `chat-1` or a
//! lower-case title, may be that of another conversation in another file. In doubt, an id is not
//! unique: two copies cost less than an overwritten conversation.

/// Minimum number of different characters in a random part. 24 random hexadecimal digits have fewer
/// once in 40,000 ids, and 30 once in five million. Counters and placeholders usually have fewer.
const DISTINCT_MIN: usize = 8;

/// Minimum length in bytes of a hexadecimal id: that of a MongoDB ObjectId.
const HEX_BYTES_MIN: usize = 24;

/// Minimum length in bytes of the random part after a provider's prefix.
const RANDOM_BYTES_MIN: usize = 20;

/// Minimum number of changes between digits, lower-case and upper-case letters in the random part.
/// Words with a number or a date have fewer.
const CHANGES_MIN: usize = 6;

/// Length in bytes of a ULID.
const ULID_BYTES: usize = 26;

/// UUID versions that are random, or made from a time and a machine. Versions 3 and 5 are hashes of
/// a name, which another conversation may have.
const UUID_VERSIONS: &[u8] = b"124678";

/// Id prefixes of providers.
const PREFIXES: &[&str] = &[
    "conv_",
    "thread_",
    "chatcmpl-",
    "cmpl-",
    "resp_",
    "response_",
    "chat_",
    "session_",
    "sess_",
    "run_",
    "msg_",
    "gen-",
    "req_",
];

/// Returns `true` for an id that no other conversation can have: a random UUID, a ULID, a long
/// hexadecimal number, or a provider's prefix with a random part.
pub(super) fn is_worldwide(id: &str) -> bool {
    let random = PREFIXES.iter().find_map(|prefix| id.strip_prefix(prefix));
    is_unique(id) || random.is_some_and(|it| is_unique(it) || is_random(it))
}

fn is_unique(id: &str) -> bool {
    DISTINCT_MIN <= distinct(id) && (is_uuid(id) || is_ulid(id) || is_hex(id))
}

/// Returns `true` for `xxxxxxxx-xxxx-Vxxx-Nxxx-xxxxxxxxxxxx` with a version and variant of RFC
/// 9562.
fn is_uuid(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    let [_, _, third, fourth, _] = parts[..] else { return false };
    let is_known = UUID_VERSIONS.contains(&third.as_bytes().first().copied().unwrap_or_default());
    lengths.eq([8, 4, 4, 4, 12])
        && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        && is_known
        && fourth.starts_with(['8', '9', 'a', 'b', 'A', 'B'])
}

/// Returns `true` for 26 characters of Crockford's alphabet that begin with a time.
fn is_ulid(id: &str) -> bool {
    let is_digit =
        |byte: u8| byte.is_ascii_alphanumeric() && !b"ILOU".contains(&byte.to_ascii_uppercase());
    id.len() == ULID_BYTES
        && id.starts_with(|first: char| matches!(first, '0'..='7'))
        && id.bytes().all(is_digit)
        && id.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns `true` for a long hexadecimal number with letters. Without letters, it may be a time or
/// a counter.
fn is_hex(id: &str) -> bool {
    HEX_BYTES_MIN <= id.len()
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns `true` for letters and digits in an order that words do not have.
fn is_random(part: &str) -> bool {
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = part.as_bytes().windows(2).filter(|it| class(it[0]) != class(it[1])).count();
    RANDOM_BYTES_MIN <= part.len()
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && DISTINCT_MIN <= distinct(part)
        && CHANGES_MIN <= changes
        && part.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns the number of different letters and digits.
fn distinct(id: &str) -> usize {
    let mut seen = [false; 256];
    let bytes = id.bytes().filter(|byte| byte.is_ascii_alphanumeric());
    bytes.for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|it| **it).count()
}
