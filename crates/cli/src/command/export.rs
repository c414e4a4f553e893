//! `export`, and `import` of what it wrote: all records as lines of JSON.

use std::{io, path::Path, sync::Arc};

use aios_memory::{AgentMemory, ImportMode, Restocked};

use crate::{
    args::{Export, Global},
    failure::Failure,
    output::Output,
};

pub(crate) async fn export(
    memory: &AgentMemory,
    arguments: &Export,
    global: &Global,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{spinner} {pos} records", None);
    let watched = bar.clone();
    let progress = Arc::new(move |records| watched.set_position(records));
    let (path, filter) = (arguments.file.as_path(), global.filter());
    if path == Path::new("-") {
        let exported = memory.export_to(io::stdout(), "stdout", &filter, Some(progress)).await;
        bar.finish_and_clear();
        output.note(&format!("{} records", exported?.records));
        return Ok(());
    }
    let exported = memory.export(path, &filter, Some(progress)).await;
    bar.finish_and_clear();
    let exported = exported?;
    let path = path.display();
    output.result(&exported, |out| writeln!(out, "{path}: {} records", exported.records))?;
    Ok(())
}

/// Takes an export back.
pub(super) async fn take_back(
    memory: &AgentMemory,
    path: &Path,
    mode: ImportMode,
    output: Output,
) -> Result<(), Failure> {
    let bar = output.progress("{spinner} {pos} records", None);
    let watched = bar.clone();
    let progress = Arc::new(move |records| watched.set_position(records));
    let taken = memory.import_export(path, mode, Some(progress)).await;
    bar.finish_and_clear();
    let taken = taken?;
    for (line, problem) in &taken.failed {
        output.note(&format!("line {line}: {problem}"));
    }
    for (line, reference) in &taken.detached {
        output.note(&format!("line {line}: stored without its {reference}, which is not here"));
    }
    let failed = taken.failed.len() as u64;
    output.result(&taken, |out| {
        let would = if taken.dry_run { "would be " } else { "" };
        let Restocked { added, known, hidden, .. } = &taken;
        write!(out, "{would}{added} added, {known} known already, ")?;
        if 0 < *hidden {
            write!(out, "{hidden} forgotten here before, ")?;
        }
        writeln!(out, "{failed} failed")
    })?;
    if failed == 0 { Ok(()) } else { Err(Failure::Partial { failed }) }
}
