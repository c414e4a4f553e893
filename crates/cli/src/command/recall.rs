//! `recall`: search.

use aios_memory::{Access, MemoryView, Timestamp, longterm::Explain};

use crate::{
    args::Recall,
    failure::Failure,
    opening::tell_behind,
    output::{Output, line, named, one_line},
};

/// Maximum number of characters of a text in one line.
const CHARS_SHOWN: usize = 200;

pub(crate) async fn recall(
    memory: &MemoryView,
    recall: Recall,
    output: Output,
) -> Result<(), Failure> {
    if let (Some(since), Some(until)) = (recall.since, recall.until)
        && until.begin < since.begin
        && until.end <= since.begin
    {
        return Err(Failure::Usage {
            message: "--since is later than --until".to_owned(),
            hint: "pass the earlier time as --since",
        });
    }
    // A period that has not ended yet is searched as of now.
    let as_of = recall.as_of.map(|it| it.last().min(Timestamp::now()).max(it.begin));
    let options = memory
        .search_options()
        .with_kinds(Some(recall.collections).filter(|kinds| !kinds.is_empty()))
        .with_tags(recall.tags)
        .with_since(recall.since.map(|period| period.begin))
        .with_until(recall.until.map(|period| period.end))
        .with_as_of(as_of)
        .with_min_relevance(recall.min_relevance)
        .with_explain(if recall.explain { Explain::Yes } else { Explain::No });
    let options = match recall.limit {
        Some(limit) => options.with_limit(limit),
        None => options,
    };
    let recalled = memory.recall_with(&recall.query, &options).await?;
    if recalled.hits.is_empty() && !output.json {
        output.note("no matches");
    }
    // For a read-only memory, this was reported on opening.
    if memory.config().memory.access == Access::ReadWrite {
        tell_behind(recalled.behind, output);
    }
    if 0 < recalled.vectors_outstanding && !output.json {
        let outstanding = recalled.vectors_outstanding;
        output.note(&format!("{outstanding} records without a vector yet: searched by word only"));
    }
    if 0 < recalled.versions_lost && !output.json {
        let lost = recalled.versions_lost;
        output.note(&format!("{lost} records changed too often: their versions of then are lost"));
    }
    output.result(&recalled, |out| {
        for hit in &recalled.hits {
            let time = output.minute(hit.occurred_at.unwrap_or(hit.recorded_at));
            let who = hit.name.as_deref().map(|name| format!("{}: ", line(name)));
            let who = who.unwrap_or_default();
            let text = one_line(&hit.text, CHARS_SHOWN);
            let name = named(memory, &hit.identity());
            writeln!(out, "{:.2}  {time}  {who}{text}  [{name}]", hit.relevance)?;
            if let Some(explain) = &hit.explain {
                writeln!(out, "      {}", serde_json::to_string(explain)?)?;
                if let Some(reranked) = hit.reranked {
                    writeln!(out, "      reranker: {reranked:.3}")?;
                }
            }
        }
        Ok(())
    })?;
    Ok(())
}
