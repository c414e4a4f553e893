//! The command line, as clap parses it. Not here: what the commands do.

mod flags;
mod values;
mod words;

use std::{ffi::OsString, path::PathBuf, time::Duration};

use aios_exchange::ingest::Format;
use aios_hub::ModelName;
use aios_memory::{
    AgentMemory, Kind, MemoryView, Scope, ScopeFilter, Tier, Timestamp, Tokenizer, config::Flag,
    context::Format as ContextFormat, period::Period, working::FILES_ROOT,
};
use aios_memory_server::{Profiles, Right};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use clap_complete::Shell;

#[cfg(feature = "top")]
use self::values::parse_interval;
use self::values::{
    parse_duration, parse_expiry, parse_limit, parse_part, parse_period, parse_project,
    parse_right, parse_share, parse_tag, parse_text, parse_user, path,
};
pub(crate) use self::{
    flags::FieldFlags,
    words::{asks_for_json, is_hook},
};
use crate::install::Agent;

/// The memory of AI agents: lossless, searchable, and exact to the token
#[derive(Debug, Parser)]
#[command(name = "aios-memory", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Data directory [default: ~/.local/share/aios-memory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// Settings file [default: ~/.config/aios-memory/aios-memory.toml]
    #[arg(long, global = true, value_name = "FILE", value_parser = path(),
          env = "AIOS_MEMORY_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// Act for this user: read their own and shared records, write and change only their own
    /// [default: the setting memory.user, else shared records]
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_user)]
    user: Option<String>,
    /// Act for the administrator: read and change the records of every user
    #[arg(long, global = true, conflicts_with = "user")]
    all_users: bool,
    /// Narrow to this project, and records without one: an id, a directory (., ./DIR, ~/DIR,
    /// /DIR), or `auto` for the current directory
    #[arg(long, global = true, value_name = "ID|DIR", value_parser = parse_project)]
    project: Option<String>,
    /// Narrow to this agent, and records without one
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    agent: Option<String>,
    /// Narrow to this session, and records without one
    #[arg(long, global = true, value_name = "NAME", value_parser = parse_part)]
    session: Option<String>,
    /// Leave out shared records, and records without the given project, agent or session
    #[arg(long, global = true)]
    exact_scope: bool,
    /// Open read-only: write nothing into the data directory, which may belong to another user
    #[arg(long, global = true)]
    read_only: bool,
    /// Work on the files even if a service runs for the data directory
    #[arg(long, global = true)]
    pub(crate) no_service: bool,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print times in UTC instead of the local time zone; JSON always uses UTC
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Log more; give it twice for debug output
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print results only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl Global {
    /// Returns the view that the flags select: a user, the administrator, or the default, narrowed
    /// by project, agent and session.
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

    /// Returns true if a flag names a user, project, agent or session.
    pub(crate) fn is_scoped(&self) -> bool {
        let parts = [&self.user, &self.project, &self.agent, &self.session];
        parts.iter().any(|part| part.is_some())
    }

    /// Returns the flags of the scope that are given and that a token can be bound to: the user and
    /// the project. The second value is true if other flags of the scope are given.
    pub(crate) fn bound(&self) -> (Option<&str>, Option<&str>, bool) {
        let others = self.all_users || self.exact_scope;
        let others = others || self.agent.is_some() || self.session.is_some();
        (self.user.as_deref(), self.project.as_deref(), others)
    }

    /// Returns the project, the agent and the session to narrow to.
    pub(crate) fn parts(&self) -> [Option<&str>; 3] {
        [&self.project, &self.agent, &self.session].map(Option::as_deref)
    }

    /// Returns true if the scope is that of the administrator, or excludes what is shared.
    pub(crate) fn is_unusual(&self) -> bool {
        self.all_users || self.exact_scope
    }

    /// Returns true if the memory is opened read-only.
    pub(crate) fn read_only(&self) -> bool {
        self.read_only
    }

    /// Returns the user that a command acts for. `user` is the one in the settings; empty means
    /// unset.
    pub(crate) fn acting_user<'a>(&'a self, user: &'a str) -> Option<&'a str> {
        let set = Some(user).filter(|user| !user.is_empty() && !self.all_users);
        self.user.as_deref().or(set)
    }

    /// Returns the settings that flags override.
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
    /// Show a small agent's day in a temporary directory, step by step
    Demo,
    /// Ingest conversations, documents or records
    Ingest(Ingest),
    /// Store one text; it is durable when the command returns
    Remember(Remember),
    /// Search by meaning and by word
    Recall(Recall),
    /// Print the context for a task: the relevant records, within a token budget
    Context(Context),
    /// Store a record given by flags, or as JSON on stdin
    Record(RecordKind),
    /// Print the kinds of record, or the fields and rules of one kind
    Kinds(Kinds),
    /// List the records of a kind, oldest first
    List(List),
    /// Print one record
    Show(Show),
    /// Print the versions of a record, newest first, with time and writer
    History(Show),
    /// Change the given fields of a record
    Update(Update),
    /// Delete a record permanently, with everything that belongs to it
    Delete(Delete),
    /// Delete all entries permanently
    Clear(Clear),
    /// Forget records in every tier, and everything derived from them
    ///
    /// Without a record or a query: all records of --user, or all that --project, --agent and
    /// --session narrow to. Records of others, and shared ones, stay.
    ///
    /// A query proposes the records that contain its text, or every word and number of it. Without
    /// a terminal, --yes forgets them only if their text equals the query; name others by their
    /// keys.
    Forget(Forget),
    /// Read and edit files that an agent keeps as memory, as the memory tool of Claude's API does
    #[command(subcommand)]
    Files(FilesCommand),
    /// Store messages and learn facts from them
    ///
    /// FILE has a message a line, as JSON: content or text, and optionally role, name, session,
    /// timestamp and id. The same file again adds nothing. Conversations in other formats are read
    /// by `ingest`, and learned from in the background.
    Learn(Learn),
    /// Print the facts that were learned: those of now, or of an earlier time
    Facts(Facts),
    /// List the interrupted tasks, which their agents can resume, oldest first
    Resume,
    /// Copy the whole data directory, even while other processes use it
    Backup(Backup),
    /// Restore a backup into a data directory that is empty or missing
    Restore(Restore),
    /// Write all records in scope to a file, as lines of JSON
    Export(Export),
    /// Import an export, or the store of another program: SQLite or JSON
    Import(Import),
    /// Print what is stored, with counts and sizes
    Stats,
    /// Report on the contents: by kind, day, user and agent, recalls, success, growth
    Report(Report),
    /// Print the recent events of the running service, or follow them
    Events(Events),
    /// Print the state of the machine: processor, RAM, disk, load
    Snapshot(Snapshot),
    /// Watch the running service in the terminal: calls, records, work, events, the machine
    #[cfg(feature = "top")]
    Top(Top),
    /// Run all checks, and advise on each problem
    Doctor,
    /// Check the stored data for consistency, reading all of it
    Verify(Verify),
    /// Repair the problems that `verify` finds in the library
    Repair,
    /// Rebuild the library, with another model or the same; other processes may use it meanwhile
    Reindex(Reindex),
    /// Move records past their retention out of working memory, and tidy the files
    Maintain(Maintain),
    /// Migrate the files to the schema of this program; opening them does so, too
    Migrate(Migrate),
    /// Serve the memory to other programs, over gRPC and HTTP, until it is told to end
    Serve(Serve),
    /// Serve the memory to an agent host over the Model Context Protocol, on stdin and stdout
    Mcp(Mcp),
    /// Add, list or revoke the tokens by which other programs call the service
    #[command(subcommand)]
    Token(TokenCommand),
    /// Answer an event of a coding agent's session; called by the agent, see `install`
    Hook(Hook),
    /// Install the memory in a coding agent: its hooks and the MCP server
    ///
    /// Entries of others stay as they are, with their order and comments.
    Install(Install),
    /// Measure how well questions find their evidence in labelled conversations or documents
    Eval(Eval),
    /// Show or create the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List or fetch embedding models of the Hugging Face hub
    #[command(subcommand)]
    Model(ModelCommand),
    /// Decode a damaged file for the process that reads the output
    #[command(hide = true)]
    DecodeRows,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Print each new event until the service ends, instead of recent ones
    #[arg(long)]
    pub(crate) follow: bool,
    /// Only events of this category
    #[arg(long, value_name = "WORD", value_parser = parse_text)]
    pub(crate) category: Option<String>,
    /// Only events from this component
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    pub(crate) source: Option<String>,
    /// Maximum number of recent events, 1 to 1000 [default: 20]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true,
          conflicts_with = "follow")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    /// Print it again after each interval, such as 2s, until the command is interrupted
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "2s",
          value_parser = parse_duration)]
    pub(crate) watch: Option<Duration>,
}

