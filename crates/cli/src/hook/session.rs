//! The records that a session was given, so that none is given twice. Only their keys are stored;
//! records are read again, so changed and forgotten ones are handled correctly.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use aios_exchange::open_regular;
use aios_memory::{Context, Id, Key, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    call::Call,
    event::Host,
    state::{self, DIRECTORY, name_of, owner_of},
};
use crate::failure::Failure;

/// Maximum number of keys per session. Records with older keys may be given again.
const KEYS_MAX: usize = 512;

/// Maximum number of bytes read at the beginning of a session file.
const BEGINNING_BYTES_MAX: u64 = 1 << 20;

/// Maximum number of sibling session files that are examined, the latest first.
const SIBLINGS_MAX: usize = 64;

/// Maximum number of sessions whose state is kept.
const SESSIONS_MAX: usize = 1_024;

/// Held while a state is read and replaced.
static CHANGE: Mutex<()> = Mutex::new(());

/// The state of one session.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Given {
    /// The keys of the given records, in the order in which they were given.
    keys: Vec<String>,
    /// The time at which the session was last given the context of its start.
    pub(super) at: Option<Timestamp>,
    /// The sessions whose messages the session repeats because it was forked.
    #[serde(default)]
    sessions: Vec<Id>,
    /// True for a fork whose parent is still unknown.
    #[serde(default)]
    is_orphan: bool,
}

impl Given {
    /// Reads the state of a call's session. An unreadable state counts as new.
    pub(super) fn of(call: &Call) -> Result<Given, Failure> {
        let text = fs::read(file(call)?).unwrap_or_default();
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Reads the state of a call's session, merged with that of its parent. `None` for a fork whose
    /// file does not show the parent yet, as at the first prompt of a fork in Claude Code.
    pub(super) fn at_prompt(call: &Call) -> Result<Option<Given>, Failure> {
        let given = Given::of(call)?;
        if !given.is_orphan {
            return Ok(Some(given));
        }
        let mut whole = Given::of_parent(call)?;
        if whole.sessions.is_empty() {
            return Ok(None);
        }
        for key in given.keys {
            if !whole.keys.contains(&key) {
                whole.keys.push(key);
            }
        }
        whole.keep(call)?;
        Ok(Some(whole))
    }

    /// Stores this as the state of a forked session.
    pub(super) fn keep_for_fork(self, call: &Call) -> Result<Given, Failure> {
        let given = Given { is_orphan: self.sessions.is_empty(), ..self };
        given.keep(call)?;
        Ok(given)
    }

    /// Reads the state of the session from which a call's session was forked. Codex names the
    /// parent in the first line of the session file. Claude Code repeats its entries, so the
    /// parent's file is the sibling with the same first entry. Without a parent, the state is new.
    pub(super) fn of_parent(call: &Call) -> Result<Given, Failure> {
        let transcript = call.input.transcript_path.as_deref();
        let parent = transcript.and_then(|file| parent_in(file).or_else(|| repeated_in(file)));
        let Some(parent) = parent else { return Ok(Given::default()) };
        let text = fs::read(file_of(call, &parent)?).unwrap_or_default();
        let mut given: Given = serde_json::from_slice(&text).unwrap_or_default();
        given.sessions.push(named(call, &parent)?);
        Ok(given)
    }

    /// Stores this as the state of a call's session.
    fn keep(&self, call: &Call) -> Result<(), Failure> {
        let file = file(call)?;
        let _change = CHANGE.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&file)
    }

    fn write(&self, file: &Path) -> Result<(), Failure> {
        let failed = |source| Failure::Io { action: "keep the state of a session".into(), source };
        let text = serde_json::to_vec(self).expect("a state is plain data");
        state::replace(file, &text).map_err(failed)?;
        let folder = file.parent().expect("the file is in a folder");
        state::limit(folder, SESSIONS_MAX).map_err(failed)
    }

    /// Returns true if the session was given this record.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.keys.contains(&key.to_string())
    }

    /// Returns true if the session repeats the messages of `session`.
    pub(super) fn repeats(&self, session: Option<&str>) -> bool {
        self.sessions.iter().any(|whole| is_in(session, whole))
    }

    /// Returns the records that were given last, at most `limit`, newest first.
    pub(super) fn last(&self, limit: usize) -> Vec<Key> {
        self.keys.iter().rev().filter_map(|key| key.parse().ok()).take(limit).collect()
    }

    /// Adds the records of a context to those that the session was given, or replaces them.
    pub(super) fn add(call: &Call, keys: Vec<Key>, anew: Anew) -> Result<(), Failure> {
        let file = file(call)?;
        let _change = CHANGE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut given = match anew {
            Anew::Yes => Given::default(),
            Anew::No => Given::of(call)?,
        };
        given.at = Some(match anew {
            Anew::Yes => Timestamp::now(),
            Anew::No => given.at.unwrap_or_else(Timestamp::now),
        });
        for key in keys.iter().map(Key::to_string) {
            if !given.keys.contains(&key) {
                given.keys.push(key);
            }
        }
        let surplus = given.keys.len().saturating_sub(KEYS_MAX);
        given.keys.drain(..surplus);
        given.write(&file)
    }
}

