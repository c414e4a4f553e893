//! Ids derived from the content of records, so that ingesting a record again gives the same id.
//!
//! An external id identifies a record within its owner, kind and scope. Any other record is
//! identified by a hash of kind, scope, role, name, time, text in the form [`forms::same`], and its
//! number among equal records of its file. Therefore two equal messages of one conversation stay
//! two records, and ingesting a file twice stores each once. The id is the hash itself, so the
//! primary keys of all tiers and of concurrent processes agree. Pieces of a document are identified
//! within it, see [`Pieces`]. Not here: detecting records that are already stored.

mod pieces;

use std::collections::HashMap;

use aios_record::{Id, Key, Kind, Scope, Timestamp, forms};

pub use self::pieces::Pieces;

/// Domain separation: distinguishes these hashes from others of the same function.
const DOMAIN: &str = "aios-memory 2026-11 record identity v1";

/// The facts that identify a record without an external id.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Kind.
    pub kind: Kind,
    /// Scope.
    pub scope: &'a Scope,
    /// Role of the speaker.
    pub role: Option<&'a str>,
    /// Name of the speaker.
    pub name: Option<&'a str>,
    /// Id in the source.
    pub external_id: Option<&'a str>,
    /// Time.
    pub occurred_at: Option<Timestamp>,
    /// Text.
    pub text: &'a str,
}

/// The facts of a record as earlier versions of this program read them, which recognised fewer
/// spellings.
#[derive(Debug, Clone, PartialEq)]
pub struct Former {
    /// Kind.
    pub kind: Kind,
    /// Scope.
    pub scope: Scope,
    /// Role of the speaker.
    pub role: Option<String>,
    /// Name of the speaker.
    pub name: Option<String>,
    /// Id in the source.
    pub external_id: Option<String>,
    /// Time.
    pub occurred_at: Option<Timestamp>,
    /// Text.
    pub text: String,
}

impl Former {
    fn facts(&self) -> Facts<'_> {
        Facts {
            kind: self.kind,
            scope: &self.scope,
            role: self.role.as_deref(),
            name: self.name.as_deref(),
            external_id: self.external_id.as_deref(),
            occurred_at: self.occurred_at,
            text: &self.text,
        }
    }
}

/// The id of a record, and the ids that earlier versions of this program gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The id.
    pub id: Id,
    /// The former ids.
    pub former: Vec<Key>,
}

/// Assigns ids to the records of one file, counting equal ones.
#[derive(Debug, Default)]
pub struct Namer {
    /// Counts of equal records.
    same: Counter,
    /// Counts of records that earlier versions read as equal.
    former: Counter,
    /// Counts of records that are equal byte for byte, as the first versions compared them.
    raw: Counter,
}

/// Number of equal records so far, by the hash of each.
#[derive(Debug, Default)]
struct Counter(HashMap<[u8; 16], u64>);

impl Namer {
    /// Returns the id of a record, counting it among its equals, and its former ids: earlier
    /// versions may have read other facts, and the first ones hashed the text verbatim.
    #[must_use]
    pub fn name(&mut self, facts: Facts<'_>, former: Option<&Former>) -> Names {
        let id = self.same.name(facts, &forms::same(facts.text));
        let before = former.map_or(facts, Former::facts);
        let mut ids = vec![self.former.name(before, &forms::same(before.text))];
        ids.push(self.raw.name(before, before.text));
        ids.dedup();
        let kind = before.kind;
        let former = ids.into_iter().filter(|former| *former != id || kind != facts.kind);
        Names { former: former.map(|id| Key::new(kind, id)).collect(), id }
    }
}

impl Counter {
    /// Returns the id from the record's external id, or else the next id for its facts with the
    /// text `text`.
    fn name(&mut self, facts: Facts<'_>, text: &str) -> Id {
        match facts.external_id {
            Some(external_id) => external(facts.kind, facts.scope, external_id),
            None => self.next(Facts { text, ..facts }),
        }
    }

    fn next(&mut self, facts: Facts<'_>) -> Id {
        let fields = facts_hash(facts);
        let mut half = [0; 16];
        half.copy_from_slice(&fields.as_bytes()[..16]);
        let seen = self.0.entry(half).or_default();
        let nth = *seen;
        *seen += 1;
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        put(&mut hasher, Some(b"nth"));
        put(&mut hasher, Some(fields.as_bytes()));
        put(&mut hasher, Some(&nth.to_le_bytes()));
        id(&hasher)
    }
}

/// Returns the id of the record with this external id.
#[must_use]
pub fn external(kind: Kind, scope: &Scope, external_id: &str) -> Id {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    put(&mut hasher, Some(b"external"));
    put_owner(&mut hasher, kind, scope);
    put(&mut hasher, Some(external_id.as_bytes()));
    id(&hasher)
}

/// Returns the id of the record with the external id `external_id` of `provider`, in any session.
#[must_use]
pub fn of_provider(kind: Kind, scope: &Scope, provider: &str, external_id: &str) -> Id {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    put(&mut hasher, Some(b"provider"));
    put(&mut hasher, Some(kind.as_str().as_bytes()));
    put(&mut hasher, scope.user.as_deref().map(str::as_bytes));
    put(&mut hasher, Some(provider.as_bytes()));
    put(&mut hasher, Some(external_id.as_bytes()));
    id(&hasher)
}

fn facts_hash(facts: Facts<'_>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    put(&mut hasher, Some(b"content"));
    put_owner(&mut hasher, facts.kind, facts.scope);
    put(&mut hasher, facts.role.map(str::as_bytes));
    put(&mut hasher, facts.name.map(str::as_bytes));
    let time = facts.occurred_at.map(|time| time.as_microsecond().to_le_bytes());
    put(&mut hasher, time.as_ref().map(<[u8; 8]>::as_slice));
    put(&mut hasher, Some(facts.text.as_bytes()));
    hasher.finalize()
}

fn put_owner(hasher: &mut blake3::Hasher, kind: Kind, scope: &Scope) {
    put(hasher, Some(kind.as_str().as_bytes()));
    for part in [&scope.user, &scope.agent, &scope.session] {
        put(hasher, part.as_deref().map(str::as_bytes));
    }
    // Records without a project keep the ids of versions that had no projects.
    if let Some(project) = &scope.project {
        put(hasher, Some(project.as_bytes()));
    }
}

/// Adds a field, preceded by its presence and length, so that different lists of fields never hash
/// alike.
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
