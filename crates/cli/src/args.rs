//! The command line, parsed by clap. Not here: executing the commands.

mod flags;
mod global;
mod knowledge;
mod records;
mod service;
mod store;
mod values;
mod words;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

#[cfg(feature = "top")]
pub(crate) use self::service::Top;
pub(crate) use self::{
    flags::FieldFlags,
    global::Global,
    knowledge::{Facts, FactsCommand, FilesCommand, Learn},
    records::{
        Context, Delete, Forget, Ingest, Kinds, List, Recall, RecordKind, Remember, Show, Update,
        What,
    },
    service::{Events, Hook, Install, Mcp, Serve, Snapshot, TokenAdd, TokenCommand},
    store::{
        Backup, Clear, Clearable, ConfigCommand, Eval, EvalFormat, Export, Import, Maintain,
        Migrate, ModelCommand, Reindex, Report, Restore, Verify,
    },
    words::{asks_for_json, is_hook},
};

/// The memory of AI agents: lossless, searchable, and exact to the token
#[derive(Debug, Parser)]
#[command(name = "aios-memory", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
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
    /// Without a record or a query: all records of --user, or all records to which --project,
    /// --agent and --session narrow. Records of other users, and shared ones, are kept.
    ///
    /// A query proposes the records that contain its text, or every word and number of it. --yes
    /// confirms the proposal only if the text of each record equals the query; name others by their
    /// keys.
    Forget(Forget),
    /// Read and edit files that an agent keeps as memory, as the memory tool of Claude's API does
    #[command(subcommand)]
    Files(FilesCommand),
    /// Store messages and learn facts from them
    ///
    /// FILE has one message per line, as JSON: content or text, and optionally role, name, session,
    /// timestamp and id. The same file again adds nothing. Conversations in other formats are read
    /// by `ingest`, and learned from in the background.
    Learn(Learn),
    /// Print the learned facts: the current ones, or those as of an earlier time
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
    /// Rebuild the library with the same or another model, while other processes may use it
    Reindex(Reindex),
    /// Move records past their retention out of working memory, and clean up the files
    Maintain(Maintain),
    /// Migrate the files to the schema of this program, as opening them does
    Migrate(Migrate),
    /// Serve the memory to other programs over gRPC and HTTP, until a signal ends it
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
    /// Other entries are not changed, including their order and comments.
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
