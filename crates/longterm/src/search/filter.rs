//! What a search may see, once as an expression for the library and once as a test of a record
//! that still waits in the journal. The two must agree; a property test holds them to it.

use aios_record::{Kind, Record, ScopeFilter, ScopeMatch, Timestamp};
use lancedb::expr::{DfExpr, col, contains, is_in, lit};

use crate::library::TAG_SEPARATOR;

/// The conditions of one search. All must hold; an empty one restricts nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) scope: ScopeFilter,
    /// Any of these; `None` means every kind, an empty list means no record.
    pub(crate) kinds: Option<Vec<Kind>>,
    /// Any of these.
    pub(crate) tags: Vec<String>,
    /// Happened at this moment or later.
    pub(crate) since: Option<Timestamp>,
    /// Happened before this moment.
    pub(crate) until: Option<Timestamp>,
    /// The moment at which a record must be valid and unexpired.
    pub(crate) at: Timestamp,
    /// Leaves out what was recorded after `at`, and shows what was superseded only later.
    pub(crate) as_of: bool,
}

impl Filter {
    pub(crate) fn admits(&self, record: &Record) -> bool {
        let happened = record.time();
        self.scope.admits(&record.scope)
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&record.kind))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| record.tags.contains(tag)))
            && self.since.is_none_or(|since| since <= happened)
            && self.until.is_none_or(|until| happened < until)
            && record.expires_at.is_none_or(|expires_at| self.at < expires_at)
            && record.valid_from.is_none_or(|from| from <= self.at)
            && record.valid_to.is_none_or(|to| self.at < to)
            && (!self.as_of || record.recorded_at <= self.at)
            && (self.as_of || record.superseded_by.is_none())
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
        for (name, wanted) in self.scope.scope.parts() {
            let Some(wanted) = wanted else { continue };
            let equal = col(name).eq(lit(wanted));
            all.push(match self.scope.matching {
                ScopeMatch::Exact => equal,
                ScopeMatch::EqualOrShared => col(name).is_null().or(equal),
            });
        }
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

fn absent_or(name: &str, condition: impl FnOnce(DfExpr) -> DfExpr) -> DfExpr {
    col(name).is_null().or(condition(col(name)))
}
