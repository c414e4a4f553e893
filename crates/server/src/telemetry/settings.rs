//! The values of the `OTEL_*` variables. Unsupported values are errors, so that no operator waits
//! for spans that are never exported.

mod reading;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use http::{HeaderName, HeaderValue, Uri};
use opentelemetry_sdk::trace::Sampler;

use self::reading::{Variables, unsupported};
use crate::Error;

/// Default time limit of a batch in milliseconds.
const TIMEOUT_MS: u64 = 10_000;
/// Defaults: maximum number of waiting spans, spans per batch, milliseconds between batches.
const QUEUE: u64 = 2_048;
const BATCH: u64 = 512;
const PAUSE_MS: u64 = 5_000;
/// Upper limit of the number of waiting spans.
const QUEUE_MAX: u64 = 65_536;
/// Upper limit of a time setting: an hour.
const TIME_MS_MAX: u64 = 3_600_000;

/// Default name of the service.
const SERVICE_NAME: &str = "aios-memory";

const TEXTS: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

/// Exported traces, and their destination.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) endpoint: Uri,
    /// May contain secrets.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Time limit of a batch.
    pub(super) timeout: Duration,
    /// Trusted authorities, instead of those of the system.
    pub(super) certificate: Option<PathBuf>,
    pub(super) resource: Vec<(String, String)>,
    pub(super) sampler: Sampler,
    /// True if `traceparent` sets the parent of a span.
    pub(super) takes_parents: bool,
    pub(super) queue_max: usize,
    pub(super) batch_max: usize,
    /// Time between batches.
    pub(super) pause: Duration,
    pub(super) shows_texts: bool,
}

