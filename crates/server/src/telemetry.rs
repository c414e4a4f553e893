//! Traces of calls for OpenTelemetry: a span for each call, and one within it for an operation of
//! the memory, exported over OTLP.
//!
//! Spans carry names, numbers and outcomes. Texts are in them only if
//! `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`, ids never. Without the feature
//! `telemetry` the types are the same and do nothing. Not here: the figures of `/metrics`, and the
//! log.

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

/// Traces of the calls of a service. [`Server::with_telemetry`](crate::Server::with_telemetry)
/// takes it.
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
    /// Reads the `OTEL_*` variables. `None` if no endpoint is set, or the exporter is disabled. An
    /// empty variable counts as unset.
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
    /// - `OTEL_BSP_MAX_QUEUE_SIZE`: spans that wait. Default: 2,048.
    ///   `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`: spans of a batch. Default: 512.
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

    /// Gives spans to the tracer provider that this process has set with
    /// `opentelemetry::global::set_tracer_provider`, in version 0.33 of that crate. The service
    /// neither flushes it nor ends it.
    #[cfg(feature = "telemetry")]
    #[must_use]
    pub fn of_process() -> Telemetry {
        Telemetry(built::Source::of_process())
    }

    /// Exports texts too, as `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true` does.
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

    /// Starts to trace. Must be called within a runtime.
    pub(crate) fn start(self) -> Result<Tracing, Error> {
        Tracing::start(self.0)
    }
}
