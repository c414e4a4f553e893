//! Entries in TOML: tables at the end of the file.

use serde_json::Value;
use toml_edit::{ArrayOfTables, DocumentMut, Item};

use super::{
    edit::{Edit, Refusal},
    entries::{Entry, SERVER},
};

/// The table of the hooks, and the table in it that is the state of the host.
const HOOKS: &str = "hooks";

/// Returns the value of a text.
pub(super) fn value(text: &str) -> Result<Value, Refusal> {
    parsed(text)?;
    ::toml::from_str(text).map_err(|error| Refusal::whole(error.message()))
}

fn parsed(text: &str) -> Result<DocumentMut, Refusal> {
    text.parse::<DocumentMut>().map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Refusal::at(text, offset, format!("not valid TOML: {}", error.message()))
    })
}

/// Returns true if a text has hooks other than `ours`, so that further ones belong there, too.
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
    if before.pointer(&format!("/mcp_servers/{SERVER}")).is_some()
        && matches!(entry, Entry::Server { .. })
    {
        let at = edit.text.find(SERVER).unwrap_or(0);
        let problem = format!("`{SERVER}` is an entry that this program did not make");
        return Err(Refusal::at(&edit.text, at, problem));
    }
    edit.insert(edit.text.len(), &part);
    let mut wanted = before;
    match entry {
        Entry::Server { below, value } => wanted[*below][SERVER] = value.clone(),
        Entry::Hook { event, value, .. } => match &mut wanted[HOOKS][*event] {
            Value::Array(list) => list.push(value.clone()),
            at => *at = Value::Array(vec![value.clone()]),
        },
    }
    match value(&edit.text) {
        Ok(after) if after == wanted => Ok(()),
        _ => Err(Refusal::whole("its layout is one that this program cannot edit")),
    }
}

/// Returns the lines of an entry.
pub(super) fn lines(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |value: &Value| {
        for (name, value) in value.as_object().into_iter().flatten() {
            // A string of JSON is one of TOML, and so is a list of strings.
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

/// Formats a value as people write it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}

/// Removes what this program made at the places of the entries, and the tables that are then empty.
pub(super) fn remove(text: &str, entries: &[Entry]) -> Result<String, Refusal> {
    let mut document = parsed(text)?;
    let whole = value(text)?;
    let mut is_changed = false;
    for entry in entries {
        match entry {
            Entry::Server { below, .. } => {
                let made = whole[*below].get(SERVER).is_some_and(|value| entry.is_made(value));
                if let Some(servers) = document.get_mut(below).and_then(Item::as_table_like_mut)
                    && made
                {
                    is_changed |= servers.remove(SERVER).is_some();
                    if servers.is_empty() {
                        document.remove(below);
                    }
                }
            }
            Entry::Hook { event, .. } => is_changed |= remove_hook(&mut document, event, entry),
        }
    }
    match is_changed {
        true => Ok(document.to_string()),
        false => Ok(text.to_owned()),
    }
}

fn remove_hook(document: &mut DocumentMut, event: &str, entry: &Entry) -> bool {
    let Some(hooks) = document.get_mut(HOOKS).and_then(Item::as_table_like_mut) else {
        return false;
    };
    let Some(groups) = hooks.get_mut(event).and_then(Item::as_array_of_tables_mut) else {
        return false;
    };
    let before = groups.len();
    let others = groups.iter().filter(|group| {
        let value: Option<Value> = ::toml::from_str(&group.to_string()).ok();
        !value.is_some_and(|value| entry.is_made(&value))
    });
    let others: ArrayOfTables = others.cloned().collect();
    let is_changed = others.len() < before;
    *groups = others;
    if groups.is_empty() {
        hooks.remove(event);
    }
    if hooks.is_empty() {
        document.remove(HOOKS);
    }
    is_changed
}

#[cfg(test)]
mod tests;
