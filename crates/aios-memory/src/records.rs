//! Storing records by kind, and reading them from the tier that stores them. Their lists are in
//! `listing`.

use aios_longterm::Version;
use aios_record::{Id, Identity, Key, Kind, Mode, Mutability, Need, Record, Scope, SetBy, forms};
use serde_json::{Map, Value, json};

use crate::{
    Error, MemoryView, RecordProblem,
    admission::{Admission, Arrival, Content, Manner, Verdict, check_authority, message_of},
    fields, guarding,
};

/// Fields that name a record.
const NAMES: &[&str] = &["id", "key"];

/// Maximum number of attempts to change a record that other processes change concurrently.
pub(crate) const UPDATE_TRIES: u32 = 1000;

impl MemoryView {
    /// Stores the record that `value` describes and returns its id. `value` is an object with the
    /// [fields](Kind::fields) of its kind. A record with the same id is replaced, except that an
    /// existing message, event or session is kept, and one with other content is refused. Missing
    /// parts of its scope are filled in from this view; values that differ from the view's are
    /// refused. When this returns, the record is durable, and every search finds it if its kind is
    /// searched.
    ///
    /// # Errors
    /// - [`Error::Record`] if `value` does not describe a record of this kind: a field is missing,
    ///   unknown or of the wrong type; or if it is a persona trait, which is shared, with a scope,
    ///   or a preference with a scope beyond its user.
    /// - [`Error::Vocabulary`] if it names another user, project, agent or session than the view's.
    /// - [`Error::Guard`] if the guard refuses its content.
    /// - Errors of working or long-term memory.
    pub async fn record(&self, kind: Kind, value: Value) -> Result<Id, Error> {
        let invalid = |problem| Error::Record { kind, problem };
        let misfit = |reason: String| invalid(reason.into());
        let Value::Object(object) = value else {
            return Err(invalid(RecordProblem::NotAnObject));
        };
        let arrival = match kind {
            Kind::Message => {
                // Without a visible name, a message of a file belongs to no named session.
                if let Some(part) = blank_given(&object) {
                    return Err(invalid(RecordProblem::EmptyScope { part }));
                }
                message_of(object, self.gate()).map_err(invalid)?
            }
            _ => {
                let fields = fields::settle(kind, object).map_err(misfit)?;
                let scope = fields::scope_in(&fields).map_err(misfit)?;
                if kind == Kind::Persona && scope != Scope::default() {
                    return Err(invalid(RecordProblem::NoScope));
                }
                if kind == Kind::Preference && scope != Scope::default().with_owner(&scope.owner())
                {
                    return Err(invalid(RecordProblem::UserScope));
                }
                if let Some(name) = blank_name(&fields) {
                    return Err(invalid(RecordProblem::Empty { field: name }));
                }
                if self.is_blank(kind, &fields, &scope) {
                    return Err(invalid(RecordProblem::NoText));
                }
                // If the value has no id, storing the record generates one.
                Arrival::new(1, kind, Id::generate(), scope, Content::Fields(fields))
            }
        };
        if let Some(part) = fields::blank_part(&arrival.scope) {
            return Err(invalid(RecordProblem::EmptyScope { part }));
        }
        let mut scope = arrival.scope.clone();
        self.gate().fill(&mut scope)?;
        Ok(self.write(arrival).await?.id)
    }

    /// Returns `true` if the record that `fields` describe has no visible text, although a text was
    /// given.
    fn is_blank(&self, kind: Kind, fields: &Map<String, Value>, scope: &Scope) -> bool {
        fields.values().any(is_blank_text)
            && self
                .draft(kind, fields.clone(), scope)
                .is_some_and(|record| forms::is_blank(&record.text))
    }

    /// Returns `true` if `changes` would remove all visible text from a record.
    async fn is_blanked(&self, key: &Key, changes: &Map<String, Value>) -> Result<bool, Error> {
        if !changes.values().any(is_blank_text) {
            return Ok(false);
        }
        let Some(record) = self.get(key).await? else { return Ok(false) };
        let Value::Object(mut fields) = record.payload else { return Ok(false) };
        fields.insert("id".to_owned(), json!(key.id));
        for (name, value) in changes.clone() {
            match value {
                Value::Null => drop(fields.remove(&name)),
                value => drop(fields.insert(name, value)),
            }
        }
        Ok(self.record_of(key.kind, fields).is_some_and(|changed| forms::is_blank(&changed.text)))
    }

