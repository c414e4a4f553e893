//! The file to import: opens it, identifies the store and reads its rows.

use std::{
    fs,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use aios_draft::repeated;
use aios_files::open_regular;
use aios_record::Kind;
use aios_working::{ForeignFile, ForeignRow, ForeignTable};
use tokio::sync::mpsc;

use super::{
    entries,
    mapping::Table,
    report::{ImportReport, ImportedTable},
    shape::Shape,
    shapes::SHAPES,
};
use crate::{Error, InputProblem, export::begins_headless};

/// Maximum size of a JSON file to import, in bytes. The file is read as a whole.
pub const IMPORT_JSON_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Table name for the entries of a JSON file in reports.
const JSON_TABLE: &str = "entries";

/// A table of the source, with its mapping.
pub(super) struct Step {
    pub(super) table: &'static Table,
    pub(super) rows: u64,
    found: ForeignTable,
}

/// The open file.
pub(super) enum Source {
    Sqlite(PathBuf, Box<ForeignFile>),
    Json(entries::Document),
}

impl Source {
    /// Opens the file at `path`. `copies` is the directory for a copy of it. Blocks.
    pub(super) fn open(path: &Path, copies: &Path) -> Result<Source, Error> {
        let refused = |problem| Error::input(path, problem);
        let failed = |cause| refused(InputProblem::Unopened { cause });
        let about = fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            let found = if about.is_dir() { "directory" } else { "device or pipe" };
            return Err(refused(InputProblem::NoFile { found }));
        }
        if about.len() == 0 {
            return Err(refused(InputProblem::Empty));
        }
        let mut head = Vec::new();
        let mut file = open_regular(path).map_err(failed)?;
        (&mut file).take(16).read_to_end(&mut head).map_err(failed)?;
        if ForeignFile::is_sqlite(&head) {
            let file = ForeignFile::open_in(path, copies)?;
            if file.application_id()? == aios_working::APPLICATION_ID {
                return Err(refused(InputProblem::OwnDatabase));
            }
            return Ok(Source::Sqlite(path.to_owned(), Box::new(file)));
        }
        if IMPORT_JSON_BYTES_MAX < about.len() {
            let (bytes, bytes_max) = (about.len(), IMPORT_JSON_BYTES_MAX);
            return Err(refused(InputProblem::TooLarge { bytes, bytes_max }));
        }
        file.read_to_end(&mut head).map_err(failed)?;
        let json = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        if begins_headless(json) {
            return Err(refused(InputProblem::HeadlessExport));
        }
        if !matches!(json.trim_ascii_start().first(), Some(b'[' | b'{')) {
            return Err(refused(InputProblem::NoStore { supported: supported() }));
        }
        let document =
            repeated::parse(json).map_err(|cause| refused(InputProblem::BrokenJson { cause }))?;
        if let Some(found) = entries::conversation_in(&document) {
            return Err(refused(InputProblem::Conversation { found }));
        }
        let of_owner = |reason| refused(InputProblem::Owner { reason });
        match entries::of_json(document).map_err(of_owner)? {
            Some(document) => Ok(Source::Json(document)),
            None => Err(refused(InputProblem::NoEntries { supported: supported() })),
        }
    }

    /// Returns the tables to read, parents before children, and reports them and all others to
    /// `report`.
    pub(super) fn plan(&mut self, report: &mut ImportReport) -> Result<Vec<Step>, Error> {
        let (path, tables) = match self {
            Source::Sqlite(path, file) => (path.clone(), file.tables()?),
            Source::Json(document) => {
                let (name, rows) = (JSON_TABLE.to_owned(), document.rows.len() as u64);
                for field in &document.unknown {
                    let why = "is an unknown field beside the entries; left out";
                    report.unclear(&name, Some(field), 1, why);
                }
                let columns = vec!["key".to_owned()];
                (PathBuf::new(), vec![ForeignTable { name, columns, rows }])
            }
        };
        let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
        let mut plan = Vec::new();
        for found in tables {
            let why = match table_of(&found.name).map(|table| (table, table.lacks(&found.columns)))
            {
                Some((table, None)) => {
                    plan.push(Step { table, rows: found.rows, found });
                    continue;
                }
                Some((_, Some(lacking))) => format!("has none of the columns {lacking}; left out"),
                None => "is an unknown table; left out".to_owned(),
            };
            report.unclear(&found.name, None, found.rows, &why);
        }
        // A table of sessions alone does not identify a store, because many programs have one.
        if plan.iter().all(|step| step.table.becomes.kind() == Kind::Session) {
            let problem = InputProblem::UnknownStore { tables: names, supported: supported() };
            return Err(Error::input(path, problem));
        }
        plan.sort_by_key(|step| step.table.becomes.rank());
        report.shapes = shapes(&plan);
        report.tables = plan.iter().map(Step::reported).collect();
        Ok(plan)
    }

    /// Sends the rows of `plan` in batches of at most `batch`. Blocks; ends early if the receiver
    /// is dropped.
    pub(super) fn read(
        self,
        plan: &[Step],
        batch: usize,
        sender: &mpsc::Sender<(usize, Vec<ForeignRow>)>,
    ) -> Result<(), Error> {
        match self {
            Source::Json(document) => {
                let mut rows = document.rows.into_iter();
                loop {
                    let some: Vec<ForeignRow> = rows.by_ref().take(batch).collect();
                    if some.is_empty() || sender.blocking_send((0, some)).is_err() {
                        return Ok(());
                    }
                }
            }
            Source::Sqlite(_, file) => {
                for (index, step) in plan.iter().enumerate() {
                    let mut rows = Vec::with_capacity(batch);
                    let read = file.each_row(&step.found, &mut |row| {
                        rows.push(row);
                        if rows.len() < batch {
                            return ControlFlow::Continue(());
                        }
                        let full = std::mem::replace(&mut rows, Vec::with_capacity(batch));
                        match sender.blocking_send((index, full)) {
                            Ok(()) => ControlFlow::Continue(()),
                            Err(_) => ControlFlow::Break(()),
                        }
                    });
                    // Rows before a damaged one are sent. The receiver may have been dropped.
                    let _ = sender.blocking_send((index, rows));
                    read?;
                }
                Ok(())
            }
        }
    }
}

