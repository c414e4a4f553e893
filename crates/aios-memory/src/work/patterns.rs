//! Patterns learned from tasks.

use aios_record::{Key, Kind, forms};
use aios_working::{Outcome, Task};
use serde_json::{Value, json};

use super::{
    hold::owned,
    learned::{derived_id, shared_by_sessions},
    step::Steps,
};
use crate::{Error, MemoryView};

/// Stores the pattern of a task that succeeded, or counts a use of it. Returns its key, or `None`
/// if it was forgotten. A use of the pattern that the task `followed` is counted elsewhere.
pub(super) async fn learn_pattern(
    view: &MemoryView,
    task: &Task,
    steps: &Steps,
    followed: Option<&Key>,
) -> Result<Option<Key>, Error> {
    let scope = shared_by_sessions(&task.meta.scope);
    // The view may be narrowed to a session.
    let view = &owned(view.shared(), &Key::new(Kind::Task, task.id.clone()).of(scope.owner()))?;
    let id = derived_id("pattern", &scope, &[&forms::same(&task.description), &steps.json]);
    let key = Key::new(Kind::Pattern, id.clone());
    let is_own = view.working().patterns().get(&id).await?.is_some();
    if followed == Some(&key) {
        // The uses of a shared pattern are not counted.
        return Ok(is_own.then_some(key));
    }
    if is_own {
        view.working().patterns().record_use(&id, Outcome::Success).await?;
        return Ok(Some(key));
    }
    let pattern = json!({
        "id": id,
        "trigger": task.description,
        "action": steps.json,
        "uses": 1,
        "last_used": view.shared().working.config().clock.now(),
        "created_from": Key::new(Kind::Task, task.id.clone()).to_string(),
        "scope": scope,
    });
    let Value::Object(fields) = pattern.clone() else { return Ok(None) };
    if let Some(draft) = view.draft(Kind::Pattern, fields, &scope) {
        let forgotten = view.longterm().tombstones().are_forgotten(&[draft]).await?;
        if forgotten == [true] {
            return Ok(None);
        }
    }
    view.record(Kind::Pattern, pattern).await?;
    Ok(Some(key))
}
