//! The schema of the file and the parts of its migrations that are code.

use aios_ledger::Migration;
use rusqlite::Connection;

use crate::{Config, access::Access, upkeep, visible::Visible};

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

/// After the last migration the words are indexed again, since another version may cut them
/// otherwise.
pub(crate) fn migrated(
    connection: &Connection,
    version: u32,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if version < SCHEMA_VERSION {
        return Ok(());
    }
    let (config, visible) = (Config::default(), Visible::administrator());
    let access = Access::new(connection, &config, &visible);
    upkeep::reindex(&access).map_err(Box::from)
}
