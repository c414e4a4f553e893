//! The caller of a call: its view and its rights, from a connection, a token and a named user.

use std::{collections::BTreeSet, sync::Arc};

use aios_memory::{
    AgentMemory, Context, ContextOptions, Error as MemoryError, Kind, MemoryView, Owner, Scope,
    ScopeFilter, Tier, operational::Operational,
};

use crate::{
    failure::{Challenge, Failure},
    operation::{Operation, Right},
};

/// Header, and gRPC metadata, of a call that concerns the records of every owner.
pub(crate) const ALL_USERS: &str = "aios-all-users";

/// The caller of a call. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Caller {
    memory: AgentMemory,
    view: MemoryView,
    /// The view before the headers of the call narrowed it.
    whole: MemoryView,
    rights: Arc<BTreeSet<Right>>,
    name: Arc<str>,
    naming: Naming,
    /// Filter to which every view of this caller is narrowed.
    filter: Option<ScopeFilter>,
}

/// The credentials of a caller.
pub(crate) struct MadeBy {
    /// `socket`, `loopback`, or the name of the token.
    pub(crate) name: Arc<str>,
    pub(crate) rights: Arc<BTreeSet<Right>>,
    pub(crate) naming: Naming,
}

/// The users that a caller may name in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// None: the view is fixed.
    Fixed,
    /// Any user, or none for the shared records. For the system user that owns the data.
    Any,
    /// One user, which must be named and whose name begins with the prefix.
    Delegate { prefix: String },
}

impl Caller {
    /// Returns a caller that acts for `user`, or for the shared records.
    ///
    /// # Errors
    /// Fails if the name of the user is invalid, or the filter names another one.
    pub(crate) fn new(
        memory: AgentMemory,
        user: Option<&str>,
        filter: Option<ScopeFilter>,
        made_by: MadeBy,
    ) -> Result<Caller, Failure> {
        let MadeBy { name, rights, naming } = made_by;
        let view = view_of(&memory, user, filter.as_ref())?;
        Ok(Caller { memory, whole: view.clone(), view, rights, name, naming, filter })
    }

    /// Returns the caller's view of the memory.
    pub(crate) fn view(&self) -> &MemoryView {
        &self.view
    }

    /// Returns the view narrowed only by the credential. A replaced record keeps its scope, which
    /// may be wider than the call's.
    pub(crate) fn whole_view(&self) -> &MemoryView {
        &self.whole
    }

    /// Returns this caller, narrowed to a part of its memory.
    ///
    /// # Errors
    /// Fails if the caller is bound to another part, such as the project of its token.
    pub(crate) fn within(&self, part: &ScopeFilter) -> Result<Caller, Failure> {
        let view = self.view.narrow(part)?;
        let filter = Some(view.gate().filter().clone());
        Ok(Caller { view, filter, ..self.clone() })
    }

    /// Returns tier 0, which has no owner. Operations that read it need [`Right::Observe`].
    pub(crate) fn operational(&self) -> &Operational {
        self.memory.operational()
    }

    /// Returns the view for writing events and metrics, which belong to no user. A caller that acts
    /// for a user needs [`Right::Observe`], because all callers with this right see them.
    pub(crate) fn machine(&self) -> Result<MemoryView, Failure> {
        match self.view.gate().acts_for_user() {
            false => Ok(self.view.clone()),
            true if self.has(Right::Observe) => Ok(self.memory.for_shared()),
            true => Err(Failure::denied(
                "events and metrics belong to no user: a caller that acts for one needs the right \
                 `observe` too",
            )
            .with_challenge(Challenge::Scope(Right::Observe))),
        }
    }

