//! The answer of an ingest: one report at its end, or a stream with its progress.
//!
//! The work advances as the stream is read. If the caller disconnects, it stops between two
//! batches. Each batch is stored completely.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::report::{Counts, Report};
use crate::{failure::Failure, http::answer};

/// Time between two lines of progress.
const INTERVAL: Duration = Duration::from_secs(1);

/// Counts of an ingest so far. The work writes them, and the answer reads them.
#[derive(Clone, Default)]
pub(super) struct Progress {
    counts: Arc<Mutex<(Counts, Counts)>>,
}

impl Progress {
    /// Sets the counts of the current file.
    pub(super) fn set(&self, counts: Counts) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).1 = counts;
    }

    /// Ends the current file. The counts so far are those of `report`.
    pub(super) fn settle(&self, report: &Report) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) =
            (report.counts, Counts::default());
    }

    fn so_far(&self) -> Counts {
        let (before, current) = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        before.plus(current)
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One report.
    Report,
    /// One JSON object per line.
    Lines,
    /// Server-sent events.
    Events,
}

impl Form {
    /// Returns the form that the header `accept` names first.
    pub(super) fn of(headers: &HeaderMap) -> Form {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
        let types = values.flat_map(|it| it.split(','));
        for name in types.filter_map(|it| it.split(';').next()) {
            match name.trim().to_ascii_lowercase().as_str() {
                "application/x-ndjson" | "application/jsonl" | "application/json-lines" => {
                    return Form::Lines;
                }
                "text/event-stream" => return Form::Events,
                "application/json" | "application/*" | "*/*" => return Form::Report,
                _ => {}
            }
        }
        Form::Report
    }

    /// Returns a part of a stream.
    fn part(self, event: &str, mut data: Value) -> Bytes {
        match self {
            Form::Events => format!("event: {event}\ndata: {data}\n\n").into(),
            Form::Report | Form::Lines => {
                data["event"] = json!(event);
                format!("{data}\n").into()
            }
        }
    }
}

/// Carries out the work, and answers in the given form.
pub(super) async fn answer(
    form: Form,
    progress: Progress,
    work: impl Future<Output = Result<Report, Failure>> + Send + 'static,
) -> Result<Response, Failure> {
    if form == Form::Report {
        let report = work.await.map_err(|failure| failed(failure, progress.so_far()))?;
        let mut response = answer::kept(StatusCode::OK, &report.without_reasons());
        *response.body_mut() = answer::bytes(&report).into();
        return Ok(response);
    }
    let told_at = Instant::now();
    let work = Box::pin(work);
    let running =
        Running { form, progress, work, told: Counts::default(), told_at, has_ended: false };
    let parts = stream::unfold(running, Running::next);
    let mut response = Response::new(Body::from_stream(parts));
    let media = match form {
        Form::Events => "text/event-stream",
        Form::Report | Form::Lines => "application/x-ndjson",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Prevents proxies from buffering the progress.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Adds the number of stored records to a failure.
fn failed(failure: Failure, counts: Counts) -> Failure {
    let Counts { added, updated, .. } = counts;
    match added + updated {
        0 => failure,
        stored => Failure {
            message: format!("{}; {stored} records were stored before, and stay", failure.message),
            ..failure
        },
    }
}

/// An ingest whose progress is streamed.
struct Running {
    form: Form,
    progress: Progress,
    work: Pin<Box<dyn Future<Output = Result<Report, Failure>> + Send>>,
    told: Counts,
    told_at: Instant,
    has_ended: bool,
}

impl Running {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Running)> {
        if self.has_ended {
            return None;
        }
        loop {
            let next_at = self.told_at + INTERVAL;
            tokio::select! {
                biased;
                result = &mut self.work => {
                    self.has_ended = true;
                    return Some((Ok(self.end(result)), self));
                }
                () = sleep_until(next_at) => {}
            }
            self.told_at = Instant::now();
            let so_far = self.progress.so_far();
            if so_far != self.told {
                self.told = so_far;
                return Some((Ok(self.form.part("progress", json!(so_far))), self));
            }
        }
    }

    /// Returns the last part: the report, or the failure with the counts of what is stored.
    fn end(&self, result: Result<Report, Failure>) -> Bytes {
        match result {
            Ok(report) => self.form.part("report", json!(report)),
            Err(failure) => {
                let so_far = self.progress.so_far();
                tracing::warn!(code = failure.code, "an ingest is incomplete");
                let problem = failed(failure, so_far).problem();
                self.form.part("failed", json!({"problem": problem, "stored": so_far}))
            }
        }
    }
}
