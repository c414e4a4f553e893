//! The outcome of learning, stored in one transaction.

use aios_record::{Id, Timestamp, forms};

use super::{
    fact::{EVIDENCE_MAX, Fact},
    query, rejections,
};
use crate::{Error, access::Access, writing};

/// Confidence that restatements alone do not exceed.
const RESTATED_CONFIDENCE_MAX: f32 = 0.99;

/// The facts of one record, such as a message, and those that it ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactStep {
    /// Key of the record.
    pub source: String,
    /// Time at which the record states them. Default: now.
    pub stated_at: Option<Timestamp>,
    /// Facts that it states.
    pub added: Vec<Fact>,
    /// Facts that it ends.
    pub ended: Vec<FactEnd>,
}

/// The end of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactEnd {
    /// Id of the fact.
    pub id: Id,
    /// Time until which it was true. Default: the time of the statement.
    pub valid_to: Option<Timestamp>,
    /// Id of the fact of the same step that replaces it. If that fact is refused, this one does not
    /// end.
    pub superseded_by: Option<Id>,
}

/// The outcome of [`Facts::apply`](crate::Facts::apply).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactReport {
    /// Ids of the facts that are new.
    pub added: Vec<Id>,
    /// Ids of the facts that were stated again, by another record.
    pub updated: Vec<Id>,
    /// Ids of the facts that ended.
    pub superseded: Vec<Id>,
    /// Number of facts that were known from the same record.
    pub known: u64,
    /// Number of facts whose value was rejected by the owner.
    pub rejected: u64,
    /// Revisions of the owner's facts. Not merged.
    pub revisions: FactRevisions,
}

/// Revisions of the facts of an owner before and after a write, as in
/// [`OwnFacts::revision`](crate::OwnFacts::revision). Equal if the write changed nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactRevisions {
    /// Revision before the write.
    pub before: u64,
    /// Revision after the write.
    pub after: u64,
}

impl FactReport {
    /// Adds the facts of another report to this one.
    pub fn merge(&mut self, other: FactReport) {
        self.added.extend(other.added);
        self.updated.extend(other.updated);
        self.superseded.extend(other.superseded);
        self.known += other.known;
        self.rejected += other.rejected;
    }
}

/// The outcome for a fact that is to be added.
enum Fate {
    /// It is stored under this id.
    Stored(Id),
    /// It was stored before, and may have ended since.
    Known,
    Rejected,
}

pub(super) fn apply(access: &Access<'_>, steps: Vec<FactStep>) -> Result<FactReport, Error> {
    let mut report = FactReport::default();
    report.revisions.before = query::own_revision(access)?;
    for FactStep { source, stated_at, added, ended } in steps {
        let stated_at = stated_at.unwrap_or(access.now);
        let mut fates = Vec::with_capacity(added.len());
        for fact in added {
            let id = fact.id.clone();
            fates.push((id, add(access, fact, &source, &mut report)?));
        }
        for FactEnd { id, valid_to, superseded_by } in ended {
            let successor = match superseded_by {
                None => None,
                Some(wanted) => match stored(access, &wanted, &fates)? {
                    Some(stored) => Some(stored),
                    // Kept out, or rejected since the step was made.
                    None => continue,
                },
            };
            if successor.as_ref() == Some(&id) {
                continue;
            }
            let end = End { valid_to, stated_at, source: Some(source.clone()), successor };
            if self::end(access, &id, end)? {
                report.superseded.push(id);
            }
        }
    }
    report.revisions.after = query::own_revision(access)?;
    Ok(report)
}

/// Ends the other current facts of the slot of a fact that a caller stored.
pub(super) fn end_others(access: &Access<'_>, fact: &Fact) -> Result<(), Error> {
    if !fact.has_slot() || !fact.is_current() {
        return Ok(());
    }
    let stated_at = fact.stated_at.unwrap_or(access.now);
    for other in of_slot(access, fact)? {
        let is_newer = other.stated_at.is_some_and(|at| stated_at < at);
        if other.id != fact.id && other.is_current() && !is_newer {
            let (source, successor) = (None, Some(fact.id.clone()));
            let valid_to = fact.valid_from;
            end(access, &other.id, End { valid_to, stated_at, source, successor })?;
        }
    }
    Ok(())
}

fn add(
    access: &Access<'_>,
    mut fact: Fact,
    source: &str,
    report: &mut FactReport,
) -> Result<Fate, Error> {
    access.fill(&mut fact.meta.scope)?;
    if writing::existing(access, &fact)?.is_some() {
        report.known += 1;
        return Ok(Fate::Known);
    }
    if rejections::is_rejected(access, &fact)? {
        report.rejected += 1;
        return Ok(Fate::Rejected);
    }
    let same = same_statements(access, &fact)?;
    let is_from_source = |it: &Fact| it.evidence.iter().any(|key| key == source);
    if same.iter().any(is_from_source) || is_changed_since(access, &fact, source)? {
        report.known += 1;
        return Ok(Fate::Known);
    }
    if let Some(current) = same.into_iter().find(Fact::is_current) {
        let id = current.id.clone();
        restate(access, current, &fact, source)?;
        report.updated.push(id.clone());
        return Ok(Fate::Stored(id));
    }
    let id = fact.id.clone();
    writing::write(access, &mut fact)?;
    report.added.push(id.clone());
    Ok(Fate::Stored(id))
}

