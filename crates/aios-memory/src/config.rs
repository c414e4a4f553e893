//! The settings: one table from which the types, their defaults, their documentation, the
//! environment's names and the file that `config init` writes are all made.
//!
//! Defaults give way to the file, the file to the environment, the environment to flags. Not here:
//! what the settings do, and reading the process's environment, which callers hand in.

mod home;
mod load;
mod setting;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aios_embedding::BertOptions;
use aios_guard::{Guard, Policy};
use aios_longterm::{Access, Decoder, Durability, LIMIT_MAX, Language, Weights};
use aios_operational::{CAPACITY_MAX, Keep, Overflow};
use aios_record::{Kind, Tier};

use self::setting::Setting;
pub use self::{
    home::expand_home,
    load::{Effective, Error, Flag, Origin, Sources},
};
use crate::tokens::Tokenizer;

/// The bounds of settings whose use has none of its own: far beyond what is of use, and far below
/// where arithmetic ends.
const DAYS_MAX: u64 = 36_500;
const HOURS_MAX: u64 = DAYS_MAX * 24;
const SECONDS_MAX: u64 = HOURS_MAX * 3600;
const ROWS_MAX: u64 = 1_000_000_000_000;
const BYTES_MAX: u64 = 1 << 50;
const MIB_MAX: usize = 1 << 20;
const TOKENS_MAX: usize = 100_000_000;
const WEIGHT_MAX: f64 = 100.0;

/// One setting, with its type taken away.
pub(crate) struct Key {
    pub(crate) section: &'static str,
    pub(crate) name: &'static str,
    /// Its documentation, a line of source each.
    pub(crate) help: &'static [&'static str],
    /// Takes a value out of a file.
    pub(crate) read: fn(&mut Config, &toml::Value) -> Result<(), String>,
    /// Takes a value from the environment or a flag.
    pub(crate) parse: fn(&mut Config, &str) -> Result<(), String>,
    /// Looks at a value that neither of these took.
    pub(crate) check: fn(&Config) -> Result<(), String>,
    pub(crate) show: fn(&Config) -> toml::Value,
    /// Puts the home directory in place of `~`, if it is a path.
    pub(crate) expand: fn(&mut Config, Option<&OsStr>) -> Result<(), String>,
}

impl Key {
    /// `section.name`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The name of the environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("AIOS_MEMORY_{}", self.path().replace('.', "_")).to_ascii_uppercase()
    }
}

/// The bounds that stand in the table, or none.
macro_rules! bounds {
    () => {
        &()
    };
    ($bounds:expr) => {
        &$bounds
    };
}

