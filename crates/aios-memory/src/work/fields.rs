//! Keys and updates of goals and tasks.

use aios_record::{Id, Key, Kind};
use serde_json::{Map, Value, json};

/// Returns the fields of an update that sets the status.
pub(super) fn status_of(status: impl AsRef<str>) -> Map<String, Value> {
    [("status".to_owned(), json!(status.as_ref()))].into_iter().collect()
}

pub(super) fn goal_key(id: &Id) -> Key {
    Key::new(Kind::Goal, id.clone())
}
