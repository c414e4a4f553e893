//! `multipart/form-data`: the fields of an ingest, then its files, each stored while it arrives.
//!
//! A file of lines is never held in RAM as a whole. Any other file is a document, which its reader
//! may hold, so its size is limited. The service itself reads lines of records. The [`Importer`] of
//! the program that runs the service, if any, reads files in the formats of other programs.

mod content;
mod head;
mod paced;

use std::{path::Path, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::Field, multipart::MultipartError},
};

use self::{content::content, head::Head, paced::Pace};
use super::{
    intake::{Intake, SESSION},
    progress::Progress,
    report::{Counts, Failed, Report},
};
use crate::{
    bounds::SILENCE_MAX,
    call::Call,
    failure::{Class, Failure},
    http::{
        request::{id_of, is_too_long},
        service::Service,
    },
    importer::{ImportFile, ImportReport, Importer},
    remedy::words,
};

/// Maximum number of files per request.
const FILES_MAX: usize = 1_000;
/// Maximum length of a field, in bytes.
const FIELD_BYTES_MAX: usize = 4 << 10;
/// Maximum length of a document, in bytes. A document is a file that does not consist of lines.
const DOCUMENT_BYTES_MAX: usize = 32 << 20;
/// Maximum length of a shown file name, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// Name of the format of lines that the service itself reads.
const RECORDS: &str = "records";

/// An upload that is being stored.
pub(super) struct Upload {
    pub(super) service: Service,
    pub(super) call: Call,
    pub(super) progress: Progress,
    /// Session of messages that name none.
    pub(super) session: Option<String>,
    /// Format of all files.
    pub(super) format: Option<String>,
    pub(super) keeps_thinking: bool,
}

/// A file whose beginning has arrived.
struct File<'a, 'p> {
    field: &'a mut Field<'p>,
    pace: &'a Pace,
    name: String,
    head: Head,
}

impl Upload {
    /// Stores the files of a request.
    pub(super) async fn store(mut self, request: Request) -> Result<Report, Failure> {
        let (parts, body) = request.into_parts();
        let (pace, body) = Pace::of(body);
        let parts = Multipart::from_request(Request::from_parts(parts, body), &()).await;
        let mut parts = parts.map_err(|it| Failure::invalid(it.body_text()))?;
        let (mut report, mut files) = (Report::default(), 0);
        loop {
            let field = self.waited(parts.next_field()).await;
            let field = field.map_err(|failure| pace.problem().unwrap_or(failure))?;
            let Some(mut field) = field else { break };
            pace.claim();
            let Some(name) = field.file_name().map(shown_name) else {
                if 0 < files {
                    let name = field.name().unwrap_or_default();
                    return Err(Failure::invalid(format!("`{name}`: a field after a file"))
                        .with_advice("send the fields before the files that they concern"));
                }
                self.set(field, &pace).await?;
                continue;
            };
            files += 1;
            if FILES_MAX < files {
                let problem = format!("a request has at most {FILES_MAX} files");
                return Err(Failure::new(Class::TooLarge, "too_large", problem)
                    .with_advice("split them over several requests"));
            }
            let head = self.head(&mut field, &pace).await?;
            let file = File { field: &mut field, pace: &pace, name, head };
            self.store_file(file, &mut report).await?;
            self.progress.settle(&report);
        }
        drop(parts);
        pace.finish().await?;
        match files {
            0 => Err(Failure::invalid("no part has a file name")
                .with_advice("send each file as a part with a `filename`")),
            _ => Ok(report),
        }
    }

