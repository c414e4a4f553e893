//! Dispatch to the type of each kind, for operations that are the same for all kinds, and the
//! records of any kind in exchange form.

use aios_record::{Id, Kind, Owner, Record};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error,
    access::{Access, Read},
    preference,
    row::{self, Row},
};

/// Calls a generic function for the type of a kind; `$absent` for a kind that has no type here.
macro_rules! for_kind {
    ($kind:expr, $call:ident ( $($argument:expr),* ), $absent:expr) => {
        match $kind {
            aios_record::Kind::Goal => $call::<$crate::Goal>($($argument),*),
            aios_record::Kind::Task => $call::<$crate::Task>($($argument),*),
            aios_record::Kind::ToolCall => $call::<$crate::ToolCall>($($argument),*),
            aios_record::Kind::Decision => $call::<$crate::Decision>($($argument),*),
            aios_record::Kind::Pattern => $call::<$crate::Pattern>($($argument),*),
            aios_record::Kind::AgentState => $call::<$crate::AgentState>($($argument),*),
            aios_record::Kind::Session => $call::<$crate::Session>($($argument),*),
            aios_record::Kind::Message => $call::<$crate::Message>($($argument),*),
            aios_record::Kind::Interaction => $call::<$crate::Interaction>($($argument),*),
            aios_record::Kind::Entry => $call::<$crate::Entry>($($argument),*),
            aios_record::Kind::File => $call::<$crate::File>($($argument),*),
            aios_record::Kind::Fact => $call::<$crate::Fact>($($argument),*),
            aios_record::Kind::Event => $call::<$crate::Event>($($argument),*),
            aios_record::Kind::Summary => $call::<$crate::Summary>($($argument),*),
            _ => $absent,
        }
    };
}

pub(crate) use for_kind;

/// Returns the record that would be stored for an object with the fields of a kind, without the
/// parts that storing adds. `None` if the fields do not form a record of that kind.
#[must_use]
pub fn record_of(kind: Kind, fields: Value) -> Option<Record> {
    fn made<T: Row + DeserializeOwned>(fields: Value) -> Option<Record> {
        let item = serde_json::from_value::<T>(fields).ok()?;
        Some(row::record(&item, None))
    }
    for_kind!(kind, made(fields), None)
}

/// Returns the record that a bare id resolves to, if it is visible.
pub(crate) fn by_id(access: &Access<'_>, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, id: &str) -> Result<Option<Record>, Error> {
        Ok(access.find::<T>(id)?.as_ref().map(Read::record))
    }
    match kind {
        Kind::Preference => preference::by_key(access, id),
        Kind::Persona => preference::persona_by_key(access, id),
        _ => for_kind!(kind, get(access, id), Ok(None)),
    }
}

/// Returns the record of this identity, if it is visible.
pub(crate) fn identified(
    access: &Access<'_>,
    kind: Kind,
    owner: &Owner,
    id: &Id,
) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, owner: &Owner, id: &Id) -> Result<Option<Record>, Error> {
        Ok(access.identified::<T>(owner, id.as_str())?.as_ref().map(Read::record))
    }
    match kind {
        Kind::Preference => preference::identified(access, owner, id.as_str()),
        Kind::Persona => preference::persona_by_key(access, id.as_str()),
        kind => for_kind!(kind, get(access, owner, id), Ok(None)),
    }
}

/// Returns the record in this row of the kind's table, if it is visible.
pub(crate) fn by_row(access: &Access<'_>, kind: Kind, row: i64) -> Result<Option<Record>, Error> {
    fn get<T: Row>(access: &Access<'_>, row: i64) -> Result<Option<Record>, Error> {
        Ok(access.by_row::<T>(row)?.as_ref().map(Read::record))
    }
    for_kind!(kind, get(access, row), Ok(None))
}
