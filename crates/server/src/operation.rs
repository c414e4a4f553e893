//! Every operation that a caller can address, with the required right. Calls of unlisted operations
//! are refused, so a new RPC or route without a right does not work.

use serde::{Deserialize, Serialize};

/// A right of a token. No right includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Right {
    /// Searching, contexts, reading and exporting records.
    Read,
    /// Storing and updating records, events and metrics.
    Write,
    /// Forgetting and deleting records, and a person's judgement on facts.
    Forget,
    /// Reading tier 0, which has no owner: events, metrics, machine state, counts.
    Observe,
    /// Reading and forgetting the records of every owner, in calls that request it.
    Admin,
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 5] =
        [Right::Read, Right::Write, Right::Forget, Right::Observe, Right::Admin];

    /// Returns the name, such as `read`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Right::Read => "read",
            Right::Write => "write",
            Right::Forget => "forget",
            Right::Observe => "observe",
            Right::Admin => "admin",
        }
    }
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `PushEvent` for an RPC, `POST /api/v1/recall` for a route.
    pub(crate) name: &'static str,
    pub(crate) right: Right,
    /// Duration. A stream has no time limit and does not occupy the place of a call.
    pub(crate) shape: Shape,
    pub(crate) user: UserIn,
    pub(crate) rights: RightsIn,
    /// True if the operation concerns one owner although it writes no text: the judgement of a
    /// person, or a removal by a name that several owners may use. Calls for all users are then
    /// refused.
    pub(crate) is_of_one_owner: bool,
}

/// Place where the right to an operation is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RightsIn {
    /// In the gate, before the handler runs.
    Gate,
    /// In the handler, for each part of a request.
    Parts,
}

impl Operation {
    /// Returns `true` if one call may concern the records of every owner.
    pub(crate) fn admits_all_users(self) -> bool {
        matches!(self.right, Right::Read | Right::Forget)
            && self.user == UserIn::Header
            && !self.is_of_one_owner
    }
}

/// The part of a call that names its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserIn {
    /// In a header, which the gate reads.
    Header,
    /// In the body or the path, in the form of another service. The handler reads it.
    Request,
}

/// Duration of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One request and one answer, within the time limit.
    Unary,
    /// Unlimited.
    Stream,
}

const fn unary(name: &'static str, right: Right) -> Operation {
    let (shape, user, rights) = (Shape::Unary, UserIn::Header, RightsIn::Gate);
    Operation { name, right, shape, user, rights, is_of_one_owner: false }
}

const fn stream(name: &'static str, right: Right) -> Operation {
    Operation { shape: Shape::Stream, ..unary(name, right) }
}

const fn facade(name: &'static str, right: Right) -> Operation {
    Operation { user: UserIn::Request, ..unary(name, right) }
}

/// Returns the operation of a person's judgement on a fact. It needs the right to forget, which
/// tokens do not have by default: a rejection removes facts permanently, and a confirmation gives a
/// statement the authority of a person, for which the right to write must not suffice.
const fn judgement(name: &'static str) -> Operation {
    Operation { is_of_one_owner: true, ..unary(name, Right::Forget) }
}

impl Operation {
    /// Returns `true` if a call may be narrowed to a project, an agent or a session. The machine
    /// state, events and metrics have none of these.
    pub(crate) fn admits_part(self) -> bool {
        let is_of_machine =
            matches!(self.name, "PushEvent" | "UpdateMetric" | "POST /api/v1/events");
        !is_of_machine && !matches!(self.right, Right::Observe | Right::Admin)
    }

    /// Returns the operation of a part of a request, which its handler carries out.
    pub(crate) const fn part(name: &'static str, right: Right) -> Operation {
        unary(name, right)
    }

    /// Returns the operation of a part that removes by a name that several owners may use.
    pub(crate) const fn removal_by_name(name: &'static str) -> Operation {
        Operation { is_of_one_owner: true, ..unary(name, Right::Forget) }
    }