    /// Sets an option from a field.
    async fn set(&mut self, mut field: Field<'_>, pace: &Pace) -> Result<(), Failure> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece(&mut field, pace).await? {
            bytes.extend_from_slice(&piece);
            if FIELD_BYTES_MAX < bytes.len() {
                return Err(Failure::invalid(format!(
                    "`{name}`: more than {FIELD_BYTES_MAX} bytes, and no `filename`"
                )));
            }
        }
        let refused = |problem: &str| Failure::invalid(format!("`{name}`: {problem}"));
        let text = String::from_utf8(bytes).map_err(|_| refused("not UTF-8"))?;
        match name.as_str() {
            "session" => {
                let session: String = id_of(text)?.into();
                if self.session.as_ref().is_some_and(|before| *before != session) {
                    return Err(refused("given twice"));
                }
                self.session = Some(session);
            }
            "format" => self.format = Some(self.known_format(text)?),
            "thinking" => match text.as_str() {
                "true" => self.keeps_thinking = true,
                "false" => self.keeps_thinking = false,
                _ => return Err(refused("expected `true` or `false`")),
            },
            _ => {
                return Err(refused("unknown field").with_advice(
                    "the fields are session, format, thinking; a file has a filename",
                ));
            }
        }
        Ok(())
    }

    /// Checks the name of a format before a file arrives.
    fn known_format(&self, format: String) -> Result<String, Failure> {
        let mut known = vec![RECORDS];
        known.extend(self.service.importer().iter().flat_map(|it| it.formats()));
        match known.contains(&format.as_str()) {
            true => Ok(format),
            false => Err(Failure::invalid(format!(
                "`format`: expected one of {}, not `{}`",
                known.join(", "),
                shown_name(&format)
            ))),
        }
    }

    async fn store_file(&self, file: File<'_, '_>, report: &mut Report) -> Result<(), Failure> {
        let is_named = self.format.as_deref() == Some(RECORDS);
        let is_export = self.format.is_none() && file.head.is_export();
        match self.service.importer() {
            _ if is_named || is_export => self.take_lines(file, report).await,
            Some(importer) => self.import(&Arc::clone(importer), file, report).await,
            None if file.head.is_lines() => self.take_lines(file, report).await,
            None => {
                let problem = format!("`{}`: this service reads lines of JSON alone", file.name);
                Err(Failure::new(Class::MediaType, "media_type", problem).with_advice(
                    "convert the file, or send it to a service of the program `aios-memory`, which \
                     reads the formats of other programs",
                ))
            }
        }
    }

    /// Stores the lines of a file, like those of a body of JSON lines.
    async fn take_lines(&self, file: File<'_, '_>, report: &mut Report) -> Result<(), Failure> {
        let File { field, pace, name, head } = file;
        let session = self.session.clone().unwrap_or_else(|| SESSION.to_owned());
        let line_bytes_max = self.service.body_bytes_max();
        let mut intake = Intake::new(&self.call, session, line_bytes_max, &self.progress);
        intake.take(&head.into_bytes()).await?;
        while let Some(piece) = self.piece(field, pace).await? {
            intake.take(&piece).await?;
        }
        intake.finish(Some(&name), report).await
    }

    /// Imports a file with the [`Importer`]. Once started, stores what has arrived even if the
    /// caller disconnects.
    async fn import(
        &self,
        importer: &Arc<dyn Importer>,
        file: File<'_, '_>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let File { field, pace, name, head } = file;
        let (mut arriving, content) = content();
        let progress = self.progress.clone();
        let import = ImportFile {
            name: Some(name.clone()),
            format: self.format.clone(),
            session: self.session.clone(),
            keeps_thinking: self.keeps_thinking,
            counting: Arc::new(move |tally| progress.set(Counts::of(tally))),
            ..ImportFile::new(content)
        };
        let importing = importer.import(self.call.caller.view().clone(), import);
        let importing = self.call.write(importing);
        let passing = async {
            let is_lines = head.is_lines();
            let head = head.into_bytes();
            let mut bytes = head.len();
            arriving.pass(head).await;
            while let Some(piece) = self.piece(field, pace).await? {
                bytes += piece.len();
                if !is_lines && DOCUMENT_BYTES_MAX < bytes {
                    return Err(too_long_document(&name));
                }
                arriving.pass(piece).await;
            }
            arriving.end().await;
            Ok(())
        };
        let (passed, imported) = tokio::join!(passing, importing);
        passed?;
        let ImportReport { tally, sessions, failed, failed_count } = imported?;
        report.add(Some(&name), tally, sessions);
        let failed = failed.into_iter().map(|it| Failed {
            file: Some(name.clone()),
            line: it.line,
            error: match it.remedy.as_ref().map(words) {
                Some(advice) => format!("{}; {advice}", it.reason),
                None => it.reason,
            },
        });
        report.add_failed(failed, failed_count);
        Ok(())
    }

    /// Reads the beginning of a file.
    async fn head(&self, field: &mut Field<'_>, pace: &Pace) -> Result<Head, Failure> {
        let mut head = Head::default();
        while !head.is_complete() {
            match self.piece(field, pace).await? {
                Some(piece) => head.push(&piece),
                None => head.end(),
            }
        }
        Ok(head)
    }

    /// Returns the next piece of a part.
    async fn piece(&self, field: &mut Field<'_>, pace: &Pace) -> Result<Option<Bytes>, Failure> {
        let piece = self.waited(field.chunk()).await?;
        pace.claim();
        Ok(piece)
    }

    /// Waits for more data from the caller.
    async fn waited<T>(
        &self,
        more: impl Future<Output = Result<T, MultipartError>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            more = tokio::time::timeout(SILENCE_MAX, more) => match more {
                Ok(more) => more.map_err(|error| match is_too_long(&error) {
                    true => Failure::too_long(self.service.body_bytes_max()),
                    false => Failure::invalid(error.body_text()),
                }),
                Err(_) => Err(Failure::deadline()),
            },
            () = self.call.ended.cancelled() => Err(Failure::busy("the service ends")),
        }
    }
}

fn too_long_document(name: &str) -> Failure {
    let problem =
        format!("`{name}`: a file that is not lines has at most {DOCUMENT_BYTES_MAX} bytes");
    Failure::new(Class::TooLarge, "too_large", problem)
        .with_advice("split it, or read it with the command `ingest`, which has no such limit")
}

/// Returns the name of a file without its folder, truncated to the shown length.
fn shown_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = Path::new(name).file_name().map_or(name.into(), |it| it.to_string_lossy());
    let mut end = name.len().min(NAME_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}
