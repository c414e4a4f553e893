//! The settings. One table generates the types, their defaults, their documentation, the names of
//! the environment variables, and the file that `config init` writes.
//!
//! The file overrides the defaults, the environment overrides the file, and flags override the
//! environment. The effect of the settings is implemented elsewhere, and callers pass in the
//! environment.

mod error;
mod extractor;
mod home;
mod load;
mod log;
mod places;
mod setting;
#[cfg(test)]
mod tests;

use std::{ffi::OsStr, path::PathBuf, sync::Arc, time::Duration};

use aios_embedding::BertOptions;
use aios_guard::{Guard, Policy};
use aios_longterm::{Access, Decoder, Durability, LIMIT_MAX, Language, Weights};
use aios_operational::{CAPACITY_MAX, Keep, Overflow};
use aios_record::{Kind, Tier};

use self::setting::Setting;
pub use self::{
    error::{Error, Origin},
    extractor::Extractor,
    home::expand_home,
    load::{Effective, Flag, Sources},
    log::{LogFormat, LogLevel},
    places::default_file,
};
use crate::tokens::Tokenizer;

/// Bounds of settings without a natural one: far above useful values, and far below overflow.
const DAYS_MAX: u64 = 36_500;
const HOURS_MAX: u64 = DAYS_MAX * 24;
const SECONDS_MAX: u64 = HOURS_MAX * 3600;
const ROWS_MAX: u64 = 1_000_000_000_000;
const BYTES_MAX: u64 = 1 << 50;
const MIB_MAX: usize = 1 << 20;
const TOKENS_MAX: usize = 100_000_000;
const WEIGHT_MAX: f64 = 100.0;

/// A setting with its type erased.
pub(crate) struct Key {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    /// Its documentation, one item per source line.
    pub(crate) help: &'static [&'static str],
    /// Sets a value from a file.
    pub(crate) read: fn(&mut Config, &toml::Value) -> Result<(), String>,
    /// Sets a value from the environment or a flag.
    pub(crate) parse: fn(&mut Config, &str) -> Result<(), String>,
    /// Checks a value that neither `read` nor `parse` has set.
    pub(crate) check: fn(&Config) -> Result<(), String>,
    pub(crate) show: fn(&Config) -> toml::Value,
    /// Replaces `~` by the home directory, if the setting is a path.
    pub(crate) expand: fn(&mut Config, Option<&OsStr>) -> Result<(), String>,
}

impl Key {
    /// Returns `section.name`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// Returns the name of the environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("AIOS_MEMORY_{}", self.path().replace('.', "_")).to_ascii_uppercase()
    }
}

/// The bounds given in the table, or `()`.
macro_rules! bounds {
    () => {
        &()
    };
    ($bounds:expr) => {
        &$bounds
    };
}

