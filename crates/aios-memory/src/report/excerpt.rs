//! The beginning of a text, for a list.

/// Maximum number of characters of a text.
const CHARS_MAX: usize = 200;

/// Returns the beginning of a text, in one line.
pub(super) fn excerpt(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| [" ", word]).skip(1);
    let mut line = String::new();
    for part in words {
        line.push_str(part);
        if CHARS_MAX * char::MAX_LEN_UTF8 < line.len() {
            break;
        }
    }
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
