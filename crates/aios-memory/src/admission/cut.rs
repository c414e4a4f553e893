//! Texts that were too long for one record and were split into parts.

use aios_draft::{Part, identity};
use aios_record::{Id, Kind, Scope};

/// The position of an arrival among the parts of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) part: Part,
    /// The external id of the whole text.
    pub(super) whole: String,
    /// The provider within which that id is unique, if any.
    provider: Option<&'static str>,
}

impl Cut {
    /// Returns the position of the part with this external id.
    pub(super) fn of(part: Part, external_id: &str, provider: Option<&'static str>) -> Option<Cut> {
        let whole = match part.number {
            1 => external_id,
            number => external_id.strip_suffix(&Part::id("", number))?,
        };
        Some(Cut { part, whole: whole.to_owned(), provider })
    }

    /// Returns `true` for parts after the first.
    pub(super) fn is_later(&self) -> bool {
        1 < self.part.number
    }

    /// Returns the ids under which the part of this number may be stored.
    pub(super) fn ids(&self, number: usize, kind: Kind, scope: &Scope) -> Vec<Id> {
        let external_id = Part::id(&self.whole, number);
        let of_provider = |provider| identity::of_provider(kind, scope, provider, &external_id);
        let mut ids: Vec<Id> = self.provider.map(of_provider).into_iter().collect();
        ids.push(identity::external(kind, scope, &external_id));
        ids
    }
}
