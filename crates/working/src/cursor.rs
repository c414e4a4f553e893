//! Cursors of lists: row numbers in a form that reveals nothing about other owners' rows.
//!
//! Row numbers count the records of all owners, so a cursor is a permutation of one, keyed by a
//! secret of the file and the kind of the list: a Feistel network of four rounds (Luby and Rackoff,
//! "How to Construct Pseudorandom Permutations from Pseudorandom Functions", 1988). The high bits
//! of every row number are 0, which identifies numbers that are not cursors.

use std::hash::{DefaultHasher, Hash, Hasher};

use aios_record::Kind;
use rusqlite::{Connection, OptionalExtension};

use crate::Error;

const ROUNDS: u8 = 4;

/// Exclusive upper bound of row numbers.
const ROWS_END: u64 = 1 << 40;

/// The cursors of the lists of one kind in one file.
pub(crate) struct Cursors {
    secret: i64,
    kind: Kind,
}

impl Cursors {
    pub(crate) fn of(connection: &Connection, kind: Kind) -> Result<Cursors, Error> {
        let sql = "SELECT done_at FROM upkeep WHERE work = 'cursor secret'";
        let secret = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(Cursors { secret: secret.unwrap_or_default(), kind })
    }

    /// Returns the cursor of a list that continues after `row`.
    pub(crate) fn at(&self, row: u64) -> u64 {
        let (mut high, mut low) = halves(row);
        for round in 0..ROUNDS {
            (high, low) = (low, high ^ self.round(round, low));
        }
        u64::from(high) << 32 | u64::from(low)
    }

    /// Returns the row after which the list of `cursor` continues.
    pub(crate) fn row(&self, cursor: u64) -> Result<i64, Error> {
        let (mut high, mut low) = halves(cursor);
        for round in (0..ROUNDS).rev() {
            (high, low) = (low ^ self.round(round, high), high);
        }
        let row = u64::from(high) << 32 | u64::from(low);
        if ROWS_END <= row {
            return Err(Error::Cursor { cursor });
        }
        Ok(row.cast_signed())
    }

    #[expect(clippy::cast_possible_truncation, reason = "half of the hash is enough")]
    fn round(&self, round: u8, half: u32) -> u32 {
        let mut hasher = DefaultHasher::new();
        (self.secret, self.kind.as_str(), round, half).hash(&mut hasher);
        hasher.finish() as u32
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each half is taken")]
fn halves(whole: u64) -> (u32, u32) {
    ((whole >> 32) as u32, whole as u32)
}

#[cfg(test)]
mod tests;
