//! `GET /api/v1/export`: the caller's records as JSON lines, in the format of the command `export`,
//! which `import` and `/ingest` read.

use std::io;

use aios_memory::{Kind, record::ExportHeader};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{StreamExt, future, stream};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::StreamBody;
use hyper::body::Frame;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::request::{Query, kind_named};
use crate::{call::Call, export::Pages, failure::Failure};

/// Trailer with the number of records.
const COUNT: &str = "aios-records";

/// The records to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Export {
    /// Kinds, separated by commas. Default: all.
    kinds: Option<String>,
}

/// Exports the caller's own records as JSON lines: a header, then one record per line, parents
/// before children. A caller without a user exports the shared records. Changes made after the call
/// began may or may not be included. A connection that ends without the last chunk is an incomplete
/// export. The trailer `aios-records` has the number of records, for clients that send
/// `te: trailers`.
#[utoipa::path(
    get,
    path = "/api/v1/export",
    tag = "exchange",
    params(Export),
    responses((
        status = 200,
        description = "JSON lines",
        content_type = "application/x-ndjson",
        body = String
    ))
)]
pub(crate) async fn export(
    call: Call,
    Query(Export { kinds }): Query<Export>,
) -> Result<Response, Failure> {
    let wanted = kinds.map(|names| named(&names)).transpose()?;
    let wanted = call.caller.readable(wanted)?;
    let mut pages = Pages::new(call.caller.view().clone(), wanted.as_deref());
    // A failure before the first line can still set the status.
    call.read(Box::pin(pages.next())).await?;
    let sending = Sending { call, pages, has_ended: false };
    let header = Frame::data(Bytes::from(line(&ExportHeader::default())));
    let header = stream::once(future::ready(Ok(header)));
    let lines = stream::unfold(sending, |sending| Box::pin(sending.next()));
    let mut response = Response::new(Body::new(StreamBody::new(header.chain(lines))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::TRAILER, HeaderValue::from_static(COUNT));
    Ok(response)
}

fn named(names: &str) -> Result<Vec<Kind>, Failure> {
    names.split(',').map(|name| kind_named(name.trim())).collect()
}

/// Returns a value as a line of JSON.
fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("records have text keys");
    line.push(b'\n');
    line
}

/// An export in progress.
struct Sending {
    call: Call,
    pages: Pages,
    has_ended: bool,
}

impl Sending {
    /// Returns the lines of the next page that is not empty; after the last one, the trailer with
    /// the number of records. An error breaks the connection, so that an incomplete export is not
    /// mistaken for a complete one.
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, io::Error>, Sending)> {
        while !self.has_ended {
            if self.call.ended.is_cancelled() {
                return Some(self.broken("the service ends".to_owned()));
            }
            match self.pages.next().await {
                Ok(None) => {
                    let count = HeaderValue::from(self.pages.count());
                    let trailer = HeaderMap::from_iter([(HeaderName::from_static(COUNT), count)]);
                    return Some((
                        Ok(Frame::trailers(trailer)),
                        Sending { has_ended: true, ..self },
                    ));
                }
                Ok(Some(records)) if records.is_empty() => {}
                Ok(Some(records)) => {
                    let lines: Vec<u8> = records.iter().flat_map(line).collect();
                    self.pages.took(lines.len());
                    return Some((Ok(Frame::data(Bytes::from(lines))), self));
                }
                Err(error) => {
                    let failure = Failure::from(error);
                    tracing::warn!(code = failure.code, "an export is incomplete");
                    return Some(self.broken(failure.message));
                }
            }
        }
        None
    }

    fn broken(self, reason: String) -> (Result<Frame<Bytes>, io::Error>, Sending) {
        (Err(io::Error::other(reason)), Sending { has_ended: true, ..self })
    }
}
