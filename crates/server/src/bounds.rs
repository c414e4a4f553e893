//! Bounds of requests, the same for both transports. The OpenAPI document and the protocol file
//! repeat them in words.

/// Maximum number of texts to remember of one message.
pub(crate) const TEXTS_MAX: usize = 256;
/// Maximum number of messages of one call.
pub(crate) const MESSAGES_MAX: usize = 256;
/// Maximum number of hits of one search.
pub(crate) const HITS_MAX: usize = 200;
/// Default number of records of a page of a list.
pub(crate) const PAGE_RECORDS: usize = 50;
/// Maximum number of records of a page of a list.
pub(crate) const PAGE_RECORDS_MAX: usize = 500;
/// Maximum number of keys to forget of one call.
pub(crate) const KEYS_MAX: usize = 1_000;
/// Maximum number of records that a text selects to forget.
pub(crate) const TEXT_RECORDS_MAX: usize = 1_000;
