//! The gate: the records that a handle sees and may change, and the scope of those it writes.
//!
//! All tiers share this implementation. Stores translate it to their own conditions
//! ([`Gate::owners`], [`Gate::filter`]), and tests verify these against [`Gate::sees`].

use crate::{Error, Owner, Scope, ScopeFilter, ScopeMatch};

/// The actor behind a handle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An owner: sees its own and shared records, and writes and changes only its own.
    /// [`Owner::SHARED`] acts for no user, and its own records are the shared ones.
    Owner(Owner),
    /// Maintenance: sees and changes the records of every owner.
    Administrator,
}

/// The owners whose records are visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners<'a> {
    /// Every owner.
    All,
    /// Only this owner.
    Only(&'a Owner),
    /// This user and the shared owner.
    AndShared(&'a Owner),
}

/// The rules of a handle: the records that it sees and may change, and the scope of those that it
/// writes. A gate is a [`Principal`] narrowed by a [`ScopeFilter`]; it can be narrowed but never
/// widened.
///
/// ```
/// use aios_record::{Gate, Owner, Scope};
///
/// let gate = Gate::owner(Owner::user("ada")?);
/// assert!(gate.sees(&Scope::default().with_user("ada")));
/// assert!(gate.sees(&Scope::default()));
/// assert!(!gate.sees(&Scope::default().with_user("bob")));
///
/// let mut scope = Scope::default();
/// gate.fill(&mut scope)?;
/// assert_eq!(scope.user.as_deref(), Some("ada"));
/// assert!(!gate.may_change(&Scope::default()));
/// # Ok::<(), aios_record::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gate {
    principal: Principal,
    /// Has a user only if the principal is the administrator.
    narrowed: ScopeFilter,
}

impl Gate {
    /// Returns the gate of one owner.
    #[must_use]
    pub fn owner(owner: Owner) -> Gate {
        Gate { principal: Principal::Owner(owner), narrowed: ScopeFilter::default() }
    }

    /// Returns the gate that acts for no user: it sees and changes shared records.
    #[must_use]
    pub fn shared() -> Gate {
        Gate::owner(Owner::SHARED)
    }

    /// Returns the gate of the administrator.
    #[must_use]
    pub fn administrator() -> Gate {
        Gate { principal: Principal::Administrator, narrowed: ScopeFilter::default() }
    }

    /// Returns the principal.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the acting owner; `None` for the administrator.
    #[must_use]
    pub fn acts_for(&self) -> Option<&Owner> {
        match &self.principal {
            Principal::Owner(owner) => Some(owner),
            Principal::Administrator => None,
        }
    }

    /// Returns `true` if a user acts. Users cannot write machine-wide records.
    #[must_use]
    pub fn acts_for_user(&self) -> bool {
        self.acts_for().is_some_and(|owner| !owner.is_shared())
    }

    /// Returns this gate narrowed to the part that `filter` selects.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] if `filter` names a user, project, agent or session other than the one
    /// this gate is bound to; [`Error::OwnerName`] if its user is not a valid name.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<Gate, Error> {
        let mut scope = filter.scope.clone();
        scope.check()?;
        let mut narrowed = self.narrowed.clone();
        if let Some(owner) = self.acts_for() {
            match scope.user.take() {
                Some(user) if Some(user.as_str()) != owner.name() => {
                    return Err(Error::OutOfScope { part: "user" });
                }
                _ => {}
            }
        }
        narrow_part("user", &mut narrowed.scope.user, scope.user)?;
        narrow_part("project", &mut narrowed.scope.project, scope.project)?;
        narrow_part("agent", &mut narrowed.scope.agent, scope.agent)?;
        narrow_part("session", &mut narrowed.scope.session, scope.session)?;
        if filter.matching == ScopeMatch::Exact {
            narrowed.matching = ScopeMatch::Exact;
        }
        Ok(Gate { principal: self.principal.clone(), narrowed })
    }

    /// Returns the owners whose records are visible.
    #[must_use]
    pub fn owners(&self) -> Owners<'_> {
        match &self.principal {
            // The filter holds the user that an administrator chose.
            Principal::Administrator => Owners::All,
            Principal::Owner(owner) if owner.is_shared() => Owners::Only(owner),
            Principal::Owner(owner) => match self.narrowed.matching {
                ScopeMatch::Exact => Owners::Only(owner),
                ScopeMatch::EqualOrShared => Owners::AndShared(owner),
            },
        }
    }

    /// Returns the filter that further narrows the records of [`owners`](Gate::owners). It has a
    /// user only if the administrator chose one.
    #[must_use]
    pub fn filter(&self) -> &ScopeFilter {
        &self.narrowed
    }

    /// Returns `true` if a record of `scope` is visible.
    #[must_use]
    pub fn sees(&self, scope: &Scope) -> bool {
        let user = scope.user.as_deref().unwrap_or_default();
        let is_owners = match self.owners() {
            Owners::All => true,
            Owners::Only(owner) => owner.as_str() == user,
            Owners::AndShared(owner) => user.is_empty() || owner.as_str() == user,
        };
        is_owners && self.narrowed.admits(scope)
    }

    /// Returns `true` if a visible record of `scope` may be changed and removed.
    #[must_use]
    pub fn may_change(&self, scope: &Scope) -> bool {
        match self.acts_for() {
            Some(owner) => owner.as_str() == scope.user.as_deref().unwrap_or_default(),
            None => true,
        }
    }

    /// Fills in the scope of a record written through this gate: the owner, and the parts that the
    /// gate is narrowed to.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] if `scope` already has a different user, project, agent or session;
    /// [`Error::OwnerName`] if its user is not a valid name.
    pub fn fill(&self, scope: &mut Scope) -> Result<(), Error> {
        scope.check()?;
        if let Some(owner) = self.acts_for() {
            match &scope.user {
                Some(user) if Some(user.as_str()) != owner.name() => {
                    return Err(Error::OutOfScope { part: "user" });
                }
                _ => scope.user = owner.name().map(str::to_owned),
            }
        }
        let bound = &self.narrowed.scope;
        fill_part("user", &bound.user, &mut scope.user)?;
        fill_part("project", &bound.project, &mut scope.project)?;
        fill_part("agent", &bound.agent, &mut scope.agent)?;
        fill_part("session", &bound.session, &mut scope.session)
    }
}

fn narrow_part(
    part: &'static str,
    bound: &mut Option<String>,
    given: Option<String>,
) -> Result<(), Error> {
    match (&*bound, given) {
        (Some(bound), Some(given)) if *bound != given => Err(Error::OutOfScope { part }),
        (None, given) => {
            *bound = given;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn fill_part(
    part: &'static str,
    bound: &Option<String>,
    given: &mut Option<String>,
) -> Result<(), Error> {
    match (bound, given.as_ref()) {
        (Some(bound), Some(given)) if bound != given => Err(Error::OutOfScope { part }),
        (Some(bound), None) => {
            *given = Some(bound.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}
