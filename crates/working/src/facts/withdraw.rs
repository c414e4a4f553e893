//! Withdrawal of facts, because a person rejects one or their evidence is gone.

use std::collections::BTreeSet;

use aios_record::{Id, Identity, Key, Kind};

use super::{
    apply::{is_same_slot, same_statements},
    fact::Fact,
    query, rejections,
};
use crate::{
    Error,
    access::{Access, Read, identity},
    removal, writing,
};

/// The outcome of [`Facts::withdraw`](crate::Facts::withdraw).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// The removed facts.
    pub removed: Vec<Identity>,
    /// The facts that are current again.
    pub revived: Vec<Identity>,
    /// Keys of the remaining evidence of removed facts. Learning from it restores what it states.
    pub evidence_left: Vec<Key>,
}

/// Rejects the value of a fact and removes all facts that state it.
pub(super) fn reject(access: &Access<'_>, id: &Id) -> Result<Vec<Identity>, Error> {
    let fact: Fact = writing::require(access, id.as_str())?;
    let mut gone = same_statements(access, &fact)?;
    if !gone.iter().any(|it| it.id == fact.id) {
        gone.push(fact);
    }
    let mut removed = Vec::new();
    for fact in &gone {
        rejections::reject(access, fact)?;
        removed.extend(removal::remove(access, Kind::Fact, fact.id.as_str())?);
    }
    for fact in &gone {
        revive(access, "superseded_by", fact.id.as_str(), &gone)?;
    }
    Ok(removed)
}

/// Removes the facts that the records of these keys state, and revives those that they ended.
pub(super) fn withdraw(access: &Access<'_>, keys: &[Key]) -> Result<Withdrawn, Error> {
    let names: BTreeSet<String> = keys.iter().map(Key::to_string).collect();
    let owner = access.visible.acting();
    let facts = query::stated_by(access, owner.as_str(), names.iter().cloned())?;
    let mut withdrawn = Withdrawn::default();
    let mut left = BTreeSet::new();
    for Read { item, row, .. } in &facts {
        let identity = identity(item);
        removal::remove_row(access, &identity, *row)?;
        withdrawn.removed.push(identity);
        left.extend(item.evidence.iter().filter(|key| !names.contains(*key)));
    }
    withdrawn.evidence_left = left.iter().filter_map(|key| key.parse().ok()).collect();
    let gone: Vec<Fact> = facts.into_iter().map(|read| read.item).collect();
    for name in &names {
        withdrawn.revived.extend(revive(access, "ended_by", name, &gone)?);
    }
    for identity in &withdrawn.removed {
        withdrawn.revived.extend(revive(access, "superseded_by", identity.id.as_str(), &gone)?);
    }
    Ok(withdrawn)
}

/// Makes the owner's facts that ended for this cause current again. If a later value replaced the
/// removed one in the slot of a fact, the fact ends with that value instead.
fn revive(
    access: &Access<'_>,
    column: &str,
    cause: &str,
    gone: &[Fact],
) -> Result<Vec<Identity>, Error> {
    let owner = access.visible.acting();
    let tail = format!("AND owner = ?6 AND {column} = ?7 AND ended_at IS NOT NULL");
    let mut revived = Vec::new();
    for mut fact in access.select::<Fact>(&tail, &[&owner.as_str(), &cause])? {
        let end = later_end(access, &fact, gone)?;
        let is_revived = end.is_none();
        let end = end.unwrap_or_else(|| Fact::new(""));
        fact.valid_to = end.valid_to;
        fact.ended_at = end.ended_at;
        fact.ended_by = end.ended_by;
        fact.superseded_by = end.superseded_by;
        writing::write(access, &mut fact)?;
        if is_revived {
            revived.push(identity(&fact));
        }
    }
    Ok(revived)
}

/// Returns the last of the removed facts that followed `fact` in its slot, if a remaining fact
/// replaced it.
fn later_end(access: &Access<'_>, fact: &Fact, gone: &[Fact]) -> Result<Option<Fact>, Error> {
    let removed = |id: &Option<Id>| gone.iter().find(|it| Some(&it.id) == id.as_ref());
    let mut last = removed(&fact.superseded_by);
    // Visits each removed fact at most once, even if a damaged store has a cycle.
    for _ in gone {
        let Some(next) = last.and_then(|it| removed(&it.superseded_by)) else { break };
        last = Some(next);
    }
    let Some(last) = last else { return Ok(None) };
    let Some(successor) = &last.superseded_by else { return Ok(None) };
    let successor = access.get::<Fact>(successor.as_str())?;
    let follows = successor.is_some_and(|it| is_same_slot(&it, fact));
    Ok(follows.then(|| last.clone()))
}