impl Step {
    fn reported(&self) -> ImportedTable {
        ImportedTable {
            table: self.found.name.clone(),
            becomes: self.table.becomes.kind().as_str(),
            rows: self.rows,
            ..ImportedTable::default()
        }
    }
}

fn table_of(name: &str) -> Option<&'static Table> {
    let is_it = |table: &&Table| table.names.iter().any(|known| known.eq_ignore_ascii_case(name));
    SHAPES.iter().flat_map(|shape| shape.tables).find(is_it)
}

/// Returns the names of the shapes to which the tables of `plan` belong. Several kinds of stores
/// have tasks, so a table of tasks alone does not make one of them a store of tasks.
fn shapes(plan: &[Step]) -> Vec<&'static str> {
    let is_of = |shape: &Shape, step: &Step| {
        shape.tables.iter().any(|table| std::ptr::eq(table, step.table))
    };
    let is_only_tasks = |step: &Step| step.table.becomes.kind() == Kind::Task;
    let mut shapes = Vec::new();
    for shape in SHAPES {
        if plan.iter().any(|step| is_of(shape, step) && !is_only_tasks(step)) {
            shapes.push(shape.name);
        }
    }
    if shapes.is_empty() {
        shapes.extend(SHAPES.iter().filter(|s| plan.iter().any(|p| is_of(s, p))).map(|s| s.name));
    }
    shapes
}

/// Returns the supported shapes, for an error message.
fn supported() -> String {
    let shapes: Vec<_> =
        SHAPES.iter().map(|shape| format!("{} ({})", shape.name, shape.about)).collect();
    shapes.join("; ")
}
