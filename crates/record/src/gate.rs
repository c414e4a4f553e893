//! The gate: what a handle may see, where what it writes belongs, and what it may change.
//!
//! One implementation for every tier. Stores translate it to their own conditions
//! ([`Gate::owners`], [`Gate::filter`]) and hold these to [`Gate::sees`] by tests.

use crate::{Error, Owner, Scope, ScopeFilter, ScopeMatch};

/// Who acts through a handle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A user, or, as [`Owner::SHARED`], nobody in particular: sees its own and shared records,
    /// writes and changes its own only.
    Owner(Owner),
    /// Upkeep: sees and changes the records of every owner.
    Administrator,
}

/// Whose records a store must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners<'a> {
    /// Every owner's.
    All,
    /// This owner's only.
    Only(&'a Owner),
    /// This user's and the shared ones.
    AndShared(&'a Owner),
}

/// The rules of a handle: the records that it sees, the scope of those that it writes, and the ones
/// that it may change. It is a [`Principal`], narrowed by a [`ScopeFilter`]; a gate can be narrowed
/// and never widened.
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
    /// Its user is always absent unless the principal is the administrator.
    narrowed: ScopeFilter,
}

impl Gate {
    /// The gate of one owner.
    #[must_use]
    pub fn owner(owner: Owner) -> Gate {
        Gate { principal: Principal::Owner(owner), narrowed: ScopeFilter::default() }
    }

    /// The gate of whoever acts for no user: it sees and changes what has no owner.
    #[must_use]
    pub fn shared() -> Gate {
        Gate::owner(Owner::SHARED)
    }

    /// The gate of the administrator.
    #[must_use]
    pub fn administrator() -> Gate {
        Gate { principal: Principal::Administrator, narrowed: ScopeFilter::default() }
    }

    /// Who acts.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The owner that acts; `None` for the administrator.
    #[must_use]
    pub fn acts_for(&self) -> Option<&Owner> {
        match &self.principal {
            Principal::Owner(owner) => Some(owner),
            Principal::Administrator => None,
        }
    }

    /// Returns `true` if a user acts, who cannot write machine-wide records.
    #[must_use]
    pub fn acts_for_user(&self) -> bool {
        self.acts_for().is_some_and(|owner| !owner.is_shared())
    }

    /// This gate, narrowed to what `filter` selects.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] if `filter` names a part, such as a user, other than the one that
    /// this gate is bound to; [`Error::OwnerName`] if its user is not a name.
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

    /// Whose records are visible.
    #[must_use]
    pub fn owners(&self) -> Owners<'_> {
        match &self.principal {
            // An administrator's user is one of the filter's parts.
            Principal::Administrator => Owners::All,
            Principal::Owner(owner) if owner.is_shared() => Owners::Only(owner),
            Principal::Owner(owner) => match self.narrowed.matching {
                ScopeMatch::Exact => Owners::Only(owner),
                ScopeMatch::EqualOrShared => Owners::AndShared(owner),
            },
        }
    }

    /// The filter that further narrows the records of [`owners`](Gate::owners). It names a user
    /// only if the administrator chose one.
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

    /// Fills in where a record belongs that is written through this gate: the owner, and the parts
    /// that it is narrowed to.
    ///
    /// # Errors
    /// [`Error::OutOfScope`] if `scope` names another part already; [`Error::OwnerName`] if its
    /// user is not a name.
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
