//! Bounds of requests and answers, the same for both transports. The OpenAPI document, the protocol
//! file and `docs/HTTP.md` repeat them in words.

use std::time::Duration;

/// Maximum number of texts to remember of one message.
pub(crate) const TEXTS_MAX: usize = 256;
/// Maximum number of messages of one call.
pub(crate) const MESSAGES_MAX: usize = 256;
/// Maximum number of messages to learn from of one call.
pub(crate) const LEARN_MESSAGES_MAX: usize = aios_memory::LEARN_MESSAGES_MAX;
/// Messages that could not be stored and are listed. Further ones are counted.
pub(crate) const LEARN_FAILURES_MAX: usize = 1_000;
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
/// Largest budget of tokens of a context or a search.
pub(crate) const TOKENS_MAX: usize = 1_000_000;
/// Maximum length of the project or agent of a scope, in bytes. A session has that of an id.
pub(crate) const SCOPE_BYTES_MAX: usize = 1_024;
/// Bytes of the records of an answer over HTTP, after which it ends early. It has one record at
/// least.
pub(crate) const HTTP_ANSWER_BYTES_MAX: usize = 8 << 20;
/// The same over gRPC, whose clients refuse messages above 4 MiB unless they are told otherwise.
pub(crate) const GRPC_ANSWER_BYTES_MAX: usize = 3 << 20;
/// Maximum number of decisions, and of tool calls, that one call logs for a task.
pub(crate) const LOGGED_MAX: usize = 100;
/// Interval between looks into the ring of events, for a reader that has read all. A look reads one
/// number.
pub(crate) const EVENTS_INTERVAL: Duration = Duration::from_millis(20);
/// Longest silence of a caller that sends a stream.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(60);