    /// Returns an operation whose parts need different rights.
    const fn in_parts(name: &'static str) -> Operation {
        Operation { rights: RightsIn::Parts, ..unary(name, Right::Read) }
    }

    /// Returns `true` if a call may have conditions on the version of a record.
    pub(crate) fn has_conditions(self) -> bool {
        matches!(
            self.name,
            "POST /api/v1/records/{kind}"
                | "PATCH /api/v1/records/{kind}/{id}"
                | "DELETE /api/v1/records/{kind}/{id}"
        )
    }
}

/// RPCs of `aios.memory.MemoryService`.
pub(crate) const RPCS: &[Operation] = &[
    unary("PushEvent", Right::Write),
    unary("GetRecentEvents", Right::Observe),
    unary("UpdateMetric", Right::Write),
    unary("GetMetric", Right::Observe),
    unary("GetSystemSnapshot", Right::Observe),
    unary("StoreGoal", Right::Write),
    unary("UpdateGoal", Right::Write),
    unary("GetActiveGoals", Right::Read),
    unary("StoreTask", Right::Write),
    unary("GetTasksForGoal", Right::Read),
    unary("StoreToolCall", Right::Write),
    unary("StoreDecision", Right::Write),
    unary("StorePattern", Right::Write),
    unary("FindPattern", Right::Read),
    unary("UpdatePatternStats", Right::Write),
    unary("StoreAgentState", Right::Write),
    unary("GetAgentState", Right::Read),
    unary("SemanticSearch", Right::Read),
    unary("StoreProcedure", Right::Write),
    unary("StoreIncident", Right::Write),
    unary("StoreConfigChange", Right::Write),
    unary("SearchKnowledge", Right::Read),
    unary("AddKnowledge", Right::Write),
    unary("AssembleContext", Right::Read),
    unary("Remember", Right::Write),
    stream("RememberStream", Right::Write),
    unary("Recall", Right::Read),
    unary("Context", Right::Read),
    unary("GetRecord", Right::Read),
    unary("ListRecords", Right::Read),
    unary("Forget", Right::Forget),
    unary("AddMessages", Right::Write),
    unary("Learn", Right::Write),
    unary("Facts", Right::Read),
    unary("SearchFacts", Right::Read),
    unary("FactHistory", Right::Read),
    unary("Contradictions", Right::Read),
    judgement("ConfirmFact"),
    judgement("RejectFact"),
    unary("Begin", Right::Write),
    unary("Log", Right::Write),
    unary("Finish", Right::Write),
    unary("ResumeList", Right::Read),
    stream("WatchEvents", Right::Observe),
    stream("ExportRecords", Right::Read),
];

/// Routes, as `METHOD TEMPLATE`.
pub(crate) const ROUTES: &[Operation] = &[
    unary("POST /api/v1/remember", Right::Write),
    unary("POST /api/v1/recall", Right::Read),
    unary("POST /api/v1/context", Right::Read),
    unary("POST /api/v1/learn", Right::Write),
    unary("GET /api/v1/facts", Right::Read),
    unary("GET /api/v1/facts/search", Right::Read),
    unary("GET /api/v1/facts/history", Right::Read),
    unary("GET /api/v1/facts/contradictions", Right::Read),
    judgement("POST /api/v1/facts/{id}/confirm"),
    judgement("POST /api/v1/facts/{id}/reject"),
    stream("POST /api/v1/ingest", Right::Write),
    stream("GET /api/v1/export", Right::Read),
    unary("GET /api/v1/records/{kind}", Right::Read),
    unary("POST /api/v1/records/{kind}", Right::Write),
    unary("GET /api/v1/records/{kind}/{id}", Right::Read),
    unary("PATCH /api/v1/records/{kind}/{id}", Right::Write),
    unary("DELETE /api/v1/records/{kind}/{id}", Right::Forget),
    unary("GET /api/v1/records/{kind}/{id}/history", Right::Read),
    unary("POST /api/v1/forget", Right::Forget),
    unary("GET /api/v1/sessions/{id}/messages", Right::Read),
    unary("POST /api/v1/sessions/{id}/messages", Right::Write),
    unary("POST /api/v1/store/batch", Right::Write),
    unary("POST /api/v1/files", Right::Read),
    unary("POST /api/v1/tasks/begin", Right::Write),
    unary("POST /api/v1/tasks/{id}/log", Right::Write),
    unary("POST /api/v1/tasks/{id}/finish", Right::Write),
    unary("GET /api/v1/resume", Right::Read),
    unary("POST /api/v1/events", Right::Write),
    stream("GET /api/v1/events", Right::Observe),
    unary("GET /api/v1/report", Right::Read),
    unary("GET /api/v1/stats", Right::Observe),
    unary("GET /api/v1/snapshot", Right::Observe),
];