impl Settings {
    /// Reads the variables. `None` if nothing is to be exported.
    pub(super) fn read(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Settings>, Error> {
        let variables = Variables(variable);
        if variables.flag("OTEL_SDK_DISABLED")? {
            return Ok(None);
        }
        let (exporter, is_named) = exporter(&variables)?;
        if exporter == Exporter::None {
            return Ok(None);
        }
        let Some((name, endpoint)) = variables.of_otlp("ENDPOINT") else {
            return match is_named {
                true => Err(Error::Telemetry {
                    variable: "OTEL_TRACES_EXPORTER",
                    problem: "`otlp` is chosen and no endpoint is set".to_owned(),
                    advice: "set OTEL_EXPORTER_OTLP_ENDPOINT, such as to http://localhost:4317",
                }),
                false => Ok(None),
            };
        };
        check_protocol(&variables)?;
        Ok(Some(Settings {
            endpoint: endpoint_of(&variables, name, &endpoint)?,
            headers: headers(&variables)?,
            timeout: timeout(&variables)?,
            certificate: variables.of_otlp("CERTIFICATE").map(|(_, path)| PathBuf::from(path)),
            resource: resource(&variables)?,
            sampler: sampler(&variables)?,
            takes_parents: takes_parents(&variables)?,
            queue_max: variables.count("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE, QUEUE_MAX)?,
            batch_max: variables.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH, QUEUE_MAX)?,
            pause: variables.time("OTEL_BSP_SCHEDULE_DELAY", PAUSE_MS, TIME_MS_MAX)?,
            shows_texts: variables.flag(TEXTS)?,
        }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exporter {
    Otlp,
    None,
}

/// Returns the exporter, and true if a variable names it.
fn exporter(variables: &Variables<'_>) -> Result<(Exporter, bool), Error> {
    const NAME: &str = "OTEL_TRACES_EXPORTER";
    let Some(text) = variables.get(NAME) else { return Ok((Exporter::Otlp, false)) };
    match text.as_str() {
        "otlp" => Ok((Exporter::Otlp, true)),
        "none" => Ok((Exporter::None, true)),
        _ => Err(unsupported(NAME, &text, "choose `otlp` or `none`")),
    }
}

/// Refuses a protocol, compression or client certificate that is not built in.
fn check_protocol(variables: &Variables<'_>) -> Result<(), Error> {
    if let Some((name, protocol)) = variables.of_otlp("PROTOCOL")
        && protocol != "grpc"
    {
        let advice = "choose `grpc`, and the port of the collector for it, usually 4317";
        return Err(unsupported(name, &protocol, advice));
    }
    if let Some((name, compression)) = variables.of_otlp("COMPRESSION")
        && compression != "none"
    {
        return Err(unsupported(name, &compression, "choose `none`, or unset it"));
    }
    for part in ["CLIENT_KEY", "CLIENT_CERTIFICATE"] {
        if let Some((name, path)) = variables.of_otlp(part) {
            let advice = "unset it: certificates of a client are not supported";
            return Err(unsupported(name, &path, advice));
        }
    }
    Ok(())
}

/// Returns the endpoint. Without a scheme it is encrypted, unless the variables declare it
/// insecure.
fn endpoint_of(variables: &Variables<'_>, name: &'static str, text: &str) -> Result<Uri, Error> {
    let advice = "write it like http://localhost:4317 or https://collector.example:4317";
    let invalid = || unsupported(name, text, advice);
    let is_insecure = variables.flag_of_otlp("INSECURE")?;
    let whole = match text.split_once("://") {
        Some(("http" | "https", _)) => text.to_owned(),
        Some(_) => return Err(invalid()),
        None if is_insecure => format!("http://{text}"),
        None => format!("https://{text}"),
    };
    let uri: Uri = whole.parse().map_err(|_| invalid())?;
    // A user and a password in the address would be logged.
    let is_plain = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    let has_no_path = uri.path() == "/" && uri.query().is_none();
    match is_plain && has_no_path {
        true => Ok(uri),
        false => Err(invalid()),
    }
}

fn headers(variables: &Variables<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let Some((name, text)) = variables.of_otlp("HEADERS") else { return Ok(Vec::new()) };
    // The values are secrets, so messages must not contain them.
    let invalid = |number: usize| Error::Telemetry {
        variable: name,
        problem: format!("entry {number} is not NAME=VALUE of a header"),
        advice: "separate entries by commas, and percent-encode other characters",
    };
    let mut headers = Vec::new();
    for (number, (header, value)) in (1..).zip(reading::pairs(&text)) {
        let header: HeaderName = header.parse().map_err(|_| invalid(number))?;
        let value = value.ok_or_else(|| invalid(number))?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| invalid(number))?;
        value.set_sensitive(true);
        headers.push((header, value));
    }
    Ok(headers)
}

fn timeout(variables: &Variables<'_>) -> Result<Duration, Error> {
    let name = variables.of_otlp("TIMEOUT").map_or("OTEL_EXPORTER_OTLP_TIMEOUT", |it| it.0);
    variables.time(name, TIMEOUT_MS, TIME_MS_MAX)
}

/// Returns the attributes of the service: its name, its version, and those in the variable.
fn resource(variables: &Variables<'_>) -> Result<Vec<(String, String)>, Error> {
    const NAME: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let version = env!("CARGO_PKG_VERSION");
    let mut resource = vec![
        ("service.name".to_owned(), SERVICE_NAME.to_owned()),
        ("service.version".to_owned(), version.to_owned()),
    ];
    let text = variables.get(NAME).unwrap_or_default();
    let mut set = |key: &str, value: String| {
        resource.retain(|(known, _)| known != key);
        resource.push((key.to_owned(), value));
    };
    for (key, value) in reading::pairs(&text) {
        let value = value.filter(|_| !key.is_empty());
        let advice = "write it like team=search,deployment.environment.name=test";
        set(key, value.ok_or_else(|| unsupported(NAME, &text, advice))?);
    }
    if let Some(name) = variables.get("OTEL_SERVICE_NAME") {
        set("service.name", name);
    }
    Ok(resource)
}

fn sampler(variables: &Variables<'_>) -> Result<Sampler, Error> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    let text = variables.get(NAME).unwrap_or_else(|| "parentbased_always_on".to_owned());
    let of_parent = text.strip_prefix("parentbased_");
    let root = match of_parent.unwrap_or(&text) {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => Sampler::TraceIdRatioBased(ratio(variables)?),
        _ => {
            let advice = "choose `always_on`, `always_off` or `traceidratio`, each also with \
                          `parentbased_` before it";
            return Err(unsupported(NAME, &text, advice));
        }
    };
    Ok(match of_parent {
        Some(_) => Sampler::ParentBased(Box::new(root)),
        None => root,
    })
}

/// Returns the fraction of traces to export. Default: 1.
fn ratio(variables: &Variables<'_>) -> Result<f64, Error> {
    const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
    let Some(text) = variables.get(NAME) else { return Ok(1.0) };
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| unsupported(NAME, &text, "choose a number from 0 to 1"))
}

fn takes_parents(variables: &Variables<'_>) -> Result<bool, Error> {
    const NAME: &str = "OTEL_PROPAGATORS";
    let Some(text) = variables.get(NAME) else { return Ok(true) };
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    match names.iter().all(|name| matches!(*name, "tracecontext" | "baggage" | "none")) {
        true => Ok(names.contains(&"tracecontext")),
        false => Err(unsupported(NAME, &text, "choose `tracecontext` or `none`")),
    }
}
