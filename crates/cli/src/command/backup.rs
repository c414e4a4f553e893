//! `backup` and `restore`: the whole data directory.

use aios_memory::{Administrator, Config, Timestamp, upkeep::ScheduledBackup};

use crate::{
    args::{Backup, Restore},
    failure::Failure,
    output::{Output, shown},
};

const PROGRESS: &str = "{spinner} {bytes}";

pub(crate) async fn backup(
    memory: &Administrator,
    arguments: &Backup,
    output: Output,
) -> Result<(), Failure> {
    let Some(dir) = &arguments.dir else { return scheduled(memory, output).await };
    let bar = output.progress(PROGRESS, None);
    let watched = bar.clone();
    let copied = memory.upkeep().backup(dir, move |progress| watched.show(&progress)).await;
    bar.end();
    let copied = copied?;
    output
        .result(&copied, |out| writeln!(out, "{}: {} bytes", shown(&copied.path), copied.bytes))?;
    Ok(())
}

/// Makes the backup configured in the settings if one is due.
async fn scheduled(memory: &Administrator, output: Output) -> Result<(), Failure> {
    let bar = output.progress(PROGRESS, None);
    let watched = bar.clone();
    let progress = move |progress| watched.show(&progress);
    let outcome = memory.upkeep().scheduled_backup(Timestamp::now(), progress).await;
    bar.end();
    let outcome = outcome?;
    output.result(&outcome, |out| {
        let removed = match &outcome {
            ScheduledBackup::Made { copied, removed } => {
                writeln!(out, "{}: {} bytes", shown(&copied.path), copied.bytes)?;
                removed.as_slice()
            }
            ScheduledBackup::NotDue { newest, due_at, removed } => {
                let due = output.minute(*due_at);
                writeln!(out, "not due before {due}; the newest is {}", shown(newest))?;
                removed.as_slice()
            }
            ScheduledBackup::Busy => {
                writeln!(out, "another process is making the backup")?;
                &[]
            }
            _ => {
                writeln!(out, "nothing is stored yet, so there is nothing to back up")?;
                &[]
            }
        };
        removed.iter().try_for_each(|path| writeln!(out, "removed {}", shown(path)))
    })?;
    Ok(())
}

pub(crate) async fn restore(
    arguments: &Restore,
    config: &Config,
    output: Output,
) -> Result<(), Failure> {
    let copied = aios_memory::upkeep::restore(&arguments.dir, config).await?;
    output.result(&copied, |out| {
        writeln!(out, "restored to {}: {} bytes", shown(&copied.path), copied.bytes)
    })?;
    Ok(())
}
