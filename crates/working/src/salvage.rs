//! Recovery of the readable records of a damaged file.
//!
//! Rows are read one by one, so that a damaged page loses only its own rows. The file itself is not
//! changed.

use std::path::Path;

use aios_record::{Kind, Record};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{
    Config, access::Access, kinds::for_kind, page::RecordPage, preference, row::Row, tables::KINDS,
    visible::Visible,
};

/// Maximum number of consecutive row numbers without a readable row.
const PASSED_MAX: u32 = 2000;

/// Reads the readable records of the damaged file at `path`, including expired ones, in the order
/// that [`Intake::restore`](crate::Intake::restore) needs. Returns nothing if the first page is
/// lost. Blocks.
#[must_use]
pub fn salvage(path: &Path, config: &Config) -> Vec<Record> {
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let Ok(connection) = opened else { return Vec::new() };
    let visible = Visible::administrator();
    let access = Access { sees_expired: true, ..Access::new(&connection, config, &visible) };
    let mut records = Vec::new();
    for &kind in KINDS {
        match kind {
            kind if kind.is_setting() => records.extend(settings(&access, kind)),
            kind => records.extend(for_kind!(kind, rows(&access), Vec::new())),
        }
    }
    records
}

/// Returns the readable rows of a kind.
fn rows<T: Row>(access: &Access<'_>) -> Vec<Record> {
    let table = T::table().name();
    if access.connection.prepare(&format!("SELECT row FROM {table}")).is_err() {
        // The schema is lost.
        return Vec::new();
    }
    let (first, is_whole) = numbers(access, &format!("SELECT row FROM {table} ORDER BY row"));
    let mut numbers_of_rows = first;
    if !is_whole {
        let backwards = format!("SELECT row FROM {table} ORDER BY row DESC");
        let (mut last, _) = numbers(access, &backwards);
        last.reverse();
        let from = numbers_of_rows.last().map_or(1, |last| last + 1);
        let to = last.first().copied().unwrap_or(i64::MAX);
        let mut passed = 0;
        for row in from..to {
            if PASSED_MAX <= passed {
                break;
            }
            match access.by_row::<T>(row) {
                Ok(Some(read)) => {
                    passed = 0;
                    numbers_of_rows.push(read.row);
                }
                _ => passed += 1,
            }
        }
        numbers_of_rows.extend(last);
        numbers_of_rows.dedup();
    }
    let read = |row: i64| access.by_row::<T>(row).ok().flatten();
    numbers_of_rows.into_iter().filter_map(read).map(|read| read.record()).collect()
}

/// Returns the numbers that a statement yields before it fails, and true if it does not fail.
fn numbers(access: &Access<'_>, sql: &str) -> (Vec<i64>, bool) {
    let mut found = Vec::new();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = access.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
        Ok(())
    };
    let is_whole = read().is_ok();
    (found, is_whole)
}

/// Returns the readable preferences or traits, row by row.
fn settings(access: &Access<'_>, kind: Kind) -> Vec<Record> {
    let page = match kind {
        Kind::Persona => preference::persona_page,
        _ => preference::page,
    };
    let (mut found, mut after, mut failed) = (Vec::new(), 0, 0);
    while failed < PASSED_MAX {
        match page(access, after, 1) {
            Ok(RecordPage { records, next }) => {
                failed = 0;
                found.extend(records);
                match next {
                    Some(next) => after = next.cast_signed(),
                    None => break,
                }
            }
            // Skips the row that cannot be read.
            Err(_) => {
                failed += 1;
                after += 1;
            }
        }
    }
    found
}

/// Returns true if SQLite finds the file at `path` damaged, or not a database. Blocks.
#[must_use]
pub fn is_damaged(path: &Path) -> bool {
    let look = || -> rusqlite::Result<bool> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let report: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok(report != "ok")
    };
    look().unwrap_or_else(|error| {
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        )
    })
}
