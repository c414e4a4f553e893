//! Reading facts.

use std::{cmp::Reverse, collections::BTreeMap};

use aios_record::{Identity, Key, Kind, Owner, Timestamp};
use rusqlite::{OptionalExtension, ToSql};
use serde_json::Value;

use super::fact::Fact;
use crate::{
    Error,
    access::{Access, Read},
    cursor::Cursors,
};

/// Default number of facts per page.
const PAGE: usize = 100;

/// A selection of facts. Default: the first 100 current ones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FactQuery {
    /// Moment at which the facts were known and true. Default: now, by what is known now.
    pub as_of: Option<Timestamp>,
    /// If true, ended facts are included. Default: false.
    pub with_ended: bool,
    /// Subject. Default: every subject.
    pub subject: Option<String>,
    /// Attribute. Default: every attribute.
    pub attribute: Option<String>,
    /// Cursor of the page before. Default: none.
    pub after: Option<u64>,
    /// Maximum number of facts. Default: 100.
    pub limit: usize,
}

impl Default for FactQuery {
    fn default() -> FactQuery {
        FactQuery {
            as_of: None,
            with_ended: false,
            subject: None,
            attribute: None,
            after: None,
            limit: PAGE,
        }
    }
}

impl FactQuery {
    /// Selects the facts that were known and true at a moment.
    #[must_use]
    pub fn with_as_of(self, moment: impl Into<Option<Timestamp>>) -> FactQuery {
        FactQuery { as_of: moment.into(), ..self }
    }

    /// Includes ended facts.
    #[must_use]
    pub fn with_ended(self) -> FactQuery {
        FactQuery { with_ended: true, ..self }
    }

    /// Selects the facts of a subject.
    #[must_use]
    pub fn with_subject(self, subject: impl Into<Option<String>>) -> FactQuery {
        FactQuery { subject: subject.into(), ..self }
    }

    /// Selects the facts of an attribute.
    #[must_use]
    pub fn with_attribute(self, attribute: impl Into<Option<String>>) -> FactQuery {
        FactQuery { attribute: attribute.into(), ..self }
    }

    /// Sets the cursor of the page before.
    #[must_use]
    pub fn with_after(self, after: impl Into<Option<u64>>) -> FactQuery {
        FactQuery { after: after.into(), ..self }
    }

    /// Sets the maximum number of facts.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> FactQuery {
        FactQuery { limit, ..self }
    }
}

/// A page of facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FactPage {
    /// The facts, the last stated first.
    pub facts: Vec<Fact>,
    /// The cursor of the next page; `None` if this is the last page.
    pub next: Option<u64>,
}

/// The current facts of one owner, at one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnFacts {
    /// The facts, in the order in which they were stored.
    pub facts: Vec<Fact>,
    /// Number of changes of the owner's facts so far.
    pub revision: u64,
}

pub(super) fn page(access: &Access<'_>, query: &FactQuery) -> Result<FactPage, Error> {
    let Some((at, row)) = before(access, query)? else { return Ok(FactPage::default()) };
    let as_of = query.as_of.unwrap_or(access.now).as_microsecond();
    let [subject, attribute] =
        [&query.subject, &query.attribute].map(|it| it.as_deref().map(str::trim));
    // One more fact shows if there is another page.
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX).saturating_add(1);
    let tail = tail(query);
    let mut found = Vec::new();
    // One owner at a time, so that an index gives the order.
    for owner in owners(access)? {
        let own: [&dyn ToSql; 7] = [&owner, &as_of, &limit, &subject, &attribute, &at, &row];
        found.extend(access.read::<Fact>(&tail, &own)?);
    }
    found.sort_by_key(|read| Reverse((read.item.stated_at, read.row)));
    let has_more = query.limit < found.len();
    found.truncate(query.limit);
    let next = match found.last().filter(|_| has_more) {
        Some(last) => {
            let cursors = Cursors::of(access.connection, Kind::Fact)?;
            Some(cursors.at(last.row.cast_unsigned()))
        }
        None => None,
    };
    Ok(FactPage { facts: found.into_iter().map(|read| read.item).collect(), next })
}

