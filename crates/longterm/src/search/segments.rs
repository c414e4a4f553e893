//! Segments: the rows that are searched, in RAM.

pub(super) mod part;
pub(super) mod resident;
pub(super) mod segment;
pub(super) mod shown;
pub(super) mod strings;
pub(super) mod vectors;
pub(super) mod waiting;
