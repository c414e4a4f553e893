//! OpenTelemetry traces of calls: a span for each call, and within it one for the memory's
//! operation, exported over OTLP.
//!
//! Spans contain names, numbers and outcomes. They contain texts only if
//! `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`, and never ids. Without the
//! feature `telemetry`, the types are the same but do nothing. Not here: the metrics of `/metrics`,
//! and the log.

#[cfg(feature = "telemetry")]
mod collector;
#[cfg(feature = "telemetry")]
mod conventions;
#[cfg(feature = "telemetry")]
mod exporter;
#[cfg(feature = "telemetry")]
mod settings;
#[cfg(feature = "telemetry")]
mod spans;
#[cfg(not(feature = "telemetry"))]
mod without;

#[cfg(feature = "telemetry")]
use self::exporter as built;
#[cfg(not(feature = "telemetry"))]
use self::without as built;
use crate::Error;

#[cfg(feature = "telemetry")]
pub(crate) use self::spans::{Traced, Tracing};
#[cfg(not(feature = "telemetry"))]
pub(crate) use self::without::{Traced, Tracing};

/// Traces of the calls of a service, for [`Server::with_telemetry`](crate::Server::with_telemetry).
///
/// ```no_run
/// use aios_memory_server::Telemetry;
///
/// # fn run(server: aios_memory_server::Server) -> Result<(), aios_memory_server::Error> {
/// let server = match Telemetry::from_variables(|name| std::env::var(name).ok())? {
///     Some(telemetry) => server.with_telemetry(telemetry),
///     None => server,
/// };
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Telemetry(pub(crate) built::Source);

impl Telemetry {
    /// Reads the `OTEL_*` variables. Returns `None` if no endpoint is set, or the exporter is
    /// disabled. An empty variable counts as unset.
    ///
    /// - `OTEL_EXPORTER_OTLP_ENDPOINT`: the collector, such as `http://localhost:4317`. Default:
    ///   none, and nothing is exported.
    /// - `OTEL_SDK_DISABLED`: `true` exports nothing. `OTEL_TRACES_EXPORTER`: `otlp` or `none`.
    /// - `OTEL_EXPORTER_OTLP_PROTOCOL`: `grpc`. `.._HEADERS`: `name=value,...` for each batch,
    ///   percent-encoded. `.._TIMEOUT`: milliseconds for a batch. Default: 10,000.
    ///   `.._CERTIFICATE`: PEM file of trusted authorities. Default: those of the system.
    ///   `.._INSECURE`: `true` for an endpoint without a scheme and without TLS.
    ///   Each has a form for traces alone that comes first: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    /// - `OTEL_SERVICE_NAME`. Default: `aios-memory`. `OTEL_RESOURCE_ATTRIBUTES`: `key=value,...`.
    /// - `OTEL_TRACES_SAMPLER`: `always_on`, `always_off`, `traceidratio`, each also with
    ///   `parentbased_`. Default: `parentbased_always_on`. `OTEL_TRACES_SAMPLER_ARG`: a share.
    /// - `OTEL_PROPAGATORS`: `tracecontext`, or `none` to ignore the parents that callers name.
    /// - `OTEL_BSP_MAX_QUEUE_SIZE`: maximum number of waiting spans. Default: 2,048.
    ///   `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: maximum number of spans per batch. Default: 512.
    ///   `OTEL_BSP_SCHEDULE_DELAY`: milliseconds between batches. Default: 5,000.
    /// - `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`: `true` exports texts.
    ///
    /// # Errors
    /// [`Error::Telemetry`] if a variable has a value that is not supported, or if an endpoint is
    /// set and this program was built without the feature `telemetry`.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Telemetry>, Error> {
        Ok(built::Source::read(&variable)?.map(Telemetry))
    }

    /// Passes spans to the tracer provider that this process has set with
    /// `opentelemetry::global::set_tracer_provider`, in version 0.33 of that crate. The service
    /// neither flushes nor shuts it down.
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn of_process() -> Telemetry {
        Telemetry(built::Source::of_process())
    }

    /// Exports texts as well, like `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true`.
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn with_texts(mut self) -> Telemetry {
        self.0.shows_texts = true;
        self
    }

    /// Returns the endpoint of the collector. `None` if the process has its own provider.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        self.0.endpoint()
    }

    /// Starts tracing. Must be called within a runtime.
    pub(crate) fn start(self) -> Result<Tracing, Error> {
        Tracing::start(self.0)
    }
}
