//! Changing single fields of a record of any kind, in one transaction.

use aios_record::{Id, Kind, Mutability, Provenance, Record};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Error, FieldProblem,
    access::{Access, Read, identity},
    facts::{agree, check_validity},
    feed::trace,
    kinds::{by_id, for_kind},
    preference,
    row::{self, Row},
    writing::{self, Writable},
};

type Fields = Map<String, Value>;

/// Changes the fields that `changes` names; a null resets a field to its default.
pub(crate) fn update(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    changes: Fields,
) -> Result<Record, Error> {
    if kind.is_setting() {
        return preference::update(access, kind, id, &changes);
    }
    check_mutable(kind, &changes)?;
    let apply = |own: &Id, fields: &mut Fields| {
        let before = fields.clone();
        for (name, value) in changes {
            match value {
                value if name == "id" && value == own.as_str() => {}
                _ if name == "id" => return Err(other_id(kind)),
                Value::Null => drop(fields.remove(&name)),
                value => drop(fields.insert(name, value)),
            }
        }
        if kind == Kind::Fact {
            check_validity(fields)
                .and_then(|()| agree(&before, fields))
                .map_err(|problem| Error::Fields { kind, problem })?;
        }
        sign(&before, fields);
        Ok(())
    };
    for_kind!(kind, merge(access, id, apply), Err(missing(kind, id)))
}

/// Like [`update`], but returns `None` and changes nothing if the feed has a change of the record
/// after `told`.
pub(crate) fn update_told(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    changes: Fields,
    told: u64,
) -> Result<Option<Record>, Error> {
    if for_kind!(kind, is_untold(access, id, told), Ok(false))? {
        return Ok(None);
    }
    update(access, kind, id, changes).map(Some)
}

/// Applies `change` to the fields of a record.
pub(crate) fn change(
    access: &Access<'_>,
    kind: Kind,
    id: &str,
    change: impl FnOnce(&mut Fields),
) -> Result<Record, Error> {
    if kind.mutability() == Mutability::Fixed {
        return Err(Error::Fixed { kind });
    }
    if kind.is_setting() {
        let record = by_id(access, kind, id)?.ok_or_else(|| missing(kind, id))?;
        let before = object(&record.payload);
        let mut after = before.clone();
        change(&mut after);
        return preference::update(access, kind, id, &differences(&before, &after));
    }
    let apply = |_: &Id, fields: &mut Fields| {
        let before = fields.clone();
        change(fields);
        check_mutable(kind, &differences(&before, fields))
    };
    for_kind!(kind, merge(access, id, apply), Err(missing(kind, id)))
}

/// Refuses changes that records of this kind do not accept.
fn check_mutable(kind: Kind, changes: &Fields) -> Result<(), Error> {
    let mutability = kind.mutability();
    let is_mutable = changes.keys().all(|name| mutability.admits(name));
    match is_mutable && mutability != Mutability::Fixed {
        true => Ok(()),
        false => Err(Error::Fixed { kind }),
    }
}

/// Sets the writer of the last change, unless the change names one.
fn sign(before: &Fields, fields: &mut Fields) {
    const PROVENANCE: &str = "provenance";
    const UPDATED_BY: &str = "updated_by";
    let by = |fields: &Fields| fields.get(PROVENANCE).and_then(|it| it.get(UPDATED_BY)).cloned();
    if before == fields || by(before) != by(fields) {
        return;
    }
    let provenance = fields.entry(PROVENANCE).or_insert_with(|| Fields::new().into());
    if let Some(provenance) = provenance.as_object_mut() {
        provenance.insert(UPDATED_BY.to_owned(), Provenance::UPDATE.into());
    }
}

fn missing(kind: Kind, id: &str) -> Error {
    Error::NotFound { kind, id: id.to_owned() }
}

fn other_id(kind: Kind) -> Error {
    Error::Fields { kind, problem: FieldProblem::Id }
}

/// Returns the fields of `after` that differ from `before`; removed ones are null.
fn differences(before: &Fields, after: &Fields) -> Fields {
    let removed = before.keys().filter(|name| !after.contains_key(*name));
    let removed = removed.map(|name| (name.clone(), Value::Null));
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
    changed.map(|(name, value)| (name.clone(), value.clone())).chain(removed).collect()
}

/// Returns true if the feed has a change after `told` of the record that a bare id resolves to.
fn is_untold<T: Row>(access: &Access<'_>, id: &str, told: u64) -> Result<bool, Error> {
    let record: T = writing::require(access, id)?;
    trace::has_trace(access.connection, &identity(&record), told)
}

/// Applies `change` to the fields of a record with its id, and stores it.
fn merge<T: Writable + DeserializeOwned>(
    access: &Access<'_>,
    id: &str,
    change: impl FnOnce(&Id, &mut Fields) -> Result<(), Error>,
) -> Result<Record, Error> {
    let kind = T::KIND;
    let unfit = |problem| Error::Fields { kind, problem };
    let before: T = writing::require(access, id)?;
    let old = object(&before);
    let mut fields = old.clone();
    change(before.id(), &mut fields)?;
    // A field that became null gets its default.
    fields.retain(|name, value| !value.is_null() || old.get(name) == Some(value));
    let new: Vec<String> = fields.keys().filter(|name| !old.contains_key(*name)).cloned().collect();
    let mut after: T = serde_json::from_value(Value::Object(fields))
        .map_err(|error| unfit(FieldProblem::Form { reason: error.to_string() }))?;
    let known = object(&after);
    if let Some(stray) = new.iter().find(|name| !known.contains_key(*name)) {
        return Err(unfit(FieldProblem::Unknown { field: stray.clone() }));
    }
    if after.id() != before.id() {
        return Err(other_id(kind));
    }
    if after.meta().scope != before.meta().scope {
        return Err(Error::Conflict { kind, id: before.id().clone() });
    }
    after.follow(&before);
    writing::write(access, &mut after)?;
    let identity = identity(&after);
    let stored = access.identified::<T>(&identity.owner, id)?;
    // After a change that makes the record expire, it can no longer be read.
    Ok(stored.as_ref().map_or_else(|| row::record(&after, None), Read::record))
}

/// Returns the fields of a record by name.
fn object(item: &impl Serialize) -> Fields {
    match serde_json::to_value(item) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a record is an object with text keys and finite numbers"),
    }
}
