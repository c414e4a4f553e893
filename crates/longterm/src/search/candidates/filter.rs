//! Visibility of records to a search: as an expression for the library, and as a test of a row of a
//! segment. A property test checks that both agree.

use aios_record::{Gate, Kind, Owners, ScopeMatch, Timestamp};
use lancedb::expr::{DfExpr, col, contains, is_in, lit};

use crate::{
    library::TAG_SEPARATOR,
    search::{
        options::SearchOptions,
        segments::{
            segment::{Limits, Segment},
            strings::{NONE, Strings},
        },
    },
};

/// Conditions of one search. All must hold; an empty one restricts nothing.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Owners of the records, and constraints on their scopes.
    pub(crate) gate: Gate,
    /// Accepted kinds; `None` accepts every kind, an empty list accepts no record.
    pub(crate) kinds: Option<Vec<Kind>>,
    /// Tags, one of them required; empty for no constraint.
    pub(crate) tags: Vec<String>,
    /// Earliest time of the record, inclusive.
    pub(crate) since: Option<Timestamp>,
    /// Latest time of the record, exclusive.
    pub(crate) until: Option<Timestamp>,
    /// Time at which a record must be valid and unexpired.
    pub(crate) at: Timestamp,
    /// If true, records from after `at` are excluded, and records superseded after `at` included.
    pub(crate) as_of: bool,
}

impl Filter {
    pub(crate) fn new(options: &SearchOptions, gate: Gate, now: Timestamp) -> Filter {
        Filter {
            gate,
            kinds: options.kinds.clone(),
            tags: options.tags.clone(),
            since: options.since,
            until: options.until,
            at: options.as_of.unwrap_or(now),
            as_of: options.as_of.is_some(),
        }
    }
}

/// A [`Filter`] with the numbers of names instead of names.
#[derive(Debug)]
pub(crate) struct Numbered {
    users: Users,
    /// User, project, agent and session; `NONE` for a name that no record has.
    scope: [Option<u32>; 4],
    matching: ScopeMatch,
    /// A bit for each accepted kind, by its place in the enumeration.
    kinds: u64,
    tags: Option<Vec<u32>>,
    since: i64,
    until: i64,
    at: i64,
    as_of: bool,
}

/// Owners of the visible rows, as numbers.
#[derive(Debug)]
struct Users {
    has_shared: bool,
    /// If true, the rows of all users are visible, otherwise those of `user`; `None` for a user
    /// without records.
    has_all: bool,
    user: Option<u32>,
}

impl Users {
    fn of(gate: &Gate, names: &Strings) -> Users {
        match gate.owners() {
            Owners::All => Users { has_shared: true, has_all: true, user: None },
            Owners::Only(owner) => Users {
                has_shared: owner.is_shared(),
                has_all: false,
                user: owner.name().and_then(|name| names.find(name)),
            },
            Owners::AndShared(owner) => Users {
                has_shared: true,
                has_all: false,
                user: owner.name().and_then(|name| names.find(name)),
            },
        }
    }

    fn admit(&self, user: u32) -> bool {
        match user {
            NONE => self.has_shared,
            user => self.has_all || self.user == Some(user),
        }
    }
}

impl Numbered {
    /// Returns `true` if some records of `user` may be visible.
    pub(crate) fn admits_user(&self, user: u32) -> bool {
        self.users.admit(user)
    }

    pub(crate) fn admits(&self, segment: &Segment, at: u32) -> bool {
        self.admits_scope(&segment.scopes[at as usize]) && self.admits_rest(segment, at)
    }

    fn admits_scope(&self, of: &[u32; 4]) -> bool {
        let has_user = self.users.admit(of[0]);
        has_user
            && self.scope.iter().zip(of).all(|(wanted, &has)| match *wanted {
                None => true,
                Some(wanted) if has != NONE => has == wanted,
                Some(_) => self.matching == ScopeMatch::EqualOrShared,
            })
    }

    fn admits_rest(&self, segment: &Segment, at: u32) -> bool {
        let row = &segment.columns[at as usize];
        let happened = row.occurred_at().unwrap_or(row.recorded_at);
        self.kinds & bit(row.kind) != 0
            && (self.since <= happened && happened < self.until)
            && (!self.as_of || row.recorded_at <= self.at)
            && (self.as_of || !row.superseded)
            && (segment.limits.is_empty()
                || segment.limits.get(&at).is_none_or(|limits| self.admits_limits(limits)))
            && self.tags.as_ref().is_none_or(|tags| {
                segment.tags.get(&at).is_some_and(|has| tags.iter().any(|tag| has.contains(tag)))
            })
    }

