//! Arguments of the commands for the data directory as a whole, models, evaluation and settings.

use std::path::PathBuf;

use aios_hub::ModelName;
use aios_memory::period::Period;
use clap::{Args, Subcommand, ValueEnum};

use super::values::{parse_period, path};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Fetch a model into the hub's cache; files already there are not fetched again
    Pull {
        /// Name on the hub, ORGANISATION/NAME
        name: ModelName,
        /// Branch, tag or commit [default: main]
        #[arg(long)]
        revision: Option<String>,
    },
    /// List the models in the hub's cache, and whether each is usable
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Clear {
    /// Kind to clear; only entries are supported
    #[arg(value_enum)]
    pub(crate) kind: Clearable,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Kinds that can be cleared.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Clearable {
    /// Generic keyed values
    Entry,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Target: a directory that is empty or missing
    #[arg(value_parser = path(), required_unless_present = "scheduled")]
    pub(crate) dir: Option<PathBuf>,
    /// Make the backup of the settings `backup.*` if one is due, and remove the oldest ones
    #[arg(long, conflicts_with = "dir")]
    pub(crate) scheduled: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Start of the period, in the formats of `recall --since`
    #[arg(long, value_name = "TIME", value_parser = parse_period, allow_hyphen_values = true,
          conflicts_with = "days")]
    pub(crate) since: Option<Period>,
    /// Number of days including today, 1 to 3660 [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3660),
          allow_hyphen_values = true)]
    pub(crate) days: Option<u16>,
    /// Write the report as an HTML page without scripts and external files. Replaces an existing
    /// file only if it is such a page. `-` is stdout
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Directory that `backup` wrote
    #[arg(value_parser = path())]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// File to create; it must not exist yet. `-` is stdout
    #[arg(value_parser = path())]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// File to import: an export, SQLite, or JSON; it is only read
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) from: PathBuf,
    /// Print what would be imported, and store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Store each record for the owner that it names; without this flag, such records are refused
    #[arg(long, conflicts_with = "user")]
    pub(crate) owners_from_file: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Repair the library, as `repair` does
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Reindex {
    /// Model: `minilm`, `static`, or a directory [default: the setting embedding.model; `auto` is
    /// the current default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// Print what would leave working memory, and change nothing
    #[arg(long, conflicts_with = "vacuum")]
    pub(crate) dry_run: bool,
    /// Also rewrite the file of working memory without deleted records
    #[arg(long)]
    pub(crate) vacuum: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Print what would be done without doing it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Files of conversations or notes, or directories of document collections
    #[arg(required = true, value_name = "PATH", value_parser = path())]
    pub(crate) paths: Vec<PathBuf>,
    /// Measure learning instead of retrieval: facts from conversations (.json), against
    /// observations.json beside them, and cases of supersession (.jsonl)
    #[arg(long, conflicts_with_all = ["format", "among"])]
    pub(crate) learning: bool,
    /// Format of the files
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: EvalFormat,
    /// Add distractors to the notes: a directory of a document collection, a .json file of
    /// conversations, or a file with a text or an object with `text` on each line; may be repeated
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub(crate) among: Vec<PathBuf>,
    /// Model: `minilm`, `static`, or a directory [default: the setting embedding.model; `auto` is
    /// the current default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// Datasets that `eval` reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    /// The LoCoMo dataset's JSON, or LongMemEval's
    #[default]
    Locomo,
    /// The LongMemEval dataset's JSON
    #[value(name = "longmemeval")]
    LongMemEval,
    /// Directories with corpus.jsonl, queries.jsonl and qrels/test.tsv
    Beir,
    /// Directories with cran.all.1400, cran.qry and cranqrel
    Cranfield,
    /// Directories with CISI.ALL, CISI.QRY and CISI.REL
    Cisi,
    /// Lines of JSON: memories (id, text, kind, user), and questions about them (q, gold, type)
    Notes,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the settings in effect, each with its origin
    Show,
    /// Print the path of the settings file
    Path,
    /// Write a settings file with every key, its default and an explanation
    Init {
        /// Overwrite an existing file
        #[arg(long)]
        force: bool,
    },
}
