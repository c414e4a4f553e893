//! The log of the service: lines of text or JSON objects, on stderr or in a rotated file that only
//! its owner can read.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Mutex,
};

use aios_memory::{
    Timestamp,
    config::{Log, LogFormat, LogLevel},
};
use file_rotate::{ContentLimit, FileRotate, compression::Compression, suffix::AppendCount};
use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter,
        format::{self, JsonFields, Writer},
    },
    registry::LookupSpan,
};

use super::{Defused, Notation, capture, shown};
use crate::failure::Failure;

/// Starts the log configured in the settings. `verbose` and `quiet` change its level.
pub(crate) fn start(log: &Log, verbose: u8, quiet: bool) -> Result<(), Failure> {
    let level = match (quiet, verbose, log.level) {
        (true, _, _) | (_, 0, LogLevel::Error) => "error",
        (_, 0, LogLevel::Warn) => "warn,lance=error,lancedb=error",
        (_, 0 | 1, LogLevel::Info) | (_, 1, LogLevel::Error | LogLevel::Warn) => {
            "info,lance=warn,lancedb=warn,rmcp=warn"
        }
        (_, _, LogLevel::Debug) | (_, 2.., _) => "debug",
    };
    let notation = match log.format {
        LogFormat::Json => Notation::Json,
        LogFormat::Text => Notation::Text,
    };
    let writer = match log.path.as_os_str().is_empty() {
        true => To::Stderr(notation),
        false => To::File(notation, Mutex::new(rotating(log)?)),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(false)
        .with_writer(writer);
    match log.format {
        LogFormat::Json => builder.fmt_fields(JsonFields::new()).event_format(Objects).init(),
        LogFormat::Text => builder.event_format(format::format().with_ansi(false)).init(),
    }
    Ok(())
}

/// Opens the file, and makes it readable only by its owner.
fn rotating(log: &Log) -> Result<FileRotate<AppendCount>, Failure> {
    let failed =
        |source| Failure::Io { action: format!("write the log {}", shown(&log.path)), source };
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true).mode(0o600);
    drop(options.open(&log.path).map_err(failed)?);
    make_private(&log.path).map_err(failed)?;
    Ok(FileRotate::new(
        &log.path,
        AppendCount::new(log.files),
        ContentLimit::BytesSurpassed(log.max_bytes),
        Compression::None,
        Some(options),
    ))
}

fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

/// Destination of the lines.
enum To {
    Stderr(Notation),
    File(Notation, Mutex<FileRotate<AppendCount>>),
}

impl<'a> MakeWriter<'a> for To {
    type Writer = Defused<Box<dyn Write + 'a>>;

    fn make_writer(&'a self) -> Self::Writer {
        match self {
            To::Stderr(notation) => Defused::new(Box::new(capture::own_stderr()), *notation),
            To::File(notation, file) => Defused::new(Box::new(Line(file)), *notation),
        }
    }
}

/// Writes to the file under its lock.
struct Line<'a>(&'a Mutex<FileRotate<AppendCount>>);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).flush()
    }
}

/// Formats an event as `{"timestamp", "level", "module", "message", ...}`, with the fields of the
/// event and of its call.
struct Objects;

impl<S> FormatEvent<S, JsonFields> for Objects
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    JsonFields: for<'a> FormatFields<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), json!(Timestamp::now()));
        let level = event.metadata().level().as_str().to_lowercase();
        line.insert("level".to_owned(), json!(level));
        line.insert("module".to_owned(), json!(event.metadata().target()));
        event.record(&mut Fields(&mut line));
        if let Some(span) = context.lookup_current()
            && let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>()
            && let Ok(Value::Object(fields)) = serde_json::from_str(fields)
        {
            for (name, value) in fields {
                // A missing trace is an empty text.
                if value != json!("") {
                    line.entry(name).or_insert(value);
                }
            }
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, json!(crate::failure::chain(value)));
    }
}