#[cfg(feature = "top")]
#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Time between two looks at the service, 100ms to 1h
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    pub(crate) interval: Duration,
    /// Print everything once as text, or as JSON with --json, and exit
    #[arg(long)]
    pub(crate) once: bool,
    /// Unix socket of the service [default: that of the service of the data directory]
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) socket: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// TCP address, or `none` for the socket alone [default: the setting server.listen,
    /// 127.0.0.1:50053]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Unix socket [default: run/service.sock in the data directory]
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) socket: Option<PathBuf>,
    /// End when nobody was connected for this time, such as 15m
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) idle_exit: Option<Duration>,
    /// A proxy in front terminates TLS; every call over TCP needs a token
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Leave the session of the process that started this one
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    /// Serve nothing: exit with 0 if a service of the data directory accepts calls, else with 1
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Sets of tools to offer: core, work, files, openai
    #[arg(long, value_name = "PROFILE,...", default_value_t)]
    pub(crate) tools: Profiles,
    /// Answer with JSON beside the text; budgets of tokens hold for the text alone
    #[arg(long)]
    pub(crate) structured: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Hook {
    /// Agent: claude-code or codex
    // A text, since a host takes the exit code of an unknown value for a message to its model.
    #[arg(value_parser = parse_text)]
    pub(crate) host: String,
    /// Event: SessionStart, UserPromptSubmit, Stop, PreCompact, PostCompact or SessionEnd
    #[arg(value_parser = parse_text)]
    pub(crate) event: String,
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Agent
    // `agent` is the id of the global option.
    #[arg(id = "coding_agent", value_name = "AGENT", value_enum)]
    pub(crate) agent: Agent,
    /// Install for the project in this directory [default: .], for everybody who works on it,
    /// instead of for this user
    // The name of a global option with another meaning, which is not needed here.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true,
          default_missing_value = ".")]
    pub(crate) project: Option<String>,
    /// Print the changes, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove what was installed
    #[arg(long)]
    pub(crate) uninstall: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Add a token and print its secret, which is not stored
    Add(TokenAdd),
    /// List the tokens, without their secrets
    List,
    /// Revoke a token: calls with it fail at once, and its streams end
    Revoke {
        /// Name of the token
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TokenAdd {
    /// Name of the token: letters, digits, dots, hyphens and underscores
    pub(crate) name: String,
    /// Let each call name the user it acts for, whose name begins with PREFIX
    #[arg(long, value_name = "PREFIX", num_args = 0..=1, default_missing_value = "")]
    pub(crate) delegate: Option<String>,
    /// Rights: read, write, forget, observe, admin
    #[arg(long, value_name = "RIGHT,...", value_delimiter = ',', default_value = "read,write",
          value_parser = parse_right)]
    pub(crate) rights: Vec<Right>,
    /// Time until the token expires, such as 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse_expiry)]
    pub(crate) expires: Option<Timestamp>,
}

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
pub(crate) struct Ingest {
    /// Files or directories; `-` is stdin. A directory contributes every text file that no
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
    /// Keep the thinking of models, too, as messages with the role `thinking`
    #[arg(long)]
    pub(crate) thinking: bool,
    /// Follow one session file of Claude Code or Codex: store the lines that are new since it was
    /// last followed, and new ones as they are written, until the command is interrupted. Secrets
    /// are taken out
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
    #[arg(long, default_value_t = 0.5, value_parser = parse_share)]
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
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) since: Option<Period>,
    /// Only records dated before the end of this time, in the same formats
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) until: Option<Period>,
    /// Records as they were known and valid at the end of this time
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) as_of: Option<Period>,
    /// Minimum relevance of a hit, 0 to 1
    #[arg(long, value_name = "X", value_parser = parse_share)]
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
    #[arg(long, value_name = "N")]
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
    /// Kind, such as goal, task, note; all kinds if it is left out
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
    /// Continue a list: the `next` of the page before
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
    /// Propose every record of at least this relevance to the query, 0 to 1, whatever its words;
    /// the numbers of the query must still match
    #[arg(long, value_name = "X", value_parser = parse_share, requires = "query")]
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