/// Returns true if the slot of `fact` has a fact of the same source that a caller changed since.
fn is_changed_since(access: &Access<'_>, fact: &Fact, source: &str) -> Result<bool, Error> {
    // Selected by evidence, because the facts without a slot are too many to read.
    let of_source = query::stated_by(access, place(fact).0, [source.to_owned()])?;
    let is_changed = |it: &Fact| {
        it.meta.provenance.updated_by.is_some()
            && it.attribute.eq_ignore_ascii_case(&fact.attribute)
            && it.subject.eq_ignore_ascii_case(&fact.subject)
            && place(it) == place(fact)
    };
    Ok(of_source.iter().any(|read| is_changed(&read.item)))
}

/// Adds evidence to a fact that is stated again.
fn restate(access: &Access<'_>, known: Fact, again: &Fact, source: &str) -> Result<(), Error> {
    let mut known = known;
    known.evidence.push(source.to_owned());
    let excess = known.evidence.len().saturating_sub(EVIDENCE_MAX);
    known.evidence.drain(..excess);
    let doubt = (1.0 - known.confidence) * (1.0 - again.confidence);
    known.confidence = known.confidence.max((1.0 - doubt).min(RESTATED_CONFIDENCE_MAX));
    writing::write(access, &mut known)
}

/// The time and the cause of an end.
struct End {
    valid_to: Option<Timestamp>,
    stated_at: Timestamp,
    source: Option<String>,
    successor: Option<Id>,
}

/// Ends a fact, and returns true if it was current.
fn end(access: &Access<'_>, id: &Id, end: End) -> Result<bool, Error> {
    let Some(mut fact) = access.get::<Fact>(id.as_str())? else { return Ok(false) };
    let owner = fact.meta.scope.owner();
    let own = access.visible.acting();
    if !fact.is_current() || owner != own {
        return Ok(false);
    }
    let valid_to = end.valid_to.unwrap_or(end.stated_at);
    // A validity that ended earlier is kept.
    fact.valid_to = Some(fact.valid_to.map_or(valid_to, |known| known.min(valid_to)));
    fact.ended_at = Some(end.stated_at);
    fact.ended_by = end.source;
    fact.superseded_by = end.successor;
    writing::write(access, &mut fact)?;
    Ok(true)
}

/// Returns the id of the stored fact that replaces another one; `None` if it is not stored, or was
/// stored before this step.
fn stored(access: &Access<'_>, wanted: &Id, fates: &[(Id, Fate)]) -> Result<Option<Id>, Error> {
    match fates.iter().find(|(id, _)| id == wanted) {
        Some((_, Fate::Stored(id))) => Ok(Some(id.clone())),
        Some((_, Fate::Known | Fate::Rejected)) => Ok(None),
        None => Ok(access.get::<Fact>(wanted.as_str())?.map(|fact| fact.id)),
    }
}

/// Returns the owner's facts of the same project and the slot of `fact`, ended ones included.
pub(super) fn of_slot(access: &Access<'_>, fact: &Fact) -> Result<Vec<Fact>, Error> {
    let (owner, project) = place(fact);
    access.select(
        "AND owner = ?6 AND attribute = ?8 COLLATE NOCASE AND subject = ?7 COLLATE NOCASE
         AND scope_project IS ?9 ORDER BY row",
        &[&owner, &fact.subject, &fact.attribute, &project],
    )
}

/// Returns the owner's facts of the same project that state the same, ended ones included.
pub(super) fn same_statements(access: &Access<'_>, fact: &Fact) -> Result<Vec<Fact>, Error> {
    if fact.has_slot() {
        let value = forms::forgotten(&fact.value_text());
        let mut facts = of_slot(access, fact)?;
        facts.retain(|it| forms::forgotten(&it.value_text()) == value);
        return Ok(facts);
    }
    let (owner, project) = place(fact);
    access.select(
        "AND owner = ?6 AND attribute = '' AND text = ?7 AND scope_project IS ?8 ORDER BY row",
        &[&owner, &fact.text, &project],
    )
}

/// Returns true if two facts have the same slot, owner and project.
pub(super) fn is_same_slot(one: &Fact, other: &Fact) -> bool {
    one.has_slot()
        && one.attribute.eq_ignore_ascii_case(&other.attribute)
        && one.subject.eq_ignore_ascii_case(&other.subject)
        && place(one) == place(other)
}

fn place(fact: &Fact) -> (&str, Option<&str>) {
    let scope = &fact.meta.scope;
    (scope.user.as_deref().unwrap_or_default(), scope.project.as_deref())
}