/// Effect of a context on the records that a session was given before: `Yes` replaces them, `No`
/// adds to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anew {
    Yes,
    No,
}

/// Returns the keys of those of `records` that are in a context.
pub(super) fn keys_in(context: &Context, records: &[(String, Key)]) -> Vec<Key> {
    let ids = context.chunks.iter().flat_map(|chunk| &chunk.ids);
    let key_of = |id: &String| records.iter().find(|(of, _)| of == id).map(|(_, key)| key.clone());
    ids.filter_map(key_of).collect()
}

/// Returns the id of the session in the memory.
pub(super) fn session_of(call: &Call) -> Result<Id, Failure> {
    named(call, call.session_id()?)
}

/// Returns true if `session` is `whole`, or a session of one of its sub-agents.
pub(super) fn is_in(session: Option<&str>, whole: &Id) -> bool {
    let rest = session.and_then(|session| session.strip_prefix(whole.as_str()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns true if `session` is the session of a sub-agent: `HOST/SESSION/AGENT`.
pub(super) fn is_of_sub_agent(session: &Id) -> bool {
    Host::ALL.iter().any(|host| {
        let rest = session.as_str().strip_prefix(host.name());
        rest.and_then(|rest| rest.strip_prefix('/')).is_some_and(|id| id.contains('/'))
    })
}

/// Returns the id in the memory of the session with this id at the host.
fn named(call: &Call, session_id: &str) -> Result<Id, Failure> {
    let id = aios_exchange::ingest::session_of(call.host.format(), session_id);
    Ok(Id::new(id).map_err(aios_memory::Error::from)?)
}

/// Returns the state file of a call's session. Its name is a hash, because the host chooses the id.
fn file(call: &Call) -> Result<PathBuf, Failure> {
    file_of(call, call.session_id()?)
}

/// Returns the state file of a session of the call's host and user.
fn file_of(call: &Call, session_id: &str) -> Result<PathBuf, Failure> {
    let name = name_of(&[call.host.name(), owner_of(&call.whole), session_id]);
    let data_dir = &call.whole.config().memory.data_dir;
    Ok(data_dir.join(DIRECTORY).join("sessions").join(name))
}

/// Returns the id of the session from which a Codex session was forked.
fn parent_in(transcript: &Path) -> Option<String> {
    let file = open_regular(transcript).ok()?.take(BEGINNING_BYTES_MAX);
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).ok()?;
    let line: serde_json::Value = serde_json::from_str(&line).ok()?;
    Some(line["payload"]["forked_from_id"].as_str()?.to_owned())
}

/// Returns the id of the Claude Code session whose entries this session file repeats. The id is the
/// name of that session's file.
fn repeated_in(transcript: &Path) -> Option<String> {
    let first = first_entry(transcript)?;
    let is_other = |file: &PathBuf| {
        file != transcript && file.extension().is_some_and(|extension| extension == "jsonl")
    };
    let files =
        fs::read_dir(transcript.parent()?).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<(SystemTime, PathBuf)> = files
        .filter(is_other)
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file)))
        .collect();
    // In a chain of forks, the latest one is the parent.
    files.sort_by(|(a, _), (b, _)| b.cmp(a));
    let mut latest = files.into_iter().take(SIBLINGS_MAX).map(|(_, file)| file);
    let parent = latest.find(|file| first_entry(file).as_ref() == Some(&first))?;
    Some(parent.file_stem()?.to_str()?.to_owned())
}

/// Returns the id of the first entry of a Claude Code session file.
fn first_entry(transcript: &Path) -> Option<String> {
    let file = open_regular(transcript).ok()?.take(BEGINNING_BYTES_MAX);
    BufReader::new(file).lines().map_while(Result::ok).find_map(|line| {
        let entry: serde_json::Value = serde_json::from_str(&line).ok()?;
        Some(entry["uuid"].as_str()?.to_owned())
    })
}
