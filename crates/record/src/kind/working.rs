//! The kinds of working memory, and their fields.

use super::{
    Kind,
    description::{COMMON_OF_MESSAGES, Description, OWN_ID, SETTING, WORKING},
    field::{id, json, keys, labels, number, share, text, time, truth, whole, word},
    rules::{Feeding, FreeFields, Mutability, Parent},
};

const IN_SESSION: Parent = Parent { kind: Kind::Session, field: None };

pub(super) const GOAL: Description = Description {
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        text("description", "The aim.").required().searched().sentence(),
        word(
            "status",
            &["pending", "active", "completed", "failed", "cancelled"],
            "Status. Default: pending.",
        )
        .unguarded()
        .naming(),
        whole("priority", "Priority; 1 is the highest. Default: 5.")
            .at_least(i32::MIN as i64)
            .at_most(i32::MAX as i64),
        time("completed_at", "Time of the end. Default: set when the status becomes final."),
        text("result", "The result.").searched(),
        json("metadata", "Additional data."),
    ],
    ..WORKING
};

pub(super) const TASK: Description = Description {
    parents: &[Parent { kind: Kind::Goal, field: Some("goal_id") }, IN_SESSION],
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        id("goal_id", "Id of its goal."),
        text("description", "The work to be done.").required().searched().sentence(),
        text("agent", "Name of the agent that does it.").naming(),
        word(
            "status",
            &["pending", "in_progress", "completed", "failed", "cancelled"],
            "Status. Default: pending.",
        )
        .unguarded()
        .naming(),
        json("input", "The input.").value(),
        json("output", "The output.").value(),
        text("summary", "Short summary of the work done.").searched(),
        text("result", "The result.").searched(),
        text("error", "The error, if it failed.").searched(),
        time("started_at", "Time of the start. Default: set when it is in progress."),
        time("completed_at", "Time of the end. Default: set when the status becomes final."),
        whole("duration_ms", "Duration in milliseconds. Default: from start to end.").at_least(0),
        json("metadata", "Additional data."),
    ],
    ..WORKING
};

pub(super) const TOOL_CALL: Description = Description {
    parents: &[Parent { kind: Kind::Task, field: Some("task_id") }],
    fields: &[
        OWN_ID,
        id("task_id", "Id of its task."),
        whole("iteration", "Iteration of the task."),
        text("tool_name", "Name of the tool.").required().searched().title(),
        text("agent", "Name of the calling agent.").naming(),
        json("input", "The input.").value(),
        json("output", "The output; a long one is truncated.").value(),
        truth("success", "True if the call succeeded. Default: false."),
        whole("duration_ms", "Duration in milliseconds.").at_least(0),
        text("reason", "Reason for the call.").searched(),
        time("timestamp", "Time of the call. Default: now."),
    ],
    ..WORKING
};

pub(super) const DECISION: Description = Description {
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        text("context", "The question decided.").required().searched().sentence(),
        json("options", "The options considered."),
        text("chosen", "The chosen option.").required().searched().value(),
        text("reasoning", "Reason for the choice.").searched(),
        word(
            "intelligence_level",
            &["reactive", "operational", "tactical", "strategic"],
            "Level of reasoning. Default: operational.",
        ),
        text("decided_by", "Name of the decider."),
        text("model_used", "The model used."),
        text("outcome", "The outcome, filled in later.").searched(),
        time("timestamp", "Time of the decision. Default: now."),
    ],
    ..WORKING
};

pub(super) const PATTERN: Description = Description {
    fields: &[
        OWN_ID,
        text("trigger", "The situation that calls for the action.").required().searched(),
        text("action", "The action.").required().searched(),
        number("success_rate", "Share of successful uses, clamped to 0 to 1. Default: 1."),
        number("success_bound", "Lower bound of the success rate with 95 % confidence.").by_tier(),
        whole("uses", "Number of uses; a negative one becomes 0. Default: 0."),
        time("last_used", "Time of the last use."),
        text("created_from", "The source from which it was learned."),
    ],
    ..WORKING
};

pub(super) const AGENT_STATE: Description = Description {
    fields: &[
        id("agent_name", "Name of the agent, which is the id.").or_named("id").required().title(),
        json("state", "The saved value.").required(),
    ],
    ..WORKING
};

pub(super) const SESSION: Description = Description {
    mutability: Mutability::Only(&["summary"]),
    fields: &[
        OWN_ID,
        text("summary", "Its subject in a few sentences.").searched(),
        time("last_active", "Time of the last activity. Default: now."),
        whole("message_count", "Number of messages that it has had; a given one is ignored."),
    ],
    ..WORKING
};

