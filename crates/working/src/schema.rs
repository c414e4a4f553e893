//! The schema of the file and the parts of its migrations that are code.

use std::collections::BTreeSet;

use aios_ledger::Migration;
use aios_record::{Kind, Owner};
use rusqlite::Connection;

use crate::{Config, access::Access, records::KINDS, upkeep, visible::Visible};

/// Marks a file as a working memory: "AIOW".
pub const APPLICATION_ID: i32 = 0x4149_4f57;

/// The version of the schema that this program knows and brings a file to.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "schema", sql: include_str!("../migrations/0001_schema.sql") },
    Migration {
        name: "stubs and summaries",
        sql: include_str!("../migrations/0002_stubs_and_summaries.sql"),
    },
    Migration { name: "owners", sql: include_str!("../migrations/0003_owners.sql") },
];

/// The version that gave every record an owner.
const OWNERS: u32 = 3;

/// After the last migration the words are indexed again, since another version may cut them
/// otherwise.
pub(crate) fn migrated(
    connection: &Connection,
    version: u32,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if version == OWNERS {
        normalize_owners(connection)?;
    }
    if version < SCHEMA_VERSION {
        return Ok(());
    }
    let (config, visible) = (Config::default(), Visible::administrator());
    let access = Access::new(connection, &config, &visible);
    upkeep::reindex(&access).map_err(Box::from)
}

/// Gives owners whose names were not normalized (NFC) the names by which they are looked up.
fn normalize_owners(connection: &Connection) -> rusqlite::Result<()> {
    let tables = KINDS.iter().filter(|kind| **kind != Kind::Persona).map(|kind| kind.collection());
    let tables: Vec<&str> = tables.chain(["feed"]).collect();
    let mut names = BTreeSet::new();
    for table in &tables {
        let sql = format!("SELECT DISTINCT owner FROM {table} WHERE owner IS NOT NULL");
        let mut statement = connection.prepare(&sql)?;
        for name in statement.query_map([], |row| row.get::<_, String>(0))? {
            names.insert(name?);
        }
    }
    for name in names {
        // A name that no user can have today stays as it is.
        let Ok(owner) = Owner::user(&name) else { continue };
        if owner.as_str() == name || has_both(connection, &name, owner.as_str())? {
            continue;
        }
        for table in &tables {
            let sql = format!("UPDATE {table} SET owner = ?2 WHERE owner = ?1");
            connection.execute(&sql, (&name, owner.as_str()))?;
        }
    }
    Ok(())
}

/// Returns `true` if both spellings have something under the same name. Only sessions and
/// preferences may: ids were unique among all owners.
fn has_both(connection: &Connection, name: &str, normalized: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (
             SELECT 1 FROM sessions AS a JOIN sessions AS b ON a.id = b.id
             WHERE a.owner = ?1 AND b.owner = ?2
         ) OR EXISTS (
             SELECT 1 FROM preferences AS a JOIN preferences AS b ON a.key = b.key
             WHERE a.owner = ?1 AND b.owner = ?2
         )";
    connection.query_row(sql, [name, normalized], |row| row.get(0))
}
