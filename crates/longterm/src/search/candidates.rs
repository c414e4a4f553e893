//! Candidates: which rows a search sees, and which of them are worth scoring.

pub(super) mod by_library;
pub(super) mod filter;
pub(super) mod legs;
pub(super) mod looking;
pub(super) mod sight;
