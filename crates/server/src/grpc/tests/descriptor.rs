//! The protocol: every RPC has a right, and the compatible part is what existing clients use.

use std::{collections::BTreeSet, fmt::Write};

use prost::Message;
use prost_types::{
    FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::{
    operation::{RPCS, Shape},
    wire,
};

fn file() -> FileDescriptorProto {
    let set = FileDescriptorSet::decode(wire::DESCRIPTOR).unwrap();
    set.file.into_iter().find(|file| file.package() == "aios.memory").unwrap()
}

fn methods() -> Vec<MethodDescriptorProto> {
    let services = file().service;
    assert_eq!(services[0].name(), "MemoryService");
    services.into_iter().flat_map(|service| service.method).collect()
}

#[test]
fn every_rpc_has_a_right_and_every_right_an_rpc() {
    let described = methods().into_iter().map(|method| {
        let is_stream = method.client_streaming() || method.server_streaming();
        (method.name().to_owned(), if is_stream { "stream" } else { "unary" })
    });
    let listed = RPCS.iter().map(|operation| {
        let shape = if operation.shape == Shape::Stream { "stream" } else { "unary" };
        (operation.name.to_owned(), shape)
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>());
}

/// The messages of the compatible protocol, in the notation of its specification. A field without a
/// type is a string.
const COMPATIBLE: &str = "\
Empty {}
Event {id 1, timestamp 2 int64, category 3, source 4, data_json 5 bytes, critical 6 bool}
RecentEventsRequest {count 1 int32, category 2, source 3}
EventList {events 1 repeated Event}
MetricUpdate {key 1, value 2 double, timestamp 3 int64}
MetricRequest {key 1}
MetricValue {key 1, value 2 double, timestamp 3 int64}
SystemSnapshot {cpu_percent 1 double, memory_used_mb 2 double, memory_total_mb 3 double, \
disk_used_gb 4 double, disk_total_gb 5 double, gpu_utilization 6 double, active_tasks 7 int32, \
active_agents 8 int32, loaded_models 9 repeated}
GoalRecord {id 1, description 2, status 3, priority 4 int32, created_at 5 int64, \
completed_at 6 int64, result 7, metadata_json 8 bytes}
GoalUpdate {id 1, status 2, result 3}
GoalList {goals 1 repeated GoalRecord}
TaskRecord {id 1, goal_id 2, description 3, agent 4, status 5, input_json 6 bytes, \
output_json 7 bytes, started_at 8 int64, completed_at 9 int64, duration_ms 10 int64, error 11}
GoalIdRequest {goal_id 1}
TaskList {tasks 1 repeated TaskRecord}
ToolCallRecord {id 1, task_id 2, tool_name 3, agent 4, input_json 5 bytes, output_json 6 bytes, \
success 7 bool, duration_ms 8 int64, reason 9, timestamp 10 int64}
Decision {id 1, context 2, options_json 3 bytes, chosen 4, reasoning 5, intelligence_level 6, \
model_used 7, outcome 8, timestamp 9 int64}
Pattern {id 1, trigger 2, action 3, success_rate 4 double, uses 5 int32, last_used 6 int64, \
created_from 7}
PatternQuery {trigger 1, min_success_rate 2 double}
PatternResult {pattern 1 Pattern, found 2 bool}
PatternStatsUpdate {id 1, success 2 bool}
AgentState {agent_name 1, state_json 2 bytes, updated_at 3 int64}
AgentStateRequest {agent_name 1}
SemanticSearchRequest {query 1, collections 2 repeated, n_results 3 int32, \
min_relevance 4 double}
SearchResults {results 1 repeated SearchResult}
SearchResult {content 1, metadata_json 2 bytes, relevance 3 double, collection 4, id 5}
Procedure {id 1, name 2, description 3, steps_json 4 bytes, success_count 5 int32, \
fail_count 6 int32, avg_duration_ms 7 int64, tags 8 repeated, created_at 9 int64, \
last_used 10 int64}
Incident {id 1, description 2, symptoms_json 3 bytes, root_cause 4, resolution 5, resolved_by 6, \
prevention 7, timestamp 8 int64}
ConfigChange {id 1, file_path 2, content 3, changed_by 4, reason 5, timestamp 6 int64}
KnowledgeEntry {title 1, content 2, source 3, tags 4 repeated}
ContextRequest {task_description 1, max_tokens 2 int32, memory_tiers 3 repeated}
ContextResponse {chunks 1 repeated ContextChunk, total_tokens 2 int32}
ContextChunk {source 1, content 2, relevance 3 double, tokens 4 int32}
";

/// The compatible RPCs.
const RPCS_COMPATIBLE: &str = "\
PushEvent Event Empty
GetRecentEvents RecentEventsRequest EventList
UpdateMetric MetricUpdate Empty
GetMetric MetricRequest MetricValue
GetSystemSnapshot Empty SystemSnapshot
StoreGoal GoalRecord Empty
UpdateGoal GoalUpdate Empty
GetActiveGoals Empty GoalList
StoreTask TaskRecord Empty
GetTasksForGoal GoalIdRequest TaskList
StoreToolCall ToolCallRecord Empty
StoreDecision Decision Empty
StorePattern Pattern Empty
FindPattern PatternQuery PatternResult
UpdatePatternStats PatternStatsUpdate Empty
StoreAgentState AgentState Empty
GetAgentState AgentStateRequest AgentState
SemanticSearch SemanticSearchRequest SearchResults
StoreProcedure Procedure Empty
StoreIncident Incident Empty
StoreConfigChange ConfigChange Empty
SearchKnowledge SemanticSearchRequest SearchResults
AddKnowledge KnowledgeEntry Empty
AssembleContext ContextRequest ContextResponse
";

/// Minimum number of our own fields in compatible messages.
const OWN_NUMBER_MIN: i32 = 100;

#[test]
fn the_compatible_messages_have_exactly_the_fields_of_the_specification() {
    let described = file().message_type;
    let names: Vec<&str> =
        COMPATIBLE.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name).collect();
    let mut found = String::new();
    for name in names {
        let message = described.iter().find(|it| it.name() == name).expect(name);
        let fields = message.field.iter().filter(|field| field.number() < OWN_NUMBER_MIN);
        let fields: Vec<String> = fields.map(shown).collect();
        writeln!(found, "{name} {{{}}}", fields.join(", ")).unwrap();
    }
    assert_eq!(found, COMPATIBLE);
}

#[test]
fn the_compatible_rpcs_have_the_messages_of_the_specification() {
    let found = methods().into_iter().take(24).fold(String::new(), |mut found, method| {
        let (input, output) = (bare(method.input_type()), bare(method.output_type()));
        writeln!(found, "{} {input} {output}", method.name()).unwrap();
        found
    });
    assert_eq!(found, RPCS_COMPATIBLE);
}

fn bare(name: &str) -> &str {
    name.trim_start_matches(".aios.memory.")
}

fn shown(field: &FieldDescriptorProto) -> String {
    let type_name = match field.r#type() {
        Type::Double => " double".to_owned(),
        Type::Int64 => " int64".to_owned(),
        Type::Int32 => " int32".to_owned(),
        Type::Bool => " bool".to_owned(),
        Type::String => String::new(),
        Type::Message => format!(" {}", bare(field.type_name())),
        Type::Bytes => " bytes".to_owned(),
        other => panic!("no compatible field has the type {other:?}"),
    };
    let label = if field.label() == Label::Repeated { " repeated" } else { "" };
    format!("{} {}{label}{type_name}", field.name(), field.number())
}
