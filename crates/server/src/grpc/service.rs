//! The table of RPCs with their handlers.

use futures::stream::BoxStream;
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::{
    answer::Answer, context, events, export, facts, forget, library, messages, records, remember,
    search, stream, tasks, watch, work,
};
use crate::{
    bounds::SILENCE_MAX,
    call::Call,
    wire::{self, memory_service_server::MemoryService},
};

/// The handlers of the RPCs. Their only state is the id of this run of the service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Distinguishes the cursors of this run from those of earlier runs, whose events had the same
    /// numbers.
    run: String,
}

impl Service {
    pub(super) fn new() -> Service {
        let mut run = Uuid::new_v4().simple().to_string();
        run.truncate(12);
        Service { run }
    }
}

/// Implements the service: the table of unary RPCs, then the streams.
macro_rules! rpcs {
    (
        $($name:ident($request:ident) -> $reply:ident: $handler:path,)*
        ; $($streams:item)*
    ) => {
        #[tonic::async_trait]
        impl MemoryService for Service {
            $(
                async fn $name(
                    &self,
                    request: Request<wire::$request>,
                ) -> Result<Response<wire::$reply>, Status> {
                    let (call, message) = accepted(request)?;
                    // Boxed because the memory's futures are large.
                    let answer = Box::pin($handler(&call, message)).await?;
                    Ok(Answer::<wire::$reply>::from(answer).into())
                }
            )*

            $($streams)*
        }
    };
}

rpcs! {
    push_event(Event) -> Empty: events::push,
    get_recent_events(RecentEventsRequest) -> EventList: events::recent,
    update_metric(MetricUpdate) -> Empty: events::update_metric,
    get_metric(MetricRequest) -> MetricValue: events::metric,
    get_system_snapshot(Empty) -> SystemSnapshot: events::snapshot,

    store_goal(GoalRecord) -> Empty: work::store_goal,
    update_goal(GoalUpdate) -> Empty: work::update_goal,
    get_active_goals(Empty) -> GoalList: work::active_goals,
    store_task(TaskRecord) -> Empty: work::store_task,
    get_tasks_for_goal(GoalIdRequest) -> TaskList: work::tasks_of_goal,
    store_tool_call(ToolCallRecord) -> Empty: work::store_tool_call,
    store_decision(Decision) -> Empty: work::store_decision,
    store_pattern(Pattern) -> Empty: work::store_pattern,
    find_pattern(PatternQuery) -> PatternResult: work::find_pattern,
    update_pattern_stats(PatternStatsUpdate) -> Empty: work::update_pattern_stats,
    store_agent_state(AgentState) -> Empty: work::store_agent_state,
    get_agent_state(AgentStateRequest) -> AgentState: work::agent_state,

    semantic_search(SemanticSearchRequest) -> SearchResults: search::semantic,
    store_procedure(Procedure) -> Empty: library::store_procedure,
    store_incident(Incident) -> Empty: library::store_incident,
    store_config_change(ConfigChange) -> Empty: library::store_config_change,
    search_knowledge(SemanticSearchRequest) -> SearchResults: search::knowledge,
    add_knowledge(KnowledgeEntry) -> Empty: library::add_knowledge,
    assemble_context(ContextRequest) -> ContextResponse: context::assemble,

    remember(RememberRequest) -> RememberResponse: remember::remember,
    recall(RecallRequest) -> RecallResponse: search::recall,
    context(TaskContextRequest) -> TaskContext: context::of_task,
    get_record(GetRecordRequest) -> GetRecordResponse: records::get,
    list_records(ListRecordsRequest) -> ListRecordsResponse: records::list,
    forget(ForgetRequest) -> ForgetReceipt: forget::forget,
    add_messages(AddMessagesRequest) -> AddMessagesResponse: messages::add,
    learn(LearnRequest) -> LearnReport: facts::learn,
    facts(FactsRequest) -> FactsResponse: facts::list,
    search_facts(SearchFactsRequest) -> SearchFactsResponse: facts::search,
    fact_history(FactHistoryRequest) -> FactHistoryResponse: facts::history,
    contradictions(ContradictionsRequest) -> ContradictionsResponse: facts::contradictions,
    confirm_fact(ConfirmFactRequest) -> ConfirmFactResponse: facts::confirm,
    reject_fact(RejectFactRequest) -> RejectFactResponse: facts::reject,
    begin(BeginRequest) -> BeginResponse: tasks::begin,
    log(LogRequest) -> LogResponse: tasks::log,
    finish(FinishRequest) -> FinishResponse: tasks::finish,
    resume_list(ResumeListRequest) -> ResumeListResponse: tasks::resume_list,
    ;

    async fn remember_stream(
        &self,
        request: Request<Streaming<wire::RememberRequest>>,
    ) -> Result<Response<wire::RememberSummary>, Status> {
        let (call, texts) = accepted(request)?;
        Ok(Response::new(Box::pin(remember::all(&call, texts, SILENCE_MAX)).await?))
    }

    type WatchEventsStream = BoxStream<'static, Result<wire::EventNews, Status>>;

    async fn watch_events(
        &self,
        request: Request<wire::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (call, request) = accepted(request)?;
        let watch = watch::Watch::new(&call, request, &self.run)?;
        Ok(Response::new(stream::serve(call, watch)))
    }

    type ExportRecordsStream = BoxStream<'static, Result<wire::ExportedRecords, Status>>;

    async fn export_records(
        &self,
        request: Request<wire::ExportRecordsRequest>,
    ) -> Result<Response<Self::ExportRecordsStream>, Status> {
        let (call, request) = accepted(request)?;
        let export = export::Export::new(&call, request)?;
        Ok(Response::new(stream::serve(call, export)))
    }
}

/// Returns the call and the message of a request.
fn accepted<T>(request: Request<T>) -> Result<(Call, T), Status> {
    let call = Call::of(request.extensions())?;
    Ok((call, request.into_inner()))
}
