//! The types without the feature `telemetry`. They do nothing.

use http::{HeaderMap, Method, Version};

use crate::{
    Error,
    operation::{Operation, Shape},
};

/// Variables that name a collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// A source without values, because this program cannot export.
#[derive(Debug)]
pub(crate) enum Source {}

impl Source {
    pub(super) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Source>, Error> {
        let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
        let is = |name: &str, word: &str| {
            variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
        };
        let is_off = is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
        match ENDPOINTS.into_iter().find(is_set).filter(|_| !is_off) {
            None => Ok(None),
            Some(variable) => Err(Error::Telemetry {
                variable,
                problem: "this program was built without telemetry".to_owned(),
                advice: "unset it, or build with the feature `telemetry`",
            }),
        }
    }

    pub(super) fn endpoint(&self) -> Option<String> {
        match *self {}
    }
}

/// The tracing of a service.
#[derive(Debug, Clone)]
pub(crate) struct Tracing;

impl Tracing {
    pub(crate) fn off() -> Tracing {
        Tracing
    }

    pub(super) fn start(source: Source) -> Result<Tracing, Error> {
        match source {}
    }

    pub(crate) fn begin(
        &self,
        _: &Operation,
        _: &Method,
        _: Version,
        _: bool,
        _: &HeaderMap,
    ) -> Traced {
        Traced
    }

    pub(crate) async fn end(&self) {}
}

/// The spans of a call.
#[derive(Debug, Clone)]
pub(crate) struct Traced;

impl Traced {
    pub(crate) fn ids(&self) -> Option<(String, String)> {
        None
    }

    pub(crate) fn enter_memory(&self) {}

    pub(crate) fn asked(&self, _: &str) {}

    pub(crate) fn found<'a>(&self, _: impl ExactSizeIterator<Item = &'a str>) {}

    pub(crate) fn given<'a>(&self, _: impl Iterator<Item = &'a str>) {}

    pub(crate) fn changed(&self, _: usize) {}

    pub(crate) fn answered(&self, _: &http::Response<axum::body::Body>, _: &str, _: Shape) {}
}