    /// Stores one directly written record and lifts the matching tombstones.
    pub(crate) async fn write(&self, arrival: Arrival) -> Result<Verdict, Error> {
        let kind = arrival.kind;
        let mut admission = Admission::new(self, Manner::Written);
        let verdict = admission.admit(vec![arrival]).await?.pop();
        let verdict = verdict.expect("one arrival has one verdict");
        self.lift_tombstone(&Key::new(kind, verdict.id.clone())).await?;
        Ok(verdict)
    }

    /// Lifts the tombstone that matches a record which is not fed to long-term memory. Long-term
    /// memory lifts those of fed records.
    pub(crate) async fn lift_tombstone(&self, key: &Key) -> Result<(), Error> {
        let kind = key.kind;
        // Only some events are fed.
        let is_fed = kind != Kind::Event && self.config().longterm.feed_kinds.contains(&kind);
        if kind.is_direct() || is_fed {
            return Ok(());
        }
        let stored = match self.working().records().get(key).await {
            // The administrator's view, and several owners have the id.
            Err(aios_working::Error::Ambiguous { .. }) => None,
            stored => stored?,
        };
        let stored: Vec<Record> =
            stored.into_iter().filter(|it| self.gate().may_change(&it.scope)).collect();
        Ok(self.longterm().tombstones().lift(&stored).await?)
    }

    /// Changes the fields in `changes` and keeps the others. A null resets a field to its default.
    /// The former version is kept in the [`history`](MemoryView::history). Concurrent changes to
    /// different fields of one record are all kept.
    ///
    /// # Errors
    /// - [`Error::is_not_found`] if there is no such record.
    /// - [`Error::Fixed`] if records of this kind are immutable: events, messages, summaries, and
    ///   every field of a session but its summary.
    /// - [`Error::Record`] if a field is unknown or a value does not fit its field, or the record
    ///   has left working memory.
    /// - [`Error::is_not_yours`] if the record is shared and this is the view of a user.
    /// - Errors of working or long-term memory.
    pub async fn update(&self, key: &Key, changes: Map<String, Value>) -> Result<(), Error> {
        let kind = key.kind;
        let invalid = |problem| Error::Record { kind, problem };
        check_authority(kind, &changes)?;
        let changes = guarding::object(self.config().to_guard(), kind, changes)?;
        if changes.get("id").is_some_and(|new| *new != json!(key.id)) {
            return Err(invalid(RecordProblem::Id));
        }
        if is_fixed(kind, &changes) {
            return Err(Error::Fixed { kind });
        }
        check_changes(kind, &changes).map_err(invalid)?;
        // `settle` drops null fields, but here a null resets a field to its default.
        let settled = fields::settle(kind, changes.clone());
        let settled = settled.map_err(|reason| invalid(reason.into()))?;
        let names_scope = changes.contains_key("scope");
        let nulls = changes.into_iter().filter(|(_, value)| value.is_null());
        let mut changes: Map<String, Value> = settled.into_iter().chain(nulls).collect();
        if !names_scope {
            self.keep_owner(key, &mut changes).await?;
        }
        if let Some(name) = blank_name(&changes) {
            return Err(invalid(RecordProblem::Empty { field: name }));
        }
        if self.is_blanked(key, &changes).await? {
            return Err(invalid(RecordProblem::NoText));
        }
        if kind.is_direct() {
            self.longterm().update(key, changes).await?;
            return Ok(());
        }
        self.check_is_in_working(key).await?;
        self.update_told(key, changes).await?;
        self.wake_pump();
        Ok(())
    }

    /// Removes from `changes` an owner that fields other than `scope` name, if it is that of the
    /// record.
    ///
    /// # Errors
    /// An error if it is a different one, since a record keeps its owner.
    async fn keep_owner(&self, key: &Key, changes: &mut Map<String, Value>) -> Result<(), Error> {
        let Some(Value::Object(scope)) = changes.get_mut("scope") else { return Ok(()) };
        let Some(owner) = scope.remove("user") else { return Ok(()) };
        if scope.is_empty() {
            changes.remove("scope");
        }
        match self.get(key).await? {
            Some(record) if record.scope.user.as_deref() != owner.as_str() => {
                Err(aios_record::Error::OutOfScope { part: "user" }.into())
            }
            _ => Ok(()),
        }
    }

