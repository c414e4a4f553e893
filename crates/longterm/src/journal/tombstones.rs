//! Tombstones: marks of forgotten records that do not reveal their content.
//!
//! A tombstone is two hashes, keyed with a secret of this journal: of a record's owner, kind, scope
//! and text, and of its identity. A record that matches either was forgotten: one that is imported
//! again is recognised by its text if its id differs, and by its id if its text differs. Storing a
//! record lifts the tombstones that it matches. A caller that imports records checks for tombstones
//! first and skips those that match.
//!
//! The text of a piece of a document is hashed with its document: forgetting a document does not
//! keep out another one that has the same paragraph. A text that was forgotten outside documents
//! also keeps out pieces, as does every tombstone from before pieces had their own hashes.
//!
//! Forgetting a record by name, unlike a session or document, forgets its text: a tombstone of the
//! text alone keeps out every record of the owner with that text, of any kind and scope, in its
//! text or in a field of its payload (`sayings`).
//!
//! Tombstones of the former version are in a separate table and are hashed by its rules: over the
//! text as it was written, and over a key without its owner, except for preferences. Such a key
//! does not match alone, since its record may have been another owner's.

use std::{borrow::Cow, collections::HashMap};

use aios_record::{Kind, Owner, Record, Scope};
use rusqlite::{Connection, OptionalExtension, params};

use super::{handle::Journal, meta::set_meta};
use crate::{Error, forgetting::sayings, intake::former_name};

/// Name of the secret in `meta`.
const SECRET: &str = "tombstone_secret";
/// Kinds of hashes, hashed as well so that hashes of different kinds never match.
const OF_FORMER_CONTENT: u8 = 1;
const OF_FORMER_KEY: u8 = 2;
const OF_CONTENT: u8 = 3;
const OF_IDENTITY: u8 = 4;
const OF_PIECE: u8 = 5;
const OF_SAYING: u8 = 6;
const OF_VALUE: u8 = 7;
const OF_PARAGRAPH: u8 = 8;

/// The identity in tombstones of a text alone.
const NO_IDENTITY: [u8; 0] = [];

/// The stored part of a hash.
pub(crate) type Hash = [u8; 16];

/// The key of the hashes in the tombstones of one journal.
#[derive(Clone, Copy)]
pub(crate) struct Secret([u8; 32]);

/// Hashes that identify a forgotten record.
#[derive(Debug, Clone)]
pub(crate) struct Tombstone {
    /// `None` if the record has no text.
    content: Option<Hash>,
    /// Hash of the content of a piece of a document, independent of the document.
    anywhere: Option<Hash>,
    identity: Hash,
    /// Hashes of its texts, independent of kind and scope.
    sayings: Vec<Hash>,
    former: Former,
}

/// Hashes by which the former version identified a record.
#[derive(Debug, Clone, Copy)]
struct Former {
    content: Option<Hash>,
    /// Only for a preference, whose key was hashed with its owner.
    key: Option<Hash>,
}

impl Secret {
    pub(crate) fn tombstone(&self, record: &Record) -> Tombstone {
        Tombstone {
            content: self.of_content(record),
            anywhere: document_of(record).and_then(|_| self.of_text(record, OF_CONTENT, None)),
            identity: self.of_identity(&record.encoded_identity()),
            sayings: self.of_sayings(record),
            former: Former {
                content: self.of_former_content(record),
                key: (record.kind == Kind::Preference).then(|| self.of_former_key(record)),
            },
        }
    }

    /// Hashes the text of a record with its owner, kind and scope, and with its document if it is a
    /// piece of one. `None` if it has no text.
    pub(crate) fn of_content(&self, record: &Record) -> Option<Hash> {
        match document_of(record) {
            Some(document) => self.of_text(record, OF_PIECE, Some(document)),
            None => self.of_text(record, OF_CONTENT, None),
        }
    }

    fn of_text(&self, record: &Record, sort: u8, document: Option<&str>) -> Option<Hash> {
        let text = sayings::content(record);
        if text.is_empty() {
            return None;
        }
        let Scope { user, project, agent, session } = &record.scope;
        let owner = user.as_deref().unwrap_or_default();
        let scope = [project, agent, session].map(Option::as_deref);
        let parts = [owner, record.kind.as_str()].map(Some).into_iter().chain(scope);
        let rest = document.into_iter().chain([text.as_str()]).map(Some);
        Some(self.hash(sort, parts.chain(rest)))
    }

