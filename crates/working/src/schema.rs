//! The schema of the file.

use aios_ledger::Migration;

/// `PRAGMA application_id` of a working memory: "AIOW".
pub const APPLICATION_ID: i32 = 0x4149_4f57;

/// Newest schema version, which files are migrated to.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "schema", sql: include_str!("../migrations/0001_schema.sql") },
    Migration {
        name: "stubs and summaries",
        sql: include_str!("../migrations/0002_stubs_and_summaries.sql"),
    },
    Migration { name: "owners", sql: include_str!("../migrations/0003_owners.sql") },
    Migration { name: "facts", sql: include_str!("../migrations/0004_facts.sql") },
];
