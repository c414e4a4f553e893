//! Formats of other programs, for uploads to the service.

use std::path::Path;

use aios_exchange::{
    Error,
    ingest::{self, Format, IngestOptions, Thinking},
};
use aios_memory::MemoryView;
use aios_memory_server::{ImportFailure, ImportFile, ImportReport, Importer, Importing};

/// File extensions of formats that cannot be detected from the content.
const MARKDOWN: [&str; 2] = ["md", "markdown"];

/// Reader of the formats of the command `ingest`.
pub(crate) struct ServedImports;

impl Importer for ServedImports {
    fn formats(&self) -> Vec<&'static str> {
        Format::all().map(Format::name).collect()
    }

    fn import(&self, view: MemoryView, file: ImportFile) -> Importing {
        Box::pin(async move {
            let thinking = if file.keeps_thinking { Thinking::Kept } else { Thinking::LeftOut };
            let counting = file.counting;
            let mut options = IngestOptions::default()
                .with_format(format_of(file.format.as_deref(), file.name.as_deref()))
                .with_thinking(thinking)
                .with_counts(move |tally| counting(tally));
            options.session = file.session;
            // An upload has no path, so its name does not identify a document or conversation.
            let report = ingest::reader(&view, file.bytes, None, options).await;
            let report = report.map_err(of_memory)?;
            let mut imported = ImportReport::new(report.tally);
            imported.sessions = report.sessions;
            imported.failed_count = report.failed_count;
            let failed = report.failed.into_iter().map(|it| ImportFailure {
                line: it.line,
                reason: it.error,
                remedy: it.remedy,
            });
            imported.failed = failed.collect();
            Ok(imported)
        })
    }
}

/// Returns the format with this name, or else the one suggested by the name of the file.
fn format_of(format: Option<&str>, name: Option<&str>) -> Format {
    if let Some(format) = format {
        // The service has already checked the name.
        return Format::all().find(|it| it.name() == format).unwrap_or_default();
    }
    let extension = name.and_then(|name| Path::new(name).extension()?.to_str());
    let is_markdown = |it: &str| MARKDOWN.iter().any(|markdown| it.eq_ignore_ascii_case(markdown));
    match extension {
        Some(extension) if is_markdown(extension) => Format::Markdown,
        _ => Format::Auto,
    }
}

/// Returns the error of the memory. Errors of opening a file cannot occur with a stream.
fn of_memory(error: Error) -> aios_memory::Error {
    match error {
        Error::Memory(error) => error,
        Error::Unfinished { source, .. } => of_memory(*source),
        _ => aios_memory::Error::Interrupted,
    }
}
