//! The command line, as clap reads it. Not here: what the commands do.

mod flags;
mod values;
mod words;

use std::{ffi::OsString, path::PathBuf};

use aios_memory::{
    AgentMemory, ContextFormat, Flag, Format, Kind, MemoryView, ModelName, Period, Scope,
    ScopeFilter, Tier, Tokenizer,
};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;

use self::values::{
    parse_limit, parse_part, parse_period, parse_project, parse_share, parse_tag, parse_text,
    parse_user, path,
};
pub(crate) use self::{
    flags::{FieldFlags, names as field_names},
    words::asks_for_json,
};

/// The memory of AI agents: loses nothing, finds the right thing, and hands over exactly as many
/// tokens as were asked for.
#[derive(Debug, Parser)]
#[command(name = "aios-memory", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Where everything is kept [default: ~/.local/share/aios-memory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// The settings file [default: ~/.config/aios-memory/aios-memory.toml]
    #[arg(long, global = true, value_name = "FILE", value_parser = path(),
          env = "AIOS_MEMORY_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Act for this user: read their own and shared records, write and change their own
    /// [default: the setting memory.user, else shared records]
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_user)]
    user: Option<String>,
    /// Act for the administrator: read and change the records of every user
    #[arg(long, global = true, conflicts_with = "user")]
    all_users: bool,
    /// Narrow to this project, and what belongs to none: an id, or a directory (., ./DIR, ~/DIR,
    /// /DIR)
    #[arg(long, global = true, value_name = "ID|DIR", value_parser = parse_project)]
    project: Option<String>,
    /// Narrow to this agent, and what belongs to none
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    agent: Option<String>,
    /// Narrow to this session, and what belongs to none
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    session: Option<String>,
    /// Leave out what is shared or belongs to no such project, agent or session
    #[arg(long, global = true)]
    exact_scope: bool,
    /// Only read: write nothing into the data directory, which may belong to another user
    #[arg(long, global = true)]
    read_only: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print times in UTC, not in the local time zone; JSON always has UTC
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Tell more of what happens; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print results only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl Global {
    /// The memory as the flags say: as one user, as nobody in particular, or as the administrator,
    /// narrowed by project, agent and session.
    pub(crate) fn view(&self, memory: &AgentMemory) -> Result<MemoryView, aios_memory::Error> {
        let whole = match &self.user {
            Some(user) => memory.for_user(user)?,
            None if self.all_users => MemoryView::clone(&memory.administrator()),
            None => MemoryView::clone(memory),
        };
        let scope = Scope {
            user: None,
            project: self.project.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
        };
        whole.narrow(&match self.exact_scope {
            true => ScopeFilter::exact(scope),
            false => ScopeFilter::new(scope),
        })
    }

    /// Returns `true` if a flag says whose records are meant, or narrows them.
    pub(crate) fn is_scoped(&self) -> bool {
        let parts = [&self.user, &self.project, &self.agent, &self.session];
        parts.iter().any(|part| part.is_some())
    }

    /// The user that a command acts for, where the settings name `user` or, empty, nobody.
    pub(crate) fn acting_user<'a>(&'a self, user: &'a str) -> Option<&'a str> {
        let set = Some(user).filter(|user| !user.is_empty() && !self.all_users);
        self.user.as_deref().or(set)
    }

    /// The settings that flags set.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let data_dir = self.data_dir.as_ref().map(|dir| Flag {
            name: "--data-dir",
            key: "memory.data_dir",
            value: dir.clone(),
        });
        let access = self.read_only.then(|| Flag {
            name: "--read-only",
            key: "memory.access",
            value: "read_only".to_owned(),
        });
        data_dir.into_iter().chain(access).collect()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A small agent's day in a throw-away directory, told step by step
    Demo,
    /// Take conversations, documents or records into memory
    Ingest(Ingest),
    /// Remember one text; it is durable when this returns
    Remember(Remember),
    /// Search
    Recall(Recall),
    /// Print the context for a task: what matters, within a budget of tokens
    Context(Context),
    /// Store a record given by flags, or as JSON on stdin
    Record(RecordKind),
    /// List the records of a kind, oldest first
    List(List),
    /// Print one record
    Show(Show),
    /// What a record was before, newest version first, with when and by whom
    History(Show),
    /// Change fields of a record, and leave the others
    Update(Update),
    /// Delete a record for good, and what belongs to it
    Delete(Delete),
    /// Delete all entries for good
    Clear(Clear),
    /// Forget records wherever they are, and what was made of them
    Forget(Forget),
    /// Copy the whole data directory, also while others use it
    Backup(Backup),
    /// Put a copy back into a data directory that is empty, or not there yet
    Restore(Restore),
    /// Write all records of the scope to a file, as lines of JSON
    Export(Export),
    /// Take over an export, or what another program stored: a SQLite database or JSON
    Import(Import),
    /// What there is, and how much
    Stats,
    /// The state of the machine: processor, RAM, disk, load
    Snapshot,
    /// Examine everything, and say what to do about what is wrong
    Doctor,
    /// Compare what is stored with what should be, and read all of it
    Verify(Verify),
    /// Put right what `verify` finds wrong with the library
    Repair,
    /// Make the library anew, with another model or the same; others may use it meanwhile
    Reindex(Reindex),
    /// Move out of working memory what is past its retention, and tidy the files
    Maintain(Maintain),
    /// Bring the files to the schema of this program; opening does it as well
    Migrate(Migrate),
    /// Measure how well questions find their evidence in labelled conversations or documents
    Eval(Eval),
    /// The settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The embedding models of the Hugging Face hub that are on this machine
    #[command(subcommand)]
    Model(ModelCommand),
    /// Decode a damaged file for the process that reads the output
    #[command(hide = true)]
    DecodeRows,
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Fetch a model into the hub's cache; what is there already is not fetched again
    Pull {
        /// Its name on the hub, ORGANISATION/NAME
        name: ModelName,
        /// A branch, a tag or a commit [default: main]
        #[arg(long)]
        revision: Option<String>,
    },
    /// What is in the hub's cache, and whether it can be used
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files to read, and directories, of which all files are read that hold text and that no
    /// .gitignore leaves out; `-` is stdin
    #[arg(required = true, value_name = "FILE", value_parser = path())]
    pub(crate) files: Vec<PathBuf>,
    /// Of directories only files of this pattern, such as '*.md' or 'docs/**'; may be given several
    /// times
    #[arg(long = "include", value_name = "GLOB")]
    pub(crate) includes: Vec<String>,
    /// How they are written
    #[arg(long, value_parser = format_parser(), default_value = Format::Auto.name())]
    pub(crate) format: Format,
    /// Keep the thinking of models too, as messages whose role is `thinking`
    #[arg(long)]
    pub(crate) thinking: bool,
    /// Store each record for the owner that it names; without this such records are refused
    #[arg(long, conflicts_with = "user")]
    pub(crate) owners_from_file: bool,
}

