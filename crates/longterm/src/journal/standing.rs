//! Records as the journal knows them: the scope in which they are stored, and whether their content
//! is the same.

use aios_record::{Gate, Identity, Record, Scope};

use super::{edition::state, handle::Journal, key::Parts, known::Known};
use crate::Error;

/// Relation of a record to the record stored under its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing that the view sees is stored.
    Unknown,
    /// A record with the same content is stored.
    Same,
    /// A record with other content is stored.
    Other,
}

impl Journal {
    /// Returns the scope of each of `identities` that was ever acknowledged and not deleted since.
    pub(crate) async fn scopes(
        &self,
        identities: Vec<Identity>,
    ) -> Result<Vec<Option<Scope>>, Error> {
        self.ledger
            .read(move |db| {
                let scope_of = |identity: &Identity| -> Result<Option<Scope>, Error> {
                    let known = Known::find(db, Parts::of_identity(identity))?;
                    Ok(known.filter(|known| known.state != state::DELETED).map(|it| it.scope))
                };
                identities.iter().map(scope_of).collect()
            })
            .await
    }

    /// Compares each of `records` with the stored record of its identity, as far as `gate` sees it.
    pub(crate) async fn standings(
        &self,
        gate: Gate,
        records: Vec<Record>,
    ) -> Result<Vec<Standing>, Error> {
        let rules = self.rules;
        self.ledger
            .read(move |db| {
                let standing = |record: &Record| -> Result<Standing, Error> {
                    let known = Known::find(db, Parts::of_record(record))?;
                    let known = known.filter(|it| it.state != state::DELETED);
                    Ok(match known.filter(|it| gate.sees(&it.scope)) {
                        None => Standing::Unknown,
                        Some(known) if known.says(rules, record) => Standing::Same,
                        Some(_) => Standing::Other,
                    })
                };
                records.iter().map(standing).collect()
            })
            .await
    }
}
