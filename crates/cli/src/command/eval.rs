//! `eval`: how well questions find their evidence.

use aios_memory::{
    Effective,
    eval::{Dataset, evaluate},
};

use crate::{
    args::{Eval, EvalFormat},
    failure::Failure,
    output::Output,
};

pub(crate) async fn eval(
    arguments: &Eval,
    settings: &Effective,
    output: Output,
) -> Result<(), Failure> {
    let dataset = match arguments.format {
        EvalFormat::Locomo => Dataset::Locomo,
        EvalFormat::LongMemEval => Dataset::LongMemEval,
        EvalFormat::Beir => Dataset::Beir,
        EvalFormat::Cranfield => Dataset::Cranfield,
    };
    let bar = output.progress("{pos}/{len} questions {wide_bar} {eta}", Some(0));
    let told = |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let report = Box::pin(evaluate(&arguments.paths, dataset, &settings.config, told)).await?;
    bar.end();
    output.result(&report, |out| {
        let summary = &report.summary;
        writeln!(
            out,
            "{} questions, {} indexes, {} records, {}",
            summary.queries, report.indexes, report.records, report.embedder
        )?;
        writeln!(out, "{:<12} {:>8} {:>10} {:>10}", "k", "recall", "any", "all")?;
        for (at, k) in report.k.iter().enumerate() {
            let [recall, any, all] =
                [summary.recall, summary.recall_any, summary.recall_all].map(|by| by.0[at]);
            writeln!(out, "{k:<12} {recall:>8.3} {any:>10.3} {all:>10.3}")?;
        }
        writeln!(out, "mrr {:.3}, ndcg@10 {:.3}", summary.mrr, summary.ndcg_at_10)?;
        if let Some(sessions) = &report.sessions {
            let recall = sessions.recall.at(10).unwrap_or_default();
            writeln!(out, "sessions of the evidence among the first 10 sessions: {recall:.3}")?;
        }
        for (category, summary) in &report.by_category {
            let (recall, queries) = (summary.recall.at(10).unwrap_or_default(), summary.queries);
            writeln!(out, "category {category}: recall@10 {recall:.3} of {queries}")?;
        }
        for (tokens, share) in &report.evidence_within_tokens {
            let any = report.any_evidence_within_tokens.get(tokens).copied().unwrap_or_default();
            writeln!(out, "evidence in {tokens} tokens of context: all {share:.3}, any {any:.3}")?;
        }
        if let Some(abstention) = &report.abstention {
            let shown = |share: Option<f64>| share.map_or("-".to_owned(), |it| format!("{it:.3}"));
            writeln!(
                out,
                "best hit relevant: answerable {:.3}, unanswerable {}, of another conversation {} \
                 (area under curve {})",
                abstention.answerable,
                shown(abstention.unanswerable),
                shown(abstention.foreign),
                shown(abstention.area_under_curve),
            )?;
        }
        writeln!(
            out,
            "indexed in {:.2} s, search p50 {:.1} ms, p95 {:.1} ms",
            report.index_seconds, report.query_ms.p50, report.query_ms.p95
        )
    })?;
    Ok(())
}