pub(super) const MESSAGE: Description = Description {
    parents: &[IN_SESSION],
    mutability: Mutability::Fixed,
    free_fields: FreeFields::InMetadata,
    feeding: Feeding::Default,
    fields: &[
        id("id", "Id in the system that it comes from, unique in its session. Default: a new one."),
        text("name", "Name of the speaker.").searched().title(),
        text("content", "The content.").required().searched(),
        word("role", &["system", "user", "assistant", "tool"], "Role. Default: user.")
            .unguarded()
            .naming(),
        time("timestamp", "Time of the message. Default: now."),
        labels("tags", "Labels to filter by.").in_member_of("metadata"),
        json("metadata", "Additional data."),
        whole("position", "Position in the session, from 0.").by_tier(),
        whole("tokens", "Number of tokens, if known.").by_tier(),
        text("model", "The model that wrote it.").by_tier(),
        text("external_id", "Id in the system that it comes from.").by_tier().unguarded().naming(),
    ],
    common: COMMON_OF_MESSAGES,
    ..WORKING
};

pub(super) const INTERACTION: Description = Description {
    fields: &[
        OWN_ID,
        time("timestamp", "Time of the exchange. Default: now."),
        text("user_transcript", "The user's words.").required().searched().sentence(),
        json("llm_messages", "The input of the model."),
        json("tool_calls", "The tool calls: a list of {name, args, result}."),
        text("assistant_response", "The answer.").searched().sentence(),
        text("skill_used", "The skill that answered."),
        json("latency_ms", "Latency of each stage in milliseconds, by name."),
    ],
    ..WORKING
};

pub(super) const ENTRY: Description = Description {
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        text("category", "Category.").required(),
        text("key", "Key to look up by; not necessarily unique.").required().searched().title(),
        json("value", "The value.").searched().value(),
        labels("tags", "Labels to filter by."),
        text("entity_type", "Type of the entity that it describes."),
        text("entity_id", "Id of that entity.").unguarded(),
        time("timestamp", "Time of the entry. Default: now."),
    ],
    ..WORKING
};

pub(super) const FILE: Description = Description {
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        text("path", "Absolute path below /memories, unique for its owner and project.")
            .required()
            .searched()
            .title()
            .such_as("/memories/notes.md"),
        text("text", "The content, at most 1 MiB. Default: empty.").searched(),
    ],
    ..WORKING
};

pub(super) const FACT: Description = Description {
    feeding: Feeding::WithOthers,
    fields: &[
        OWN_ID,
        text("text", "The statement in words. Default: the subject, the attribute and the value.")
            .one_of()
            .searched(),
        text("subject", "The subject.").one_of().naming(),
        text("attribute", "The attribute of the subject, such as home.").one_of(),
        json("value", "Value of the attribute.").one_of().value(),
        text("speaker", "Name of the speaker in the text.").naming(),
        keys("evidence", "Keys of the records that state it."),
        word("origin", &["rules", "chat", "told"], "The way in which it was found. Default: told.")
            .unguarded()
            .naming(),
        share("confidence", "Confidence, 0 to 1. Default: 1."),
        time("stated_at", "Time at which it was stated. Default: when it is first stored."),
        json("time", "A time in the statement: its expression, its value and its granularity."),
        time("valid_from", "Time from which it is true, if known."),
        time("valid_to", "Time until which it is true, if known."),
        time("ended_at", "Time at which its end was stated.").by_tier(),
        text("ended_by", "Key of the record that states its end.").naming().by_tier(),
        id("superseded_by", "Id of the fact that took its place.").by_tier(),
        time("confirmed_at", "Time of the last confirmation by a person.").by_tier(),
        json("metadata", "Additional data."),
    ],
    ..WORKING
};

pub(super) const EVENT: Description = Description {
    mutability: Mutability::Fixed,
    feeding: Feeding::Default,
    fields: &[
        OWN_ID,
        whole("seq", "Sequence number in its ring. Default: 0."),
        time("timestamp", "Time of the event. Default: now."),
        text("category", "Category.").required().searched(),
        text("source", "The component that it comes from.").searched().naming(),
        json("data", "The content.").searched(),
        truth("critical", "True if it must not be lost. Default: false."),
    ],
    ..WORKING
};

pub(super) const PREFERENCE: Description = Description {
    fields: &[
        id("key", "Key, unique for its owner; the id.").required().guarded().title(),
        json("value", "The value.").value(),
    ],
    ..SETTING
};

pub(super) const PERSONA: Description = Description {
    fields: &[
        id("key", "Name of the trait; the id.").required().guarded().title(),
        json("value", "The value, kept as text.").value(),
    ],
    ..SETTING
};
