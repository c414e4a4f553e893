//! Errors of a program without the feature `telemetry`.

use aios_memory_server::{Error, Telemetry};

fn telemetry(given: &[(&str, &str)]) -> Result<Option<Telemetry>, Error> {
    Telemetry::from_variables(|name| {
        given.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn an_endpoint_is_refused_and_nothing_else() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317");
    let error = telemetry(&[endpoint]).unwrap_err();
    assert!(error.to_string().contains("built without telemetry"), "{error}");
    assert!(error.advice().unwrap().contains("`telemetry`"));
    assert!(telemetry(&[]).unwrap().is_none());
    assert!(telemetry(&[("OTEL_SDK_DISABLED", "true"), endpoint]).unwrap().is_none());
    assert!(telemetry(&[("OTEL_TRACES_EXPORTER", "none"), endpoint]).unwrap().is_none());
}
