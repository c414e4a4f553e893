//! The single entry point for stored records, whether written directly, ingested, imported or
//! restored from an export.
//!
//! For each [`Arrival`], in order, an [`Admission`] determines its owner (by the gate of its view),
//! whether it is stored or was forgotten, its text after the guard, and the tier that stores it.
//! The [`Verdict`] names the outcome. `aios-exchange` imports files this way.
//!
//! ```
//! use aios_memory::{
//!     AgentMemory, Config, Id, Kind, Record, Scope,
//!     admission::{Admission, Arrival, Manner, Outcome},
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
//! let mut admission = Admission::new(&memory, Manner::Found);
//! let text = "Staging is on port 5433.";
//! let note = Record::new(Kind::Note, Id::new("n1")?, text, Scope::default());
//! let verdicts = admission.admit(vec![Arrival::of_record(1, note)]).await?;
//! assert_eq!(verdicts[0].outcome, Outcome::Added);
//! admission.finish().await?;
//! # memory.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Not here: reading files (`aios-exchange`), and reading records from objects (`aios-draft`).

mod arrival;
mod candidate;
mod copies;
mod cut;
mod drafted;
mod edited;
mod forgotten;
mod forgotten_parts;
mod imported;
mod original;
mod put;
mod refusal;
mod repeats;
mod retirement;
mod revision;
mod standing;
mod store;
mod tally;
mod told;
mod verdict;

use std::collections::{HashMap, HashSet};

use aios_guard::{Guard, Policy};
use aios_longterm::Standing;
use aios_record::{
    Gate, Id, Identity, Key, Kind, Mode, Owner, Record, Scope, ScopeFilter, Timestamp,
};
use futures::future::BoxFuture;
use serde_json::Value;

pub use self::{
    arrival::{Arrival, Content, Manner},
    refusal::Refusal,
    revision::Revision,
    tally::{Conflict, Detail, Mending, Tally},
    verdict::{Outcome, Verdict},
};
use self::{
    candidate::{Candidate, Ready, Tiers},
    original::Original,
    told::Told,
    verdict::DIFFERS,
};
pub(crate) use self::{
    drafted::{chat_draft, message_of},
    put::check_authority,
};
pub use crate::document::Document;
use crate::{Error, MemoryView, RecordProblem};

/// Admits the records of one source.
pub struct Admission {
    view: MemoryView,
    manner: Manner,
    guard: Guard,
    /// Applied before anything else, so that stored texts are compared as they were stored.
    first_guard: Option<Guard>,
    /// With [`Mode::DryRun`] nothing is stored; verdicts name the expected outcome.
    mode: Mode,
    /// Digests of the contents that this source brought before, by identity.
    seen: HashMap<Identity, Told>,
    /// The identities among them that were forgotten.
    kept_out: HashSet<Identity>,
    /// The records with ids of their providers.
    originals: HashMap<Identity, Original>,
    /// Retired parts of texts that became shorter, each with the line of its text.
    retired: Vec<(u64, Key)>,
    /// The tiers as seen by each owner, without shared records.
    tiers: HashMap<Owner, Tiers>,
    /// The last assigned recording time.
    last_recorded: Timestamp,
}

impl Admission {
    /// Creates the admission of one source to the memory of `view`.
    #[must_use]
    pub fn new(view: &MemoryView, manner: Manner) -> Admission {
        Admission {
            view: view.clone(),
            manner,
            guard: view.config().to_guard(),
            first_guard: None,
            mode: Mode::Apply,
            seen: HashMap::new(),
            kept_out: HashSet::new(),
            originals: HashMap::new(),
            retired: Vec::new(),
            tiers: HashMap::new(),
            last_recorded: Timestamp::UNIX_EPOCH,
        }
    }

    /// Sets the mode. Default: [`Mode::Apply`].
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Admission {
        Admission { mode, ..self }
    }

    /// Removes secrets from every text, even if the settings only mark them. For texts that no
    /// person chose to store, such as the transcript of an agent. Secrets that the settings refuse
    /// are still refused.
    #[must_use]
    pub fn with_secrets_redacted(self) -> Admission {
        Admission { first_guard: self.redaction(), ..self }
    }

    /// Returns the guard that removes secrets, if the settings only mark them.
    fn redaction(&self) -> Option<Guard> {
        match self.guard.secrets {
            Policy::Mark => Some(Guard { secrets: Policy::Redact, ..Guard::default() }),
            Policy::Redact | Policy::Refuse => None,
        }
    }

