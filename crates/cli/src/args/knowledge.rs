//! Arguments of the commands for facts and files.

use std::path::PathBuf;

use aios_memory::{period::Period, working::FILES_ROOT};
use clap::{Args, Subcommand};

use super::values::{parse_limit, parse_period, parse_text};

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
    #[arg(long, value_name = "TIME", value_parser = parse_period, allow_hyphen_values = true)]
    pub(crate) as_of: Option<Period>,
    /// Include facts that have ended
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
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true,
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
    /// Reject the value of a fact permanently, in any notation
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
        #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
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
        /// Text to replace
        #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
        old: String,
        /// Replacement; `-` reads it from stdin
        #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true)]
        new: String,
    },
    /// Insert lines into a file
    Insert {
        /// File
        path: String,
        /// Number of the line after which to insert; 0 is the beginning
        #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
        line: i64,
        /// Lines; `-` reads them from stdin
        #[arg(value_parser = parse_text, allow_hyphen_values = true)]
        text: String,
    },
    /// Delete a file, or a directory with its content, permanently
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
