//! The marker `[redacted: rule]`, which replaces a redacted finding. Rules do not match inside a
//! marker, so a redacted text does not change when it is scanned again.

use std::ops::Range;

const OPEN: &str = "[redacted: ";
const RULE_BYTES_MAX: usize = 40;

/// Replaces each byte of a marker in the text that rules see: no rule matches it.
const MASK: char = '\u{1}';

/// Appends the marker of `rule`.
pub(crate) fn push(out: &mut String, rule: &str) {
    out.push_str(OPEN);
    out.push_str(rule);
    out.push(']');
}

/// Returns `true` for a text from which a finding was redacted.
///
/// ```
/// assert!(aios_guard::has_marker("the key is [redacted: aws-access-key]"));
/// ```
#[must_use]
pub fn has_marker(text: &str) -> bool {
    markers(text).next().is_some()
}

/// Masks the markers of `text`, byte for byte. `None` if it has none.
pub(crate) fn masked(text: &str) -> Option<String> {
    let mut masked = String::new();
    let mut kept_until = 0;
    for marker in markers(text) {
        masked.push_str(&text[kept_until..marker.start]);
        masked.extend(std::iter::repeat_n(MASK, marker.len()));
        kept_until = marker.end;
    }
    if kept_until == 0 {
        return None;
    }
    masked.push_str(&text[kept_until..]);
    Some(masked)
}

/// Extends `span` to include the markers that it cuts. `None` if it has nothing but markers.
pub(crate) fn outside(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    /// Largest distance from a span back to the start of a marker that it cuts.
    const MARKER_BYTES_MAX: usize = OPEN.len() + RULE_BYTES_MAX + 1;
    let from = text.floor_char_boundary(span.start.saturating_sub(MARKER_BYTES_MAX));
    let until = text.ceil_char_boundary((span.end + MARKER_BYTES_MAX).min(text.len()));
    let (mut whole, mut masked) = (span.clone(), 0);
    for marker in markers(&text[from..until]) {
        let marker = from + marker.start..from + marker.end;
        let common = marker.start.max(span.start)..marker.end.min(span.end);
        if common.start < common.end {
            masked += common.len();
            whole = whole.start.min(marker.start)..whole.end.max(marker.end);
        }
    }
    (masked < span.len()).then_some(whole)
}

fn markers(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices(OPEN).filter_map(|(start, open)| {
        let rest = &text.as_bytes()[start + open.len()..];
        let is_rule = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
        let length = rest.iter().take(RULE_BYTES_MAX).take_while(is_rule).count();
        let is_closed = 0 < length && rest.get(length) == Some(&b']');
        is_closed.then(|| start..start + open.len() + length + 1)
    })
}