    /// Admits arrivals in order, and returns one verdict for each. Verdicts of forgotten parts of
    /// conversations follow.
    ///
    /// # Errors
    /// Errors of the tiers that concern all records, such as a full disk. Records that were already
    /// stored remain stored.
    pub async fn admit(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Verdict>, Error> {
        self.admit_boxed(arrivals).await
    }

    /// As [`admit`](Admission::admit). Boxed, so that this crate compiles the future, and not each
    /// crate that awaits it.
    fn admit_boxed(
        &mut self,
        arrivals: Vec<Arrival>,
    ) -> BoxFuture<'_, Result<Vec<Verdict>, Error>> {
        Box::pin(async move {
            if !self.mode.is_dry_run() {
                self.view.check_writable()?;
            }
            let mut verdicts: Vec<Verdict> = arrivals.iter().map(Verdict::pending).collect();
            let mut candidates = Vec::with_capacity(arrivals.len());
            for (at, mut arrival) in arrivals.into_iter().enumerate() {
                let first_guard = match arrival.redacts_secrets {
                    true => self.redaction(),
                    false => self.first_guard,
                };
                let checked = self.check(&arrival).and_then(|()| match first_guard {
                    Some(guard) => Ok(arrival.content.guard(guard, arrival.kind)?),
                    None => Ok(()),
                });
                if let Err(error) = checked {
                    self.refuse(&mut verdicts[at], error)?;
                    continue;
                }
                match self.view.gate().fill(&mut arrival.scope) {
                    Ok(()) => {
                        let (owner, draft) = (arrival.scope.owner(), self.draft(&arrival));
                        candidates.push(Candidate { at, owner, arrival, draft });
                    }
                    Err(error) => self.refuse(&mut verdicts[at], error.into())?,
                }
            }
            let mut endings = Vec::new();
            let mut left_out = Vec::new();
            if self.manner == Manner::Written {
                self.check_scopes(&candidates).await?;
            } else {
                (candidates, left_out) = self.without_forgotten(candidates, &mut verdicts).await?;
                candidates = self.identified(candidates, &mut verdicts).await?;
                let repeated;
                (candidates, repeated) = self.first_of_each(candidates, &mut verdicts);
                endings = candidates.iter().filter_map(Candidate::ending).collect();
                candidates = self.unknown(candidates, &mut verdicts).await?;
                candidates = self.not_forgotten(candidates, &mut verdicts).await?;
                self.forgotten_again(repeated, &mut verdicts).await?;
            }
            let ready = self.guarded(candidates, &mut verdicts)?;
            if !self.mode.is_dry_run() {
                // Before the text itself is replaced, because an interrupted run finds the parts
                // by it.
                self.retire_parts(endings, &verdicts).await?;
                self.store(ready, &mut verdicts).await?;
            }
            verdicts.extend(left_out);
            Ok(verdicts)
        })
    }

    /// Checks a record on its own, independent of stored ones.
    fn check(&self, arrival: &Arrival) -> Result<(), Error> {
        let kind = arrival.kind;
        if kind == Kind::Persona {
            self.view.check_machine_wide(kind)?;
        }
        let Content::Record(record) = &arrival.content else { return Ok(()) };
        // The ids of the other kinds are derived from their content, such as a key.
        let is_named = !kind.is_kept() && kind.id_field().name == "id";
        let named = record.payload.get("id").and_then(Value::as_str);
        if is_named && named.is_some_and(|id| id != record.id.as_str()) {
            return Err(Error::Record { kind, problem: RecordProblem::PayloadId });
        }
        Ok(())
    }

    /// Returns an error if long-term memory has a record of these ids in another scope: it would
    /// refuse the change from the feed, after it was acknowledged.
    async fn check_scopes(&mut self, candidates: &[Candidate]) -> Result<(), Error> {
        for Candidate { owner, arrival, draft, .. } in candidates {
            let Content::Fields(fields) = &arrival.content else { continue };
            let Some(id) = fields.get("id").and_then(Value::as_str) else { continue };
            let Ok(id) = Id::new(id) else { continue };
            let identity = Identity::new(owner.clone(), arrival.kind, id);
            let longterm = self.tiers(owner)?.longterm;
            let keys = std::slice::from_ref(&identity);
            let differs = |stored: Vec<Option<Scope>>| {
                stored.iter().flatten().any(|scope| *scope != draft.scope)
            };
            if !differs(longterm.records().scopes(keys).await?) {
                continue;
            }
            // It may have been deleted, and the feed has not delivered that yet.
            self.view.feed().catch_up().await?;
            if differs(longterm.records().scopes(keys).await?) {
                let key = identity.to_string();
                return Err(aios_longterm::Error::Conflict { key }.into());
            }
        }
        Ok(())
    }

