//! Remembers texts: in one call, or in a stream whose waiting texts are written together.

use std::time::Duration;

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

/// Number of texts after which a stream writes even if more are waiting.
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
    let mut texts: Vec<Text> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        texts.push(text_of(item).map_err(|it| it.within(&format!("items[{index}]")))?);
    }
    call.traced.given(texts.iter().map(|(text, _)| text.as_str()));
    let kinds: Vec<Kind> = texts.iter().map(|(_, options)| options.kind).collect();
    let remembered = write(call, &view, texts).await?;
    let result = |(kind, Remembered { id, known, replaced }): (Kind, Remembered)| RememberResult {
        key: Key::new(kind, id).to_string(),
        known,
        replaced,
    };
    let results: Vec<_> = kinds.into_iter().zip(remembered).map(result).collect();
    let keys: Vec<String> = results.iter().map(|result| result.key.clone()).collect();
    Ok(Answer::changed(RememberResponse { results }, keys))
}

/// Remembers a stream of texts. A text that cannot be stored does not affect the others. The stream
/// ends after `silence_max` without a message; texts that arrived before are stored.
pub(super) async fn all(
    call: &Call,
    requests: impl Stream<Item = Result<RememberRequest, Status>> + Unpin,
    silence_max: Duration,
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
                next = tokio::time::timeout(silence_max, requests.next()) => match next {
                    Ok(next) => next,
                    Err(_) => return Err(intake.silent(silence_max)),
                },
            },
        };
        let Some(next) = next else { break };
        let RememberRequest { items, scope } = next.map_err(|status| broken(&status))?;
        let mut batch = items;
        check_count(batch.len())?;
        // Texts that have already arrived are written together if their scope is the same.
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
    /// Stores texts in one write. If that fails, writes each text separately, to determine the
    /// refused ones.
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
                    match write_one(call, view, text).await {
                        Ok(remembered) => self.count(&remembered),
                        Err(failure) => self.refuse(index, failure)?,
                    }
                }
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Returns the failure of a stream that sends no more messages.
    fn silent(&self, silence_max: Duration) -> Failure {
        let RememberSummary { added, known, replaced, refused, .. } = self.summary;
        Failure::new(
            Class::Unavailable,
            "silent",
            format!(
                "the stream sent nothing for {silence_max:?}; of its texts, {added} were added, \
                 {known} known, {replaced} replaced and {refused} refused"
            ),
        )
        .with_advice("begin a new stream with the texts that follow; stored texts are known")
    }

    fn count(&mut self, remembered: &Remembered) {
        match remembered {
            Remembered { replaced: true, .. } => self.summary.replaced += 1,
            Remembered { known: true, .. } => self.summary.known += 1,
            _ => self.summary.added += 1,
        }
    }

    /// Counts a text that could not be stored.
    ///
    /// # Errors
    /// `failure`, if it does not concern only this text.
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

/// Returns `true` if other texts may still be stored.
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
    call.write(async move { Box::pin(view.remember_batch(texts)).await }).await
}

async fn write_one(
    call: &Call,
    view: &MemoryView,
    (text, options): Text,
) -> Result<Remembered, Failure> {
    let view = view.clone();
    call.write(async move { Box::pin(view.remember_with(&text, options)).await }).await
}

fn text_of(item: RememberItem) -> Result<Text, Failure> {
    let RememberItem { text, kind, tags, importance, id, title, occurred_at } = item;
    let id = values::text(id).map(|id| values::id("id", id)).transpose()?;
    let mut options = RememberOptions::default()
        .with_tags(tags)
        .with_id(id)
        .with_title(values::text(title))
        .with_occurred_at(values::time("occurred_at", occurred_at)?);
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
            Failure::too_large(status.message())
        }
        tonic::Code::Cancelled | tonic::Code::Unknown | tonic::Code::Unavailable => {
            Failure::new(Class::Unavailable, "disconnected", status.message())
        }
        _ => Failure::invalid(status.message()),
    }
}