/// Returns the position before which a page begins: the time of the statement and the row. `None`
/// if no fact is earlier. If the last fact of the former page is gone, the one stored before it is
/// used instead.
fn before(access: &Access<'_>, query: &FactQuery) -> Result<Option<(i64, i64)>, Error> {
    let Some(after) = query.after else {
        let newest = query.as_of.map_or(i64::MAX, Timestamp::as_microsecond);
        return Ok(Some((newest, i64::MAX)));
    };
    let last = Cursors::of(access.connection, Kind::Fact)?.row(after)?;
    let sql = "SELECT stated_at, row FROM facts WHERE row <= ?1 ORDER BY row DESC LIMIT 1";
    let mut statement = access.connection.prepare_cached(sql)?;
    let found = statement.query_row([last], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(at, row): (i64, i64)| (at, if row == last { row } else { row + 1 })))
}

/// Returns the conditions and the order of a page: `?6` is the owner, `?7` the moment, `?8` the
/// limit, `?9` and `?10` the slot, `?11` and `?12` the position before which it begins.
fn tail(query: &FactQuery) -> String {
    // The index of the slots does not give the order; the plus keeps SQLite from using one that
    // does.
    let plus = if query.attribute.is_some() { "+" } else { "" };
    let which = match (query.as_of, query.with_ended) {
        (_, true) => "?7 IS NOT NULL",
        (Some(_), false) => {
            "(valid_from IS NULL OR valid_from <= ?7)
             AND NOT ((ended_at IS NULL OR ended_at <= ?7)
                      AND valid_to IS NOT NULL AND valid_to <= ?7)"
        }
        (None, false) => "ended_at IS NULL AND (valid_to IS NULL OR ?7 < valid_to)",
    };
    // Every parameter is bound, used or not.
    let slot =
        [("subject", 9, query.subject.is_some()), ("attribute", 10, query.attribute.is_some())]
            .map(|(column, place, is_wanted)| match is_wanted {
                true => format!("AND {column} = ?{place} COLLATE NOCASE"),
                false => format!("AND ?{place} IS NULL"),
            })
            .join(" ");
    format!(
        "AND owner = ?6 AND ({plus}stated_at, {plus}row) < (?11, ?12) AND {which} {slot}
         ORDER BY {plus}stated_at DESC, {plus}row DESC LIMIT ?8"
    )
}

pub(super) fn profile(access: &Access<'_>, limit: usize) -> Result<Vec<Fact>, Error> {
    let now = access.now.as_microsecond();
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for is_open in [false, true] {
        let left = limit.saturating_sub(found.len());
        if left == 0 {
            break;
        }
        // One owner at a time, so that the index gives the order.
        let mut facts = Vec::new();
        for owner in owners(access)? {
            facts.extend(access.select::<Fact>(
                "AND owner = ?6 AND (attribute = '') = ?7 AND ended_at IS NULL
                 AND (valid_to IS NULL OR ?8 < valid_to) ORDER BY stated_at DESC LIMIT ?9",
                &[&owner, &is_open, &now, &most],
            )?);
        }
        facts.sort_by_key(|fact| Reverse(fact.stated_at));
        found.extend(facts.into_iter().take(left));
    }
    Ok(found)
}

