//! Traces of calls, as a collector receives them over OTLP.

mod collector;

use std::time::Duration;

use aios_memory_server::{Config, Error, Telemetry};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use serde_json::json;
use tokio::{net::TcpListener, time::Instant};

use self::collector::Collector;
use crate::support::{Request, Service};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Reads the variables of a program that has only these.
fn telemetry(given: &[(&str, &str)]) -> Result<Option<Telemetry>, Error> {
    Telemetry::from_variables(|name| {
        given.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

/// Starts a service whose spans go to `endpoint`, in short intervals.
async fn traced(endpoint: &str, more: &[(&str, &str)]) -> Service {
    let mut given = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
    ];
    given.extend(more);
    let telemetry = telemetry(&given).unwrap().expect("an endpoint is set");
    Service::start_traced(telemetry, |_: &mut Config| {}).await
}

fn remember(text: &str) -> Request<'static> {
    Request::post("/api/v1/remember", json!({"items": [{"text": text}]}))
}

fn recall(query: &str) -> Request<'static> {
    Request::post("/api/v1/recall", json!({"query": query}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_span_with_the_parent_of_its_caller_and_no_text() {
    let collector = Collector::start().await;
    let more = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=search"),
    ];
    let service = traced(&collector.endpoint, &more).await;
    assert_eq!(service.send(&remember("The kettle is vermilion.")).await.status, 200);
    let call = recall("vermilion kettle").with("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    assert_eq!(service.send(&call).await.status, 200);
    service.stop().await;

    let received = collector.received();
    assert_eq!(received.header("api-key"), Some("s3cret"));
    assert_eq!(received.resource("service.name"), Some("aios-memory".to_owned()));
    assert_eq!(received.resource("team"), Some("search".to_owned()));
    let call = received.span("POST /api/v1/recall");
    assert_eq!((call.trace_id(), call.parent_id()), (TRACE.to_owned(), PARENT.to_owned()));
    assert_eq!(call.kind(), SpanKind::Server);
    assert_eq!(call.text("http.request.method"), Some("POST".to_owned()));
    assert_eq!(call.text("http.route"), Some("/api/v1/recall".to_owned()));
    assert_eq!(call.number("http.response.status_code"), Some(200));
    assert_eq!(call.status(), StatusCode::Unset);
    let memory = received.span("search_memory");
    assert_eq!((memory.trace_id(), memory.parent_id()), (TRACE.to_owned(), call.id()));
    assert_eq!(memory.kind(), SpanKind::Internal);
    assert_eq!(memory.text("gen_ai.operation.name"), Some("search_memory".to_owned()));
    assert_eq!(memory.number("gen_ai.memory.record.count"), Some(1));
    let stored = received.span("create_memory");
    assert_eq!(stored.number("gen_ai.memory.record.count"), Some(1));
    assert_eq!(received.span("POST /api/v1/remember").parent_id(), "", "no caller, no parent");
    assert!(!received.holds("vermilion"), "no text leaves the memory");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_exported_if_that_is_asked_for() {
    let collector = Collector::start().await;
    let more = [("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")];
    let service = traced(&collector.endpoint, &more).await;
    assert_eq!(service.send(&remember("The kettle is vermilion.")).await.status, 200);
    let long = format!("vermilion kettle {}", "and more ".repeat(2_000));
    assert_eq!(service.send(&recall("vermilion kettle")).await.status, 200);
    assert_eq!(service.send(&recall(&long)).await.status, 200);
    service.stop().await;

    let received = collector.received();
    let records = Some(r#"[{"content":"The kettle is vermilion."}]"#.to_owned());
    assert_eq!(received.span("create_memory").text("gen_ai.memory.records"), records);
    let searches = received.spans("search_memory");
    let query = |index: usize| searches[index].text("gen_ai.memory.query.text").unwrap();
    assert_eq!(query(0), "vermilion kettle");
    assert_eq!(searches[0].text("gen_ai.memory.records"), records);
    assert!(query(1).len() <= 2_048, "long texts are cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn rpcs_failures_and_streams_are_spans() {
    let collector = Collector::start().await;
    let service = traced(&collector.endpoint, &[]).await;
    let invalid = Request::post("/api/v1/recall", json!({"question": "x"}));
    assert_eq!(service.send(&invalid).await.status, 400);
    let absent = Request::get("/api/v1/records/note/private-id-of-ada");
    assert_eq!(service.send(&absent).await.status, 404);
    let stored = service.send(&remember("The kettle is vermilion.")).await.json();
    let key = stored["items"][0]["key"].as_str().unwrap().to_owned();
    let forget = Request::post("/api/v1/forget", json!({"keys": [key]}));
    assert_eq!(service.send(&forget).await.status, 200);
    assert_eq!(service.send(&Request::get("/api/v1/export")).await.status, 200);
    // An empty message, without a query.
    let rpc = Request {
        // The state of an agent named `x`, which is not stored.
        body: "\0\0\0\0\u{3}\n\u{1}x".to_owned(),
        ..Request::post("/aios.memory.MemoryService/GetAgentState", "")
    };
    let rpc = Request { headers: vec![("content-type", "application/grpc".to_owned())], ..rpc };
    service.send(&rpc).await;
    service.stop().await;

    let received = collector.received();
    let search = received.spans("search_memory");
    assert_eq!(search[0].text("error.type"), Some("invalid".to_owned()));
    assert_eq!(search[0].status(), StatusCode::Error, "the operation failed");
    let call = received.span("POST /api/v1/recall");
    assert_eq!(call.status(), StatusCode::Unset, "a wrong request is the caller's");
    assert_eq!(call.number("http.response.status_code"), Some(400));
    let read = received.span("GET /api/v1/records/{kind}/{id}");
    assert_eq!(read.text("error.type"), Some("not_found".to_owned()));
    assert!(!received.holds("private-id-of-ada"), "no id leaves the memory");
    assert_eq!(received.span("delete_memory").number("gen_ai.memory.record.count"), Some(1));
    assert_eq!(received.span("GET /api/v1/export").kind(), SpanKind::Server);
    let rpc = received.span("aios.memory.MemoryService/GetAgentState");
    assert_eq!(rpc.text("rpc.system"), Some("grpc".to_owned()));
    assert_eq!(rpc.text("rpc.method"), Some("GetAgentState".to_owned()));
    assert_eq!(rpc.number("rpc.grpc.status_code"), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampler_that_takes_nothing_exports_nothing() {
    let collector = Collector::start().await;
    let service = traced(&collector.endpoint, &[("OTEL_TRACES_SAMPLER", "always_off")]).await;
    assert_eq!(service.send(&recall("kettle")).await.status, 200);
    service.stop().await;
    assert_eq!(collector.received().names(), Vec::<String>::new());
}

/// Makes more calls than the queue of spans holds, and returns the time of the slowest.
async fn slowest(service: &Service) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let began = Instant::now();
        assert_eq!(service.send(&recall("kettle")).await.status, 200);
        slowest = slowest.max(began.elapsed());
    }
    slowest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_or_hangs_neither_fails_nor_delays_a_call() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    // The system accepts connections, but nothing answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://{}", silent.local_addr().unwrap());
    for endpoint in [refusing, hanging] {
        let small = [("OTEL_BSP_MAX_QUEUE_SIZE", "10"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")];
        let service = traced(&endpoint, &small).await;
        // Far below the time limit of the collector.
        assert!(slowest(&service).await < Duration::from_millis(900), "{endpoint}");
        let began = Instant::now();
        service.stop().await;
        assert!(began.elapsed() < Duration::from_secs(20), "{endpoint}: the end is bounded");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_wait_are_exported_at_the_end() {
    let collector = Collector::start().await;
    let given = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ];
    let telemetry = telemetry(&given).unwrap().unwrap();
    let service = Service::start_traced(telemetry, |_| {}).await;
    assert_eq!(service.send(&recall("kettle")).await.status, 200);
    assert_eq!(collector.received().names(), Vec::<String>::new());
    service.stop().await;
    assert_eq!(collector.received().names().len(), 2);
}

#[test]
fn a_variable_that_is_not_supported_is_named_with_advice() {
    assert!(telemetry(&[]).unwrap().is_none());
    let error = telemetry(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ])
    .unwrap_err();
    assert_eq!(error.code(), "config");
    let told = error.to_string();
    assert!(told.contains("OTEL_EXPORTER_OTLP_PROTOCOL") && told.contains("http/json"), "{told}");
    assert!(error.advice().unwrap().contains("grpc"));
}