/// Reads the name of a [`Format`], and lists them in help.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    let listed = Format::all().map(|it| PossibleValue::new(it.name()).help(it.about()));
    PossibleValuesParser::new(listed).map(|name| {
        let named = Format::all().find(|it| it.name() == name);
        named.expect("the parser takes names of formats only")
    })
}

#[derive(Debug, Args)]
pub(crate) struct Remember {
    /// What to remember; `-` reads it from stdin
    pub(crate) text: String,
    /// Where to put it
    #[arg(long, default_value = "notes", value_parser = Kind::meant_by)]
    pub(crate) collection: Kind,
    /// A label to filter by; may be given several times
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag,
          allow_hyphen_values = true)]
    pub(crate) tags: Vec<String>,
    /// How much it matters, 0 to 1
    #[arg(long, default_value_t = 0.5, value_parser = parse_share)]
    pub(crate) importance: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Recall {
    /// What to look for, in words
    pub(crate) query: String,
    /// The most hits, 1 to 1000 [default: the setting search.limit]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true)]
    pub(crate) limit: Option<usize>,
    /// Only this collection; may be given several times
    #[arg(long = "collection", value_parser = Kind::meant_by)]
    pub(crate) collections: Vec<Kind>,
    /// Only records with this label; of several, any
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag,
          allow_hyphen_values = true)]
    pub(crate) tags: Vec<String>,
    /// What happened then or later: 2026, 2026-05, 2026-05-08, 8.5.2026, yesterday, last monday,
    /// 7d, 3h, 2 weeks ago, or a moment such as 2026-05-08T13:56
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) since: Option<Period>,
    /// What happened before the end of then, written in the same ways
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) until: Option<Period>,
    /// What was known and valid at the end of then
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) as_of: Option<Period>,
    /// Leave out what fits less well, 0 to 1
    #[arg(long, value_name = "X", value_parser = parse_share)]
    pub(crate) min_relevance: Option<f64>,
    /// Say how each hit came about
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Context {
    /// The task that the context is for
    pub(crate) task: String,
    /// The budget [default: the setting context.max_tokens]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<usize>,
    /// Only this tier; may be given several times [default: the setting context.tiers]
    #[arg(long = "tier", value_name = "TIER")]
    pub(crate) tiers: Vec<Tier>,
    /// What counts the tokens: embedder, o200k, cl100k or estimate
    #[arg(long, value_name = "NAME")]
    pub(crate) tokenizer: Option<Tokenizer>,
    /// How it is written: markdown, xml or json
    #[arg(long, value_name = "NAME", default_value = "markdown")]
    pub(crate) format: ContextFormat,
    /// Say on stderr what was chosen and what was left out
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecordKind {
    /// What it is, such as goal, task, tool_call, decision, preference, metric
    #[arg(value_parser = What::parse)]
    pub(crate) kind: What,
    #[command(flatten)]
    pub(crate) fields: FieldFlags,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// What to list, such as goal, task, message
    #[arg(value_parser = What::parse)]
    pub(crate) kind: What,
    /// The most records, 1 to 1000
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          default_value = "20")]
    pub(crate) limit: usize,
    /// Go on after what was listed before: the `next` of that list
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
}

