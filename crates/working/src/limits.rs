//! Limits of single fields.

pub use aios_record::LABEL_BYTES_MAX;

/// Maximum nesting of a JSON value. JSON parsers stop at 128, and a value is nested in others when
/// exported.
pub const JSON_DEPTH_MAX: usize = 100;

/// Limit of the positions in a session, so that a double holds each position exactly.
pub(crate) const MESSAGES_MAX: i64 = 1 << 53;
