//! `context`: the assembled context for a task.

use std::io::Write;

use aios_memory::{MemoryView, context::Format as ContextFormat};

use crate::{
    args::Context,
    failure::Failure,
    output::{Output, json_lines},
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
    let context = memory.assemble_context(&arguments.task, &options).await?;
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
    if arguments.format == ContextFormat::Json && !output.json {
        let mut out = json_lines();
        write!(out, "{}", context.text)?;
        return Ok(out.flush()?);
    }
    output.result(&context, |out| write!(out, "{}", context.text))?;
    Ok(())
}
