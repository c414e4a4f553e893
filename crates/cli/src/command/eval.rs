//! `eval`: measures how well questions find their evidence, and what is learned.

mod learning;
mod shown;

use std::io::{self, Write};

use aios_eval::{Dataset, Report, abstention::Abstention, evaluate};
use aios_memory::config::Effective;

use self::shown::shown;
use crate::{
    args::{Eval, EvalFormat},
    failure::Failure,
    output::Output,
};

pub(crate) async fn eval(
    arguments: Eval,
    settings: Effective,
    output: Output,
) -> Result<(), Failure> {
    let Eval { paths, format, among, model, learning } = arguments;
    let mut config = settings.config;
    config.embedding.model = model.unwrap_or(config.embedding.model);
    if learning {
        return self::learning::eval(&paths, &config, output).await;
    }
    if format != EvalFormat::Notes && !among.is_empty() {
        return Err(Failure::Usage {
            message: "--among is for notes only".to_owned(),
            hint: "pass --format notes, or omit --among",
        });
    }
    let dataset = match format {
        EvalFormat::Locomo => Dataset::Locomo,
        EvalFormat::LongMemEval => Dataset::LongMemEval,
        EvalFormat::Beir => Dataset::Beir,
        EvalFormat::Cranfield => Dataset::Cranfield,
        EvalFormat::Cisi => Dataset::Cisi,
        EvalFormat::Notes => Dataset::Notes { among },
    };
    let bar = output.progress("{pos}/{len} questions {wide_bar} {eta}", Some(0));
    let report = Box::pin(evaluate(&paths, dataset, &config, |it| bar.show(&it))).await?;
    bar.end();
    output.result(&report, |out| {
        write_recall(out, &report)?;
        write_groups(out, &report)?;
        write_contexts(out, &report)?;
        write_relevance(out, &report)?;
        write_baselines(out, &report)?;
        writeln!(
            out,
            "indexed in {:.2} s, search p50 {:.1} ms, p95 {:.1} ms",
            report.index_seconds, report.query_ms.p50, report.query_ms.p95
        )
    })?;
    Ok(())
}

fn write_recall(out: &mut dyn Write, report: &Report) -> io::Result<()> {
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
    writeln!(out, "mrr {:.3}, ndcg@10 {:.3}", summary.mrr, summary.ndcg_at_10)
}

/// Writes the results by session, category and file.
fn write_groups(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    if let Some(sessions) = &report.sessions {
        let recall = sessions.recall.at(10).unwrap_or_default();
        writeln!(out, "sessions with evidence: recall@10 {recall:.3}")?;
    }
    if report.relevance.is_empty() {
        for (category, summary) in &report.by_category {
            let (recall, queries) = (summary.recall.at(10).unwrap_or_default(), summary.queries);
            writeln!(out, "category {category}: recall@10 {recall:.3} ({queries} questions)")?;
        }
    }
    if 1 < report.by_path.len() {
        for (path, summary) in &report.by_path {
            let (recall, queries) = (summary.recall.at(10).unwrap_or_default(), summary.queries);
            writeln!(out, "{path}: recall@10 {recall:.3} ({queries} questions)")?;
        }
    }
    Ok(())
}

fn write_contexts(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for (tokens, share) in &report.evidence_within_tokens {
        let any = report.any_evidence_within_tokens.get(tokens).copied().unwrap_or_default();
        writeln!(out, "evidence within {tokens} tokens of context: all {share:.3}, any {any:.3}")?;
    }
    Ok(())
}

fn write_relevance(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    if let Some(abstention) = &report.abstention {
        write_abstention(out, abstention)?;
    }
    if let Some(others) = report.others.filter(|others| 0 < *others) {
        writeln!(out, "{others} distractors")?;
    }
    if !report.relevance.is_empty() {
        writeln!(
            out,
            "{:<14} {:>9} {:>6} {:>6} {:>6} {:>6} {:>10} {:>6} {:>6} {:>17}",
            "type",
            "questions",
            "first",
            "in 3",
            "in 10",
            "mrr",
            "at .5",
            "median",
            "AUROC",
            "calibration error"
        )?;
    }
    for (name, relevance) in &report.relevance {
        let summary = report.by_category.get(name);
        let any = |depth| summary.and_then(|summary| summary.recall_any.at(depth));
        writeln!(
            out,
            "{name:<14} {:>9} {:>6} {:>6} {:>6} {:>6} {:>10.3} {:>6.3} {:>6} {:>17}",
            relevance.queries,
            shown(any(1)),
            shown(any(3)),
            shown(any(10)),
            shown(summary.map(|summary| summary.mrr)),
            relevance.passing,
            relevance.median,
            shown(relevance.area_under_curve),
            shown(relevance.calibration_error),
        )?;
    }
    match report.best_hit_calibration_error {
        Some(error) => writeln!(out, "calibration error of the best hits: {error:.3}"),
        None => Ok(()),
    }
}

fn write_abstention(out: &mut dyn Write, abstention: &Abstention) -> io::Result<()> {
    writeln!(
        out,
        "best hit relevant: answerable {:.3}, unanswerable {}, from another conversation {} (AUROC \
         {})",
        abstention.answerable,
        shown(abstention.unanswerable),
        shown(abstention.foreign),
        shown(abstention.area_under_curve),
    )?;
    writeln!(
        out,
        "answerable against unanswerable: AUROC {}, calibration error {}",
        shown(abstention.unanswerable_area_under_curve),
        shown(abstention.unanswerable_calibration_error),
    )?;
    writeln!(
        out,
        "answerable against another conversation's: AUROC {}, calibration error {}",
        shown(abstention.area_under_curve),
        shown(abstention.calibration_error),
    )
}

fn write_baselines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for (name, groups) in &report.baselines {
        let summary = &groups.summary;
        write!(out, "{name}: mrr {:.3}, ndcg@10 {:.3}", summary.mrr, summary.ndcg_at_10)?;
        for (category, summary) in &groups.by_category {
            write!(out, ", {category} mrr {:.3}", summary.mrr)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