    /// Hashes all texts of a record, in each form in which they may have been forgotten.
    fn of_sayings(&self, record: &Record) -> Vec<Hash> {
        let owner = record.owner();
        let said = sayings::sayings(record);
        let mut hashes: Vec<Hash> = said.iter().map(|it| self.of_saying(&owner, it)).collect();
        for text in sayings::whole(record) {
            hashes.push(self.of_value(&owner, &text));
            hashes.push(self.of_paragraph(&owner, document_of(record), &text));
        }
        hashes
    }

    /// Hashes a text from a field whose value several records of an owner may share. It matches the
    /// whole text of a record only.
    pub(crate) fn of_value(&self, owner: &Owner, text: &str) -> Hash {
        self.hash(OF_VALUE, [Some(owner.as_str()), Some(text)])
    }

    /// Hashes a paragraph of a forgotten document: within that document, or, with `None`, in
    /// records of no document.
    pub(crate) fn of_paragraph(&self, owner: &Owner, document: Option<&str>, text: &str) -> Hash {
        self.hash(OF_PARAGRAPH, [Some(owner.as_str()), document, Some(text)])
    }

    /// Hashes a text of an owner's record, in the form
    /// [`forms::forgotten`](aios_record::forms::forgotten).
    pub(crate) fn of_saying(&self, owner: &Owner, text: &str) -> Hash {
        self.hash(OF_SAYING, [Some(owner.as_str()), Some(text)])
    }

    /// Hashes an encoded identity.
    fn of_identity(&self, key: &str) -> Hash {
        self.hash(OF_IDENTITY, [Some(key)])
    }

    fn of_former_content(&self, record: &Record) -> Option<Hash> {
        if record.text.trim().is_empty() {
            return None;
        }
        let Scope { agent, session, .. } = &record.scope;
        let user = former_user(record);
        let scope = [user.as_deref(), agent.as_deref(), session.as_deref()];
        let parts = [Some(record.kind.as_str())].into_iter().chain(scope);
        Some(self.hash(OF_FORMER_CONTENT, parts.chain([Some(record.text.as_str())])))
    }

    fn of_former_key(&self, record: &Record) -> Hash {
        let key = record.key().to_string();
        self.hash(OF_FORMER_KEY, [Some(key.as_str()), former_user(record).as_deref()])
    }

    fn hash<'a>(&self, sort: u8, parts: impl IntoIterator<Item = Option<&'a str>>) -> Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&[sort]);
        for part in parts {
            // Presence and length delimit a part, so no two lists of parts are hashed as the same
            // bytes.
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

/// Returns the document that a record is a piece of.
fn document_of(record: &Record) -> Option<&str> {
    record.source.as_ref().filter(|source| source.is_file()).map(|source| source.id.as_str())
}

/// Returns the user that the former version had for a record. It gave shared preferences a user.
fn former_user(record: &Record) -> Option<Cow<'_, str>> {
    match record.scope.user.as_deref() {
        None if record.kind == Kind::Preference => Some(Cow::Borrowed("default")),
        user => user.map(former_name),
    }
}

impl Journal {
    /// Returns the secret of this journal, created on first use.
    pub(crate) async fn tombstone_secret(&self) -> Result<Secret, Error> {
        match self.ledger.read(secret).await? {
            Some(secret) => Ok(secret),
            None => self.ledger.write(make_secret).await,
        }
    }

    /// Returns the secret, if there is any tombstone.
    pub(crate) async fn secret_of_tombstones(&self) -> Result<Option<Secret>, Error> {
        self.ledger.read(secret_if_used).await
    }

