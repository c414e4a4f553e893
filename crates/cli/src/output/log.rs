//! The log on stderr: lines of text, or with `--json` the same objects as all other output on
//! stderr.

use std::{fmt, io};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    registry::LookupSpan,
};

use super::{Level, Notation, Notice, defused::Defused};

/// Code of notices that come from the log.
const CODE: &str = "log";

/// Starts the log. Logs warnings by default, errors if `quiet`, and more with each level of
/// `verbose`.
pub(crate) fn start(verbose: u8, quiet: bool, json: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn,lance=error,lancedb=error",
        (false, 1) => "info,lance=warn,lancedb=warn",
        (false, _) => "debug",
    };
    let log = tracing_subscriber::fmt().with_env_filter(level).with_ansi(false);
    match json {
        true => log
            .with_writer(|| Defused::new(io::stderr(), Notation::Json))
            .event_format(Objects)
            .init(),
        false => log
            .with_writer(|| Defused::new(io::stderr(), Notation::Text))
            .event_format(format::format().with_ansi(false).with_target(1 < verbose))
            .init(),
    }
}

/// Formats log events as [`Notice`]s.
struct Objects;

impl<S, N> FormatEvent<S, N> for Objects
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let level = match *event.metadata().level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Note,
            _ => Level::Debug,
        };
        let message = format!("{}{}", said.message, said.fields);
        let notice = Notice::new(level, CODE, &message);
        let text = serde_json::to_string(&notice).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

/// Content of an event: its message, and its fields as ` name=value`.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields.push_str(&format!(" {name}={value:?}")),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.fields.push_str(&format!(" {}={value}", field.name()));
    }
}