    /// Returns `true` if the caller has `right`.
    pub(crate) fn has(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// Returns the tiers of a context: those that a call names, or else the configured ones that
    /// the caller may read. Tier 0 has no owner, so it needs [`Right::Observe`].
    ///
    /// # Errors
    /// Fails if the call names tier 0 and the caller may not observe.
    pub(crate) fn tiers(
        &self,
        named: Option<Vec<Tier>>,
        mut configured: Vec<Tier>,
    ) -> Result<Vec<Tier>, Failure> {
        match named {
            Some(named) => {
                if named.contains(&Tier::Operational) {
                    self.demand(Right::Observe, "the tier `operational`")?;
                }
                Ok(named)
            }
            None => {
                configured.retain(|tier| *tier != Tier::Operational || self.has(Right::Observe));
                Ok(configured)
            }
        }
    }

    /// Checks that the caller may carry out an operation, which `part` names in errors: that it has
    /// the right, and that a call for all users only reads or forgets. Every operation is checked
    /// here: by the gate, or by the handler if the parts of a request are operations of their own.
    ///
    /// # Errors
    /// Fails if the caller lacks the right, or if the call is for all users and the operation for
    /// one.
    pub(crate) fn check(&self, operation: Operation, part: &str) -> Result<(), Failure> {
        let is_for_all = self.view.gate().acts_for().is_none();
        if is_for_all && !operation.admits_all_users() {
            return Err(Failure::invalid(format!(
                "{part} concerns one owner; `{ALL_USERS}` is for reading and forgetting"
            ))
            .with_advice(
                "call as the user whose memory it is, or as none for the shared records",
            ));
        }
        self.demand(operation.right, part)
    }

    /// Checks a right that a part of a request needs in addition to the right of its route.
    ///
    /// # Errors
    /// Fails if the caller lacks it.
    pub(crate) fn demand(&self, right: Right, part: &str) -> Result<(), Failure> {
        match self.has(right) {
            true => Ok(()),
            false => Err(Failure::lacks(right, part)),
        }
    }

    /// Checks that the caller may read, export, change or name records of a kind. Events have no
    /// owner, so they would show the activity of all users.
    pub(crate) fn check_kind(&self, kind: Kind) -> Result<(), Failure> {
        match kind {
            Kind::Event => self.demand(Right::Observe, "a record of the kind `event`"),
            _ => Ok(()),
        }
    }

    /// Returns the kinds for a search, an export or a query for records to forget: the named ones,
    /// or if none is named, all that the caller may read.
    pub(crate) fn readable(&self, named: Option<Vec<Kind>>) -> Result<Option<Vec<Kind>>, Failure> {
        if self.has(Right::Observe) {
            return Ok(named);
        }
        let Some(named) = named else {
            let others = Kind::ALL.iter().copied().filter(|kind| self.check_kind(*kind).is_ok());
            return Ok(Some(others.collect()));
        };
        named.iter().try_for_each(|kind| self.check_kind(*kind))?;
        Ok(Some(named))
    }

    /// Assembles a context from the records that the caller may read. If the view is narrowed to a
    /// session, that is the session of the context.
    pub(crate) async fn context(
        &self,
        view: &MemoryView,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Context, MemoryError> {
        if let Some(session) = &options.session {
            view.gate().narrow(&Scope::default().with_session(session).into())?;
        }
        let mut candidates = view.contexts().gather(task, options).await?;
        candidates.retain(|candidate| self.check_kind(candidate.kind).is_ok());
        view.contexts().pack(candidates, options).await
    }

    /// Returns the name in the audit log: `socket`, `loopback`, or the name of the token.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns this caller acting for `user`, for a facade whose requests name a user in a field.
    ///
    /// # Errors
    /// Fails if the caller may not name this user.
    pub(crate) fn acting_for(&self, user: &str) -> Result<Caller, Failure> {
        // Compared in the form in which owners are stored, so that no spelling bypasses the prefix.
        let owner = Owner::user(user).map_err(MemoryError::from)?;
        match &self.naming {
            Naming::Fixed if self.view.gate().acts_for() == Some(&owner) => Ok(self.clone()),
            Naming::Fixed => {
                Err(Failure::denied("this caller acts for one user and cannot name another"))
            }
            _ if self.view.gate().acts_for_user()
                && self.view.gate().acts_for() != Some(&owner) =>
            {
                Err(Failure::invalid("the header and the request name two users"))
            }
            Naming::Delegate { prefix } if !owner.as_str().starts_with(prefix.as_str()) => {
                Err(Failure::denied(&format!(
                    "this token acts for users whose names begin with `{prefix}`"
                )))
            }
            Naming::Any | Naming::Delegate { .. } => {
                let view = view_of(&self.memory, Some(user), self.filter.as_ref())?;
                Ok(Caller { whole: view.clone(), view, ..self.clone() })
            }
        }
    }

    /// Returns this caller acting for every owner, within its project.
    ///
    /// # Errors
    /// Fails without [`Right::Admin`].
    pub(crate) fn acting_for_all(&self) -> Result<Caller, Failure> {
        self.demand(Right::Admin, "acting for all users")?;
        let view = MemoryView::clone(&self.memory.administrator());
        let view = match &self.filter {
            None => view,
            Some(filter) => view.narrow(filter)?,
        };
        Ok(Caller { whole: view.clone(), view, ..self.clone() })
    }

    /// Returns `true` if the caller must name a user and has not done so.
    pub(crate) fn needs_user(&self) -> bool {
        matches!(self.naming, Naming::Delegate { .. }) && !self.view.gate().acts_for_user()
    }
}

fn view_of(
    memory: &AgentMemory,
    user: Option<&str>,
    filter: Option<&ScopeFilter>,
) -> Result<MemoryView, MemoryError> {
    let view = match user {
        None => memory.for_shared(),
        Some(user) => memory.for_user(user)?,
    };
    match filter {
        None => Ok(view),
        Some(filter) => view.narrow(filter),
    }
}