    /// Returns, for each of these, whether it has a tombstone.
    pub(crate) async fn have_tombstones(&self, of: Vec<Tombstone>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut find = db.prepare_cached(
                    "SELECT 1 FROM tombstones
                     WHERE content = ?1 OR content = ?2 OR identity = ?3
                     UNION ALL
                     SELECT 1 FROM former_tombstones WHERE content = ?4 OR key = ?5",
                )?;
                let mut says = db.prepare_cached("SELECT 1 FROM tombstones WHERE content = ?1")?;
                let mut forgotten = Vec::with_capacity(of.len());
                for Tombstone { content, anywhere, identity, sayings, former } in &of {
                    let names = params![content, anywhere, identity, former.content, former.key];
                    let mut is_forgotten = find.exists(names)?;
                    for saying in sayings {
                        is_forgotten = is_forgotten || says.exists([saying])?;
                    }
                    forgotten.push(is_forgotten);
                }
                Ok(forgotten)
            })
            .await
    }

    /// Stores tombstones.
    pub(crate) async fn leave_tombstones(&self, tombstones: Vec<Tombstone>) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let mut each = tombstones.iter();
                each.try_for_each(|it| leave(db, it.content.as_ref(), &it.identity))
            })
            .await
    }

    /// Stores tombstones of these hashes of [sayings](Secret::of_saying).
    pub(crate) async fn leave_sayings(&self, sayings: Vec<Hash>) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let mut each = sayings.iter();
                each.try_for_each(|saying| leave(db, Some(saying), &NO_IDENTITY))
            })
            .await
    }

    /// Returns, for each of these hashes of [sayings](Secret::of_saying), whether it has a
    /// tombstone.
    pub(crate) async fn have_sayings(&self, sayings: Vec<Hash>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut says = db.prepare_cached("SELECT 1 FROM tombstones WHERE content = ?1")?;
                let found = sayings.iter().map(|saying| says.exists([saying]));
                Ok(found.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Lifts the tombstones that match these.
    pub(crate) async fn lift_tombstones(&self, of: Vec<Tombstone>) -> Result<(), Error> {
        self.ledger.write(move |db| of.iter().try_for_each(|tombstone| lift(db, tombstone))).await
    }
}

/// Content hashes of records, by encoded identity.
pub(crate) type Contents = HashMap<String, Hash>;

/// Stores a tombstone of an encoded identity, and of the content stored under it if `contents` has
/// its hash.
pub(super) fn leave_of(db: &Connection, key: &str, contents: &Contents) -> Result<(), Error> {
    let secret = make_secret(db)?;
    leave(db, contents.get(key), &secret.of_identity(key))
}

/// Returns `true` if the encoded identity `key` was forgotten.
pub(super) fn has_identity(db: &Connection, key: &str) -> Result<bool, Error> {
    let Some(secret) = secret_if_used(db)? else { return Ok(false) };
    let mut find = db.prepare_cached("SELECT 1 FROM tombstones WHERE identity = ?1")?;
    Ok(find.exists([secret.of_identity(key)])?)
}

fn leave(db: &Connection, content: Option<&Hash>, identity: &[u8]) -> Result<(), Error> {
    // An identity alone adds nothing to a tombstone that has it.
    db.prepare_cached(
        "INSERT OR IGNORE INTO tombstones (content, identity) SELECT coalesce(?1, x''), ?2
         WHERE ?1 IS NOT NULL OR NOT EXISTS (SELECT 1 FROM tombstones WHERE identity = ?2)",
    )?
    .execute(params![content, identity])?;
    Ok(())
}

/// Lifts the tombstones that match a record that is stored now. Other content that was forgotten
/// under its identity stays forgotten.
pub(super) fn lift_of(db: &Connection, record: &Record) -> Result<(), Error> {
    match secret_if_used(db)? {
        Some(secret) => lift(db, &secret.tombstone(record)),
        None => Ok(()),
    }
}

fn lift(db: &Connection, tombstone: &Tombstone) -> Result<(), Error> {
    let Tombstone { content, anywhere, identity, sayings, former } = tombstone;
    for saying in sayings {
        db.prepare_cached("DELETE FROM tombstones WHERE content = ?1")?.execute([saying])?;
    }
    let sql = "DELETE FROM tombstones
               WHERE content = ?1 OR content = ?2 OR (content = x'' AND identity = ?3)";
    db.prepare_cached(sql)?.execute(params![content, anywhere, identity])?;
    let sql = "UPDATE OR REPLACE tombstones SET identity = x'' WHERE identity = ?1";
    db.prepare_cached(sql)?.execute([identity])?;
    let sql = "DELETE FROM former_tombstones WHERE content = ?1 OR (content = x'' AND key = ?2)";
    db.prepare_cached(sql)?.execute(params![former.content, former.key])?;
    let sql = "UPDATE OR REPLACE former_tombstones SET key = x'' WHERE key = ?1";
    db.prepare_cached(sql)?.execute([former.key])?;
    Ok(())
}

fn secret(db: &Connection) -> Result<Option<Secret>, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(find.query_row([SECRET], |row| row.get(0)).optional()?.map(Secret))
}

fn secret_if_used(db: &Connection) -> Result<Option<Secret>, Error> {
    let mut any = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM tombstones) OR EXISTS (SELECT 1 FROM former_tombstones)",
    )?;
    if any.query_row([], |row| row.get(0))? { secret(db) } else { Ok(None) }
}

/// Returns the secret, creating it if needed, in a transaction that may write.
fn make_secret(db: &Connection) -> Result<Secret, Error> {
    if let Some(secret) = secret(db)? {
        return Ok(secret);
    }
    // SQLite's generator is seeded by the operating system.
    let made: [u8; 32] = db.query_row("SELECT randomblob(32)", [], |row| row.get(0))?;
    set_meta(db, SECRET, made)?;
    Ok(Secret(made))
}
