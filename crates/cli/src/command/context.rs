//! `context`: the assembled context for a task.

use std::io::Write;

use aios_memory::{
    Context as AssembledContext, ContextOptions, MemoryView,
    context::{Format as ContextFormat, TokenCount},
};

use crate::{
    args::Context,
    failure::Failure,
    output::{Notation, Output, defused, json_lines},
};

pub(crate) async fn context(
    memory: &MemoryView,
    arguments: Context,
    output: Output,
) -> Result<(), Failure> {
    let mut options = memory.context_options().with_format(arguments.format);
    options.max_tokens = arguments.max_tokens.unwrap_or(options.max_tokens);
    options.tokenizer = arguments.tokenizer.unwrap_or(options.tokenizer);
    if !arguments.tiers.is_empty() {
        options.tiers = arguments.tiers;
    }
    let is_lines = arguments.format == ContextFormat::Json && !output.json;
    let context = match output.json {
        // A reader of JSON gets the text as it was counted.
        true => memory.assemble_context(&arguments.task, &options).await?,
        false => printable(memory, &arguments.task, options, is_lines).await?,
    };
    if arguments.explain {
        output.note(&format!(
            "{} of {} tokens ({})",
            context.total_tokens, context.max_tokens, context.tokenizer
        ));
        for chunk in &context.chunks {
            let ids = chunk.ids.join(", ");
            output.note(&format!(
                "in   {:>5} tokens, relevance {:.2}, {}: {ids}",
                chunk.tokens.0, chunk.relevance, chunk.tier
            ));
        }
        for omitted in &context.omitted {
            let reason = serde_json::to_value(omitted.reason).unwrap_or_default();
            output.note(&format!("out  {}: {}", reason.as_str().unwrap_or_default(), omitted.id));
        }
    }
    if is_lines {
        let mut out = json_lines();
        write!(out, "{}", context.text)?;
        return Ok(out.flush()?);
    }
    output.result(&context, |out| write!(out, "{}", context.text))?;
    Ok(())
}

/// Attempts to make a context short enough as it is printed.
const TRIES: usize = 8;

/// Assembles a context that has at most as many tokens as requested even after the escapes that
/// printing adds, which are counted.
async fn printable(
    memory: &MemoryView,
    task: &str,
    mut options: ContextOptions,
    is_json: bool,
) -> Result<AssembledContext, Failure> {
    let (max_tokens, tokenizer) = (options.max_tokens, options.tokenizer);
    let notation = if is_json { Notation::Json } else { Notation::Text };
    for attempt in 1..=TRIES {
        let mut context = memory.assemble_context(task, &options).await?;
        let printed = defused(&context.text, notation).into_owned();
        if printed != context.text {
            context.total_tokens = memory.contexts().count(printed, tokenizer).await?;
        }
        let printed_tokens = context.total_tokens.0;
        if printed_tokens <= max_tokens || options.max_tokens == 0 {
            context.max_tokens = TokenCount(max_tokens);
            return Ok(context);
        }
        let share = options.max_tokens * max_tokens / printed_tokens * 9 / 10;
        options.max_tokens = if attempt + 1 < TRIES { share } else { 0 };
    }
    unreachable!("a context of 0 tokens is returned")
}