/// What is recorded, listed and shown: a kind of record, or a metric, whose values are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Kind(Kind),
    Metric,
}

impl What {
    pub(crate) const METRIC: &str = "metric";

    /// As [`Kind::meant_by`], and metrics.
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
    /// The record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
    #[command(flatten)]
    pub(crate) fields: FieldFlags,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The record: KIND/ID, or an id that only one kind has
    #[arg(value_name = "KIND/ID")]
    pub(crate) record: String,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Without a record or a query it is all records of --user, or all that --project, --agent and
/// --session narrow to; those of others, and shared ones, stay.
///
/// A query proposes the records that say it: those with its text, and those with every word and
/// number of it. Without a terminal --yes forgets them if their text is that of the query; name
/// others by their keys.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The records: KIND/ID, an id that only one kind has, or a document as file/PATH
    #[arg(value_name = "KIND/ID", conflicts_with = "query")]
    pub(crate) records: Vec<OsString>,
    /// Records that say this; they are shown before anything is forgotten
    #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
    pub(crate) query: Option<String>,
    /// The most records of the query, 1 to 1000 [default: 10]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          requires = "query")]
    pub(crate) limit: Option<usize>,
    /// Propose all that fit the query this well, 0 to 1, whatever their words; its numbers they
    /// must have
    #[arg(long, value_name = "X", value_parser = parse_share, requires = "query")]
    pub(crate) min_relevance: Option<f64>,
    /// Make sure that no file keeps a byte of them, backups left out
    #[arg(long)]
    pub(crate) purge: bool,
    /// Say what would be forgotten, and forget nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Clear {
    /// What to delete all of; only entries can be
    #[arg(value_enum)]
    pub(crate) kind: Clearable,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// The kinds of which all can be deleted at once.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Clearable {
    /// Generic keyed values
    Entry,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where to: a directory that is empty, or not there yet
    #[arg(value_parser = path())]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// What `backup` made
    #[arg(value_parser = path())]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The file, which must not be there yet; `-` is stdout
    #[arg(value_parser = path())]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file: an export, SQLite, or JSON; it is not changed
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) from: PathBuf,
    /// Say what would be done, and store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Store each record for the owner that it names; without this such records are refused
    #[arg(long, conflicts_with = "user")]
    pub(crate) owners_from_file: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Put right what is wrong with the library, as `repair` does
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Reindex {
    /// The model: `minilm`, `static`, or its directory [default: the setting embedding.model, whose
    /// `auto` is the present default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// Say what would leave working memory, and do nothing
    #[arg(long, conflicts_with = "vacuum")]
    pub(crate) dry_run: bool,
    /// Also rewrite the file of working memory without what was deleted
    #[arg(long)]
    pub(crate) vacuum: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Files of conversations or notes, or directories of document collections
    #[arg(required = true, value_name = "PATH", value_parser = path())]
    pub(crate) paths: Vec<PathBuf>,
    /// How they are written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: EvalFormat,
    /// Put the notes among other texts: a directory of a document collection, a .json file of
    /// conversations, or a file with a text or an object with `text` on each line; may be repeated
    #[arg(long, value_name = "PATH", value_parser = path())]
    pub(crate) among: Vec<PathBuf>,
    /// The model: `minilm`, `static`, or its directory [default: the setting embedding.model, whose
    /// `auto` is the present default]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
}

/// The datasets that `eval` reads.
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
    /// Print the settings in effect, each with where it is from
    Show,
    /// Print where the settings file is
    Path,
    /// Write the settings file, with every key, its default and an explanation
    Init {
        /// Write over a file that is there
        #[arg(long)]
        force: bool,
    },
}