    /// Changes a record of working memory, after its current version is in the history. Retries if
    /// another process changes the record in between.
    async fn update_told(&self, key: &Key, changes: Map<String, Value>) -> Result<Record, Error> {
        self.check_writable()?;
        // One update at a time in this process: concurrent ones would only retry.
        let _turn = self.shared().updating.lock().await;
        for _ in 0..UPDATE_TRIES {
            self.shared().pump.catch_up().await?;
            let told = self.shared().longterm.feed().watermark().await?;
            let changes = changes.clone();
            let updated = self.working().records().update_told(key, changes, told).await?;
            if let Some(record) = updated {
                return Ok(record);
            }
        }
        Err(aios_longterm::Error::Contended { key: key.to_string() }.into())
    }

    /// Returns the record that [`record`](MemoryView::record) would store for `object`, or `None`
    /// if it would store none.
    pub(crate) fn draft(
        &self,
        kind: Kind,
        object: Map<String, Value>,
        scope: &Scope,
    ) -> Option<Record> {
        let object = guarding::object(self.config().to_guard(), kind, object).ok()?;
        self.record_of(kind, fields::with_scope(fields::settle(kind, object).ok()?, scope))
    }

    fn record_of(&self, kind: Kind, object: Map<String, Value>) -> Option<Record> {
        if kind.is_direct() {
            return self.longterm().records().build(kind, object).ok();
        }
        aios_working::record_of(kind, Value::Object(object))
    }

    /// Returns an error if a record is not in working memory, where it could be changed.
    async fn check_is_in_working(&self, key: &Key) -> Result<(), Error> {
        self.check_means_one(key).await?;
        if self.working().records().get(key).await?.is_some() {
            return Ok(());
        }
        let Key { kind, id } = key;
        match self.get_moved(key).await? {
            None => Err(aios_working::Error::NotFound { kind: *kind, id: id.to_string() }.into()),
            Some(_) => Err(Error::Record { kind: *kind, problem: RecordProblem::Moved }),
        }
    }