    /// Separates the first candidate of each identity from repetitions within the source. A
    /// repetition with the same content is known; one with other content conflicts with the first.
    fn first_of_each(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> (Vec<Candidate>, Vec<Candidate>) {
        let mut first = Vec::with_capacity(candidates.len());
        let mut repeated = Vec::new();
        for candidate in candidates {
            let told = Told::of(&candidate.arrival);
            match self.seen.get(&candidate.identity()) {
                None => {
                    self.seen.insert(candidate.identity(), told);
                    first.push(candidate);
                    continue;
                }
                Some(before) if before.agrees(&told) => {
                    verdicts[candidate.at].outcome = Outcome::Known;
                }
                Some(_) => verdicts[candidate.at].outcome = Outcome::Conflicting,
            }
            repeated.push(candidate);
        }
        (first, repeated)
    }

    /// Removes candidates that are already stored. If the stored record is in another project than
    /// the caller's, the candidate is refused. A stored record with other content is updated if the
    /// source is a conversation or a document and has changed, and kept otherwise.
    async fn unknown(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Candidate>, Error> {
        let standings = self.all_standings(&candidates).await?;
        let hidden = self.hidden(&candidates, &standings).await?;
        let mut unknown = Vec::with_capacity(candidates.len());
        for (mut candidate, (standing, former)) in candidates.into_iter().zip(standings) {
            let verdict = &mut verdicts[candidate.at];
            let kind = candidate.arrival.kind;
            if let Some(id) = former {
                candidate.arrival.id = id.clone();
                candidate.draft.id = id.clone();
                verdict.id = id;
            }
            if hidden.contains(&candidate.identity()) {
                let id = candidate.arrival.id;
                self.refuse(verdict, aios_working::Error::Conflict { kind, id }.into())?;
                continue;
            }
            let may_change = matches!(kind, Kind::Message | Kind::ToolCall) || kind.is_kept();
            let is_mended = self.manner == Manner::Conversed && may_change;
            match standing {
                Standing::Unknown => unknown.push(candidate),
                Standing::Same => verdict.outcome = Outcome::Known,
                Standing::Other if is_mended && self.is_edited(&candidate).await? => {
                    verdict.outcome = Outcome::Known;
                }
                Standing::Other if is_mended => {
                    verdict.outcome = Outcome::Updated;
                    unknown.push(candidate);
                }
                Standing::Other => verdict.outcome = Outcome::Skipped(DIFFERS.to_owned()),
            }
        }
        Ok(unknown)
    }

    /// Applies the guard to all content of the candidates.
    fn guarded(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Ready>, Error> {
        let mut ready = Vec::with_capacity(candidates.len());
        for Candidate { at, owner, mut arrival, .. } in candidates {
            match arrival.content.guard(self.guard, arrival.kind) {
                Ok(()) => {
                    let is_update = verdicts[at].outcome == Outcome::Updated;
                    ready.push(Ready { at, owner, is_update, arrival });
                }
                Err(error) => {
                    self.seen.remove(&Identity::new(owner, arrival.kind, arrival.id.clone()));
                    self.refuse(&mut verdicts[at], error.into())?;
                }
            }
        }
        Ok(ready)
    }

    /// Counts a record as refused if `error` concerns only it and it was not written directly.
    ///
    /// # Errors
    /// `error` otherwise.
    fn refuse(&self, verdict: &mut Verdict, error: Error) -> Result<(), Error> {
        if self.manner == Manner::Written || !refusal::is_of_record(&error) {
            return Err(error);
        }
        verdict.outcome = Outcome::Refused(Refusal::from(&error));
        Ok(())
    }

    /// Returns an arrival as it would be stored, as far as that is known at this point.
    fn draft(&self, arrival: &Arrival) -> Record {
        let Arrival { kind, id, scope, content, .. } = arrival;
        let text = match content {
            Content::Message(message) => message.content.clone(),
            Content::Record(record) => {
                return Record { scope: scope.clone(), id: id.clone(), ..(**record).clone() };
            }
            Content::Fields(fields) if kind.is_setting() => {
                let value = fields.get("value").cloned().unwrap_or_default();
                format!("{id}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            Content::Fields(fields) => {
                let drafted = self.view.draft(*kind, fields.clone(), scope);
                return drafted.unwrap_or_else(|| {
                    let text = fields.get("content").and_then(Value::as_str).unwrap_or_default();
                    Record::new(*kind, id.clone(), text, scope.clone())
                });
            }
        };
        Record::new(*kind, id.clone(), text, scope.clone())
    }

    /// Returns the parts that were retired since the last call, each with the line of the shortened
    /// text.
    #[must_use]
    pub fn take_retired(&mut self) -> Vec<(u64, Key)> {
        std::mem::take(&mut self.retired)
    }

    /// Waits until everything admitted is searchable.
    ///
    /// # Errors
    /// Errors of working or long-term memory.
    pub async fn finish(self) -> Result<(), Error> {
        if self.mode.is_dry_run() {
            return Ok(());
        }
        self.view.shared().pump.catch_up().await.map(drop)
    }

    fn tiers(&mut self, owner: &Owner) -> Result<Tiers, Error> {
        if let Some(tiers) = self.tiers.get(owner) {
            return Ok(tiers.clone());
        }
        let own = Gate::owner(owner.clone()).narrow(&ScopeFilter::exact(Scope::default()))?;
        let shared = self.view.shared();
        let tiers = Tiers {
            working: shared.working.scoped(own.clone()),
            longterm: shared.longterm.scoped(own),
        };
        self.tiers.insert(owner.clone(), tiers.clone());
        Ok(tiers)
    }
}
