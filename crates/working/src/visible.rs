//! The condition by which statements show what a gate sees. There is no other in this crate; a
//! property test holds it to [`Gate::sees`].

use aios_record::{Gate, Identity, Kind, Owner, Owners, ScopeMatch};
use rusqlite::ToSql;

use crate::Error;

/// Holds for a record that has not expired at `?5`.
pub(crate) const ALIVE: &str = "(expires_at IS NULL OR ?5 < expires_at)";

/// Stands in the column `owner` of a removed parent that other owners' records refer to. No owner
/// has this name.
pub(crate) const NOBODY: &str = "'\u{1f}'";

const OWN_AND_SHARED: &str = "owner IN ('', ?1)";

/// A gate, and the conditions that follow from it.
#[derive(Debug)]
pub(crate) struct Visible {
    gate: Gate,
    scope: String,
}

impl Visible {
    pub(crate) fn new(gate: Gate) -> Visible {
        let shared = gate.filter().matching == ScopeMatch::EqualOrShared;
        let mut scope = owners(&gate).to_owned();
        let parts = gate.filter().scope.parts();
        for (place, (name, wanted)) in parts.into_iter().enumerate().skip(1) {
            let (column, place) = (format!("scope_{name}"), place + 1);
            match (wanted, shared) {
                (None, _) => {}
                (Some(_), true) => {
                    scope += &format!(" AND ({column} IS NULL OR {column} = ?{place})");
                }
                (Some(_), false) => scope += &format!(" AND {column} = ?{place}"),
            }
        }
        Visible { gate, scope }
    }

    pub(crate) fn administrator() -> Visible {
        Visible::new(Gate::administrator())
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The condition on owner, project, agent and session, which are `?1` to `?4`.
    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// The condition on the owner alone, who is `?1`. The other parts do not count where a record
    /// is only referred to.
    pub(crate) fn owners(&self) -> &'static str {
        owners(&self.gate)
    }

    /// The condition on the owner, who is `?1`, of what may be changed.
    pub(crate) fn changeable(&self) -> &'static str {
        if self.gate.acts_for().is_some() { "owner = ?1" } else { self.owners() }
    }

    /// The values of `?1` to `?4`.
    pub(crate) fn params(&self) -> [Option<&str>; 4] {
        let [(_, user), (_, project), (_, agent), (_, session)] = self.gate.filter().scope.parts();
        [self.gate.acts_for().map(Owner::as_str).or(user), project, agent, session]
    }

    /// The value of `?1`.
    pub(crate) fn owner(&self) -> impl ToSql {
        self.params()[0]
    }

    /// The names of the owners that [`scope`](Visible::scope) selects; `None` if it is everybody.
    pub(crate) fn owner_names(&self) -> Option<Vec<&str>> {
        let named = self.params()[0]?;
        let shared = (self.owners() == OWN_AND_SHARED && !named.is_empty()).then_some("");
        Some(shared.into_iter().chain([named]).collect())
    }

    /// The owner for whom a setting is read and written: the one who acts, or the one whom the
    /// administrator chose, or else shared.
    pub(crate) fn acting(&self) -> Owner {
        self.params()[0].map_or(Owner::SHARED, |owner| Owner::from_stored(owner.to_owned()))
    }

    /// The one of several visible records of an id that the bare id means: the owner's own before
    /// the shared one. They are ordered here, since SQLite prepares a statement with ORDER BY and a
    /// parameter at each use.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if the administrator has not chosen a user.
    pub(crate) fn meant<T>(
        &self,
        kind: Kind,
        id: &str,
        mut found: Vec<T>,
        owner: impl Fn(&T) -> Owner,
    ) -> Result<Option<T>, Error> {
        if 1 < found.len() {
            found.sort_by_cached_key(&owner);
            if self.params()[0].is_none() {
                let owners = found.iter().map(owner).collect();
                return Err(Error::Ambiguous { kind, id: id.to_owned(), owners });
            }
        }
        Ok(found.pop())
    }

    /// Refuses to change or remove a visible record of another owner.
    pub(crate) fn check_change(&self, record: &Identity) -> Result<(), Error> {
        match self.gate.acts_for() {
            Some(owner) if *owner != record.owner => {
                Err(Error::NotYours { kind: record.kind, id: record.id.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses to change what belongs to the machine through a user's view.
    pub(crate) fn check_machine_wide(&self, kind: Kind) -> Result<(), Error> {
        match self.gate.acts_for_user() {
            true => Err(Error::MachineWide { kind }),
            false => Ok(()),
        }
    }
}

fn owners(gate: &Gate) -> &'static str {
    let filter = gate.filter();
    match (gate.owners(), &filter.scope.user, filter.matching) {
        (Owners::AndShared(_), ..) | (Owners::All, Some(_), ScopeMatch::EqualOrShared) => {
            OWN_AND_SHARED
        }
        (Owners::Only(_), ..) | (Owners::All, Some(_), ScopeMatch::Exact) => "owner = ?1",
        // `NOBODY`, spelled out.
        (Owners::All, None, _) => "owner <> '\u{1f}'",
    }
}
