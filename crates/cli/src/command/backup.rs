//! `backup` and `restore`: the whole data directory.

use aios_memory::{Administrator, Config};

use crate::{
    args::{Backup, Restore},
    failure::Failure,
    output::{Output, shown},
};

pub(crate) async fn backup(
    memory: &Administrator,
    arguments: &Backup,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{spinner} {bytes}", None);
    let watched = bar.clone();
    let copied =
        memory.upkeep().backup(&arguments.dir, move |progress| watched.show(&progress)).await;
    bar.end();
    let copied = copied?;
    output
        .result(&copied, |out| writeln!(out, "{}: {} bytes", shown(&copied.path), copied.bytes))?;
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
