//! Exports spans to the collector through a bounded queue and a separate thread, so that a slow or
//! failing collector neither delays nor fails a call. Spans that do not fit the queue are dropped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    InstrumentationScope, KeyValue,
    global::{self, BoxedTracer},
    trace::TracerProvider,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    resource::TelemetryResourceDetector,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData,
        SpanExporter as Exporter,
    },
};
use tokio::runtime::Handle;
use tonic::metadata::MetadataMap;

use super::{collector::Collector, settings::Settings};
use crate::Error;

/// Time limit for exporting the waiting spans when the service ends.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(5);

/// Destination of the spans: a collector, or the provider of the process.
#[derive(Debug)]
pub(crate) struct Source {
    collector: Option<(Settings, Collector)>,
    pub(super) shows_texts: bool,
}

impl Source {
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Source>, Error> {
        let Some(settings) = Settings::read(variable)? else { return Ok(None) };
        let collector = Collector::of(&settings)?;
        let shows_texts = settings.shows_texts;
        Ok(Some(Source { collector: Some((settings, collector)), shows_texts }))
    }

    pub(super) fn of_process() -> Source {
        Source { collector: None, shows_texts: false }
    }

    pub(super) fn endpoint(&self) -> Option<String> {
        self.collector.as_ref().map(|(settings, _)| settings.endpoint.to_string())
    }
}

/// A started tracing.
pub(super) struct Running {
    pub(super) tracer: BoxedTracer,
    pub(super) takes_parents: bool,
    pub(super) shows_texts: bool,
    pub(super) counts: Arc<Counts>,
    own: Option<Own>,
}

/// Counts of spans.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) begun: AtomicU64,
    exported: AtomicU64,
}

/// The tracer provider of this service.
struct Own {
    provider: SdkTracerProvider,
    flush_time_max: Duration,
    has_ended: AtomicBool,
}

impl Running {
    /// Starts tracing. The connection to the collector is opened for the first spans.
    ///
    /// # Errors
    /// [`Error::Telemetry`] if the exporter cannot be built.
    pub(super) fn start(source: Source) -> Result<Running, Error> {
        let Source { collector, shows_texts } = source;
        let counts = Arc::<Counts>::default();
        let scope = InstrumentationScope::builder("aios-memory-server")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let Some((settings, collector)) = collector else {
            let tracer = global::tracer_with_scope(scope);
            return Ok(Running { tracer, takes_parents: true, shows_texts, counts, own: None });
        };
        let provider = provider(&settings, &collector, &counts)?;
        let own = Own {
            provider: provider.clone(),
            flush_time_max: settings.timeout.min(FLUSH_TIME_MAX),
            has_ended: AtomicBool::new(false),
        };
        Ok(Running {
            tracer: BoxedTracer::new(Box::new(provider.tracer_with_scope(scope))),
            takes_parents: settings.takes_parents,
            shows_texts,
            counts,
            own: Some(own),
        })
    }

    /// Exports the waiting spans and ends. Logs the number of lost spans.
    pub(super) async fn end(&self) {
        let Some(own) = &self.own else { return };
        own.has_ended.store(true, Ordering::Relaxed);
        let (provider, limit) = (own.provider.clone(), own.flush_time_max);
        let ending = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(limit));
        // The exporter has already logged failures; only the number of lost spans is new.
        let _ = ending.await;
        let begun = self.counts.begun.load(Ordering::Relaxed);
        let exported = self.counts.exported.load(Ordering::Relaxed);
        if exported < begun {
            tracing::warn!(lost = begun - exported, of = begun, "spans were not exported");
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !self.has_ended.load(Ordering::Relaxed) {
            // Dropping the provider waits for its thread, which must not block the runtime.
            let provider = self.provider.clone();
            std::thread::spawn(move || provider.shutdown());
        }
    }
}

fn provider(
    settings: &Settings,
    collector: &Collector,
    counts: &Arc<Counts>,
) -> Result<SdkTracerProvider, Error> {
    let metadata = MetadataMap::from_headers(settings.headers.iter().cloned().collect());
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_timeout(settings.timeout)
        .with_metadata(metadata)
        .with_channel(collector.channel(settings))
        .build()
        .map_err(|error| Error::Telemetry {
            variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
            problem: error.to_string(),
            advice: "correct it, or unset it",
        })?;
    let watched = Watched {
        inner: Arc::new(exporter),
        runtime: Handle::current(),
        endpoint: settings.endpoint.to_string(),
        timeout: settings.timeout,
        counts: Arc::clone(counts),
        is_failing: AtomicBool::new(false),
    };
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(settings.queue_max)
        .with_max_export_batch_size(settings.batch_max)
        .with_scheduled_delay(settings.pause)
        .build();
    let resource = settings.resource.iter();
    let resource = resource.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(resource)
        .build();
    Ok(SdkTracerProvider::builder()
        .with_sampler(settings.sampler.clone())
        .with_resource(resource)
        .with_span_processor(
            BatchSpanProcessor::builder(watched).with_batch_config(batches).build(),
        )
        .build())
}

/// An exporter with a time limit. It logs the first failure of a series and the end of the series.
#[derive(Debug)]
struct Watched {
    inner: Arc<SpanExporter>,
    /// Runs the connection and its timers. Batches come from a thread outside of the runtime.
    runtime: Handle,
    endpoint: String,
    timeout: Duration,
    counts: Arc<Counts>,
    is_failing: AtomicBool,
}

impl Exporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let (inner, timeout) = (Arc::clone(&self.inner), self.timeout);
        // The exporter's limit does not include the time for connecting.
        let exporting = self
            .runtime
            .spawn(async move { tokio::time::timeout(timeout, inner.export(batch)).await });
        let result = match exporting.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(OTelSdkError::Timeout(timeout)),
            Err(error) => Err(OTelSdkError::InternalFailure(error.to_string())),
        };
        self.report(count, &result);
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        // This is called before the first batch, so the exporter has no other owner.
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.set_resource(resource);
        }
    }
}

impl Watched {
    fn report(&self, count: usize, result: &OTelSdkResult) {
        let endpoint = &self.endpoint;
        match result {
            Ok(()) => {
                self.counts.exported.fetch_add(count as u64, Ordering::Relaxed);
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!(endpoint, "spans are exported again");
                }
            }
            Err(error) => {
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(endpoint, %error, "spans cannot be exported and are lost");
                }
            }
        }
    }
}