    fn admits_limits(&self, limits: &Limits) -> bool {
        limits.expires_at.is_none_or(|expires_at| self.at < expires_at)
            && limits.valid_from.is_none_or(|from| from <= self.at)
            && limits.valid_to.is_none_or(|to| self.at < to)
    }
}

fn bit(kind: Kind) -> u64 {
    1 << kind as u64
}

impl Filter {
    pub(crate) fn numbered(&self, names: &Strings) -> Numbered {
        let number = |name: &str| names.find(name).unwrap_or(NONE);
        let micros = |time: Timestamp| time.as_microsecond();
        Numbered {
            users: Users::of(&self.gate, names),
            scope: self.gate.filter().scope.parts().map(|(_, part)| part.map(number)),
            matching: self.gate.filter().matching,
            kinds: match &self.kinds {
                None => u64::MAX,
                Some(kinds) => kinds.iter().fold(0, |bits, kind| bits | bit(*kind)),
            },
            tags: (!self.tags.is_empty())
                .then(|| self.tags.iter().map(|tag| number(tag)).collect()),
            since: self.since.map_or(i64::MIN, micros),
            // Includes every time that a record can have.
            until: self.until.map_or(i64::MAX, micros),
            at: micros(self.at),
            as_of: self.as_of,
        }
    }

    pub(crate) fn expression(&self) -> DfExpr {
        let at = lit(self.at.as_microsecond());
        let mut all = vec![
            absent_or("expires_at", |column| column.gt(at.clone())),
            absent_or("valid_from", |column| column.lt_eq(at.clone())),
            absent_or("valid_to", |column| column.gt(at.clone())),
        ];
        if self.as_of {
            all.push(col("recorded_at").lt_eq(at));
        } else {
            all.push(col("superseded_by").is_null());
        }
        all.extend(visible(&self.gate));
        if let Some(kinds) = &self.kinds {
            let names = kinds.iter().map(|kind| lit(kind.collection())).collect();
            all.push(is_in(col("collection"), names));
        }
        let tags = self
            .tags
            .iter()
            .map(|tag| contains(col("tags"), lit(format!("{TAG_SEPARATOR}{tag}{TAG_SEPARATOR}"))));
        all.extend(tags.reduce(DfExpr::or));
        let happened = |compare: fn(DfExpr, DfExpr) -> DfExpr, moment: Timestamp| {
            let moment = lit(moment.as_microsecond());
            let told = col("occurred_at").is_not_null();
            let recorded = col("occurred_at").is_null();
            told.and(compare(col("occurred_at"), moment.clone()))
                .or(recorded.and(compare(col("recorded_at"), moment)))
        };
        all.extend(self.since.map(|since| happened(DfExpr::gt_eq, since)));
        all.extend(self.until.map(|until| happened(DfExpr::lt, until)));
        all.into_iter().reduce(DfExpr::and).expect("expiry is always a condition")
    }
}

/// Returns the conditions for the library's rows that are visible through `gate`, as in
/// [`Gate::sees`]. All must hold.
pub(crate) fn visible(gate: &Gate) -> Vec<DfExpr> {
    let mut all = match gate.owners() {
        Owners::All => Vec::new(),
        Owners::Only(owner) => match owner.name() {
            Some(name) => vec![col("user").eq(lit(name))],
            None => vec![col("user").is_null()],
        },
        Owners::AndShared(owner) => {
            vec![absent_or("user", |column| column.eq(lit(owner.as_str())))]
        }
    };
    let filter = gate.filter();
    for (name, wanted) in filter.scope.parts() {
        let Some(wanted) = wanted else { continue };
        let equal = |column: DfExpr| column.eq(lit(wanted));
        all.push(match filter.matching {
            ScopeMatch::Exact => equal(col(name)),
            ScopeMatch::EqualOrShared => absent_or(name, equal),
        });
    }
    all
}

fn absent_or(name: &str, condition: impl FnOnce(DfExpr) -> DfExpr) -> DfExpr {
    col(name).is_null().or(condition(col(name)))
}
