//! Limits of requests and answers, the same for both transports. The OpenAPI document, the protocol
//! file and `docs/HTTP.md` state them as text.

use std::time::Duration;

/// Maximum number of texts to remember per call.
pub(crate) const TEXTS_MAX: usize = 256;
/// Maximum number of messages per call.
pub(crate) const MESSAGES_MAX: usize = 256;
/// Maximum number of messages to learn from per call.
pub(crate) const LEARN_MESSAGES_MAX: usize = aios_memory::LEARN_MESSAGES_MAX;
/// Maximum number of listed messages that could not be stored. Further ones are counted.
pub(crate) const LEARN_FAILURES_MAX: usize = 1_000;
/// Maximum number of hits per search.
pub(crate) const HITS_MAX: usize = 200;
/// Default number of records per page of a list.
pub(crate) const PAGE_RECORDS: usize = 50;
/// Maximum number of records per page of a list.
pub(crate) const PAGE_RECORDS_MAX: usize = 500;
/// Maximum number of keys to forget per call.
pub(crate) const KEYS_MAX: usize = 1_000;
/// Maximum number of records to forget that a text may select.
pub(crate) const TEXT_RECORDS_MAX: usize = 1_000;
/// Maximum token budget of a context or a search.
pub(crate) const TOKENS_MAX: usize = 1_000_000;
/// Maximum length of the project or agent of a scope, in bytes. A session has the limit of an id.
pub(crate) const SCOPE_BYTES_MAX: usize = 1_024;
/// Maximum size of the records of an answer over HTTP, in bytes. A longer answer ends early, but
/// has at least one record.
pub(crate) const HTTP_ANSWER_BYTES_MAX: usize = 8 << 20;
/// The same over gRPC, whose clients by default refuse messages above 4 MiB.
pub(crate) const GRPC_ANSWER_BYTES_MAX: usize = 3 << 20;
/// Maximum number of decisions, and of tool calls, logged per call.
pub(crate) const LOGGED_MAX: usize = 100;
/// Interval at which a reader that has read all events polls the ring. A poll reads one number.
pub(crate) const EVENTS_INTERVAL: Duration = Duration::from_millis(20);
/// Maximum time between two messages of a caller that sends a stream.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(60);
