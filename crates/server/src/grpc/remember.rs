//! Remembering texts: one call, or a stream whose waiting texts are written together.

use aios_memory::{Key, Kind, MemoryView, Remedy, RememberOptions, Remembered};
use futures::{FutureExt, Stream, StreamExt};
use tonic::Status;

use super::{answer::Answer, scope, values};
use crate::{
    bounds::TEXTS_MAX,
    call::Call,
    failure::{Class, Failure},
    wire::{
        RememberItem, RememberRefusal, RememberRequest, RememberResponse, RememberResult,
        RememberSummary,
    },
};

/// Number of texts after which a stream writes, although more are waiting.
const BATCH: usize = 512;

/// Maximum number of refused texts that a summary lists.
const REFUSALS_MAX: usize = 100;

/// A text with its options.
type Text = (String, RememberOptions);

pub(super) async fn remember(
    call: &Call,
    request: RememberRequest,
) -> Result<Answer<RememberResponse>, Failure> {
    let RememberRequest { items, scope } = request;
    check_count(items.len())?;
    let view = scope::view(call, scope)?;
    let texts: Vec<Text> = items.into_iter().map(text_of).collect::<Result<_, _>>()?;
    call.traced.given(texts.iter().map(|(text, _)| text.as_str()));
    let kinds: Vec<Kind> = texts.iter().map(|(_, options)| options.kind).collect();
    let remembered = write(call, &view, texts).await?;
    let result = |(kind, Remembered { id, known }): (Kind, Remembered)| RememberResult {
        key: Key::new(kind, id).to_string(),
        known,
    };
    let results: Vec<_> = kinds.into_iter().zip(remembered).map(result).collect();
    let keys: Vec<String> = results.iter().map(|result| result.key.clone()).collect();
    Ok(Answer::changed(RememberResponse { results }, keys))
}

/// Remembers a stream of texts. A text that cannot be stored does not prevent the others.
pub(super) async fn all(
    call: &Call,
    requests: impl Stream<Item = Result<RememberRequest, Status>> + Unpin,
) -> Result<RememberSummary, Failure> {
    let mut requests = requests;
    let mut intake = Intake::default();
    let mut waiting = None;
    loop {
        let next = match waiting.take() {
            Some(next) => Some(next),
            None => tokio::select! {
                biased;
                failure = call.over() => return Err(failure),
                next = requests.next() => next,
            },
        };
        let Some(next) = next else { break };
        let RememberRequest { items, scope } = next.map_err(|status| broken(&status))?;
        let mut batch = items;
        check_count(batch.len())?;
        // Texts that have arrived already share the write, if their scope is the same.
        while batch.len() < BATCH {
            match requests.next().now_or_never() {
                Some(Some(Ok(more))) if more.scope == scope => {
                    check_count(more.items.len())?;
                    batch.extend(more.items);
                }
                Some(Some(other)) => {
                    waiting = Some(other);
                    break;
                }
                Some(None) | None => break,
            }
        }
        let view = scope::view(call, scope)?;
        intake.take(call, &view, batch).await?;
    }
    Ok(intake.summary)
}

/// The texts of a stream so far.
#[derive(Default)]
struct Intake {
    summary: RememberSummary,
    /// Number of texts read.
    read: i64,
}

impl Intake {
    /// Stores texts in one write. If one of them cannot be stored, each has its own write, so that
    /// the refused ones are known.
    async fn take(
        &mut self,
        call: &Call,
        view: &MemoryView,
        items: Vec<RememberItem>,
    ) -> Result<(), Failure> {
        let first = self.read;
        self.read += values::narrow::<_, i64>(items.len());
        let mut texts: Vec<(i64, Text)> = Vec::with_capacity(items.len());
        for (index, item) in (first..).zip(items) {
            match text_of(item) {
                Ok(text) => texts.push((index, text)),
                Err(failure) => self.refuse(index, failure)?,
            }
        }
        let together = texts.iter().map(|(_, text)| text.clone()).collect();
        match write(call, view, together).await {
            Ok(remembered) => remembered.iter().for_each(|it| self.count(it)),
            Err(failure) if is_of_text(&failure) => {
                for (index, text) in texts {
                    match write(call, view, vec![text]).await {
                        Ok(remembered) => remembered.iter().for_each(|it| self.count(it)),
                        Err(failure) => self.refuse(index, failure)?,
                    }
                }
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn count(&mut self, remembered: &Remembered) {
        match remembered.known {
            true => self.summary.known += 1,
            false => self.summary.added += 1,
        }
    }

    /// Counts a text that cannot be stored.
    ///
    /// # Errors
    /// `failure`, if it does not concern this text alone.
    fn refuse(&mut self, index: i64, failure: Failure) -> Result<(), Failure> {
        if !is_of_text(&failure) {
            return Err(failure);
        }
        self.summary.refused += 1;
        if self.summary.refusals.len() < REFUSALS_MAX {
            let Failure { code, message, .. } = failure;
            self.summary.refusals.push(RememberRefusal { index, code: code.to_owned(), message });
        }
        Ok(())
    }
}

/// Returns `true` if other texts might be stored.
fn is_of_text(failure: &Failure) -> bool {
    matches!(failure.class, Class::Invalid | Class::Conflict)
        || matches!(failure.remedy, Some(Remedy::Split))
}

async fn write(
    call: &Call,
    view: &MemoryView,
    texts: Vec<Text>,
) -> Result<Vec<Remembered>, Failure> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let view = view.clone();
    call.write(async move { Box::pin(view.remember_all(texts)).await }).await
}

fn text_of(item: RememberItem) -> Result<Text, Failure> {
    let RememberItem { text, kind, tags, importance } = item;
    let mut options = RememberOptions::default().with_tags(tags);
    if let Some(name) = values::text(kind) {
        options.kind = values::kind("kind", &name)?;
    }
    if let Some(importance) = values::share("importance", importance)? {
        #[expect(clippy::cast_possible_truncation, reason = "a share has few significant digits")]
        let importance = importance as f32;
        options.importance = importance;
    }
    Ok((text, options))
}

fn check_count(count: usize) -> Result<(), Failure> {
    match count {
        1..=TEXTS_MAX => Ok(()),
        _ => Err(Failure::invalid(format!("`items`: expected 1 to {TEXTS_MAX}, not {count}"))),
    }
}

/// Returns the failure of a stream whose messages cannot be read.
fn broken(status: &Status) -> Failure {
    match status.code() {
        tonic::Code::OutOfRange | tonic::Code::ResourceExhausted => {
            Failure::new(Class::TooLarge, "too_large", status.message())
        }
        tonic::Code::Cancelled | tonic::Code::Unknown | tonic::Code::Unavailable => {
            Failure::new(Class::Unavailable, "disconnected", status.message())
        }
        _ => Failure::invalid(status.message()),
    }
}
