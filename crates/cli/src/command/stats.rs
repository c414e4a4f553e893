//! `stats`: content and size of the memory. `snapshot`: the machine state.

use aios_memory::MemoryView;

use crate::{args::Snapshot, failure::Failure, output::Output};

pub(crate) async fn stats(memory: &MemoryView, output: Output) -> Result<(), Failure> {
    let stats = memory.stats().await?;
    output.result(&stats, |out| {
        writeln!(out, "{:<24} {}", "model", stats.model)?;
        let mebibytes = stats.disk_bytes.div_ceil(1 << 20);
        writeln!(out, "{:<24} {mebibytes} MiB", "on disk")?;
        writeln!(out, "{:<24} {}", "searchable records", stats.longterm.records)?;
        for (collection, count) in &stats.longterm.collections {
            writeln!(out, "  {collection:<22} {count}")?;
        }
        writeln!(out, "{:<24} {}", "not in the library yet", stats.longterm.pending)?;
        if 0 < stats.behind {
            writeln!(out, "{:<24} {}", "not searchable yet", stats.behind)?;
        }
        if 0 < stats.longterm.refused {
            writeln!(out, "{:<24} {}", "rejected", stats.longterm.refused)?;
        }
        if let Some(backups) = &stats.backups {
            writeln!(out, "{:<24} {}", "backups", backups.kept)?;
            if let Some(newest) = backups.newest_at {
                writeln!(out, "  {:<22} {}", "newest", output.minute(newest))?;
            }
            if 0 < backups.failures {
                let since = backups.failed_in_a_row;
                writeln!(out, "  {:<22} {}, {since} since then", "failures", backups.failures)?;
            }
        }
        let working = serde_json::to_value(&stats.working)?;
        writeln!(out, "working memory")?;
        for (name, count) in working.as_object().into_iter().flatten() {
            writeln!(out, "  {name:<22} {count}")?;
        }
        Ok(())
    })?;
    Ok(())
}

pub(crate) async fn snapshot(
    memory: &MemoryView,
    snapshot: &Snapshot,
    output: Output,
) -> Result<(), Failure> {
    let Some(interval) = snapshot.watch else { return print(memory, output).await };
    loop {
        print(memory, output).await?;
        tokio::time::sleep(interval).await;
    }
}

async fn print(memory: &MemoryView, output: Output) -> Result<(), Failure> {
    let snapshot = memory.snapshot().await?;
    output
        .result(&snapshot, |out| writeln!(out, "{}", aios_memory::assemble::describe(&snapshot)))?;
    Ok(())
}
