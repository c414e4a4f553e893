//! The user and scope of a request of mem0's clients, in its fields or in `filters`.

use aios_memory::{Scope, draft::repeated};
use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    http::facade::{Fields, scope},
};

/// Names of the parts: user, agent, project, conversation.
const NAMES: [&str; 4] = ["user_id", "agent_id", "app_id", "run_id"];

/// A user, and a part of their memory.
pub(super) struct Place {
    pub(super) user: Option<String>,
    /// The scope, without the user.
    pub(super) scope: Scope,
}

impl Place {
    /// Removes and returns the place from the fields of a request.
    ///
    /// # Errors
    /// Fails if a part is named twice, or a filter selects by anything else.
    pub(super) fn take(fields: &mut Fields) -> Result<Place, Failure> {
        let mut parts: [Option<String>; 4] = Default::default();
        for (name, part) in NAMES.iter().zip(&mut parts) {
            *part = fields.text(name)?;
        }
        let filters = match fields.take("filters") {
            Some(Value::String(text)) => opened(&text)?,
            None => Map::new(),
            Some(Value::Object(filters)) => filters,
            Some(_) => return Err(Failure::invalid("`filters`: expected an object")),
        };
        read(filters, &mut parts)?;
        if let Some(part) = parts.iter().flatten().find(|part| part.trim() == "*") {
            return Err(Failure::invalid(format!("`{part}` does not name one of them")));
        }
        let [user, agent, project, session] = parts;
        Ok(Place { user, scope: scope(project, agent, session)? })
    }

    /// Returns true if no part is named.
    pub(super) fn is_everything(&self) -> bool {
        self.user.is_none() && self.scope == Scope::default()
    }
}

/// Parses a filter in a query, which the Python client writes in Python notation.
fn opened(text: &str) -> Result<Map<String, Value>, Failure> {
    let is_plain = !text.contains(['"', '\\']);
    let json = if is_plain { text.replace('\'', "\"") } else { text.to_owned() };
    repeated::check(json.as_bytes())
        .map_err(|problem| Failure::invalid(format!("`filters`: {problem}")))?;
    serde_json::from_str(&json).map_err(|_| {
        Failure::invalid("`filters`: expected an object")
            .with_advice("name user_id, agent_id, app_id or run_id as query parameters")
    })
}

/// Reads a filter: `{"user_id": "ada"}`, or `{"AND": [...]}` of such filters.
fn read(filter: Map<String, Value>, parts: &mut [Option<String>; 4]) -> Result<(), Failure> {
    for (name, value) in filter {
        if name == "AND" {
            let Value::Array(all) = value else {
                return Err(Failure::invalid("`filters.AND`: expected a list"));
            };
            for one in all {
                let Value::Object(one) = one else {
                    return Err(Failure::invalid("`filters.AND`: expected a list of objects"));
                };
                // The clients document one level of conditions.
                if one.contains_key("AND") {
                    return Err(Failure::invalid("`filters.AND` within `AND` is not served here"));
                }
                read(one, parts)?;
            }
            continue;
        }
        let place = NAMES.iter().position(|known| *known == name);
        let (Some(place), Value::String(value)) = (place, value) else {
            return Err(Failure::invalid(format!(
                "`filters.{name}` is not served here; user_id, agent_id, app_id and run_id are, \
                 each with one value"
            )));
        };
        match &parts[place] {
            Some(other) if *other != value => {
                return Err(Failure::invalid(format!("`{name}` is given twice")));
            }
            _ => parts[place] = Some(value),
        }
    }
    Ok(())
}
