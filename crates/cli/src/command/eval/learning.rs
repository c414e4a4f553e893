//! `eval --learning`: evaluates the facts that are learned from conversations.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use aios_eval::learning::{Choice, LearningReport, Reach, evaluate_learning};
use aios_memory::Config;

use super::shown::shown;
use crate::{failure::Failure, output::Output};

pub(super) async fn eval(
    paths: &[PathBuf],
    config: &Config,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{pos}/{len} questions {wide_bar} {eta}", Some(0));
    let report = Box::pin(evaluate_learning(paths, config, |it| bar.show(&it))).await?;
    bar.end();
    output.result(&report, |out| {
        write_selection(out, &report)?;
        write_coverage(out, &report)?;
        write_contexts(out, &report)?;
        write_rules(out, &report)
    })?;
    Ok(())
}

fn write_selection(out: &mut dyn Write, report: &LearningReport) -> io::Result<()> {
    let Some(selection) = &report.selection else { return Ok(()) };
    writeln!(
        out,
        "{:<24} {:>9} {:>6} {:>6} {:>6} {:>13}",
        "messages worth a fact", "precision", "recall", "f1", "AUROC", "evidence kept"
    )?;
    let rules = if selection.numbers.is_empty() { "rules" } else { "rules, leave-one-out" };
    for (name, choice) in [
        ("length of the message", &selection.by_length),
        (rules, &selection.rules),
        ("rules as shipped", &selection.shipped),
    ] {
        let Choice { precision, recall, f1, auc, evidence_kept } = choice;
        writeln!(
            out,
            "{name:<24} {precision:>9.3} {recall:>6.3} {f1:>6.3} {auc:>6.3} {evidence_kept:>13.3}"
        )?;
    }
    for (name, worth) in &selection.numbers {
        let (without, alone) = (worth.auc_without, worth.auc_alone);
        writeln!(out, "{name}: AUROC without it {without:.3}, by it alone {alone:.3}")?;
    }
    Ok(())
}

fn write_coverage(out: &mut dyn Write, report: &LearningReport) -> io::Result<()> {
    if 0 < report.conversations {
        let LearningReport { conversations, messages, facts, ended, .. } = report;
        writeln!(
            out,
            "{conversations} conversations, {messages} messages, {facts} facts, {ended} of them ended"
        )?;
    }
    let Some(coverage) = &report.coverage else { return Ok(()) };
    writeln!(
        out,
        "observations ({}): covered {:.3}, with a fact of their messages {:.3}, words in the best \
         fact {:.3}, in all {:.3}",
        coverage.observations,
        coverage.covered,
        coverage.cited,
        coverage.words,
        coverage.words_of_all
    )
}

fn write_contexts(out: &mut dyn Write, report: &LearningReport) -> io::Result<()> {
    let found =
        Reach { answer_words: report.answer_words.clone(), evidence: report.evidence.clone() };
    for (name, reach) in [("", Some(&found)), (", with profile", report.with_profile.as_ref())] {
        let Some(reach) = reach else { continue };
        for (what, by_size) in
            [("answer words", &reach.answer_words), ("evidence", &reach.evidence)]
        {
            for (tokens, beside) in by_size {
                let (turns, facts) = (beside.turns, beside.facts);
                writeln!(
                    out,
                    "{what} within {tokens} tokens{name}: turns {turns:.3}, facts beside {facts:.3}"
                )?;
            }
        }
    }
    Ok(())
}

fn write_rules(out: &mut dyn Write, report: &LearningReport) -> io::Result<()> {
    if let Some(temporal) = &report.temporal_detail {
        writeln!(
            out,
            "temporal questions ({}): right {:.3}, also if coarser {:.3}, by the message's day {:.3}",
            temporal.questions,
            temporal.resolved,
            temporal.resolved_or_coarser,
            temporal.message_day
        )?;
    }
    if let Some(grounded) = &report.grounded {
        writeln!(out, "grounded values: {:.3} of {}", grounded.share, grounded.values)?;
    }
    if let Some(supersession) = &report.supersession {
        writeln!(
            out,
            "supersession: exact {} of {} updates, kept {} of {} others, unrelated lost {:.4}",
            shown(Some(supersession.exact)),
            supersession.updates,
            shown(Some(supersession.negatives_kept)),
            supersession.negatives,
            supersession.unrelated_lost
        )?;
    }
    let Some(speed) = &report.speed else { return Ok(()) };
    writeln!(
        out,
        "messages per second: rules {:.0}, stored {:.0}, stored and learned from {:.0}",
        speed.rules_per_second, speed.stored_per_second, speed.learned_per_second
    )
}
