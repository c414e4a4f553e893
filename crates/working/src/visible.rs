//! The SQL condition for the records that a gate shows. It is the only one in this crate; a
//! property test compares it with [`Gate::sees`].

use aios_record::{Gate, Identity, Kind, Owner, Owners, ScopeMatch};
use rusqlite::ToSql;

use crate::Error;

/// Condition that a record has not expired at `?5`.
pub(crate) const ALIVE: &str = "(expires_at IS NULL OR ?5 < expires_at)";

/// Owner of a removed parent that other owners' records refer to. No real owner has this name.
pub(crate) const NOBODY: &str = "'\u{1f}'";

const OWN_AND_SHARED: &str = "owner IN ('', ?1)";

/// A gate and the SQL conditions derived from it.
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

    /// Returns the condition on owner, project, agent and session, which are `?1` to `?4`.
    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// Returns the condition on the owner only, which is `?1`, for the records that refer to a row.
    /// References ignore agents and sessions, see [`in_project`] for projects.
    pub(crate) fn owners(&self) -> &'static str {
        owners(&self.gate)
    }

    /// Returns the condition on the owner, which is `?1`, of records that the view may change.
    pub(crate) fn changeable(&self) -> &'static str {
        if self.gate.acts_for().is_some() { "owner = ?1" } else { self.owners() }
    }

    /// Returns the values of `?1` to `?4`.
    pub(crate) fn params(&self) -> [Option<&str>; 4] {
        let [(_, user), (_, project), (_, agent), (_, session)] = self.gate.filter().scope.parts();
        [self.gate.acts_for().map(Owner::as_str).or(user), project, agent, session]
    }

    /// Returns the value of `?1`.
    pub(crate) fn owner(&self) -> impl ToSql {
        self.params()[0]
    }

    /// Returns the project that the gate is narrowed to, the parameter of [`in_project`].
    pub(crate) fn project(&self) -> Option<&str> {
        self.params()[1]
    }

    /// Returns the names of the owners that [`scope`](Visible::scope) selects; `None` if all are.
    pub(crate) fn owner_names(&self) -> Option<Vec<&str>> {
        let named = self.params()[0]?;
        let shared = (self.owners() == OWN_AND_SHARED && !named.is_empty()).then_some("");
        Some(shared.into_iter().chain([named]).collect())
    }

    /// Returns the owner for whom settings are read and written: the acting owner, or the user that
    /// the administrator chose, or else shared.
    pub(crate) fn acting(&self) -> Owner {
        self.params()[0].map_or(Owner::SHARED, |owner| Owner::from_stored(owner.to_owned()))
    }

    /// Returns the owners and projects (empty for none) whose files a view shows, highest
    /// precedence first. Files have no agent and no session.
    pub(crate) fn layers(&self) -> Vec<(Owner, String)> {
        let own = self.acting();
        let sees_shared = self.owner_names().is_some_and(|names| names.contains(&""));
        let shared = (sees_shared && !own.is_shared()).then_some(Owner::SHARED);
        let filter = self.gate.filter();
        let mut projects: Vec<String> = filter.scope.project.iter().cloned().collect();
        if projects.is_empty() || filter.matching == ScopeMatch::EqualOrShared {
            projects.push(String::new());
        }
        let of =
            |owner: Owner| projects.iter().map(move |project| (owner.clone(), project.clone()));
        [own].into_iter().chain(shared).flat_map(of).collect()
    }

    /// Resolves a bare id among the visible records of that id: the owner's own before the shared
    /// one. Sorts here, since SQLite would prepare a statement with ORDER BY and a parameter again
    /// at each use.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if several exist and the administrator has not chosen a user.
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

    /// Refuses to change or remove another owner's visible record.
    pub(crate) fn check_change(&self, record: &Identity) -> Result<(), Error> {
        match self.gate.acts_for() {
            Some(owner) if *owner != record.owner => {
                Err(Error::NotYours { kind: record.kind, id: record.id.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses to change a machine-wide record through a user's view.
    pub(crate) fn check_machine_wide(&self, kind: Kind) -> Result<(), Error> {
        match self.gate.acts_for_user() {
            true => Err(Error::MachineWide { kind }),
            false => Ok(()),
        }
    }
}

/// Builds the condition that a view may refer to a record: it is in the view's
/// [project](Visible::project), parameter number `place`, or in none. A view of one project does
/// not see the records of another.
pub(crate) fn in_project(place: u8) -> String {
    format!("(?{place} IS NULL OR scope_project IS NULL OR scope_project = ?{place})")
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
