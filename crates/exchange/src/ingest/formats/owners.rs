//! Owner of an element of a format: the element may name it, and so may any message, row or item in
//! it. It is removed before a reader gets the element, so no reader can overlook it.

use aios_draft::{
    place::owner_of,
    repeated,
    spellings::{OWNERS, has_owner_mark, is_nested, looks_like_owner},
};
use serde_json::{Map, Value};

/// Fields with content, with inputs and outputs of tools, or with state of the program. Names in
/// them do not concern the record.
const FREE_FORM: &[&str] = &[
    "content",
    "parts",
    "text",
    "input",
    "arguments",
    "args",
    "parameters",
    "action",
    "output",
    "result",
    "results",
    "resultDisplay",
    "response",
    "queries",
    "toolUseResult",
    "functionCall",
    "functionResponse",
    "function",
    "function_call",
    "tools",
    "functions",
    "tool_choice",
    "schema",
    "inputSchema",
    "input_schema",
    "dynamic_tools",
    "invocation",
    "changes",
    "details",
    "attachment",
    "attachments",
    "files",
    "files_v2",
    "snapshot",
    "data",
    "usage",
    "qa",
    "observation",
    "event_summary",
    "session_summary",
];

/// Removes and returns the owner of an element, also from its nested objects. Skips [`FREE_FORM`]
/// fields unless `opens` lists them.
///
/// # Errors
/// A message if two owners are named, or if a field only looks like an owner.
pub(super) fn take(
    element: &mut Map<String, Value>,
    opens: &[&str],
) -> Result<Option<String>, String> {
    let mut owner = None;
    walk(element, opens, &mut owner)?;
    Ok(owner)
}

/// Removes the fields of a session file's row, and of its nested objects, that look like an owner
/// but have no word for an id, such as `user_input_order`. Programs add such fields in new
/// versions, and refusing them would lose messages. In other files they are refused.
pub(super) fn remove_state(row: &mut Map<String, Value>) {
    row.retain(|name, _| has_owner_mark(name) || !looks_like_owner(name));
    for (name, value) in row.iter_mut() {
        if !FREE_FORM.contains(&&**name) {
            remove_state_within(value);
        }
    }
}

fn remove_state_within(value: &mut Value) {
    match value {
        Value::Object(inner) => remove_state(inner),
        Value::Array(items) => items.iter_mut().for_each(remove_state_within),
        _ => {}
    }
}

/// Moves the owner that `part` names to the fields of its conversation.
///
/// # Errors
/// Same as [`take`].
pub(super) fn lift(
    part: &mut Map<String, Value>,
    conversation: &mut Map<String, Value>,
) -> Result<(), String> {
    if let Some(owner) = take(part, &[])? {
        repeated::put(conversation, OWNERS[0].to_owned(), owner.into());
    }
    Ok(())
}

/// Returns the owner that either of two fields names.
///
/// # Errors
/// A message if they differ.
pub(in crate::ingest) fn agreed(
    one: Option<String>,
    other: Option<String>,
) -> Result<Option<String>, String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(format!("two owners are named, `{one}` and `{other}`; split it by owner"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn walk(
    object: &mut Map<String, Value>,
    opens: &[&str],
    owner: &mut Option<String>,
) -> Result<(), String> {
    *owner = agreed(owner.take(), owner_of(object)?)?;
    for (name, value) in object.iter_mut() {
        let is_opened = opens.contains(&&**name);
        // `owner_of` has already removed owners from nested objects such as `metadata`.
        if is_nested(name) || (FREE_FORM.contains(&&**name) && !is_opened) {
            continue;
        }
        match value {
            Value::Object(inner) => walk(inner, if is_opened { opens } else { &[] }, owner)?,
            list => walk_list(list, owner)?,
        }
    }
    Ok(())
}

fn walk_list(list: &mut Value, owner: &mut Option<String>) -> Result<(), String> {
    let Value::Array(items) = list else { return Ok(()) };
    items.iter_mut().try_for_each(|item| match item {
        Value::Object(inner) => walk(inner, &[], owner),
        list => walk_list(list, owner),
    })
}
