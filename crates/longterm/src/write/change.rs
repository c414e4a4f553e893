//! Changes of stored records: no update is lost, and replaced versions stay reachable.
//!
//! A change reads the record, builds the new version, and writes it on condition that the version
//! read is still the newest; otherwise it reads again. Condition and write are one journal
//! transaction, so if two processes change one record at the same time, the second builds upon the
//! first.

use aios_record::{Change, Identity, Key, Record};

use super::writer::{CHANGE_TRIES, Trace};
use crate::{Error, LongtermView, journal::Older};

/// Attempts to find the row of a key that the journal has, before the row counts as lost.
const MISSES_MAX: u32 = 10;

impl LongtermView {
    /// Replaces a record with the first of the changes that `change` builds from it, and returns
    /// the new record. The other changes are written in the same transaction. `change` may be
    /// called several times, each time with the current record. The record stays in its scope.
    pub(crate) async fn change(
        &self,
        key: &Key,
        trace: Trace,
        change: impl Fn(Record) -> Result<Vec<Change>, Error>,
    ) -> Result<Record, Error> {
        let writer = &self.parts.writer;
        let _turn = writer.turn(&key.to_string()).await;
        for _ in 0..CHANGE_TRIES {
            let row = self.find_own(key).await?;
            let changes = change(row.record.clone())?;
            if let Some(Change::Upsert(changed)) = changes.first()
                && changed.scope != row.record.scope
            {
                return Err(Error::Conflict { key: row.record.identity().to_string() });
            }
            let (record, writes) = writer.writes_over(row, changes, trace).await?;
            if writer.try_write(writes).await? {
                return Ok(record);
            }
        }
        Err(Error::Contended { key: key.to_string() })
    }

    /// Writes the changes that `changes` builds from the stored record, or from `None` if there is
    /// none. The record itself comes first. An expired record counts as stored. `changes` may be
    /// called several times.
    pub(crate) async fn put(
        &self,
        identity: &Identity,
        changes: impl Fn(Option<&Record>) -> Result<Vec<Change>, Error>,
    ) -> Result<(), Error> {
        let writer = &self.parts.writer;
        let key = identity.encode();
        let _turn = writer.turn(&identity.key().to_string()).await;
        for tries in 0..CHANGE_TRIES {
            let found = self.parts.shelf.rows_left(vec![key.clone()]).await?.0.pop();
            let changes = changes(found.as_ref().map(|row| &row.record))?;
            let writes = match found {
                Some(row) => writer.writes_over(row, changes, Trace::Kept).await?.1,
                // A damaged library may never return the row, so the attempts are limited.
                None if MISSES_MAX <= tries => {
                    writer.writes_of_new(changes, Older::Seen(None)).await?
                }
                None => writer.writes_of_new(changes, Older::Absent).await?,
            };
            if writer.try_write(writes).await? {
                return Ok(());
            }
        }
        Err(Error::Contended { key: identity.to_string() })
    }
}
