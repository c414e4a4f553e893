//! Reads single variables. An empty one counts as unset, as the specification requires.

use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::Error;

/// Variables of the exporter: the part, the name for traces, and the name for all signals.
const OTLP: [(&str, &str, &str); 9] = [
    ("ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ("HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"),
    ("TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"),
    ("COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"),
    ("CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
    ("INSECURE", "OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"),
    ("CLIENT_KEY", "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"),
    (
        "CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    ),
];

/// Environment variables of a process.
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// Returns a variable without surrounding white space, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Returns a variable of the exporter with its name. The one for traces has precedence over the
    /// one for all signals.
    pub(super) fn of_otlp(&self, part: &str) -> Option<(&'static str, String)> {
        let (_, of_traces, of_all) = OTLP.iter().find(|(known, ..)| *known == part)?;
        [of_traces, of_all].into_iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Returns true if a variable is `true`. Default: false.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Error> {
        match self.get(name) {
            None => Ok(false),
            Some(text) => flag(name, &text),
        }
    }

    pub(super) fn flag_of_otlp(&self, part: &str) -> Result<bool, Error> {
        self.of_otlp(part).map_or(Ok(false), |(name, text)| flag(name, &text))
    }

    /// Returns a number from 1 to `max`.
    pub(super) fn number(&self, name: &'static str, default: u64, max: u64) -> Result<u64, Error> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=max).contains(number));
        number.ok_or_else(|| Error::Telemetry {
            variable: name,
            problem: format!("`{text}` is not a number from 1 to {max}"),
            advice: "correct it, or unset it",
        })
    }

    pub(super) fn count(&self, name: &'static str, default: u64, max: u64) -> Result<usize, Error> {
        Ok(usize::try_from(self.number(name, default, max)?).unwrap_or(usize::MAX))
    }

    /// Returns a duration given in milliseconds.
    pub(super) fn time(
        &self,
        name: &'static str,
        default: u64,
        max: u64,
    ) -> Result<Duration, Error> {
        Ok(Duration::from_millis(self.number(name, default, max)?))
    }
}

fn flag(name: &'static str, text: &str) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(unsupported(name, text, "choose `true` or `false`")),
    }
}

/// Returns the entries of `key=value,key=value`. The value is `None` if it is missing or cannot be
/// decoded.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<String>)> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| match entry.split_once('=') {
        None => (entry, None),
        Some((key, value)) => {
            let value = percent_decode_str(value.trim()).decode_utf8();
            (key.trim(), value.ok().map(|value| value.into_owned()))
        }
    })
}

/// Returns the error for an unsupported value.
pub(super) fn unsupported(variable: &'static str, value: &str, advice: &'static str) -> Error {
    let problem = format!("`{value}` is not supported");
    Error::Telemetry { variable, problem, advice }
}
