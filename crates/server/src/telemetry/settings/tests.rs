//! Values of the variables.

use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317");

fn read(given: &[(&str, &str)]) -> Result<Option<Settings>, Error> {
    Settings::read(&|name| {
        given.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn settings(more: &[(&str, &str)]) -> Settings {
    let given: Vec<_> = more.iter().copied().chain([ENDPOINT]).collect();
    read(&given).unwrap().expect("an endpoint is set")
}

/// Returns the variable that is refused, and the problem.
fn refused(more: &[(&str, &str)]) -> (&'static str, String) {
    let given: Vec<_> = more.iter().copied().chain([ENDPOINT]).collect();
    match read(&given).unwrap_err() {
        Error::Telemetry { variable, problem, .. } => (variable, problem),
        error => panic!("{error}"),
    }
}

#[test]
fn nothing_is_exported_without_an_endpoint() {
    assert!(read(&[]).unwrap().is_none());
    assert!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap().is_none());
    assert!(read(&[("OTEL_TRACES_EXPORTER", "none"), ENDPOINT]).unwrap().is_none());
    assert!(read(&[("OTEL_SDK_DISABLED", "TRUE"), ENDPOINT]).unwrap().is_none());
    assert!(read(&[("OTEL_TRACES_EXPORTER", "otlp")]).is_err(), "it is said that nothing comes");
}

#[test]
fn the_variable_of_traces_comes_before_that_of_all_signals() {
    let of_traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.example:4317");
    assert_eq!(settings(&[of_traces]).endpoint, "https://collector.example:4317/");
    let all = ("OTEL_EXPORTER_OTLP_TIMEOUT", "300");
    assert_eq!(settings(&[all]).timeout, Duration::from_millis(300));
    let traces = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "200");
    assert_eq!(settings(&[all, traces]).timeout, Duration::from_millis(200));
}

#[test]
fn an_endpoint_without_a_scheme_is_encrypted() {
    let bare = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector.example:4317");
    assert_eq!(settings(&[bare]).endpoint.scheme_str(), Some("https"));
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    assert_eq!(settings(&[bare, insecure]).endpoint.scheme_str(), Some("http"));
}

#[test]
fn a_value_that_is_not_supported_is_refused_by_its_name() {
    for (variable, value) in [
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "unix:///run/collector"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4318/v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:secret@localhost:4317"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER", "parentbased_xray"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
        (TEXTS, "span_only"),
    ] {
        assert_eq!(refused(&[(variable, value)]).0, variable, "{value}");
    }
    let share = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "2")];
    assert_eq!(refused(&share).0, "OTEL_TRACES_SAMPLER_ARG");
}

#[test]
fn headers_are_decoded_and_no_message_shows_one() {
    let given = [("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret, authorization=Basic%20eA%3D%3D")];
    let headers = settings(&given).headers;
    let shown: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
    assert_eq!(shown[0], ("api-key", &HeaderValue::from_static("s3cret")));
    assert_eq!(shown[1], ("authorization", &HeaderValue::from_static("Basic eA==")));
    assert!(!format!("{headers:?}").contains("s3cret"));
    for invalid in ["api-key", "api key=s3cret", "api-key=s3%0Acret"] {
        let (variable, problem) = refused(&[("OTEL_EXPORTER_OTLP_HEADERS", invalid)]);
        assert_eq!(variable, "OTEL_EXPORTER_OTLP_HEADERS");
        assert!(!problem.contains("s3"), "{problem}");
    }
}

#[test]
fn the_resource_has_the_name_of_the_service() {
    let of = |given: &[(&str, &str)], key: &str| {
        let resource = settings(given).resource;
        let mut values = resource.into_iter().filter(|(known, _)| known == key);
        let value = values.next().map(|(_, value)| value);
        assert_eq!(values.next(), None, "each key once");
        value
    };
    assert_eq!(of(&[], "service.name").as_deref(), Some("aios-memory"));
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a, team=search%20and%20find");
    assert_eq!(of(&[attributes], "service.name").as_deref(), Some("a"));
    assert_eq!(of(&[attributes], "team").as_deref(), Some("search and find"));
    let name = ("OTEL_SERVICE_NAME", "b");
    assert_eq!(of(&[attributes, name], "service.name").as_deref(), Some("b"));
}

#[test]
fn samplers_are_those_of_the_specification() {
    let shown = |name: &str| {
        let given = [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];
        format!("{:?}", settings(&given).sampler)
    };
    assert_eq!(shown("always_off"), "AlwaysOff");
    assert_eq!(shown("traceidratio"), "TraceIdRatioBased(0.25)");
    assert_eq!(shown("parentbased_traceidratio"), "ParentBased(TraceIdRatioBased(0.25))");
    assert_eq!(format!("{:?}", settings(&[]).sampler), "ParentBased(AlwaysOn)");
}
