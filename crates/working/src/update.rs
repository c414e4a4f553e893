//! Changing single fields of a record of any kind, in one transaction.

use aios_record::{Kind, Record};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    Error, WorkingView,
    access::{Access, Read, identity},
    feed::trace,
    kinds::for_kind,
    preference,
    row::{self, Row},
    writing::{self, Writable},
};

impl WorkingView {
    /// Changes the fields of a record that `changes` names, and returns the changed record. A field
    /// that is null gets its default. Reading, merging and storing are one transaction, so no
    /// change of another caller is lost.
    ///
    /// # Errors
    /// - [`Error::NotFound`] if the record does not exist, [`Error::Ambiguous`] if several owners
    ///   have the id.
    /// - [`Error::NotYours`] and [`Error::MachineWide`] if the view must not change it.
    /// - [`Error::Fixed`] if records of this kind cannot be updated: events, messages, summaries,
    ///   and sessions except for their summary.
    /// - [`Error::Fields`] if a change does not fit a field, or changes the id.
    /// - [`Error::Conflict`] if a change would move the record to another scope.
    pub async fn update(
        &self,
        kind: Kind,
        id: &str,
        changes: Map<String, Value>,
    ) -> Result<Record, Error> {
        let id = id.to_owned();
        self.write(move |access| update(access, kind, &id, changes)).await
    }

    /// Like [`update`](WorkingView::update), if the caller has read all changes of the record: if
    /// the feed has a change of it after `told`, nothing changes and the result is `None`. For
    /// consumers that keep every version of a record in the feed.
    ///
    /// # Errors
    /// As [`update`](WorkingView::update).
    pub async fn update_told(
        &self,
        kind: Kind,
        id: &str,
        changes: Map<String, Value>,
        told: u64,
    ) -> Result<Option<Record>, Error> {
        let id = id.to_owned();
        self.write(move |access| {
            if for_kind!(kind, is_untold(access, &id, told), Ok(false))? {
                return Ok(None);
            }
            update(access, kind, &id, changes).map(Some)
        })
        .await
    }
}

/// Returns true if the feed has a change after `told` of the record that a bare id resolves to.
fn is_untold<T: Row>(access: &Access<'_>, id: &str, told: u64) -> Result<bool, Error> {
    let record: T = writing::require(access, id)?;
    trace::has_trace(access.connection, &identity(&record), told)
}

fn update(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    changes: Map<String, Value>,
) -> Result<Record, Error> {
    if is_fixed(kind, &changes) {
        return Err(Error::Fixed { kind });
    }
    let missing = || Error::NotFound { kind, id: id.to_owned() };
    match kind {
        Kind::Preference | Kind::Persona => preference::update(access, kind, id, &changes),
        _ => for_kind!(kind, merge(access, id, changes), Err(missing())),
    }
}

/// Returns true if `changes` must not be made to a record of this kind.
fn is_fixed(kind: Kind, changes: &Map<String, Value>) -> bool {
    match kind {
        Kind::Message | Kind::Event | Kind::Summary => true,
        Kind::Session => changes.keys().any(|field| field != "summary"),
        _ => false,
    }
}

fn merge<T: Writable + DeserializeOwned>(
    access: &Access<'_>,
    id: &str,
    mut changes: Map<String, Value>,
) -> Result<Record, Error> {
    let kind = T::KIND;
    let unfit = |problem: String| Error::Fields { kind, problem };
    let before: T = writing::require(access, id)?;
    if changes.remove("id").is_some_and(|new| new != before.id().as_str()) {
        return Err(unfit("its id never changes".to_owned()));
    }
    let mut fields = object(&before);
    for (name, value) in &changes {
        match value {
            Value::Null => drop(fields.remove(name)),
            value => drop(fields.insert(name.clone(), value.clone())),
        }
    }
    let mut after: T =
        serde_json::from_value(Value::Object(fields)).map_err(|error| unfit(error.to_string()))?;
    let known = object(&after);
    let stray = changes.iter().find(|(name, value)| !value.is_null() && !known.contains_key(*name));
    if let Some((name, _)) = stray {
        return Err(unfit(format!("it has no field `{name}`")));
    }
    if after.id() != before.id() {
        return Err(unfit("its id never changes".to_owned()));
    }
    if after.meta().scope != before.meta().scope {
        return Err(Error::Conflict { kind, id: before.id().clone() });
    }
    writing::write(access, &mut after)?;
    let identity = identity(&after);
    let stored = access.identified::<T>(&identity.owner, id)?;
    // A record that the change makes expire is no longer read.
    Ok(stored.as_ref().map_or_else(|| row::record(&after, None), Read::record))
}

/// Returns the fields of a record by name.
fn object<T: Row>(item: &T) -> Map<String, Value> {
    match serde_json::to_value(item) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a record is an object with text keys and finite numbers"),
    }
}