/// Routes that are not part of the API: metrics for a supervisor, and command lines and the live
/// view for the same user.
pub(crate) const INTERNAL: &[Operation] = &[
    unary("GET /metrics", Right::Observe),
    unary("POST /internal/v1/command", Right::Admin),
    unary("GET /internal/v1/live", Right::Observe),
];

/// The route of the Model Context Protocol. Each tool needs its own right, so the gate admits every
/// known caller.
pub(crate) const MCP: &[Operation] = &[Operation::in_parts("POST /mcp")];

/// Routes of the facades, if the settings enable them. The body or path may name the user instead
/// of a header, so the handler reads it.
pub(crate) const FACADES: &[Operation] = &[
    facade("GET /v1/ping/", Right::Read),
    facade("POST /v1/memories/", Right::Write),
    facade("GET /v1/memories/", Right::Read),
    facade("DELETE /v1/memories/", Right::Forget),
    facade("POST /v1/memories/search/", Right::Read),
    facade("GET /v1/memories/{id}/", Right::Read),
    facade("PUT /v1/memories/{id}/", Right::Write),
    facade("DELETE /v1/memories/{id}/", Right::Forget),
    facade("GET /v1/memories/{id}/history/", Right::Read),
    facade("PUT /v1/batch/", Right::Write),
    facade("DELETE /v1/batch/", Right::Forget),
    facade("GET /v1/entities/", Right::Read),
    facade("DELETE /v1/entities/{type}/{id}/", Right::Forget),
    facade("DELETE /v2/entities/{type}/{id}/", Right::Forget),
    facade("POST /v2/memories/", Right::Read),
    facade("POST /v2/memories/search/", Right::Read),
    facade("POST /v3/memories/add/", Right::Write),
    facade("POST /v3/memories/", Right::Read),
    facade("POST /v3/memories/search/", Right::Read),
    facade("POST /v1/default/banks/{bank}/memories", Right::Write),
    facade("POST /v1/default/banks/{bank}/memories/recall", Right::Read),
    facade("GET /v1/default/banks/{bank}/memories/list", Right::Read),
];

/// Routes that need no token, because they reveal nothing about records.
pub(crate) const OPEN: &[&str] = &[
    "GET /healthz",
    "GET /readyz",
    "GET /api/v1/openapi.json",
    "GET /.well-known/oauth-protected-resource",
    "GET /.well-known/oauth-protected-resource/{*path}",
];

/// Returns the operation of a call.
pub(crate) fn named(name: &str) -> Option<Operation> {
    let routes = ROUTES.iter().chain(FACADES).chain(INTERNAL).chain(MCP);
    RPCS.iter().chain(routes).find(|operation| operation.name == name).copied()
}

/// Returns the names of all routes.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let routes = ROUTES.iter().chain(FACADES).chain(INTERNAL).chain(MCP);
    let routes = routes.map(|operation| operation.name);
    routes.chain(OPEN.iter().copied())
}
