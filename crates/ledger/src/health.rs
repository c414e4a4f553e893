//! Checks that a file is intact and has the tables of its migrations.

use rusqlite::Connection;

use crate::{Migration, error::is_full};

/// Lines kept of SQLite's damage report.
const DAMAGE_LINES_MAX: usize = 100;

/// Returns SQLite's damage report, one finding per line; empty if the file is intact. If the damage
/// makes the check itself fail, that error is the finding. Takes as long as reading the whole file.
///
/// # Errors
/// If the disk has no room for the check. This is not evidence of damage.
pub fn damage(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut reports = Vec::new();
    match integrity(connection, &mut reports) {
        Err(error) if is_full(&error) => return Err(error),
        Err(error) => reports.push(error.to_string()),
        Ok(()) => {}
    }
    Ok(reports)
}

fn integrity(connection: &Connection, reports: &mut Vec<String>) -> rusqlite::Result<()> {
    let sql = format!("PRAGMA integrity_check({DAMAGE_LINES_MAX})");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let report: String = row.get(0)?;
        if report != "ok" {
            reports.push(report);
        }
    }
    Ok(())
}

/// Returns SQLite's error for each table that `migrations` create and that the file lacks, or lacks
/// columns of. Does not read the rows.
///
/// # Errors
/// If the migrations need more than SQLite, such as functions of the program.
pub fn missing(connection: &Connection, migrations: &[Migration]) -> rusqlite::Result<Vec<String>> {
    let expected = Connection::open_in_memory()?;
    migrations.iter().try_for_each(|migration| expected.execute_batch(migration.sql))?;
    let mut tables = expected.prepare(
        "SELECT format('SELECT %s FROM %w', group_concat(format('%w.%w', t.name, c.name)), t.name)
         FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name",
    )?;
    let looks = tables.query_map([], |row| row.get::<_, String>(0))?;
    let mut missing = Vec::new();
    for look in looks {
        missing.extend(connection.prepare(&look?).err().map(|error| error.to_string()));
    }
    Ok(missing)
}
