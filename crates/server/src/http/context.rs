//! `POST /api/v1/context`: the records relevant to a task, packed into a token budget.

use aios_memory::{Context, ContextOptions, Error, MemoryView, Tier, Tokenizer};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, Part, within},
    shapes::word,
};
use crate::{bounds::TOKENS_MAX, call::Call, failure::Failure};

/// A task that needs a context.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContextRequest)]
pub(crate) struct Task {
    /// The task, in words.
    task: String,
    /// Token budget, 1 to 1,000,000. Default: the setting.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_tokens: Option<usize>,
    /// Tiers to use: `operational`, `working`, `longterm`, `knowledge`, in any common spelling.
    /// `operational` needs the right `observe`. Default: the tiers in the settings that the caller
    /// may read.
    #[serde(default)]
    tiers: Option<Vec<String>>,
    /// Tokenizer of the budget: `embedder`, `o200k`, `cl100k` or `estimate`. Default: the setting.
    #[serde(default)]
    tokenizer: Option<String>,
    /// `markdown`, `xml` or `json`. Default: `markdown`.
    #[serde(default)]
    format: Option<String>,
    /// Id of the conversation whose last messages are included verbatim.
    #[serde(default)]
    session: Option<String>,
    /// Id of a project to narrow to.
    #[serde(default)]
    project: Option<String>,
    /// Name of an agent to narrow to.
    #[serde(default)]
    agent: Option<String>,
}

/// A context.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Context)]
pub(crate) struct Packed {
    /// The text for the prompt; empty if nothing fits.
    text: String,
    /// Number of tokens of the text, exact for the tokenizer, at most `max_tokens`.
    tokens: usize,
    /// The budget.
    max_tokens: usize,
    /// Name of the tokenizer.
    tokenizer: String,
    /// The pieces of the text, in order.
    chunks: Vec<Chunk>,
    /// Records that are not in the text.
    omitted: Vec<Omitted>,
}

/// A piece of a context.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContextChunk)]
struct Chunk {
    tier: &'static str,
    /// Keys of the record and of those folded into it.
    ids: Vec<String>,
    /// Tokens of the piece alone.
    tokens: usize,
    /// Relevance for the task, 0 to 1.
    relevance: f64,
    /// The piece, as in the text.
    content: String,
    /// Part of the context, such as `profile` or `recent`.
    section: String,
    /// True if it was truncated.
    cut: bool,
}

/// A record that is not in the context.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContextOmission)]
struct Omitted {
    id: String,
    /// `budget`, `tier_cap`, `section_limit`, `empty` or `refused`.
    reason: String,
}

/// Assembles a context for a task: the relevant records of all tiers, within a token budget.
#[utoipa::path(
    post,
    path = "/api/v1/context",
    tag = "memory",
    request_body = Task,
    responses((status = 200, description = "The context", body = Packed))
)]
pub(crate) async fn context(call: Call, Json(request): Json<Task>) -> Result<Response, Failure> {
    let session = Part { session: request.session.clone(), ..Part::default() };
    session.scope()?;
    let part =
        Part { session: None, project: request.project.clone(), agent: request.agent.clone() };
    let view = part.of(call.caller.view())?;
    let options = options(&call, &view, &request)?;
    call.traced.asked(&request.task);
    let context = call.read(Box::pin(call.caller.context(&view, &request.task, &options))).await?;
    call.traced.found(context.chunks.iter().map(|chunk| chunk.content.as_str()));
    Ok(answer::json(StatusCode::OK, &Packed::from(context)))
}

fn options(call: &Call, view: &MemoryView, request: &Task) -> Result<ContextOptions, Failure> {
    let mut options = view.context_options();
    if let Some(tokens) = request.max_tokens {
        options.max_tokens = within("max_tokens", tokens, 1..=TOKENS_MAX)?;
    }
    let tiers = request.tiers.as_deref().map(tiers).transpose()?;
    options.tiers = call.caller.tiers(tiers, options.tiers)?;
    if let Some(name) = &request.tokenizer {
        options.tokenizer =
            name.parse::<Tokenizer>().map_err(|error| Failure::invalid(error.to_string()))?;
    }
    if let Some(name) = &request.format {
        options.format = name.parse().map_err(|error| Failure::from(Error::Context(error)))?;
    }
    options.session.clone_from(&request.session);
    Ok(options)
}

/// Returns the tiers with these names, in any common spelling.
fn tiers(names: &[String]) -> Result<Vec<Tier>, Failure> {
    if names.is_empty() {
        return Err(Failure::invalid("`tiers` is empty; leave it out for those of the settings"));
    }
    let mut tiers = Vec::new();
    for name in names {
        let tier: Tier = name.parse().map_err(Error::from)?;
        if !tiers.contains(&tier) {
            tiers.push(tier);
        }
    }
    Ok(tiers)
}

impl From<Context> for Packed {
    fn from(context: Context) -> Packed {
        let chunks = context.chunks.into_iter().map(|chunk| Chunk {
            tier: chunk.tier.as_str(),
            ids: chunk.ids,
            tokens: chunk.tokens.0,
            relevance: chunk.relevance,
            content: chunk.content,
            section: word(&chunk.section),
            cut: chunk.cut,
        });
        let omitted =
            context.omitted.into_iter().map(|it| Omitted { id: it.id, reason: word(&it.reason) });
        Packed {
            text: context.text,
            tokens: context.total_tokens.0,
            max_tokens: context.max_tokens.0,
            tokenizer: context.tokenizer,
            chunks: chunks.collect(),
            omitted: omitted.collect(),
        }
    }
}
