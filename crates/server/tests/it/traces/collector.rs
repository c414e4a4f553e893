//! An OTLP collector over gRPC that keeps what it receives.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, metadata::MetadataMap, service::Routes};

/// A collector that runs until the test ends.
pub(super) struct Collector {
    pub(super) endpoint: String,
    kept: Kept,
}

type Kept = Arc<Mutex<Vec<(MetadataMap, ExportTraceServiceRequest)>>>;

struct Keeping(Kept);

#[tonic::async_trait]
impl TraceService for Keeping {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let metadata = request.metadata().clone();
        self.0.lock().unwrap().push((metadata, request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    pub(super) async fn start() -> Collector {
        let kept = Kept::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(Keeping(Arc::clone(&kept)));
        let router = Routes::new(service).prepare().into_axum_router();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                tokio::spawn(async move {
                    let executor = hyper_util::rt::TokioExecutor::new();
                    let _ = hyper::server::conn::http2::Builder::new(executor)
                        .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Collector { endpoint, kept }
    }

    pub(super) fn received(&self) -> Received {
        Received(self.kept.lock().unwrap().clone())
    }
}

/// Everything that a collector has received.
pub(super) struct Received(Vec<(MetadataMap, ExportTraceServiceRequest)>);

/// A received span.
#[derive(Debug, Clone)]
pub(super) struct Got(Span);

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.0.first()?.0.get(name)?.to_str().ok()
    }

    pub(super) fn resource(&self, key: &str) -> Option<String> {
        let resource = self.0.first()?.1.resource_spans.first()?.resource.as_ref()?;
        text(&resource.attributes, key)
    }

    fn all(&self) -> impl Iterator<Item = &Span> {
        let resources = self.0.iter().flat_map(|(_, request)| &request.resource_spans);
        resources.flat_map(|it| &it.scope_spans).flat_map(|it| &it.spans)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.all().map(|span| span.name.clone()).collect()
    }

    /// Returns the spans with a name, ordered by start time.
    pub(super) fn spans(&self, name: &str) -> Vec<Got> {
        let mut spans: Vec<Got> =
            self.all().filter(|span| span.name == name).cloned().map(Got).collect();
        spans.sort_by_key(|Got(span)| span.start_time_unix_nano);
        spans
    }

    /// Returns the first span of a name.
    #[track_caller]
    pub(super) fn span(&self, name: &str) -> Got {
        let first = self.spans(name).into_iter().next();
        first.unwrap_or_else(|| panic!("no span {name} among {:?}", self.names()))
    }

    /// Returns true if anything received contains these bytes.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.0.iter().any(|(metadata, request)| {
            let bytes = request.encode_to_vec();
            let is_within = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            is_within || format!("{metadata:?}").contains(text)
        })
    }
}

impl Got {
    pub(super) fn trace_id(&self) -> String {
        hex(&self.0.trace_id)
    }

    pub(super) fn id(&self) -> String {
        hex(&self.0.span_id)
    }

    pub(super) fn parent_id(&self) -> String {
        hex(&self.0.parent_span_id)
    }

    pub(super) fn kind(&self) -> SpanKind {
        self.0.kind()
    }

    pub(super) fn status(&self) -> StatusCode {
        self.0.status.as_ref().map_or(StatusCode::Unset, |status| status.code())
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        text(&self.0.attributes, key)
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        match value(&self.0.attributes, key)? {
            Value::IntValue(number) => Some(number),
            other => panic!("{key} is {other:?}"),
        }
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

fn value(attributes: &[KeyValue], key: &str) -> Option<Value> {
    attributes.iter().find(|it| it.key == key)?.value.clone()?.value
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