/// Sections of `key: type = default => bounds`. Only numbers and texts have bounds.
macro_rules! settings {
    ($(
        $(#[doc = $about:literal])*
        $path:literal => $section:ident: $Section:ident {
            $($(#[doc = $help:literal])* $key:ident: $type:ty = $default:expr
                $(=> $bounds:expr)?,)*
        }
    )*) => {
        /// The configuration of a memory. [`Config::at`] returns the defaults.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Config {
            $($(#[doc = $about])* pub $section: $Section,)*
            /// The decoder of damaged library files for a [`repair`](crate::upkeep::repair). It
            /// cannot be set in the file. Default: [`Decoder::Nobody`].
            pub decoder: Decoder,
        }

        $(
            $(#[doc = $about])*
            #[derive(Debug, Clone, PartialEq)]
            pub struct $Section {
                $(
                    $(#[doc = $help])*
                    #[doc = ""]
                    #[doc = concat!(" Default: `", stringify!($default), "`.")]
                    $(#[doc = concat!(" Bounds: `", stringify!($bounds), "`.")])?
                    pub $key: $type,
                )*
            }

            impl Default for $Section {
                fn default() -> $Section {
                    $Section { $($key: $default,)* }
                }
            }
        )*

        /// Every setting, in the order of the file.
        pub(crate) const KEYS: &[Key] = &[$($(Key {
            section: $path,
            name: stringify!($key),
            help: &[$($help),*],
            read: |config, value| {
                config.$section.$key = Setting::read(value, bounds!($($bounds)?))?;
                Ok(())
            },
            parse: |config, text| {
                config.$section.$key = Setting::parse(text, bounds!($($bounds)?))?;
                Ok(())
            },
            check: |config| config.$section.$key.check(bounds!($($bounds)?)),
            show: |config| config.$section.$key.show(),
            expand: |config, home| Setting::expand(&mut config.$section.$key, home),
        },)*)*];
    };
}

settings! {
    /// The memory as a whole.
    "memory" => memory: Memory {
        /// Data directory. Empty for $XDG_DATA_HOME/aios-memory, by default
        /// ~/.local/share/aios-memory.
        data_dir: PathBuf = PathBuf::new(),
        /// User whose records are read and written. Empty for records without an owner.
        user: String = String::new() => 0..=128,
        /// Access to the data directory: read_write, or read_only, which never writes there.
        access: Access = Access::ReadWrite,
    }
    /// Tier 0: recent events and metrics, in RAM.
    "operational" => operational: Operational {
        /// Capacity of the event ring.
        capacity: usize = 10_000 => 1..=CAPACITY_MAX,
        /// Age of events, in seconds, from which they are no longer returned.
        ttl_seconds: u64 = 3600 => 0..=SECONDS_MAX,
        /// Events written to disk when they leave the ring: critical, all or none.
        keep: Keep = Keep::Critical,
        /// Maximum number of metric keys.
        metric_keys_max: usize = 10_000 => 1..=CAPACITY_MAX,
        /// Sampling interval of metrics in seconds: the last value of each interval is kept for a
        /// week. 0 keeps only hourly figures, for a year.
        metric_sample_seconds: usize = 1 => 0..=86_400,
    }
    /// Tier 1: current work, in SQLite.
    "working" => working: Working {
        /// Database file. Empty for working.db in the data directory.
        path: PathBuf = PathBuf::new(),
        /// Crashes that acknowledged writes survive, here and in long-term memory: full (of the
        /// machine) or normal (of the process).
        durability: Durability = Durability::Full,
        /// Maximum wait for another writing process, in milliseconds.
        busy_timeout_ms: u64 = 10_000 => 0..=3_600_000,
        /// Maximum number of waiting writes, and of waiting reads. Further calls wait until there
        /// is room.
        queue: usize = 1024 => 1..=1_000_000,
        /// Number of reader threads.
        readers: usize = 2 => 1..=64,
    }
    /// Tier 2: all searchable records, in LanceDB.
    "longterm" => longterm: Longterm {
        /// Kinds of working records that are fed to long-term memory and remain searchable
        /// permanently.
        feed_kinds: Vec<Kind> = Kind::FED.to_vec(),
        /// Number of records from which LanceDB builds an approximate vector index, which searches
        /// in RAM do not use. 0 for the number that no longer fits in RAM.
        index_threshold: u64 = 0 => 0..=ROWS_MAX,
        /// RAM for cached indexes and metadata, in MiB.
        cache_mb: usize = 128 => 0..=MIB_MAX,
        /// Maximum RAM for the library per process, in MiB. A larger library is searched by
        /// LanceDB's indexes, which is slower. 0 never loads it into RAM.
        resident_mb: usize = 1024 => 0..=MIB_MAX,
        /// Maximum number of pending records in the journal before writes are refused. A larger
        /// batch is accepted if no record is pending.
        journal_max_rows: u64 = 1_000_000 => 1..=ROWS_MAX,
        /// Size on disk, in bytes, from which only deletions are accepted. 0 for no limit.
        max_disk_bytes: u64 = 0 => 0..=BYTES_MAX,
        /// Hours for which an unused version of the library is kept.
        prune_after_hours: u64 = 1 => 0..=HOURS_MAX,
    }
    /// The embedding model.
    "embedding" => embedding: Embedding {
        /// `auto` (or `bundled`): the model of the stored vectors, and for a new memory the
        /// built-in transformer. `minilm` is that transformer, `static` the fast built-in table.
        /// Otherwise another model: its directory, or its name on the Hugging Face hub
        /// (ORGANISATION/NAME, optionally with @REVISION) if it is in the hub's cache.
        model: String = "auto".to_owned() => 1..=4096,
        /// Maximum number of texts that a BERT embeds at once. More need more RAM.
        max_batch: usize = 32 => 1..=4096,
        /// Number of vectors by a BERT cached for repeated texts, and the same number for queries.
        /// 0 disables the cache.
        cache_entries: usize = 4096 => 0..=10_000_000,
        /// Prefix of queries for a BERT, such as `query: ` for e5. Empty for the one in the model's
        /// config_sentence_transformers.json.
        query_prefix: String = String::new() => 0..=1000,
        /// Prefix of stored texts, such as `passage: `. Empty for the model's own.
        document_prefix: String = String::new() => 0..=1000,
        /// Language for stemming: english, german, ..., none, or auto for English and the detected
        /// language of each text.
        language: Language = Language::Auto,
    }
    /// Search.
    "search" => search: Search {
        /// Default maximum number of hits.
        limit: usize = 10 => 1..=LIMIT_MAX,
        /// Maximum wait of a search for missing vectors, in milliseconds. After it, records without
        /// a vector are searched by word only.
        vector_wait_ms: u64 = 50 => 0..=60_000,
        /// Directory of a cross-encoder with one label, which reorders the first 30 hits of a
        /// recall. Empty for none.
        reranker: PathBuf = PathBuf::new(),
    }
    /// Weights of the signals of a search. 0 disables a signal.
    "search.weights" => search_weights: SearchWeights {
        /// Share of the query's words that the record contains.
        words: f64 = Weights::default().words => 0.0..=WEIGHT_MAX,
        /// A word related to one of the query, relative to the word itself.
        related: f64 = Weights::default().related => 0.0..=WEIGHT_MAX,
        /// Similarity of meaning, from that of unrelated texts to that of a question and its
        /// answer.
        meaning: f64 = Weights::default().meaning => 0.0..=WEIGHT_MAX,
        /// The record's speaker is named in the query.
        speaker: f64 = Weights::default().speaker => 0.0..=WEIGHT_MAX,
        /// The record's time matches the time in the query.
        time: f64 = Weights::default().time => 0.0..=WEIGHT_MAX,
        /// The record states a time and the query asks for one.
        moment: f64 = Weights::default().moment => 0.0..=WEIGHT_MAX,
        /// The record is a question.
        question: f64 = Weights::default().question => -WEIGHT_MAX..=WEIGHT_MAX,
        /// Share of the first hits' common words that the record contains.
        feedback: f64 = Weights::default().feedback => 0.0..=WEIGHT_MAX,
    }
    /// Assembled contexts.
    "context" => context: Context {
        /// Default token budget.
        max_tokens: usize = 4000 => 1..=TOKENS_MAX,
        /// Tokenizer that counts the tokens: embedder, o200k, cl100k or estimate.
        tokenizer: Tokenizer = Tokenizer::Embedder,
        /// Tiers to draw from.
        tiers: Vec<Tier> = Tier::ALL.to_vec(),
        /// Maximum number of tokens for the user's profile.
        profile_tokens: usize = 300 => 0..=TOKENS_MAX,
        /// Maximum number of tokens for the machine state.
        snapshot_tokens: usize = 500 => 0..=TOKENS_MAX,
        /// Number of session messages included verbatim.
        recent_messages: usize = 12 => 0..=1000,
        /// Number of search hits considered.
        candidates: usize = 60 => 1..=LIMIT_MAX,
    }
    /// Facts from messages.
    "learning" => learning: Learning {
        /// Enables learning. If off, no message is learned from, and contexts have no facts.
        enabled: bool = true,
        /// Learns from messages in the background as they are stored. If off, only on request.
        auto: bool = true,
        /// The source of facts: rules, chat (a chat model behind `learning.base_url`) or local (a
        /// chat model from disk). The answers of models are checked against their messages.
        extractor: Extractor = Extractor::Rules,
        /// Address of an OpenAI-compatible endpoint.
        base_url: String = "https://api.openai.com/v1".to_owned() => 1..=2048,
        /// Name of the chat model at the endpoint, or the GGUF file or directory of a local one.
        model: String = String::new() => 0..=4096,
        /// Environment variable with the key of the endpoint. No key is sent if it is not set.
        api_key_env: String = "OPENAI_API_KEY".to_owned() => 1..=256,
        /// File with the key, readable by its owner only. It takes precedence over the variable.
        api_key_file: PathBuf = PathBuf::new(),
        /// Permits an endpoint on another machine without TLS.
        plain_http: bool = false,
        /// Timeout of one request to the chat model, in milliseconds.
        timeout_ms: u64 = 60_000 => 100..=3_600_000,
        /// Maximum number of tokens that this process may use per day (UTC). 0 for no limit.
        tokens_per_day_max: u64 = 0 => 0..=1_000_000_000_000,
        /// Maximum number of current facts considered for the profile of a context.
        profile_facts: usize = 40 => 0..=1000,
    }
    /// Days for which working memory keeps records that long-term memory also has. 0 keeps them
    /// forever.
    "retention" => retention: Retention {
        /// Goals and tasks, after their end.
        goals_and_tasks_days: u64 = 90 => 0..=DAYS_MAX,
        /// Tool calls.
        tool_calls_days: u64 = 30 => 0..=DAYS_MAX,
        /// Decisions.
        decisions_days: u64 = 30 => 0..=DAYS_MAX,
        /// Messages and interactions.
        messages_days: u64 = 30 => 0..=DAYS_MAX,
        /// Inactive sessions.
        sessions_days: u64 = 90 => 0..=DAYS_MAX,
        /// Events.
        events_days: u64 = 30 => 0..=DAYS_MAX,
        /// Summaries of sessions and goals.
        summaries_days: u64 = 365 => 0..=DAYS_MAX,
        /// Single samples of metrics, which are not in long-term memory. Hourly figures are kept
        /// longer.
        metrics_days: u64 = 7 => 0..=DAYS_MAX,
        /// Hourly figures of metrics.
        metrics_hourly_days: u64 = 365 => 0..=DAYS_MAX,
        /// Maximum number of patterns kept: those with the most certain success. 0 for no limit.
        patterns_max: usize = 1000 => 0..=1_000_000_000,
        /// Interval between compactions of the file, if they save space. 0 for never.
        vacuum_days: u64 = 7 => 0..=DAYS_MAX,
    }
    /// Scheduled backups of the whole memory.
    "backup" => backup: Backup {
        /// Makes scheduled backups, in processes that stay open for more than a minute, such as the
        /// service.
        enabled: bool = false,
        /// Directory of the backups: the absolute path of an existing directory, used by this
        /// memory only. Empty for backups/ in the data directory. A directory on another disk
        /// survives the loss of the disk of the data directory.
        dir: PathBuf = PathBuf::new(),
        /// Hours between backups.
        interval_hours: u64 = 24 => 1..=HOURS_MAX,
        /// Number of complete backups kept. Older ones are removed after the next one is on disk.
        keep: usize = 7 => 1..=1000,
    }
    /// Reports on the contents of the memory.
    "report" => report: Report {
        /// Counts recalls per record, so that a report lists the recalled records and the number of
        /// records that were never recalled.
        recalls: bool = true,
        /// Maximum number of records with counts. The least recently recalled ones are dropped
        /// first.
        recalls_max: usize = 10_000 => 1..=1_000_000,
    }
    /// Treatment of text that should not be stored or shown.
    "guard" => guard: Guarding {
        /// Treatment of attempts to instruct the model: mark, redact or refuse.
        injections: Policy = Policy::Mark,
        /// Treatment of passwords, keys and other secrets: mark, redact or refuse.
        secrets: Policy = Policy::Mark,
    }
    /// The service.
    "server" => server: Server {
        /// TCP address. An address other than loopback requires tokens, and TLS or a proxy.
        listen: String = "127.0.0.1:50053".to_owned() => 1..=256,
        /// User for whom calls over loopback without a token act. Empty for `memory.user`.
        user: String = String::new() => 0..=128,
        /// File of tokens. Empty for tokens.json in the data directory.
        tokens_file: PathBuf = PathBuf::new(),
        /// Certificate chain in PEM, which encrypts the TCP address. Empty for none.
        tls_certificate: PathBuf = PathBuf::new(),
        /// Key of the certificate, in PEM.
        tls_key: PathBuf = PathBuf::new(),
        /// Names by which other machines call the service, with or without a port. Empty for any.
        hosts: Vec<String> = Vec::new(),
        /// Web origins that may call, each with its scheme, such as `https://console.example.com`.
        origins: Vec<String> = Vec::new(),
        /// Maximum size of a request, in bytes.
        message_bytes_max: usize = 4 << 20 => 1024..=(1 << 30),
        /// Maximum number of concurrent calls.
        calls_max: usize = 64 => 1..=1_000_000,
        /// Maximum number of calls that wait for a free slot. Further calls are refused.
        calls_waiting_max: usize = 256 => 0..=1_000_000,
        /// Timeout of a call, in milliseconds. Also the maximum deadline that a caller can set.
        call_timeout_ms: u64 = 30_000 => 1..=3_600_000,
        /// Calls per second and token, on average.
        calls_per_second: usize = 50 => 1..=1_000_000,
        /// Maximum burst of calls per token.
        calls_burst: usize = 200 => 1..=1_000_000,
        /// Maximum number of open connections.
        connections_max: usize = 1000 => 1..=1_000_000,
        /// Maximum number of open streams of events, exports and imports.
        streams_max: usize = 256 => 1..=1_000_000,
        /// Time limit for receiving the headers of a request, in milliseconds.
        header_timeout_ms: u64 = 10_000 => 1..=3_600_000,
        /// Time limit for calls to end after shutdown was requested, in milliseconds.
        drain_timeout_ms: u64 = 10_000 => 0..=3_600_000,
        /// Serves the routes of mem0's clients.
        mem0: bool = false,
        /// Serves the routes of Hindsight's clients.
        hindsight: bool = false,
    }
    /// The identity provider whose access tokens the service accepts beside its own tokens.
    "auth.oauth" => auth_oauth: OAuth {
        /// Issuer of the provider, exactly as in `iss` of its tokens. Empty for no provider.
        issuer: String = String::new() => 0..=1024,
        /// Audience: the name of this service at the provider, in `aud` of each token.
        audience: String = String::new() => 0..=1024,
        /// Public keys of the provider, a JSON Web Key Set: a file or an https address. Empty for
        /// the address that the provider's metadata names.
        jwks: PathBuf = PathBuf::new(),
    }
    /// The server of the Model Context Protocol, `mcp`.
    "mcp" => mcp: Mcp {
        /// Idle time without a message, in seconds, after which the server ends.
        idle_exit_seconds: u64 = 21_600 => 1..=SECONDS_MAX,
    }
    /// The hooks of coding agents, `hook`.
    "hook" => hook: Hook {
        /// Time limit of a hook, in milliseconds. A host waits for its hooks.
        time_max_ms: u64 = 1_500 => 100..=60_000,
    }
    /// The log of the service. Other commands log to stderr, at the level that -v and -q select.
    "log" => log: Log {
        /// Minimum severity that is logged: error, warn, info or debug.
        level: LogLevel = LogLevel::Info,
        /// Format of the lines: text or json.
        format: LogFormat = LogFormat::Text,
        /// Path of the log file. Empty for stderr.
        path: PathBuf = PathBuf::new(),
        /// Size of the log file, in bytes, at which it is rotated.
        max_bytes: usize = 10 << 20 => 4096..=(1 << 40),
        /// Number of rotated files kept. The oldest is removed first.
        files: usize = 5 => 1..=1000,
    }
}

impl Config {
    /// Returns the default settings for a data directory.
    #[must_use]
    pub fn at(data_dir: impl Into<PathBuf>) -> Config {
        let mut config = Config::default();
        config.memory.data_dir = data_dir.into();
        config
    }

    /// Sets the access to the data directory.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Config {
        self.memory.access = access;
        self
    }

    /// Checks every value, like values from a file or the environment.
    ///
    /// # Errors
    /// [`Error::Value`] for the first value that is out of its bounds.
    pub fn check(&self) -> Result<(), Error> {
        let checked = KEYS.iter().map(|key| {
            (key.check)(self).map_err(|expected| Error::Value {
                key: key.path(),
                origin: Origin::Program,
                value: (key.show)(self).to_string(),
                expected,
            })
        });
        checked.collect()
    }

    /// Returns the path of working memory's database.
    #[must_use]
    pub fn working_path(&self) -> PathBuf {
        match self.working.path.as_os_str().is_empty() {
            true => self.memory.data_dir.join("working.db"),
            false => self.working.path.clone(),
        }
    }

    pub(crate) fn to_operational(&self, overflow: Arc<dyn Overflow>) -> aios_operational::Config {
        let settings = &self.operational;
        let mut config = aios_operational::Config::default()
            .with_capacity(settings.capacity)
            .with_ttl(Duration::from_secs(settings.ttl_seconds))
            .with_metric_keys_max(settings.metric_keys_max)
            .with_overflow(settings.keep, overflow);
        config.disk.clone_from(&self.memory.data_dir);
        config.metric_sample_seconds = settings.metric_sample_seconds.max(1);
        config
    }

    pub(crate) fn to_working(&self) -> aios_working::Config {
        let settings = &self.working;
        aios_working::Config {
            access: self.memory.access,
            durability: settings.durability,
            busy_timeout: Duration::from_millis(settings.busy_timeout_ms),
            queue: settings.queue,
            readers: settings.readers,
            feed_kinds: self.longterm.feed_kinds.clone(),
            language: self.embedding.language,
            ..aios_working::Config::default()
        }
    }

    pub(crate) fn to_longterm(&self) -> aios_longterm::Config {
        let settings = &self.longterm;
        let SearchWeights { words, related, meaning, speaker, time, moment, question, feedback } =
            self.search_weights.clone();
        aios_longterm::Config {
            access: self.memory.access,
            durability: self.working.durability,
            cache_bytes: settings.cache_mb.saturating_mul(1 << 20),
            resident_bytes_max: settings.resident_mb.saturating_mul(1 << 20),
            journal_rows_max: settings.journal_max_rows,
            disk_bytes_max: (0 < settings.max_disk_bytes).then_some(settings.max_disk_bytes),
            index_threshold: (0 < settings.index_threshold).then_some(settings.index_threshold),
            prune_after: Duration::from_secs(settings.prune_after_hours.saturating_mul(3600)),
            vector_wait: Duration::from_millis(self.search.vector_wait_ms),
            language: self.embedding.language,
            weights: Weights { words, related, meaning, speaker, time, moment, question, feedback },
            search_limit: self.search.limit,
            decoder: self.decoder.clone(),
            ..aios_longterm::Config::default()
        }
    }

    pub(crate) fn to_bert(&self) -> BertOptions {
        let Embedding { max_batch, query_prefix, document_prefix, .. } = &self.embedding;
        let given = |prefix: &String| Some(prefix.clone()).filter(|prefix| !prefix.is_empty());
        BertOptions {
            batch_max: *max_batch,
            query_prefix: given(query_prefix),
            document_prefix: given(document_prefix),
            ..BertOptions::default()
        }
    }

    pub(crate) fn to_guard(&self) -> Guard {
        Guard { injections: self.guard.injections, secrets: self.guard.secrets }
    }

    /// Returns the text of a settings file that lists every key with its documentation and its
    /// default, commented out.
    #[must_use]
    pub fn template() -> String {
        let defaults = Config::default();
        let mut text = String::from(
            "# Settings of aios-memory. Uncomment a line to change its value. Environment\n\
             # variables (AIOS_MEMORY_<SECTION>_<KEY>) and flags override this file.\n",
        );
        let mut section = "";
        for key in KEYS {
            if key.section != section {
                section = key.section;
                text.push_str(&format!("\n[{section}]\n"));
            }
            for line in key.help {
                text.push_str(&format!("#{line}\n"));
            }
            text.push_str(&format!("# {} = {}\n", key.name, (key.show)(&defaults)));
        }
        text
    }
}
