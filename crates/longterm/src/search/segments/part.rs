//! A segment as one search sees it: with its deleted rows and the location of its rows.

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
    /// True for each deleted row; empty if no row is deleted.
    pub(crate) gone: Arc<[bool]>,
    pub(crate) home: Home,
}

/// Location of the records of a part.
#[derive(Clone)]
pub(crate) enum Home {
    /// In RAM, and newer than all other records with their keys.
    Here(Arc<[Record]>),
    /// In a fragment of the library, at these offsets, and possibly in RAM. Hidden if the journal
    /// has their keys.
    Fragment { id: u64, offsets: Arc<[u32]>, shown: Option<Arc<Shown>> },
}

/// Location of a row: its part, and its index in the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) part: u32,
    pub(crate) at: u32,
}

impl Part {
    /// Returns the record at `at` as a hit shows it, if it is in RAM.
    pub(crate) fn record(&self, at: u32, names: &Names) -> Option<Record> {
        match &self.home {
            Home::Here(records) => records.get(at as usize).cloned(),
            Home::Fragment { shown, .. } => shown.as_ref()?.record(at, &self.segment, names),
        }
    }

    /// Returns its approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.segment.bytes() + self.bytes_shown()
    }

    /// Returns the size in bytes of the columns that only hits show.
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
