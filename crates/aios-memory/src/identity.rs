//! When two incoming records are the same one: ids that follow from what a record is.
//!
//! A record with an external id is known by it within its kind and scope. One without is known by
//! a hash of kind, scope, role, name, time, text, and which of several equal ones of its file it
//! is: two equal messages of one conversation stay two, and the same file twice is one. Because
//! the id itself is the hash, the primary keys of every tier, and two processes that race, agree.
//! Not here: whether an id is known already, which the long-term journal answers.

use std::collections::HashMap;

use aios_record::{Id, Kind, Scope, Timestamp};

/// Separates these hashes from all others that are made with the same function.
const DOMAIN: &str = "aios-memory 2026-11 record identity v1";

/// What makes a record without an external id the one that it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) kind: Kind,
    pub(crate) scope: &'a Scope,
    pub(crate) role: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) occurred_at: Option<Timestamp>,
    pub(crate) text: &'a str,
}

/// Gives ids to the records of one file, counting those that are equal.
#[derive(Debug, Default)]
pub(crate) struct Namer {
    seen: HashMap<[u8; 16], u64>,
}

impl Namer {
    /// The id of `content`, as the next of its equals.
    pub(crate) fn name(&mut self, content: Content<'_>) -> Id {
        let fields = content_hash(content);
        let mut half = [0; 16];
        half.copy_from_slice(&fields.as_bytes()[..16]);
        let seen = self.seen.entry(half).or_default();
        let nth = *seen;
        *seen += 1;
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        put(&mut hasher, Some(b"nth"));
        put(&mut hasher, Some(fields.as_bytes()));
        put(&mut hasher, Some(&nth.to_le_bytes()));
        id(&hasher)
    }
}

/// The id of the record that is known as `external_id` where it comes from.
pub(crate) fn external(kind: Kind, scope: &Scope, external_id: &str) -> Id {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    put(&mut hasher, Some(b"external"));
    put_owner(&mut hasher, kind, scope);
    put(&mut hasher, Some(external_id.as_bytes()));
    id(&hasher)
}

fn content_hash(content: Content<'_>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    put(&mut hasher, Some(b"content"));
    put_owner(&mut hasher, content.kind, content.scope);
    put(&mut hasher, content.role.map(str::as_bytes));
    put(&mut hasher, content.name.map(str::as_bytes));
    let time = content.occurred_at.map(|time| time.as_microsecond().to_le_bytes());
    put(&mut hasher, time.as_ref().map(<[u8; 8]>::as_slice));
    put(&mut hasher, Some(content.text.as_bytes()));
    hasher.finalize()
}

fn put_owner(hasher: &mut blake3::Hasher, kind: Kind, scope: &Scope) {
    put(hasher, Some(kind.as_str().as_bytes()));
    for (_, part) in scope.parts() {
        put(hasher, part.map(str::as_bytes));
    }
}

/// A field with its presence and length before it, so that no two lists of fields run together.
fn put(hasher: &mut blake3::Hasher, field: Option<&[u8]>) {
    match field {
        None => hasher.update(&[0]),
        Some(bytes) => {
            hasher.update(&[1]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes)
        }
    };
}

fn id(hasher: &blake3::Hasher) -> Id {
    let hex = hasher.finalize().to_hex();
    Id::new(&hex[..32]).expect("32 hexadecimal digits are a valid id")
}

#[cfg(test)]
mod tests;