#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// File of messages; `-` is stdin
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Facts {
    #[command(subcommand)]
    pub(crate) command: Option<FactsCommand>,
    /// The facts that were known and true at the end of this time
    #[arg(long, value_name = "TIME", value_parser = parse_period)]
    pub(crate) as_of: Option<Period>,
    /// Also the facts that ended
    #[arg(long)]
    pub(crate) all: bool,
    /// Only facts about this subject
    #[arg(long, value_name = "SUBJECT", allow_hyphen_values = true)]
    pub(crate) subject: Option<String>,
    /// Only facts of this attribute, such as home
    #[arg(long, value_name = "ATTRIBUTE", allow_hyphen_values = true)]
    pub(crate) attribute: Option<String>,
    /// All values of an attribute, in the order in which they were stated
    #[arg(long, num_args = 2, value_names = ["SUBJECT", "ATTRIBUTE"],
          conflicts_with_all = ["as_of", "all", "subject", "attribute", "contradictions"])]
    pub(crate) history: Vec<String>,
    /// The current facts that match this text best
    #[arg(long, value_name = "QUERY", value_parser = parse_text, allow_hyphen_values = true,
          conflicts_with_all = ["as_of", "all", "subject", "attribute", "contradictions",
                                "history"])]
    pub(crate) search: Option<String>,
    /// Attributes with several current values
    #[arg(long, conflicts_with_all = ["as_of", "all", "subject", "attribute"])]
    pub(crate) contradictions: bool,
    /// Maximum number of facts, 1 to 1000 [default: 100; of a search: 5]
    #[arg(long, value_name = "N", value_parser = parse_limit, allow_hyphen_values = true)]
    pub(crate) limit: Option<usize>,
    /// Continue after a page
    #[arg(long, value_name = "CURSOR",
          conflicts_with_all = ["history", "search", "contradictions"])]
    pub(crate) after: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FactsCommand {
    /// Confirm a fact: its trust becomes high
    Confirm {
        /// Fact, such as fact/0a1b
        fact: String,
    },
    /// Reject the value of a fact for ever, however it is written
    Reject {
        /// Fact, such as fact/0a1b
        fact: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FilesCommand {
    /// Print a file with line numbers, or list a directory two levels deep
    View {
        /// File or directory
        #[arg(default_value = FILES_ROOT)]
        path: String,
        /// First line, from 1
        #[arg(long, value_name = "LINE")]
        from: Option<i64>,
        /// Last line; -1 is the end
        #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
        to: Option<i64>,
    },
    /// Create a file
    Create {
        /// New file, such as /memories/notes.md
        path: String,
        /// Content; `-` reads it from stdin
        #[arg(value_parser = parse_text, allow_hyphen_values = true)]
        text: String,
    },
    /// Replace a text that occurs once in a file
    #[command(name = "str_replace", alias = "str-replace")]
    StrReplace {
        /// File
        path: String,
        /// Text to be replaced
        #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
        old: String,
        /// Text in its place; `-` reads it from stdin
        #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
        new: String,
    },
    /// Insert lines into a file
    Insert {
        /// File
        path: String,
        /// Number of the line after which to insert; 0 is the beginning
        #[arg(long, value_name = "LINE")]
        line: i64,
        /// Lines; `-` reads them from stdin
        #[arg(value_parser = parse_text, allow_hyphen_values = true)]
        text: String,
    },
    /// Delete a file, or a directory with everything in it, permanently
    Delete {
        /// File or directory
        path: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Rename or move a file or a directory
    Rename {
        /// File or directory
        old_path: String,
        /// New path, which must not exist
        new_path: String,
    },
    /// Run a command given as JSON on stdin, in the form of the memory tool
    Run,
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
    /// First moment of the period, in the formats of `recall --since`
    #[arg(long, value_name = "TIME", value_parser = parse_period, conflicts_with = "days")]
    pub(crate) since: Option<Period>,
    /// Days of the period, today included, 1 to 3660 [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub(crate) days: Option<u16>,
    /// Write it as one page of HTML, which needs neither a script nor the network. A file that is
    /// such a page is replaced, any other is not. `-` is stdout
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
    /// Print what would be done, and change nothing
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
