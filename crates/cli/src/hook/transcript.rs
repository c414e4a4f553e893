//! The session file of a host: its new lines become messages and calls.

use aios_exchange::ingest::{self, is_field};
use aios_memory::{
    context::without_contexts,
    guard::{Guard, Policy},
};

use super::{
    Event,
    call::{Call, missing},
    session::session_of,
};
use crate::{
    failure::Failure,
    following::{Amount, Following},
    output::Output,
};

/// Maximum number of rejected rows that are reported.
const NAMED_MAX: usize = 10;

/// Reads the new lines of a call's session file: a part of them at the end of an answer, because
/// further answers follow, otherwise all. They are durable when this returns. The first rejected
/// rows are reported as warnings, with their reasons.
pub(super) async fn follow(call: &Call, event: Event, output: Output) -> Result<(), Failure> {
    let Some(path) = &call.input.transcript_path else { return Ok(()) };
    if path.is_relative() {
        return Err(missing("cwd"));
    }
    let view = call.for_messages().await?;
    let amount = match event {
        Event::Stop => Amount::Part,
        Event::SessionEnd => Amount::Rest,
        _ => Amount::All,
    };
    let report = Following::new(&view, path, call.host.format())?.read(amount).await?;
    let named = report.failed.iter().take(NAMED_MAX).map(|failed| {
        let error = without_texts(&failed.error);
        (ingest::Failure { error, ..failed.clone() }.to_string(), None)
    });
    Output { json: false, quiet: false, ..output }.warn_of("failed", named);
    match report.failed_count {
        0 => Ok(()),
        failed => Err(Failure::PassedOver { failed }),
    }
}

/// Returns a reason without quoted texts other than known names of fields, because logs must not
/// contain text of a session.
fn without_texts(reason: &str) -> String {
    let (mut rest, mut shown) = (reason, String::with_capacity(reason.len()));
    while let Some(at) = rest.find(['"', '`']) {
        let (before, quoted) = rest.split_at(at);
        let (quote, quoted) = quoted.split_at(1);
        let (text, after) = quoted.split_once(quote).unwrap_or((quoted, ""));
        let text = if is_field(text) { text } else { "..." };
        shown.extend([before, quote, text, quote]);
        rest = after;
    }
    shown + rest
}

/// Stores the summary with which a host replaced the beginning of a session. It counts as derived
/// from the messages of the session, so forgetting one of them removes it.
pub(super) async fn keep_summary(call: &Call) -> Result<(), Failure> {
    let Some(summary) = call.input.compact_summary.as_deref() else { return Ok(()) };
    let summary = without_contexts(summary);
    let config = &call.whole.config().guard;
    let secrets = match config.secrets {
        Policy::Mark => Policy::Redact,
        policy => policy,
    };
    let guard = Guard { secrets, injections: config.injections };
    let summary = guard.apply(summary.trim()).map_err(aios_memory::Error::from)?.text.into_owned();
    if summary.is_empty() {
        return Ok(());
    }
    let sessions = call.whole.working().sessions();
    let kept = sessions.set_summary(&session_of(call)?, summary).await;
    kept.map_err(aios_memory::Error::from)?;
    Ok(())
}