/// Sections of `key: type = default => bounds`; numbers and texts have bounds, other types none.
macro_rules! settings {
    ($(
        $(#[doc = $about:literal])*
        $path:literal => $section:ident: $Section:ident {
            $($(#[doc = $help:literal])* $key:ident: $type:ty = $default:expr
                $(=> $bounds:expr)?,)*
        }
    )*) => {
        /// How a memory is opened. [`Config::at`] gives one with the defaults.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Config {
            $($(#[doc = $about])* pub $section: $Section,)*
            /// Who decodes damaged files of the library for a [`repair`](crate::repair). No file
            /// sets it. Default: nobody.
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
        /// Where everything is kept; empty for $XDG_DATA_HOME/aios-memory, by default
        /// ~/.local/share/aios-memory.
        data_dir: PathBuf = PathBuf::new(),
        /// The user whose records are read and written; empty for nobody in particular: what has
        /// no owner.
        user: String = String::new() => 0..=128,
        /// The use that is made of the data directory: read_write, or read_only, with which nothing
        /// is written there.
        access: Access = Access::ReadWrite,
    }
    /// Tier 0: recent events and metrics, in RAM.
    "operational" => operational: Operational {
        /// How many events the ring holds.
        capacity: usize = 10_000 => 1..=CAPACITY_MAX,
        /// Events of this age, in seconds, are no longer shown.
        ttl_seconds: u64 = 3600 => 0..=SECONDS_MAX,
        /// Which events go to the disk when they leave the ring: critical, all or none.
        keep: Keep = Keep::Critical,
        /// How many metric keys there may be.
        metric_keys_max: usize = 10_000 => 1..=CAPACITY_MAX,
        /// Of every so many seconds the last value of each metric is kept for a week; 0 keeps only
        /// the figures of hours, which are there for a year.
        metric_sample_seconds: usize = 1 => 0..=86_400,
    }
    /// Tier 1: what is going on now, in SQLite.
    "working" => working: Working {
        /// The file; empty for working.db in the data directory.
        path: PathBuf = PathBuf::new(),
        /// What an acknowledged write survives, here and in long-term memory: full (a crash of the
        /// machine) or normal (of the process).
        durability: Durability = Durability::Full,
        /// How long to wait for another process that is writing, in milliseconds.
        busy_timeout_ms: u64 = 10_000 => 0..=3_600_000,
        /// How many writes, and how many reads, may wait before callers are refused.
        queue: usize = 1024 => 1..=1_000_000,
        /// How many threads read.
        readers: usize = 2 => 1..=64,
    }
    /// Tier 2: everything, searchable, in LanceDB.
    "longterm" => longterm: Longterm {
        /// Which kinds of working records are searchable for ever.
        feed_kinds: Vec<Kind> = vec![
            Kind::Goal,
            Kind::Task,
            Kind::Decision,
            Kind::Message,
            Kind::Entry,
            Kind::Event,
        ],
        /// Records from which on LanceDB gets an approximate vector index, which a search in RAM
        /// does not use; 0 for more than can be searched in RAM.
        index_threshold: u64 = 0 => 0..=ROWS_MAX,
        /// MiB of RAM for indexes and metadata.
        cache_mb: usize = 128 => 0..=MIB_MAX,
        /// MiB of RAM in which a process may hold the library to search it; a larger library is
        /// searched by LanceDB's indexes, which is slower; 0 for always.
        resident_mb: usize = 1024 => 0..=MIB_MAX,
        /// Records that may wait in the journal before writes are refused; a batch of more records
        /// goes in when none waits.
        journal_max_rows: u64 = 1_000_000 => 1..=ROWS_MAX,
        /// Bytes on disk from which on only deletions are taken; 0 for no limit.
        max_disk_bytes: u64 = 0 => 0..=BYTES_MAX,
        /// Hours for which a version of the library that nothing needs any more is kept.
        prune_after_hours: u64 = 1 => 0..=HOURS_MAX,
    }
    /// Text to vector.
    "embedding" => embedding: Embedding {
        /// `auto` (`bundled` is the same): the model that the memory was made with, and for a new
        /// one the transformer of the program. `minilm` is that transformer, `static` the fast
        /// table. Else another model: its directory, or its name on the Hugging Face hub
        /// (ORGANISATION/NAME, with @REVISION if need be) if it is in the hub's cache.
        model: String = "auto".to_owned() => 1..=4096,
        /// How many texts a BERT embeds at once; more take more RAM.
        max_batch: usize = 32 => 1..=4096,
        /// Vectors by a BERT that are kept for texts that come again, and as many for queries; 0
        /// keeps none.
        cache_entries: usize = 4096 => 0..=10_000_000,
        /// What a BERT wants before a query, such as `query: ` for e5; what the model's own
        /// config_sentence_transformers.json says where this is empty.
        query_prefix: String = String::new() => 0..=1000,
        /// The same before what is stored, such as `passage: `.
        document_prefix: String = String::new() => 0..=1000,
        /// The language whose word endings are ignored: english, german, ..., none, or auto for
        /// English and, of each text, the language that it is recognised as.
        language: Language = Language::Auto,
    }
    /// Search.
    "search" => search: Search {
        /// The most hits of a search that names no limit.
        limit: usize = 10 => 1..=LIMIT_MAX,
        /// The longest time, in milliseconds, for which a search waits for vectors that are still
        /// to be made; then it searches those records by their words alone.
        vector_wait_ms: u64 = 50 => 0..=60_000,
        /// The directory of a cross-encoder with one label, which reads the first 30 hits of a
        /// recall together with the query and orders them; empty for none.
        reranker: PathBuf = PathBuf::new(),
    }
    /// What each signal of a search counts for; 0 switches it off.
    "search.weights" => search_weights: SearchWeights {
        /// The share of the query's words that a record has.
        words: f64 = Weights::default().words => 0.0..=WEIGHT_MAX,
        /// A word related to one of the query's, against the word itself.
        related: f64 = Weights::default().related => 0.0..=WEIGHT_MAX,
        /// A meaning as alike as that of a question and its answer, beyond unrelated texts.
        meaning: f64 = Weights::default().meaning => 0.0..=WEIGHT_MAX,
        /// Being said by whom the query names.
        speaker: f64 = Weights::default().speaker => 0.0..=WEIGHT_MAX,
        /// Having happened when the query says.
        time: f64 = Weights::default().time => 0.0..=WEIGHT_MAX,
        /// Telling a time where the query asks when.
        moment: f64 = Weights::default().moment => 0.0..=WEIGHT_MAX,
        /// Being a question itself.
        question: f64 = Weights::default().question => -WEIGHT_MAX..=WEIGHT_MAX,
        /// The share of the first hits' common words that it has.
        feedback: f64 = Weights::default().feedback => 0.0..=WEIGHT_MAX,
    }
    /// The assembled context.
    "context" => context: Context {
        /// Its budget unless told.
        max_tokens: usize = 4000 => 1..=TOKENS_MAX,
        /// What counts the tokens: embedder, o200k, cl100k or estimate.
        tokenizer: Tokenizer = Tokenizer::Embedder,
        /// The tiers that it draws from.
        tiers: Vec<Tier> = Tier::ALL.to_vec(),
        /// The most tokens for what is known of the user.
        profile_tokens: usize = 300 => 0..=TOKENS_MAX,
        /// The most tokens for the state of the machine.
        snapshot_tokens: usize = 500 => 0..=TOKENS_MAX,
        /// How many messages of the session are shown as they were said.
        recent_messages: usize = 12 => 0..=1000,
        /// How many found records are looked at.
        candidates: usize = 60 => 1..=LIMIT_MAX,
    }
    /// For how many days working memory keeps what long-term memory has as well; 0 is for ever.
    "retention" => retention: Retention {
        /// Goals and tasks, once they have ended.
        goals_and_tasks_days: u64 = 90 => 0..=DAYS_MAX,
        /// Tool calls.
        tool_calls_days: u64 = 30 => 0..=DAYS_MAX,
        /// Decisions.
        decisions_days: u64 = 30 => 0..=DAYS_MAX,
        /// Messages and interactions.
        messages_days: u64 = 30 => 0..=DAYS_MAX,
        /// Sessions in which nothing happens.
        sessions_days: u64 = 90 => 0..=DAYS_MAX,
        /// Events.
        events_days: u64 = 30 => 0..=DAYS_MAX,
        /// Summaries of sessions and goals.
        summaries_days: u64 = 365 => 0..=DAYS_MAX,
        /// Single samples of metrics, which long-term memory has not; hourly figures follow.
        metrics_days: u64 = 7 => 0..=DAYS_MAX,
        /// Hourly figures of metrics.
        metrics_hourly_days: u64 = 365 => 0..=DAYS_MAX,
        /// How many patterns stay, the most surely successful ones; 0 for all.
        patterns_max: usize = 1000 => 0..=1_000_000_000,
        /// How often the file is compacted, if that wins something; 0 is never.
        vacuum_days: u64 = 7 => 0..=DAYS_MAX,
    }
    /// What is done about text that should not be stored or shown.
    "guard" => guard: Guarding {
        /// Attempts to instruct the model: mark, redact or refuse.
        injections: Policy = Policy::Mark,
        /// Passwords, keys and the like: mark, redact or refuse.
        secrets: Policy = Policy::Mark,
    }
}

impl Config {
    /// The defaults, for a data directory.
    #[must_use]
    pub fn at(data_dir: impl Into<PathBuf>) -> Config {
        let mut config = Config::default();
        config.memory.data_dir = data_dir.into();
        config
    }

    /// These settings, for this use of the data directory.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Config {
        self.memory.access = access;
        self
    }

    /// Looks at every value, as they are looked at where they come from a file or the environment.
    ///
    /// # Errors
    /// [`Error::Value`] for the first that is out of its bounds.
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

    /// The file of working memory.
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

    /// The text of a settings file in which every key stands with its default, commented out, and
    /// its explanation.
    #[must_use]
    pub fn template() -> String {
        let defaults = Config::default();
        let mut text = String::from(
            "# Settings of aios-memory. A line without its `#` takes effect. The environment\n\
             # (AIOS_MEMORY_<SECTION>_<KEY>) and flags go before this file.\n",
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

/// The file that is read unless another one is named.
#[must_use]
pub fn default_file(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = base(&env, "XDG_CONFIG_HOME", ".config")?;
    Some(home.join("aios-memory").join("aios-memory.toml"))
}

/// The data directory that is used unless another one is named.
fn default_data_dir(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(base(&env, "XDG_DATA_HOME", ".local/share")?.join("aios-memory"))
}

/// A base directory as the XDG specification has it: a relative one does not count.
fn base(env: impl Fn(&str) -> Option<String>, variable: &str, below: &str) -> Option<PathBuf> {
    let given = env(variable).filter(|path| Path::new(path).is_absolute()).map(PathBuf::from);
    let home = || env("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    given.or_else(|| Some(home()?.join(below)))
}
