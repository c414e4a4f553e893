//! Tools: names, descriptions, arguments, and the required rights. `docs/mcp-tools.json` is the
//! committed form of the default profile. A test counts its tokens, because a host adds it to every
//! prompt.

mod connectors;
mod context;
mod forget;
mod graph;
mod memory;
mod read;
mod recall;
mod remember;
mod work;

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};

pub(crate) use self::read::Entry;
use super::{answer::Answer, offer::Profiles, visit::Visit};
use crate::{
    failure::Failure,
    operation::{Operation, Right},
};

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolName {
    Context,
    Recall,
    Read,
    Remember,
    Forget,
    Begin,
    Log,
    Finish,
    ResumeList,
    Memory,
    CreateEntities,
    CreateRelations,
    AddObservations,
    DeleteEntities,
    DeleteObservations,
    DeleteRelations,
    ReadGraph,
    SearchNodes,
    OpenNodes,
    Search,
    Fetch,
}

impl ToolName {
    /// The tools of the default profile.
    pub(crate) const CORE: &[ToolName] = &[
        ToolName::Context,
        ToolName::Recall,
        ToolName::Read,
        ToolName::Remember,
        ToolName::Forget,
    ];
    /// The tools of the profile `work`.
    pub(crate) const WORK: &[ToolName] =
        &[ToolName::Begin, ToolName::Log, ToolName::Finish, ToolName::ResumeList];
    /// The tool of the profile `files`.
    pub(crate) const FILES: &[ToolName] = &[ToolName::Memory];
    /// The tools of the profile `graph`: those of the official memory server.
    pub(crate) const GRAPH: &[ToolName] = &[
        ToolName::CreateEntities,
        ToolName::CreateRelations,
        ToolName::AddObservations,
        ToolName::DeleteEntities,
        ToolName::DeleteObservations,
        ToolName::DeleteRelations,
        ToolName::ReadGraph,
        ToolName::SearchNodes,
        ToolName::OpenNodes,
    ];
    /// The tools of the profile `openai`, in the shape that connectors expect.
    pub(crate) const OPENAI: &[ToolName] = &[ToolName::Search, ToolName::Fetch];

    /// Returns the operation of a call of this tool. A `memory` command that changes files has
    /// another operation, see [`check`](ToolName::check).
    pub(crate) fn operation(self) -> Operation {
        match self {
            ToolName::Context => Operation::part("mcp context", Right::Read),
            ToolName::Recall => Operation::part("mcp recall", Right::Read),
            ToolName::Read => Operation::part("mcp read", Right::Read),
            ToolName::Remember => Operation::part("mcp remember", Right::Write),
            ToolName::Forget => Operation::part("mcp forget", Right::Forget),
            ToolName::Begin => Operation::part("mcp begin", Right::Write),
            ToolName::Log => Operation::part("mcp log", Right::Write),
            ToolName::Finish => Operation::part("mcp finish", Right::Write),
            ToolName::ResumeList => Operation::part("mcp resume_list", Right::Read),
            ToolName::Memory => Operation::part("mcp memory", Right::Read),
            ToolName::CreateEntities => Operation::part("mcp create_entities", Right::Write),
            ToolName::CreateRelations => Operation::part("mcp create_relations", Right::Write),
            ToolName::AddObservations => Operation::part("mcp add_observations", Right::Write),
            ToolName::DeleteEntities => Operation::removal_by_name("mcp delete_entities"),
            ToolName::DeleteObservations => Operation::removal_by_name("mcp delete_observations"),
            ToolName::DeleteRelations => Operation::removal_by_name("mcp delete_relations"),
            ToolName::ReadGraph => Operation::part("mcp read_graph", Right::Read),
            ToolName::SearchNodes => Operation::part("mcp search_nodes", Right::Read),
            ToolName::OpenNodes => Operation::part("mcp open_nodes", Right::Read),
            ToolName::Search => Operation::part("mcp search", Right::Read),
            ToolName::Fetch => Operation::part("mcp fetch", Right::Read),
        }
    }

    /// Returns the right that a call with these arguments needs in addition to that of its
    /// operation.
    pub(crate) fn further_right(self, arguments: Option<&JsonObject>) -> Option<Right> {
        match self {
            ToolName::Memory => memory::further_right(arguments),
            _ => None,
        }
    }

    /// Returns true if a call with these arguments can be sent again if its answer was lost.
    /// Statements and parts of the graph are identified by their text, and a forgotten record stays
    /// forgotten. Repeating an edit of a file is another edit, and so is repeating a step of a
    /// task.
    pub(crate) fn is_repeatable(self, arguments: Option<&JsonObject>) -> bool {
        match self {
            ToolName::Begin | ToolName::Log | ToolName::Finish => false,
            ToolName::Memory => self.further_right(arguments).is_none(),
            _ => true,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ToolName::Context => "context",
            ToolName::Recall => "recall",
            ToolName::Read => "read",
            ToolName::Remember => "remember",
            ToolName::Forget => "forget",
            ToolName::Begin => "begin",
            ToolName::Log => "log",
            ToolName::Finish => "finish",
            ToolName::ResumeList => "resume_list",
            ToolName::Memory => "memory",
            ToolName::CreateEntities => "create_entities",
            ToolName::CreateRelations => "create_relations",
            ToolName::AddObservations => "add_observations",
            ToolName::DeleteEntities => "delete_entities",
            ToolName::DeleteObservations => "delete_observations",
            ToolName::DeleteRelations => "delete_relations",
            ToolName::ReadGraph => "read_graph",
            ToolName::SearchNodes => "search_nodes",
            ToolName::OpenNodes => "open_nodes",
            ToolName::Search => "search",
            ToolName::Fetch => "fetch",
        }
    }

