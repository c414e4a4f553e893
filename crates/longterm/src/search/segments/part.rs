//! A segment as one search sees it: with the rows that are no more, and where the rows lie.

use std::sync::Arc;

use aios_record::Record;

use crate::search::segments::{
    segment::{Names, Segment},
    shown::Shown,
};

/// A segment as one search sees it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) segment: Arc<Segment>,
    /// Of each row, whether it is no more; empty where all are there.
    pub(crate) gone: Arc<[bool]>,
    pub(crate) home: Home,
}

/// Where the records of a part are.
#[derive(Clone)]
pub(crate) enum Home {
    /// At hand, and newer than whatever else has their keys.
    Here(Arc<[Record]>),
    /// In a fragment of the library, at these offsets, and perhaps in RAM. Hidden where the journal
    /// has their keys.
    Fragment { id: u64, offsets: Arc<[u32]>, shown: Option<Arc<Shown>> },
}

/// Where a row is: in which part, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) part: u32,
    pub(crate) at: u32,
}

impl Part {
    /// The record at `at` as a hit shows it, if it is in RAM.
    pub(crate) fn record(&self, at: u32, names: &Names) -> Option<Record> {
        match &self.home {
            Home::Here(records) => records.get(at as usize).cloned(),
            Home::Fragment { shown, .. } => shown.as_ref()?.record(at, &self.segment, names),
        }
    }

    /// About how many bytes it takes in all.
    pub(crate) fn bytes(&self) -> usize {
        self.segment.bytes() + self.bytes_shown()
    }

    /// The bytes of what only hits show.
    pub(crate) fn bytes_shown(&self) -> usize {
        match &self.home {
            Home::Fragment { shown: Some(shown), .. } => shown.bytes(),
            _ => 0,
        }
    }

    pub(crate) fn is_gone(&self, at: u32) -> bool {
        self.gone.get(at as usize).is_some_and(|gone| *gone)
    }
}
