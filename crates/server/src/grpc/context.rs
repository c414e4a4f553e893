//! Contexts for tasks.

use aios_memory::{Context, Tier, context as packing, draft::moment};
use serde_json::json;

use super::{
    scope,
    values::{self, narrow},
};
use crate::{
    bounds::TOKENS_MAX,
    call::Call,
    failure::Failure,
    scope::scope_of,
    wire::{
        ContextChunk, ContextRequest, ContextResponse, TaskContext, TaskContextChunk,
        TaskContextOmission, TaskContextRequest,
    },
};

/// Names of tiers that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// Ignored if at least one known tier is named, as in the compatible protocol.
    Ignored,
    Refused,
}

pub(super) async fn assemble(
    call: &Call,
    request: ContextRequest,
) -> Result<ContextResponse, Failure> {
    let ContextRequest { task_description, max_tokens, memory_tiers } = request;
    let view = call.caller.view();
    let mut options = view.context_options();
    let tiers = named("memory_tiers", &memory_tiers, Unknown::Ignored)?;
    options.tiers = call.caller.tiers(tiers, options.tiers)?;
    options.max_tokens = tokens(max_tokens)?.unwrap_or(options.max_tokens);
    call.traced.asked(&task_description);
    let context = call.read(call.caller.context(view, &task_description, &options)).await?;
    call.traced.found(context.chunks.iter().map(|chunk| chunk.content.as_str()));
    Ok(response(context))
}

pub(super) async fn of_task(
    call: &Call,
    request: TaskContextRequest,
) -> Result<TaskContext, Failure> {
    let TaskContextRequest { task, max_tokens, tiers: names, tokenizer, format, session, scope } =
        request;
    let view = scope::view(call, scope)?;
    let session = values::text(session);
    scope_of("", None, None, session.clone())?;
    let mut options = view.context_options();
    let tiers = named("tiers", &names, Unknown::Refused)?;
    options.tiers = call.caller.tiers(tiers, options.tiers)?;
    options.max_tokens = tokens(max_tokens)?.unwrap_or(options.max_tokens);
    if let Some(name) = values::text(tokenizer) {
        options.tokenizer = name.parse().map_err(|error| invalid("tokenizer", &error))?;
    }
    if let Some(name) = values::text(format) {
        options.format = name.parse().map_err(|error: packing::Error| invalid("format", &error))?;
    }
    options.session = session;
    call.traced.asked(&task);
    let context = call.read(call.caller.context(&view, &task, &options)).await?;
    call.traced.found(context.chunks.iter().map(|chunk| chunk.content.as_str()));
    Ok(context_message(context))
}

fn invalid(field: &str, error: &dyn std::error::Error) -> Failure {
    Failure::invalid(format!("`{field}`: {error}"))
}

/// Returns the token budget, or `None` if it is not given.
fn tokens(max_tokens: i32) -> Result<Option<usize>, Failure> {
    values::count("max_tokens", max_tokens, TOKENS_MAX)
}

/// Returns the tiers that a caller names; `None` if it names none.
fn named(field: &str, names: &[String], unknown: Unknown) -> Result<Option<Vec<Tier>>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut tiers = Vec::new();
    let mut error = None;
    for name in names {
        match name.parse::<Tier>() {
            Ok(tier) if tiers.contains(&tier) => {}
            Ok(tier) => tiers.push(tier),
            Err(unknown) => {
                let name = moment::excerpt(name);
                tracing::warn!(name, "a caller names an unknown tier");
                error = Some(unknown);
            }
        }
    }
    match error {
        Some(error) if unknown == Unknown::Refused || tiers.is_empty() => {
            Err(invalid(field, &error))
        }
        _ => Ok(Some(tiers)),
    }
}

fn response(context: Context) -> ContextResponse {
    let chunk = |chunk: packing::Chunk| ContextChunk {
        source: chunk.tier.to_string(),
        content: chunk.content,
        relevance: chunk.relevance,
        tokens: narrow(chunk.tokens.0),
    };
    ContextResponse {
        total_tokens: narrow(context.total_tokens.0),
        chunks: context.chunks.into_iter().map(chunk).collect(),
    }
}

fn context_message(context: Context) -> TaskContext {
    let chunk = |chunk: packing::Chunk| TaskContextChunk {
        tier: chunk.tier.to_string(),
        ids: chunk.ids,
        tokens: narrow(chunk.tokens.0),
        relevance: chunk.relevance,
        content: chunk.content,
        cut: chunk.cut,
    };
    let omission = |omitted: packing::Omitted| TaskContextOmission {
        id: omitted.id,
        reason: json!(omitted.reason).as_str().unwrap_or_default().to_owned(),
    };
    TaskContext {
        text: context.text,
        total_tokens: narrow(context.total_tokens.0),
        max_tokens: narrow(context.max_tokens.0),
        tokenizer: context.tokenizer,
        chunks: context.chunks.into_iter().map(chunk).collect(),
        omitted: context.omitted.into_iter().map(omission).collect(),
    }
}
