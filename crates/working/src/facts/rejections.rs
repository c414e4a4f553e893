//! Rejected values, which are refused in every spelling.
//!
//! A rejection is a hash of the owner, the subject, the attribute and the value in the form
//! [`skeleton`](forms::skeleton), under a random key of the file. No copy of the value is stored.

use aios_record::forms;
use rusqlite::params;

use super::fact::Fact;
use crate::{Error, access::Access, writing::Writable};

/// Separator of the parts of a hashed name, which no folded text has.
const SEPARATOR: char = '\u{1f}';

/// Length of the key of the hashes.
const KEY_BYTES: usize = 32;

impl Writable for Fact {
    /// Drops the confirmation if the statement has changed.
    fn follow(&mut self, before: &Fact) {
        if !states_same(self, before) {
            self.confirmed_at = None;
        }
    }

    fn admit(&self, access: &Access<'_>, _: Option<i64>) -> Result<(), Error> {
        match is_rejected(access, self)? {
            true => Err(Error::Rejected { id: self.id.clone() }),
            false => Ok(()),
        }
    }
}

/// Returns true if two facts make the same statement about the same slot.
fn states_same(one: &Fact, other: &Fact) -> bool {
    let of = |fact: &Fact| (fact.statement(), fact.subject.clone(), fact.attribute.clone());
    of(one) == of(other) && one.value == other.value
}

/// Gives a fact that is stored again the confirmation of its current version, if it makes the same
/// statement.
pub(super) fn keep_confirmation(access: &Access<'_>, fact: &mut Fact) -> Result<(), Error> {
    access.fill(&mut fact.meta.scope)?;
    let owner = fact.meta.scope.owner();
    let stored: Vec<Fact> =
        access.select("AND id = ?6 AND owner = ?7", &[&fact.id.as_str(), &owner.as_str()])?;
    let is_kept = |it: &Fact| it.ended_at.is_none() && states_same(it, fact);
    if let Some(before) = stored.into_iter().find(is_kept)
        && before.confirmed_at.is_some()
        && fact.ended_at.is_none()
    {
        fact.confirmed_at = before.confirmed_at;
        fact.confidence = before.confidence;
    }
    Ok(())
}

/// Rejects the value of a fact, and its statement.
pub(super) fn reject(access: &Access<'_>, fact: &Fact) -> Result<(), Error> {
    let key = key(access)?;
    let sql = "INSERT OR IGNORE INTO rejections (owner, hash, rejected_at) VALUES (?1, ?2, ?3)";
    let mut statement = access.connection.prepare_cached(sql)?;
    let (owner, now) = (owner(fact), access.now.as_microsecond());
    for name in names(fact) {
        statement.execute(params![owner, hash(&key, owner, &name), now])?;
    }
    Ok(())
}

/// Returns true if the value of a fact, or its statement, was rejected.
pub(super) fn is_rejected(access: &Access<'_>, fact: &Fact) -> Result<bool, Error> {
    let owner = owner(fact);
    let sql = "SELECT 1 FROM rejections WHERE owner = ?1 LIMIT 1";
    if !access.connection.prepare_cached(sql)?.exists([owner])? {
        return Ok(false);
    }
    let key = key(access)?;
    let sql = "SELECT 1 FROM rejections WHERE owner = ?1 AND hash = ?2";
    let mut statement = access.connection.prepare_cached(sql)?;
    for name in names(fact) {
        if statement.exists(params![owner, hash(&key, owner, &name)])? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn owner(fact: &Fact) -> &str {
    fact.meta.scope.user.as_deref().unwrap_or_default()
}

/// Returns the folded names under which a fact is rejected: its slot with the value, and its
/// statement.
fn names(fact: &Fact) -> Vec<String> {
    let mut names = vec![format!("statement{SEPARATOR}{}", folded(&fact.statement()))];
    let value = folded(&fact.value_text());
    if !value.is_empty() {
        let (subject, attribute) = (folded(&fact.subject), folded(&fact.attribute));
        names.push(format!("slot{SEPARATOR}{subject}{SEPARATOR}{attribute}{SEPARATOR}{value}"));
    }
    names
}

/// Returns a text in the form in which rejected values are compared: only letters, digits and
/// symbols, without look-alikes, punctuation and spaces.
fn folded(text: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '+' | '#' | '%' | '$' | '-');
    forms::skeleton(text).chars().filter(is_kept).collect()
}

fn key(access: &Access<'_>) -> Result<[u8; KEY_BYTES], Error> {
    let sql = "SELECT \"key\" FROM rejection_key LIMIT 1";
    Ok(access.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

fn hash(key: &[u8; KEY_BYTES], owner: &str, name: &str) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(owner.as_bytes()).update(&[0x1f]).update(name.as_bytes());
    hasher.finalize().as_bytes()[..16].to_vec()
}
