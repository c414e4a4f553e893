//! Encoded identities in the journal's columns: whole in `pending`, `history` and `refused`, in
//! three parts in `ids`.

use aios_record::{Identity, Record};

use crate::Error;

/// The parts of an encoded identity, in the order of the primary key of `ids`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) kind: &'a str,
    /// Empty for the shared owner.
    pub(super) owner: &'a str,
    pub(super) id: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits `key`: the owner, U+001F, `kind/id`.
    pub(super) fn of(key: &'a str) -> Result<Parts<'a>, Error> {
        let parts = aios_record::split(key);
        let parts = parts.map(|(owner, kind, id)| Parts { kind, owner, id });
        parts.ok_or_else(|| Error::Damaged {
            key: crate::error::shown(key),
            reason: "the key has no owner".to_owned(),
        })
    }

    pub(super) fn of_identity(identity: &'a Identity) -> Parts<'a> {
        Parts {
            kind: identity.kind.as_str(),
            owner: identity.owner.as_str(),
            id: identity.id.as_str(),
        }
    }

    pub(super) fn of_record(record: &'a Record) -> Parts<'a> {
        Parts {
            kind: record.kind.as_str(),
            owner: record.scope.user.as_deref().unwrap_or_default(),
            id: record.id.as_str(),
        }
    }
}

/// SQL expression for the encoded identity of a row of `ids`.
macro_rules! key_sql {
    () => {
        "owner || char(31) || kind || '/' || id"
    };
}
pub(super) use key_sql;
