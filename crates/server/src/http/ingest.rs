//! `POST /api/v1/ingest`: JSON lines as a stream, or files as `multipart/form-data`, in bounded
//! RAM.
//!
//! A line is a message, a note, `{"kind": ..., ...}` with the fields of a kind, or a line of an
//! export. Records are stored in batches: a batch is durable before the next one is read, and a
//! connection that breaks loses only the batch that was being read. Ids are derived from the
//! content, so a repeated stream adds nothing.

mod intake;
mod line;
mod lines;
mod progress;
mod report;
mod upload;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use futures::StreamExt;
use http::{HeaderMap, header};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use self::{
    intake::{Intake, SESSION},
    progress::{Form, Progress},
    report::Report,
    upload::Upload,
};
use super::{
    request::{Query, broken, check_type, id_of, is_too_long},
    service::Service,
};
use crate::{bounds::SILENCE_MAX, call::Call, failure::Failure};

/// Content types of JSON lines, and of an upload.
const TYPES: [&str; 4] =
    ["application/x-ndjson", "application/jsonl", "application/json-lines", UPLOAD];
const UPLOAD: &str = "multipart/form-data";

/// Options of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ingest {
    /// Conversation of messages that name none. Default: `default`; for a file in the format of
    /// another program, a name derived from its content.
    session: Option<String>,
}

/// Files to import. The other fields must precede the files.
#[derive(ToSchema)]
#[schema(as = IngestUpload)]
#[expect(dead_code, reason = "it describes a body that is read as a stream")]
struct Files {
    /// As the query parameter.
    session: Option<String>,
    /// `records` for lines as in a body of JSON lines, or a format of the command `ingest`.
    /// Default: detected from the content, or else from the file name.
    format: Option<String>,
    /// True to keep the thinking of models, as messages with the role `thinking`. Default: false.
    thinking: Option<bool>,
    /// 1 to 1,000 files, each a part with a `filename`. Maximum size of a file that does not
    /// consist of lines: 32 MiB.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<String>,
}

/// Imports JSON lines, or the files of an upload. The report lists refused lines; the others are
/// stored. With `accept: application/x-ndjson` or `text/event-stream`, the answer is a stream:
/// `progress` with the counts so far, at most once a second, and finally `report`, or `failed` with
/// the problem and the counts of what is stored.
#[utoipa::path(
    post,
    path = "/api/v1/ingest",
    tag = "exchange",
    params(Ingest),
    request_body(
        description = "A JSON object a line: a message `{role?, content, name?, id?, session?, \
                       agent?, timestamp?, tags?, metadata?}`, a note `{text, ...}`, a record \
                       `{kind, ...}`, or a line of an export. Or files",
        content((String = "application/x-ndjson"), (Files = "multipart/form-data"))
    ),
    responses((
        status = 200,
        description = "The report",
        content(
            (Report = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/event-stream")
        )
    ))
)]
pub(crate) async fn ingest(
    State(service): State<Service>,
    call: Call,
    Query(Ingest { session }): Query<Ingest>,
    request: Request,
) -> Result<Response, Failure> {
    check_type(request.headers(), &TYPES)?;
    let session = session.map(|it| id_of(it).map(String::from)).transpose()?;
    let form = Form::of(request.headers());
    if form != Form::Report && request.headers().contains_key("idempotency-key") {
        return Err(Failure::invalid("an answer that is a stream is not kept for a repeated call")
            .with_advice("leave out `idempotency-key`: a repeated import adds nothing anyway"));
    }
    let progress = Progress::default();
    let told = progress.clone();
    match is_upload(request.headers()) {
        true => {
            let (format, keeps_thinking) = (None, false);
            let upload = Upload { service, call, progress, session, format, keeps_thinking };
            progress::answer(form, told, Box::pin(upload.store(request))).await
        }
        false => {
            let session = session.unwrap_or_else(|| SESSION.to_owned());
            let body = request.into_body();
            let work = async move { lines_of(&service, &call, session, body, &progress).await };
            progress::answer(form, told, Box::pin(work)).await
        }
    }
}

fn is_upload(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(UPLOAD)
}

/// Stores the lines of a body.
async fn lines_of(
    service: &Service,
    call: &Call,
    session: String,
    body: Body,
    progress: &Progress,
) -> Result<Report, Failure> {
    let mut intake = Intake::new(call, session, service.body_bytes_max(), progress);
    let mut body = body.into_data_stream();
    loop {
        let frame = tokio::select! {
            frame = tokio::time::timeout(SILENCE_MAX, body.next()) => match frame {
                Ok(frame) => frame,
                Err(_) => return Err(Failure::deadline()),
            },
            () = call.ended.cancelled() => return Err(Failure::busy("the service ends")),
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| match is_too_long(&error) {
            true => Failure::too_long(service.body_bytes_max()),
            false => broken(),
        })?;
        intake.take(&frame).await?;
    }
    let mut report = Report::default();
    intake.finish(None, &mut report).await?;
    Ok(report)
}
