//! Texts that a coding agent's host writes in the name of its user: notices, reminders, and the
//! state of an editor. Not here: the contexts of this memory, see `own`.

use std::borrow::Cow;

use aios_draft::content::{Content, text_in};
use serde_json::{Map, Value};

/// Reason for skipping such a row.
pub(super) const OF_HOST: &str = "written by the program, not by the user";

/// Elements of hosts that also occur beside the words of a user.
const BESIDE: &[&str] = &[
    "system-reminder",
    "task-notification",
    "teammate-message",
    "user-prompt-submit-hook",
    "session-start-hook",
    "new-diagnostics",
    "ide_opened_file",
    "ide_selection",
    "ide_diagnostics",
    "local-command-caveat",
    "local-command-stdout",
    "local-command-stderr",
    "environment_context",
    "user_instructions",
    "subagent_notification",
    "turn_aborted",
    "hook_context",
];

/// Elements of hosts whose names are a single word, as in HTML and other XML.
const ONE_WORD: &[&str] = &["skill", "channel"];

/// Elements with the words of a user.
const OF_USER: &[&str] = &["user-memory-input", "user_query"];

/// Beginning of the heading between the state of an editor and the words of the user, and the
/// heading marker.
const REQUEST: &str = "## My request for ";
const HEADING: &str = "# ";

/// Beginning of the state of an editor, which no request follows if the user made none.
const EDITOR: &str = "# Context from my IDE setup:";

/// Removes the texts of a host from a user's message. Returns `true` if no other texts are left.
pub(super) fn leaves_nothing(said: &mut Content) -> bool {
    if said.text().is_empty() {
        return false;
    }
    said.edit_texts(own_words);
    said.text().is_empty() && said.calls.is_empty() && said.results.is_empty()
}

/// Flags of rows that a host wrote: notices to the model, and failed requests in the name of the
/// model.
const MARKS: &[&str] = &["isMeta", "isSynthetic", "isApiErrorMessage"];

/// Model that Claude Code names in answers that it wrote itself.
const NO_MODEL: &str = "<synthetic>";

/// Returns `true` for a row that the host marks as written by itself or by another agent.
pub(super) fn is_marked(row: &Map<String, Value>) -> bool {
    let is = |name: &&str| row.get(*name).and_then(Value::as_bool) == Some(true);
    let origin = row.get("origin").and_then(|origin| match origin {
        Value::Object(origin) => text_in(origin, &["kind", "type"]),
        origin => origin.as_str().map(str::to_owned),
    });
    let model = row.get("message").and_then(|message| message.get("model"));
    MARKS.iter().any(is)
        || model.is_some_and(|model| model == NO_MODEL)
        || origin.is_some_and(|kind| !matches!(&*kind, "human" | "user"))
}

/// Returns a text without the texts of a host. It is empty if the host wrote all of it.
fn own_words(text: &str) -> Cow<'_, str> {
    let request = request_in(text);
    if is_of_host(request) {
        return Cow::Borrowed("");
    }
    match without_elements(request) {
        Some(left) => Cow::Owned(left),
        None => Cow::Borrowed(request),
    }
}

/// Returns the request in a text that begins with the state of an editor, or else the whole text.
fn request_in(text: &str) -> &str {
    if !text.trim_start().starts_with(HEADING) {
        return text;
    }
    let request = text.match_indices(REQUEST).find(|(at, _)| text[..*at].ends_with('\n'));
    match request {
        Some((at, _)) => text[at..].split_once('\n').map_or("", |(_, request)| request.trim()),
        None if text.trim_start().starts_with(EDITOR) => "",
        None => text,
    }
}

/// Returns `true` for a text of elements with host names, which are lower case with a `-` or `_`.
/// HTML names have neither, so a pasted page counts as the user's words.
fn is_of_host(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_compound = name.contains(['-', '_']) && !OF_USER.contains(&name);
        is_compound || ONE_WORD.contains(&name)
    };
    let mut rest = text.trim();
    while let Some(length) = element_in(rest, is_name) {
        rest = rest[length..].trim_start();
        if rest.is_empty() {
            return true;
        }
    }
    false
}

/// Removes the known elements of hosts. `None` if there are none.
fn without_elements(text: &str) -> Option<String> {
    // Only elements with a later closing tag of their name are removed.
    let last = BESIDE.iter().filter_map(|name| Some((*name, text.rfind(&format!("</{name}>"))?)));
    let last: Vec<(&str, usize)> = last.collect();
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(begin) = text[at..].find('<').map(|length| at + length) {
        let is_closed = |known: &str| last.iter().any(|(name, end)| *name == known && begin < *end);
        let (kept_to, next) = match element_in(&text[begin..], is_closed) {
            Some(length) => (begin, begin + length),
            None => (begin + 1, begin + 1),
        };
        kept.push_str(&text[at..kept_to]);
        at = next;
    }
    kept.push_str(&text[at..]);
    (kept.len() < text.len()).then(|| kept.trim().to_owned())
}

/// Returns the length in bytes of the element at the beginning of a text, if `is_name` accepts its
/// lower-case name. It ends at its first closing tag, because reminders quote their own opening
/// tag.
fn element_in(text: &str, is_name: impl Fn(&str) -> bool) -> Option<usize> {
    let inner = text.strip_prefix('<')?;
    let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    let name = &inner[..inner.find(|c| !is_of_name(c))?];
    let after = inner[name.len()..].chars().next()?;
    if !(after == '>' || after == '/' || after.is_whitespace()) || !is_name(name) {
        return None;
    }
    let opened = text.find('>')? + 1;
    if text[..opened].ends_with("/>") {
        return Some(opened);
    }
    let close = format!("</{name}>");
    let end = text[opened..].find(&close)?;
    Some(opened + end + close.len())
}

#[cfg(test)]
mod tests;
