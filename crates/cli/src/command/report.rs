//! `report`: the contents of the memory as text, JSON, or one page of HTML.

mod chart;
mod html;
mod numbers;
mod page;
mod scope;
mod tables;
mod text;

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use aios_memory::{MemoryView, ReportOptions};

use crate::{
    args,
    failure::Failure,
    output::{Output, records, shown},
};

/// File mode of a page, which contains texts of records.
const MODE: u32 = 0o600;

pub(crate) async fn report(
    memory: &MemoryView,
    arguments: &args::Report,
    output: Output,
) -> Result<(), Failure> {
    let options = ReportOptions::default();
    let options = match (arguments.since, arguments.days) {
        (Some(since), _) => options.with_since(since.begin),
        (None, Some(days)) => options.with_days(days.into()),
        (None, None) => options,
    };
    let report = memory.report(&options).await?;
    let Some(path) = &arguments.html else {
        output.result(&report, |out| text::write(out, &report, output))?;
        return Ok(());
    };
    let page = page::page(&report, output);
    if path == Path::new("-") {
        let mut out = output.stdout();
        out.write_all(page.as_bytes()).and_then(|()| out.flush())?;
        return Ok(());
    }
    put(path, &page)?;
    output.result(&report, |out| {
        writeln!(out, "{}: a report on {}", shown(path), records(report.totals.records))
    })?;
    Ok(())
}

/// Writes the page to `path` by a rename. Replaces only pages of this program.
fn put(path: &Path, page: &str) -> Result<(), Failure> {
    let failed = |source| Failure::Io { action: format!("write {}", shown(path)), source };
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(file) => {
            let mut begin = Vec::new();
            let length = html::BEGIN.len() as u64;
            file.take(length).read_to_end(&mut begin).map_err(failed)?;
            if begin != html::BEGIN.as_bytes() {
                return Err(Failure::Usage {
                    message: format!("{} exists, and is not a report", shown(path)),
                    hint: "pass a file that does not exist yet, or a former report",
                });
            }
        }
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".report.partial");
    let partial = Path::new(&name);
    // A killed process may have left a partial file.
    match fs::remove_file(partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let written = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(MODE).open(partial)?;
        file.write_all(page.as_bytes())?;
        file.sync_all()?;
        fs::rename(partial, path)
    };
    written().map_err(|error| {
        // The partial file may not exist.
        let _ = fs::remove_file(partial);
        failed(error)
    })
}
