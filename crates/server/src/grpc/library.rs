//! Tier 2 by kind: procedures, incidents, configuration changes and knowledge.

use aios_memory::Kind;

use super::{answer::Answer, fields::Fields};
use crate::{
    call::Call,
    failure::Failure,
    wire::{ConfigChange, Empty, Incident, KnowledgeEntry, Procedure},
};

pub(super) async fn store_procedure(
    call: &Call,
    procedure: Procedure,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", procedure.id)
        .text("name", procedure.name)
        .text("description", procedure.description)
        .json("steps", &procedure.steps_json)?
        .count("success_count", procedure.success_count.into())?
        .count("fail_count", procedure.fail_count.into())?
        .count("avg_duration_ms", procedure.avg_duration_ms)?
        .texts("tags", procedure.tags)
        .time("created_at", procedure.created_at)?
        .time("last_used", procedure.last_used)?;
    fields.store(call, Kind::Procedure).await
}

pub(super) async fn store_incident(
    call: &Call,
    incident: Incident,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", incident.id)
        .text("description", incident.description)
        .json("symptoms", &incident.symptoms_json)?
        .text("root_cause", incident.root_cause)
        .text("resolution", incident.resolution)
        .text("resolved_by", incident.resolved_by)
        .text("prevention", incident.prevention)
        .time("timestamp", incident.timestamp)?;
    fields.store(call, Kind::Incident).await
}

pub(super) async fn store_config_change(
    call: &Call,
    change: ConfigChange,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("id", change.id)
        .text("file_path", change.file_path)
        .text("content", change.content)
        .text("changed_by", change.changed_by)
        .text("reason", change.reason)
        .time("timestamp", change.timestamp)?;
    fields.store(call, Kind::ConfigChange).await
}

pub(super) async fn add_knowledge(
    call: &Call,
    entry: KnowledgeEntry,
) -> Result<Answer<Empty>, Failure> {
    let fields = Fields::default()
        .text("title", entry.title)
        .text("content", entry.content)
        .text("source", entry.source)
        .texts("tags", entry.tags);
    fields.store(call, Kind::Knowledge).await
}