    /// Returns the tool as the protocol describes it.
    pub(crate) fn described(self) -> Tool {
        let (description, schema) = self.about();
        Tool::new(self.as_str(), description, Arc::new(schema)).with_annotations(self.annotations())
    }

    /// Returns the description and the schema of the arguments.
    fn about(self) -> (&'static str, JsonObject) {
        match self {
            ToolName::Context => context::about(),
            ToolName::Recall => recall::about(),
            ToolName::Read => read::about(),
            ToolName::Remember => remember::about(),
            ToolName::Forget => forget::about(),
            ToolName::Begin => work::about_begin(),
            ToolName::Log => work::about_log(),
            ToolName::Finish => work::about_finish(),
            ToolName::ResumeList => work::about_resume_list(),
            ToolName::Memory => memory::about(),
            ToolName::CreateEntities => graph::about_create_entities(),
            ToolName::CreateRelations => graph::about_create_relations(),
            ToolName::AddObservations => graph::about_add_observations(),
            ToolName::DeleteEntities => graph::about_delete_entities(),
            ToolName::DeleteObservations => graph::about_delete_observations(),
            ToolName::DeleteRelations => graph::about_delete_relations(),
            ToolName::ReadGraph => graph::about_read_graph(),
            ToolName::SearchNodes => graph::about_search_nodes(),
            ToolName::OpenNodes => graph::about_open_nodes(),
            ToolName::Search => connectors::about_search(),
            ToolName::Fetch => connectors::about_fetch(),
        }
    }

    /// Returns the hints about the effect of a call. No tool acts outside of the memory.
    fn annotations(self) -> ToolAnnotations {
        let closed = ToolAnnotations::new().open_world(false);
        match self {
            ToolName::Remember
            | ToolName::CreateEntities
            | ToolName::CreateRelations
            | ToolName::AddObservations => {
                closed.read_only(false).destructive(false).idempotent(true)
            }
            ToolName::Forget
            | ToolName::DeleteEntities
            | ToolName::DeleteObservations
            | ToolName::DeleteRelations => {
                closed.read_only(false).destructive(true).idempotent(true)
            }
            ToolName::Begin | ToolName::Log | ToolName::Finish => {
                closed.read_only(false).destructive(false).idempotent(false)
            }
            ToolName::Memory => closed.read_only(false).destructive(true).idempotent(false),
            _ => closed.read_only(true),
        }
    }

    /// Checks that the caller may make a call with these arguments, and returns its operation.
    ///
    /// # Errors
    /// Fails if the caller lacks the right, or if the call is for all users and the tool for one.
    pub(crate) fn check(
        self,
        visit: &Visit,
        arguments: Option<&JsonObject>,
    ) -> Result<Operation, Failure> {
        let operation = self.operation();
        visit.call.caller.check(operation, &format!("`{}`", self.as_str()))?;
        match self {
            ToolName::Memory => memory::check(visit, operation, arguments),
            _ => Ok(operation),
        }
    }

    /// Executes a call of this tool that [`check`](ToolName::check) has admitted.
    ///
    /// # Errors
    /// Fails if an argument is invalid, or the memory fails.
    pub(crate) async fn call(
        self,
        visit: &Visit,
        arguments: Option<JsonObject>,
    ) -> Result<Answer, Failure> {
        match self {
            ToolName::Context => context::call(visit, arguments).await,
            ToolName::Recall => recall::call(visit, arguments).await,
            ToolName::Read => read::call(visit, arguments).await,
            ToolName::Remember => remember::call(visit, arguments).await,
            ToolName::Forget => forget::call(visit, arguments).await,
            ToolName::Begin => work::begin(visit, arguments).await,
            ToolName::Log => work::log(visit, arguments).await,
            ToolName::Finish => work::finish(visit, arguments).await,
            ToolName::ResumeList => work::resume_list(visit, arguments).await,
            ToolName::Memory => memory::call(visit, arguments).await,
            ToolName::CreateEntities => graph::create_entities(visit, arguments).await,
            ToolName::CreateRelations => graph::create_relations(visit, arguments).await,
            ToolName::AddObservations => graph::add_observations(visit, arguments).await,
            ToolName::DeleteEntities => graph::delete_entities(visit, arguments).await,
            ToolName::DeleteObservations => graph::delete_observations(visit, arguments).await,
            ToolName::DeleteRelations => graph::delete_relations(visit, arguments).await,
            ToolName::ReadGraph => graph::read_graph(visit, arguments).await,
            ToolName::SearchNodes => graph::search_nodes(visit, arguments).await,
            ToolName::OpenNodes => graph::open_nodes(visit, arguments).await,
            ToolName::Search => connectors::search(visit, arguments).await,
            ToolName::Fetch => connectors::fetch(visit, arguments).await,
        }
    }
}

/// Returns the tools of these profiles, in a fixed order.
pub(crate) fn of(profiles: Profiles) -> impl Iterator<Item = ToolName> {
    let core = ToolName::CORE.iter().filter(move |_| profiles.has_core);
    let work = ToolName::WORK.iter().filter(move |_| profiles.has_work);
    let files = ToolName::FILES.iter().filter(move |_| profiles.has_files);
    let graph = ToolName::GRAPH.iter().filter(move |_| profiles.has_graph);
    let openai = ToolName::OPENAI.iter().filter(move |_| profiles.has_openai);
    core.chain(work).chain(files).chain(graph).chain(openai).copied()
}
