//! Arguments of the commands that store, find, change and forget records.

use std::{ffi::OsString, path::PathBuf};

use aios_exchange::ingest::Format;
use aios_memory::{Kind, Tier, Tokenizer, context::Format as ContextFormat, period::Period};
use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use super::flags::FieldFlags;
use super::values::{parse_limit, parse_period, parse_share, parse_tag, parse_text, path};

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files or directories; `-` is stdin. In a directory, every text file is read that no
    /// .gitignore excludes
    #[arg(required = true, value_name = "FILE", value_parser = path())]
    pub(crate) files: Vec<PathBuf>,
    /// In directories, read only files that match this pattern, such as '*.md' or 'docs/**'; may be
    /// repeated
    #[arg(long = "include", value_name = "GLOB")]
    pub(crate) includes: Vec<String>,
    /// Format of the files
    #[arg(long, value_parser = format_parser(), default_value = Format::Auto.name())]
    pub(crate) format: Format,
    /// Also keep the thinking of models, as messages with the role `thinking`
    #[arg(long)]
    pub(crate) thinking: bool,
    /// Follow one session file of Claude Code or Codex: store the lines that are new since it was
    /// last followed, and new ones as they are written, until the command is interrupted. Secrets
    /// are removed
    #[arg(long, conflicts_with_all = ["includes", "owners_from_file"])]
    pub(crate) follow: bool,
    /// End at the end of the file that is followed
    #[arg(long, requires = "follow")]
    pub(crate) once: bool,
    /// Store each record for the owner that it names; without this flag, such records are refused
    #[arg(long, conflicts_with = "user")]
    pub(crate) owners_from_file: bool,
}

/// Returns a parser for the name of a [`Format`] that lists all formats in help.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    let listed = Format::all().map(|it| PossibleValue::new(it.name()).help(it.about()));
    PossibleValuesParser::new(listed).map(|name| {
        let named = Format::all().find(|it| it.name() == name);
        named.expect("the parser takes names of formats only")
    })
}

#[derive(Debug, Args)]
pub(crate) struct Remember {
    /// Text; `-` reads it from stdin
    pub(crate) text: String,
    /// Collection
    #[arg(long, default_value = "notes", value_parser = Kind::meant_by)]
    pub(crate) collection: Kind,
    /// Label to filter by; may be repeated
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag,
          allow_hyphen_values = true)]
    pub(crate) tags: Vec<String>,
    /// Importance, 0 to 1
    #[arg(long, default_value_t = 0.5, value_parser = parse_share, allow_hyphen_values = true)]
    pub(crate) importance: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Recall {
    /// Query, in words
    pub(crate) query: String,
    /// Maximum number of hits, 1 to 1000 [default: the setting search.limit]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true)]
    pub(crate) limit: Option<usize>,
    /// Only this collection; may be repeated
    #[arg(long = "collection", value_parser = Kind::meant_by)]
    pub(crate) collections: Vec<Kind>,
    /// Only records with this label; if repeated, any of the labels
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag,
          allow_hyphen_values = true)]
    pub(crate) tags: Vec<String>,
    /// Only records dated at or after this time: 2026, 2026-05, 2026-05-08, 8.5.2026, yesterday,
    /// last monday, 7d, 3h, 2 weeks ago, or a timestamp such as 2026-05-08T13:56
    #[arg(long, value_name = "TIME", value_parser = parse_period, allow_hyphen_values = true)]
    pub(crate) since: Option<Period>,
    /// Only records dated before the end of this time, in the same formats
    #[arg(long, value_name = "TIME", value_parser = parse_period, allow_hyphen_values = true)]
    pub(crate) until: Option<Period>,
    /// Records as they were known and valid at the end of this time
    #[arg(long, value_name = "TIME", value_parser = parse_period, allow_hyphen_values = true)]
    pub(crate) as_of: Option<Period>,
    /// Minimum relevance of a hit, 0 to 1
    #[arg(long, value_name = "X", value_parser = parse_share, allow_hyphen_values = true)]
    pub(crate) min_relevance: Option<f64>,
    /// Explain the score of each hit
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Context {
    /// Task
    pub(crate) task: String,
    /// Token budget [default: the setting context.max_tokens]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) max_tokens: Option<usize>,
    /// Only this tier; may be repeated [default: the setting context.tiers]
    #[arg(long = "tier", value_name = "TIER")]
    pub(crate) tiers: Vec<Tier>,
    /// Tokenizer for the budget: embedder, o200k, cl100k or estimate
    #[arg(long, value_name = "NAME")]
    pub(crate) tokenizer: Option<Tokenizer>,
    /// Output format: markdown, xml or json
    #[arg(long, value_name = "NAME", default_value = "markdown")]
    pub(crate) format: ContextFormat,
    /// Print on stderr which records were chosen and which were left out
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecordKind {
    /// Kind, such as goal, task, tool_call, decision, preference, metric; `kinds` lists all
    #[arg(value_parser = What::parse)]
    pub(crate) kind: What,
    #[command(flatten)]
    pub(crate) fields: FieldFlags,
}

#[derive(Debug, Args)]
pub(crate) struct Kinds {
    /// Kind, such as goal, task, note [default: all]
    #[arg(value_parser = Kind::meant_by)]
    pub(crate) kind: Option<Kind>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Kind, such as goal, task, message
    #[arg(value_parser = What::parse)]
    pub(crate) kind: What,
    /// Maximum number of records, 1 to 1000
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          default_value = "20")]
    pub(crate) limit: usize,
    /// Continue a list: the `next` of the previous page
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
}

/// A kind of record, or `metric`. Metrics are values over time, not records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Kind(Kind),
    Metric,
}

impl What {
    pub(crate) const METRIC: &str = "metric";

    /// Parses the name of a kind as [`Kind::meant_by`] does, or `metric`.
    pub(crate) fn parse(name: &str) -> Result<What, String> {
        if matches!(name, What::METRIC | "metrics") {
            return Ok(What::Metric);
        }
        let kind = Kind::meant_by(name).map_err(|error| format!("{error}; also {}", What::METRIC));
        kind.map(What::Kind)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
    #[command(flatten)]
    pub(crate) fields: FieldFlags,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Records: KIND/ID, an id that only one kind has, or a document as file/PATH
    #[arg(value_name = "KIND/ID", conflicts_with = "query")]
    pub(crate) records: Vec<OsString>,
    /// Propose the records that contain this text, and show them before anything is forgotten
    #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// Maximum number of records of the query, 1 to 1000 [default: 10]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          requires = "query")]
    pub(crate) limit: Option<usize>,
    /// Propose every record of at least this relevance to the query, 0 to 1, with any words; the
    /// numbers of the query must still match
    #[arg(long, value_name = "X", value_parser = parse_share, allow_hyphen_values = true,
          requires = "query")]
    pub(crate) min_relevance: Option<f64>,
    /// Also erase every byte of them from all files, except backups
    #[arg(long)]
    pub(crate) purge: bool,
    /// Print what would be forgotten, and forget nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
