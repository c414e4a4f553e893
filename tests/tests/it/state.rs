//! All records of a memory, for comparison with an earlier or an expected state.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, Mutex},
};

use aios_exchange::export;
use aios_memory::{AgentMemory, MemoryView};
use serde_json::Value;

/// Records in the format of an export, by owner, kind and id: `ada note/n1`.
pub(crate) type State = BTreeMap<String, Value>;

/// Returns the records of every owner.
///
/// # Errors
/// If a record is present twice, or cannot be read.
pub(crate) async fn state(memory: &AgentMemory) -> Result<State, String> {
    let mut state = State::new();
    let records = export(&memory.administrator()).await.map_err(|error| error.to_string())?;
    for record in records {
        let name = |field: &Value| field.as_str().unwrap_or("shared").to_owned();
        let (user, kind, id) = (&record["scope"]["user"], &record["kind"], &record["id"]);
        let name = format!("{} {}/{}", name(user), name(kind), name(id));
        if let Some(other) = state.insert(name, record) {
            return Err(format!("this record is there twice: {other}"));
        }
    }
    Ok(state)
}

/// Returns the names of records that only one of the states has, or that have changed.
pub(crate) fn differences(before: &State, after: &State) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// Verifies both databases and the library, after all pending changes have reached the library.
/// Returns the number of records in the library.
///
/// # Errors
/// If a problem is found.
pub(crate) async fn verify(memory: &AgentMemory) -> Result<u64, String> {
    let verified = memory.administrator().upkeep().verify(|_| {}).await.unwrap();
    match verified.is_clean() {
        true => Ok(verified.library.checked),
        false => Err(format!("{verified:?}")),
    }
}

/// Returns all records visible in a view, in the format of an export.
pub(crate) async fn exported(view: &MemoryView) -> Vec<Value> {
    export(view).await.unwrap()
}

async fn export(view: &MemoryView) -> Result<Vec<Value>, aios_exchange::Error> {
    let out = Written::default();
    export::to_writer(view, out.clone(), "memory", |_| {}).await?;
    let written = out.0.lock().unwrap();
    let lines = std::str::from_utf8(&written).unwrap().lines().skip(1);
    Ok(lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A shared buffer: written by the export, read by the test.
#[derive(Clone, Default)]
pub(crate) struct Written(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