    /// Returns the versions of a record, newest first, including the current one. Among the kinds
    /// of working memory, only those that feed long-term memory have versions. Empty if there is no
    /// such record.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn history(&self, key: &Key) -> Result<Vec<Version>, Error> {
        self.feed().catch_up().await?;
        Ok(self.longterm().history(key).await?)
    }

    /// Deletes a record permanently and immediately, from working memory and from every search,
    /// together with its dependents: the tasks of a goal, the tool calls of a task, the messages
    /// and tasks of a session. Returns the removed records, the record itself last. Empty if there
    /// is no such record in working memory.
    ///
    /// # Errors
    /// [`Error::Kept`] if records of this kind are not deleted; [`Error::is_not_yours`] if the
    /// record is shared and this is the view of a user; errors of working memory.
    pub async fn delete(&self, key: &Key) -> Result<Vec<Identity>, Error> {
        self.delete_with(key, Mode::Apply).await
    }

    /// Deletes a record like [`delete`](MemoryView::delete), in the given mode. With
    /// [`Mode::DryRun`] nothing is deleted, and the result is the same.
    ///
    /// # Errors
    /// As [`delete`](MemoryView::delete).
    pub async fn delete_with(&self, key: &Key, mode: Mode) -> Result<Vec<Identity>, Error> {
        if key.kind.is_kept() {
            return Err(Error::Kept { kind: key.kind });
        }
        if mode == Mode::Apply {
            self.check_means_one(key).await?;
        }
        let removed = self.working().records().remove_with(key, mode).await?;
        if mode == Mode::Apply {
            self.wake_pump();
        }
        Ok(removed)
    }

    /// Returns the record of this key, from working memory or, if it has left that, from
    /// long-term memory. In a user's view, the user's own record takes precedence over the shared
    /// one. A deleted record is not returned, even if its deletion has not reached long-term memory
    /// yet.
    ///
    /// # Errors
    /// [`Error::is_ambiguous`] if this is the administrator's view and several owners have the id;
    /// errors of working or long-term memory.
    pub async fn get(&self, key: &Key) -> Result<Option<Record>, Error> {
        let here = self.working().records().get(key).await?;
        let is_own = |it: &Option<Record>| {
            it.as_ref().is_some_and(|record| self.gate().may_change(&record.scope))
        };
        if is_own(&here) && self.gate().acts_for().is_some() {
            return Ok(here);
        }
        // Long-term memory may have another record of this id: the user's own, or another owner's.
        let there = self.get_moved(key).await?;
        if let (None, Some(here), Some(there)) = (self.gate().acts_for(), &here, &there)
            && here.owner() != there.owner()
        {
            let owners = vec![here.owner(), there.owner()];
            let Key { kind, id } = key.clone();
            return Err(aios_longterm::Error::Ambiguous { kind, id, owners }.into());
        }
        Ok(if is_own(&there) && !is_own(&here) { there } else { here.or(there) })
    }

    /// Returns the record of this key in long-term memory. A record that working memory removed is
    /// not returned, even if the feed has not delivered the removal yet.
    async fn get_moved(&self, key: &Key) -> Result<Option<Record>, Error> {
        let shared = self.shared();
        if key.kind.is_direct() || !shared.pump.is_behind().await? {
            return Ok(self.longterm().get(key).await?);
        }
        // Read in this order: a removal that is delivered in between is in long-term memory.
        let watermark = shared.longterm.feed().watermark().await?;
        let removed = shared.working.feed().removed(watermark, key).await?;
        Ok(self.longterm().get_except(key, &removed).await?)
    }

    /// Returns an error if a bare id is ambiguous across both tiers, before working memory changes
    /// it.
    async fn check_means_one(&self, key: &Key) -> Result<(), Error> {
        if self.gate().acts_for().is_none() {
            self.get(key).await?;
        }
        Ok(())
    }
}

/// Refuses changes of fields that the memory sets, and nulls for required fields. The time of
/// creation of a record of working memory is set when it is first stored.
fn check_changes(kind: Kind, changes: &Map<String, Value>) -> Result<(), RecordProblem> {
    const CREATED_AT: &str = "created_at";
    const WRITTEN: &[&str] = &["updated_at", "recorded_at"];
    for (name, value) in changes {
        let field = kind.field(name);
        let is_set = field.is_some_and(|field| field.set_by == SetBy::Tier);
        if is_set || WRITTEN.contains(&name.as_str()) || name == CREATED_AT && !kind.is_direct() {
            return Err(format!("`{name}` is set by the memory and cannot be changed").into());
        }
        if let Some(field) = field.filter(|it| it.need == Need::Required && value.is_null()) {
            return Err(RecordProblem::Missing { field: field.name });
        }
    }
    Ok(())
}

/// Returns `true` if a record of this kind rejects some of `changes`. For a setting, working memory
/// accepts unchanged fields.
fn is_fixed(kind: Kind, changes: &Map<String, Value>) -> bool {
    match kind.mutability() {
        Mutability::Fixed => true,
        Mutability::Only(_) if kind.is_setting() => false,
        mutability => changes.keys().any(|field| !mutability.admits(field)),
    }
}

fn is_blank_text(value: &Value) -> bool {
    value.as_str().is_some_and(forms::is_blank)
}

/// Returns the naming or labelling field that is given but has no visible text.
fn blank_name(fields: &Map<String, Value>) -> Option<&'static str> {
    let has_blank = |name: &str| fields.get(name).is_some_and(is_blank_text);
    let has_blank_tag = || {
        let tags = fields.get("tags").and_then(Value::as_array);
        tags.is_some_and(|tags| tags.iter().any(is_blank_text))
    };
    let name = NAMES.iter().copied().find(|name| has_blank(name));
    name.or_else(|| has_blank_tag().then_some("tags"))
}

/// Returns the part of the scope that an object gives without visible text.
fn blank_given(object: &Map<String, Value>) -> Option<&'static str> {
    let scope = object.get("scope")?;
    let mut names = Scope::default().parts().map(|(name, _)| name).into_iter();
    names.find(|name| scope.get(name).is_some_and(is_blank_text))
}
