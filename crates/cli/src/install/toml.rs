//! Entries in TOML: tables at the end of the file.

use serde_json::{Map, Value};

use super::{
    edit::{Edit, Refusal},
    entries::{Entry, SERVER},
};

/// The table of the hooks, and its subtable with the host's state.
const HOOKS: &str = "hooks";
/// The tables that contain entries.
const OUTER: &[&str] = &[HOOKS, "mcp_servers"];

/// Returns the value of a text.
pub(super) fn value(text: &str) -> Result<Value, Refusal> {
    ::toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Refusal::at(text, offset, format!("not valid TOML: {}", error.message()))
    })
}

/// Returns true if a text has hooks other than `ours`, in which case further ones belong there too.
pub(super) fn has_hooks(text: &str, ours: &[Entry]) -> bool {
    let Ok(whole) = value(text) else { return false };
    let lists = whole[HOOKS].as_object().into_iter().flatten();
    let mut groups = lists.filter_map(|(_, list)| list.as_array()).flatten();
    groups.any(|_| true) && !ours.is_empty()
}

/// Appends an entry.
pub(super) fn insert(edit: &mut Edit, entry: &Entry) -> Result<(), Refusal> {
    let before = value(&edit.text)?;
    let line_end = if edit.text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut part = String::new();
    if !edit.text.is_empty() {
        if !edit.text.ends_with('\n') {
            part.push_str(line_end);
        }
        part.push_str(line_end);
    }
    for line in lines(entry) {
        part.push_str(&line);
        part.push_str(line_end);
    }
    if let Some(other) = before.pointer(&format!("/mcp_servers/{SERVER}"))
        && matches!(entry, Entry::Server { .. })
    {
        let at = edit.text.find(SERVER).unwrap_or(0);
        return Err(Refusal::of_entry(&edit.text, at, entry.unlike(other)));
    }
    let wanted = entry.added_to(&before).map_err(|name| {
        let problem = format!("`{name}` cannot hold the entry; expected tables");
        Refusal::at(&edit.text, place_of(&edit.text, name), problem)
    })?;
    let text = edit.text.clone();
    edit.insert(edit.text.len(), &part);
    match value(&edit.text) {
        Ok(after) if after == wanted => Ok(()),
        _ => {
            let place = place_of(&text, entry.path()[0]);
            let problem = "its layout is one that this program cannot edit";
            Err(Refusal::at(&text, place, problem))
        }
    }
}

/// Returns the offset of the first line that names a key or a table.
fn place_of(text: &str, name: &str) -> usize {
    let names =
        |line: &&str| line.trim_start_matches([' ', '\t', '[', '"', '\'']).starts_with(name);
    let before = text.split_inclusive('\n').take_while(|line| !names(line)).map(str::len).sum();
    if before < text.len() { before } else { 0 }
}

/// Returns the lines of an entry.
pub(super) fn lines(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |value: &Value| {
        for (name, value) in value.as_object().into_iter().flatten() {
            // JSON strings, and lists of them, are valid TOML.
            lines.push(format!("{name} = {}", spaced(value)));
        }
    };
    match entry {
        Entry::Server { below, value } => {
            add(value);
            lines.insert(0, format!("[{below}.{SERVER}]"));
        }
        Entry::Hook { event, value, .. } => {
            add(&value["hooks"][0]);
            lines.insert(0, format!("[[{HOOKS}.{event}]]"));
            lines.insert(1, format!("[[{HOOKS}.{event}.hooks]]"));
        }
    }
    lines
}

/// Formats a value in the usual style.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}

/// Removes the first table that this program made for an entry, and the tables that become empty.
/// `None` if there is no such table.
pub(super) fn without_one(text: &str, entry: &Entry) -> Result<Option<String>, Refusal> {
    let mut wanted = value(text)?;
    let (outer, inner) = match entry {
        Entry::Server { below, .. } => (*below, SERVER),
        Entry::Hook { event, .. } => (HOOKS, *event),
    };
    let Some(table) = wanted.get_mut(outer).and_then(Value::as_object_mut) else {
        return Ok(None);
    };
    let place = match table.get_mut(inner) {
        Some(Value::Array(groups)) => groups.iter().position(|value| entry.is_made(value)),
        Some(value) => entry.is_made(value).then_some(0),
        None => None,
    };
    let Some(place) = place else { return Ok(None) };
    let header = format!("{outer}.{inner}");
    let shorter = match without_handler(table, inner, place, entry) {
        Some(handler) => without_lines(text, &format!("{header}.hooks"), handler),
        None => {
            match table.get_mut(inner) {
                Some(Value::Array(groups)) if 1 < groups.len() => drop(groups.remove(place)),
                _ => drop(table.remove(inner)),
            }
            without_lines(text, &header, place)
        }
    };
    let is_wanted = |text: &String| {
        value(text).is_ok_and(|value| without_empty(value) == without_empty(wanted.clone()))
    };
    match shorter.filter(is_wanted) {
        Some(shorter) => Ok(Some(shorter)),
        None => Err(Refusal::whole(format!("remove the entry `{outer}.{inner}` by hand"))),
    }
}

/// Removes the first handler that this program made from the group at `place`, if the group also
/// has handlers of others. Returns its index among the handlers of all groups.
fn without_handler(
    table: &mut Map<String, Value>,
    event: &str,
    place: usize,
    entry: &Entry,
) -> Option<usize> {
    let groups = table.get_mut(event)?.as_array_mut()?;
    let handler = entry.made_among_others(&groups[place])?;
    let lists = groups[..place].iter().filter_map(|group| group["hooks"].as_array());
    let before: usize = lists.map(Vec::len).sum();
    groups[place]["hooks"].as_array_mut()?.remove(handler);
    Some(before + handler)
}

/// Returns a document without those outer tables that are empty.
fn without_empty(mut document: Value) -> Value {
    if let Some(tables) = document.as_object_mut() {
        let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
        tables.retain(|name, value| !(OUTER.contains(&name.as_str()) && is_empty(value)));
    }
    document
}

/// Removes the lines of the table with this header and of its subtables. If there are several,
/// removes the one at `place`. Keeps the comments before and after it.
fn without_lines(text: &str, header: &str, place: usize) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let name = |line: &str| {
        let line = line.trim();
        line.starts_with('[').then(|| line.trim_matches(['[', ']']).trim().to_owned())
    };
    let begins = (0..lines.len()).filter(|at| name(lines[*at]).is_some_and(|it| it == header));
    let begin = begins.into_iter().nth(place)?;
    let inner = format!("{header}.");
    let is_after = |at: &usize| name(lines[*at]).is_some_and(|it| !it.starts_with(&inner));
    let mut end = (begin + 1..lines.len()).find(is_after).unwrap_or(lines.len());
    let is_of_others = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
    while begin + 1 < end && is_of_others(lines[end - 1]) {
        end -= 1;
    }
    let has_gap = 0 < begin && lines[begin - 1].trim().is_empty();
    let begin = begin - usize::from(has_gap);
    Some([lines[..begin].concat(), lines[end..].concat()].concat())
}
