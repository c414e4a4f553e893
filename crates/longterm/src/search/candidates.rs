//! Candidates: the rows that a search sees, and those among them that are worth scoring.

pub(super) mod by_library;
pub(super) mod filter;
pub(super) mod legs;
pub(super) mod looking;
pub(super) mod sight;
