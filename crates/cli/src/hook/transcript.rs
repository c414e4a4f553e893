//! The session file of a host: its new lines become messages and calls. A file is read on from the
//! place up to which it was read, whichever hook asks.

use std::{fs, path::PathBuf};

use aios_exchange::ingest::{self, FOLLOW_BYTES, IngestOptions, Place, Secrets};
use aios_memory::{
    MemoryView, Scope, ScopeFilter,
    context::without_contexts,
    guard::{Guard, Policy},
};
use tokio::sync::Mutex;

use super::{
    DIRECTORY, Event,
    answer::Call,
    session::{name_of, session_of},
    state,
};
use crate::failure::Failure;

/// Session files whose places are kept. A file whose place is gone is read again, which adds
/// nothing.
const PLACES_MAX: usize = 4_096;

/// Held while a session file is read.
static READING: Mutex<()> = Mutex::const_new(());

/// Reads the new lines of a call's session file: all of them, or at the end of an answer at most
/// [`FOLLOW_BYTES`]. When this returns, they are durable.
pub(super) async fn follow(call: &Call, event: Event) -> Result<(), Failure> {
    let Some(path) = &call.input.transcript_path else { return Ok(()) };
    let path = std::path::absolute(path)
        .map_err(|source| Failure::Io { action: "find the session file".to_owned(), source })?;
    let view = in_project_of_session(call).await?;
    let file = place_file(call, &path);
    let _reading = READING.lock().await;
    let mut place: Option<Place> =
        fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let mut refused = 0;
    loop {
        let options = IngestOptions::default()
            .with_format(call.host.format())
            .with_secrets(Secrets::Redacted);
        let followed =
            ingest::follow(&view, &path, place.as_ref(), FOLLOW_BYTES, options).await?;
        refused += followed.report.failed_count;
        keep(&file, &followed.place)?;
        place = Some(followed.place);
        if !followed.has_more || event == Event::Stop {
            break;
        }
    }
    match refused {
        0 => Ok(()),
        failed => Err(Failure::Partial { failed }),
    }
}

/// Keeps the summary with which a host replaced the beginning of a session. It counts as made of
/// the messages of the session, so forgetting one of them removes it.
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

/// Returns the memory with the scope in which the messages of a call's session are stored: that of
/// the session, if it is known already, else that of the working directory. The working directory
/// may change during a session.
async fn in_project_of_session(call: &Call) -> Result<MemoryView, Failure> {
    let session = call.whole.working().sessions().get(&session_of(call)?).await;
    let Some(session) = session.map_err(aios_memory::Error::from)? else {
        return call.in_project().await;
    };
    if call.whole.gate().filter().scope.project.is_some() {
        return Ok(call.whole.clone());
    }
    let scope = Scope { project: session.meta.scope.project, ..Scope::default() };
    Ok(call.whole.narrow(&ScopeFilter::new(scope))?)
}

fn keep(file: &std::path::Path, place: &Place) -> Result<(), Failure> {
    let failed = |source| Failure::Io { action: "keep the place in a session file".into(), source };
    let text = serde_json::to_vec(place).expect("a place is plain data");
    state::replace(file, &text).map_err(failed)?;
    let folder = file.parent().expect("the file is in a folder");
    state::limit(folder, PLACES_MAX).map_err(failed)
}

/// Returns the file with the place of a session file.
fn place_file(call: &Call, path: &std::path::Path) -> PathBuf {
    let user = call.whole.gate().filter().scope.user.clone().unwrap_or_default();
    let name = name_of(&[call.host.name(), &user, &path.to_string_lossy()]);
    call.whole.config().memory.data_dir.join(DIRECTORY).join("places").join(name)
}
