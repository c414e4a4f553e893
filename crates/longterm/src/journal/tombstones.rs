//! Tombstones: that something was forgotten, without a word of what it said.
//!
//! A tombstone is two hashes, keyed with a secret of this journal: of a record's kind, scope and
//! text, and of its key. A record that fits either was forgotten, so one that is found again is
//! known by its text where it gets another id, and by its id where its text reads differently.
//! Whatever is stored lifts the tombstones that it fits; whoever only finds a record somewhere asks
//! first, and leaves it.

use std::collections::HashMap;

use aios_record::{Record, Scope};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Journal, set_meta};
use crate::Error;

/// The name of the secret in `meta`.
const SECRET: &str = "tombstone_secret";
/// Which sort of hash it is, so that one is never taken for the other.
const OF_CONTENT: u8 = 1;
const OF_KEY: u8 = 2;

/// As much of a hash as is kept.
pub(crate) type Hash = [u8; 16];

/// What tombstones of one journal are hashed with.
#[derive(Clone, Copy)]
pub(crate) struct Secret([u8; 32]);

/// What names a record that was forgotten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tombstone {
    /// None where it has no text to be known by.
    pub(crate) content: Option<Hash>,
    pub(crate) key: Hash,
}

impl Secret {
    pub(crate) fn tombstone(&self, record: &Record) -> Tombstone {
        let key = self.of_key(&record.encoded_identity());
        Tombstone { content: self.of_content(record), key }
    }

    /// Of what a record says, whose it is and what it is; none where it says nothing.
    pub(crate) fn of_content(&self, record: &Record) -> Option<Hash> {
        if record.text.trim().is_empty() {
            return None;
        }
        let Scope { user, project, agent, session } = &record.scope;
        let scope = [user, project, agent, session].map(Option::as_deref);
        let parts = [Some(record.kind.as_str())].into_iter().chain(scope);
        Some(self.hash(OF_CONTENT, parts.chain([Some(record.text.as_str())])))
    }

    /// Of an encoded identity.
    fn of_key(&self, key: &str) -> Hash {
        self.hash(OF_KEY, [Some(key)])
    }

    fn hash<'a>(&self, sort: u8, parts: impl IntoIterator<Item = Option<&'a str>>) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&[sort]);
        for part in parts {
            // With its presence and length, so that no two lists of parts run together.
            match part {
                None => hasher.update(&[0]),
                Some(part) => {
                    let length = (part.len() as u64).to_le_bytes();
                    hasher.update(&[1]).update(&length).update(part.as_bytes())
                }
            };
        }
        let mut hash = Hash::default();
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..size_of::<Hash>()]);
        hash
    }
}

impl Journal {
    /// The secret of this journal, made when it is first asked for.
    pub(crate) async fn tombstone_secret(&self) -> Result<Secret, Error> {
        match self.ledger.read(secret).await? {
            Some(secret) => Ok(secret),
            None => self.ledger.write(make_secret).await,
        }
    }

    /// The secret, if there is any tombstone.
    pub(crate) async fn secret_of_tombstones(&self) -> Result<Option<Secret>, Error> {
        self.ledger.read(secret_if_used).await
    }

    /// Which of what these name was forgotten.
    pub(crate) async fn have_tombstones(&self, of: Vec<Tombstone>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT 1 FROM tombstones WHERE content = ?1 OR key = ?2";
                let mut find = db.prepare_cached(sql)?;
                let found = of.iter().map(|it| find.exists(params![it.content, it.key]));
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Leaves tombstones.
    pub(crate) async fn leave_tombstones(&self, tombstones: Vec<Tombstone>) -> Result<(), Error> {
        self.ledger
            .write(move |db| tombstones.iter().try_for_each(|tombstone| leave(db, tombstone)))
            .await
    }

    /// Lifts the tombstones of what these name.
    pub(crate) async fn lift_tombstones(&self, of: Vec<Tombstone>) -> Result<(), Error> {
        self.ledger.write(move |db| of.iter().try_for_each(|tombstone| lift(db, tombstone))).await
    }
}

/// The hashes of what records say, by their encoded identities.
pub(crate) type Contents = HashMap<String, Hash>;

/// Leaves the tombstone of a key, and of what was stored under it if `contents` has that.
pub(super) fn leave_of(db: &Connection, key: &str, contents: &Contents) -> Result<(), Error> {
    let secret = make_secret(db)?;
    let content = contents.get(key).copied();
    leave(db, &Tombstone { content, key: secret.of_key(key) })
}

fn leave(db: &Connection, tombstone: &Tombstone) -> Result<(), Error> {
    let Tombstone { content, key } = tombstone;
    // A key alone adds nothing to what there is of it.
    db.prepare_cached(
        "INSERT OR IGNORE INTO tombstones (content, key) SELECT coalesce(?1, x''), ?2
         WHERE ?1 IS NOT NULL OR NOT EXISTS (SELECT 1 FROM tombstones WHERE key = ?2)",
    )?
    .execute(params![content, key])?;
    Ok(())
}

/// Lifts the tombstones that a record fits which is stored now. What else was forgotten under its
/// key stays known by what it said.
pub(super) fn lift_of(db: &Connection, record: &Record) -> Result<(), Error> {
    match secret_if_used(db)? {
        Some(secret) => lift(db, &secret.tombstone(record)),
        None => Ok(()),
    }
}

fn lift(db: &Connection, tombstone: &Tombstone) -> Result<(), Error> {
    let Tombstone { content, key } = tombstone;
    let sql = "DELETE FROM tombstones WHERE content = ?1 OR (content = x'' AND key = ?2)";
    db.prepare_cached(sql)?.execute(params![content, key])?;
    let sql = "UPDATE OR REPLACE tombstones SET key = x'' WHERE key = ?1";
    db.prepare_cached(sql)?.execute([key])?;
    Ok(())
}

fn secret(db: &Connection) -> Result<Option<Secret>, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(find.query_row([SECRET], |row| row.get(0)).optional()?.map(Secret))
}

fn secret_if_used(db: &Connection) -> Result<Option<Secret>, Error> {
    let mut any = db.prepare_cached("SELECT 1 FROM tombstones LIMIT 1")?;
    if any.exists([])? { secret(db) } else { Ok(None) }
}

/// The secret, in a transaction that may write it.
fn make_secret(db: &Connection) -> Result<Secret, Error> {
    if let Some(secret) = secret(db)? {
        return Ok(secret);
    }
    // SQLite's generator is seeded by the operating system.
    let made: [u8; 32] = db.query_row("SELECT randomblob(32)", [], |row| row.get(0))?;
    set_meta(db, SECRET, made)?;
    Ok(Secret(made))
}