/// Returns the names of the owners that the view shows.
fn owners(access: &Access<'_>) -> Result<Vec<String>, Error> {
    if let Some(names) = access.visible.owner_names() {
        return Ok(names.into_iter().map(str::to_owned).collect());
    }
    let mut statement = access.connection.prepare_cached("SELECT owner FROM fact_revisions")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Returns the visible facts that cite any of these keys of an owner, in the order of their rows.
pub(super) fn stated_by(
    access: &Access<'_>,
    owner: &str,
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Read<Fact>>, Error> {
    let list = Value::from_iter(keys).to_string();
    let sql = "SELECT DISTINCT fact FROM fact_evidence
         WHERE owner = ?1 AND \"key\" IN (SELECT value FROM json_each(?2)) ORDER BY fact";
    let mut statement = access.connection.prepare_cached(sql)?;
    let rows = statement.query_map([owner, &list], |row| row.get(0))?;
    let rows: Vec<i64> = rows.collect::<Result<_, _>>()?;
    // One row at a time: with a list of rows, SQLite would read all facts of the owner.
    let read = rows.into_iter().map(|row| access.by_row::<Fact>(row));
    Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

pub(super) fn citing(access: &Access<'_>, records: &[Identity]) -> Result<Vec<Fact>, Error> {
    let mut keys: BTreeMap<&Owner, Vec<String>> = BTreeMap::new();
    for record in records {
        let key = Key::new(record.kind, record.id.clone());
        keys.entry(&record.owner).or_default().push(key.to_string());
    }
    let mut found = Vec::new();
    for (owner, keys) in keys {
        let facts = stated_by(access, owner.as_str(), keys)?;
        found.extend(facts.into_iter().map(|read| read.item));
    }
    Ok(found)
}

pub(super) fn contradictions(access: &Access<'_>, limit: usize) -> Result<Vec<Vec<Fact>>, Error> {
    let now = access.now.as_microsecond();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = "SELECT owner, subject, attribute, scope_project FROM facts
         WHERE ended_at IS NULL AND attribute <> '' AND (valid_to IS NULL OR ?1 < valid_to)
         GROUP BY owner, attribute COLLATE NOCASE, subject COLLATE NOCASE, scope_project
         HAVING 1 < count(DISTINCT value)";
    let mut statement = access.connection.prepare_cached(sql)?;
    let slots = statement.query_map([now], |row| {
        let scope_project: Option<String> = row.get(3)?;
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?, scope_project))
    })?;
    let slots: Vec<(String, String, String, Option<String>)> = slots.collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for (owner, subject, attribute, project) in slots {
        let facts = access.select::<Fact>(
            "AND owner = ?6 AND attribute = ?8 COLLATE NOCASE AND subject = ?7 COLLATE NOCASE
             AND scope_project IS ?9 AND ended_at IS NULL
             AND (valid_to IS NULL OR ?10 < valid_to) ORDER BY stated_at, row",
            &[&owner, &subject, &attribute, &project, &now],
        )?;
        if 1 < facts.len() {
            found.push(facts);
        }
        if limit <= i64::try_from(found.len()).unwrap_or(i64::MAX) {
            break;
        }
    }
    Ok(found)
}

/// Returns the revision of the facts of the view's owner.
pub(super) fn own_revision(access: &Access<'_>) -> Result<u64, Error> {
    let sql = "SELECT revision FROM fact_revisions WHERE owner = ?1";
    let mut statement = access.connection.prepare_cached(sql)?;
    let owner = access.visible.acting();
    let revision: Option<i64> =
        statement.query_row([owner.as_str()], |row| row.get(0)).optional()?;
    Ok(revision.unwrap_or_default().cast_unsigned())
}

pub(super) fn own(
    access: &Access<'_>,
    revision: Option<u64>,
    limit: usize,
) -> Result<Option<OwnFacts>, Error> {
    let owner = access.visible.acting();
    let now = own_revision(access)?;
    if revision == Some(now) {
        return Ok(None);
    }
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for is_open in [false, true] {
        // The index of current facts has these two parts.
        found.extend(access.read::<Fact>(
            "AND owner = ?6 AND (attribute = '') = ?7 AND ended_at IS NULL
             ORDER BY stated_at DESC, row DESC LIMIT ?8",
            &[&owner.as_str(), &is_open, &most],
        )?);
    }
    found.sort_by_key(|read| Reverse((read.item.stated_at, read.row)));
    found.truncate(limit);
    found.sort_by_key(|read| read.row);
    let facts = found.into_iter().map(|read| read.item).collect();
    Ok(Some(OwnFacts { facts, revision: now }))
}

pub(super) fn has_told(access: &Access<'_>) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM facts WHERE owner = ?1 AND evidence = '[]' LIMIT 1";
    let mut statement = access.connection.prepare_cached(sql)?;
    for owner in owners(access)? {
        if statement.exists([owner])? {
            return Ok(true);
        }
    }
    Ok(false)
}
