//! The one way in: everything that is stored comes through here, be it written directly, ingested,
//! imported or taken back from an export.
//!
//! For each [`Arrival`], in order: whose it is (the gate decides), what is known already, what was
//! forgotten, what the guard makes of it, and which tier stores it. The [`Verdict`] names what
//! became of it. Not here: reading files, and making ids that follow from what a record says, which
//! is `identity`'s.

mod copies;
mod cut;
mod forgotten;
mod standing;
mod store;
mod tally;
mod told;

use std::collections::{HashMap, HashSet};

use aios_guard::Guard;
use aios_longterm::{LongtermView, Standing};
use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter, Timestamp};
use aios_working::{NewMessage, WorkingView};
use serde_json::{Map, Value};

pub(crate) use self::cut::Cut;
pub use self::tally::{Conflict, Detail, Mending, Outcome, Tally};
use self::{copies::Original, cut::Ending, store::Ready, told::Told};
use crate::{Error, MemoryView, guarding, records::is_kept};

/// A record on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The line or row of its source, from 1.
    pub(crate) place: u64,
    pub(crate) kind: Kind,
    pub(crate) id: Id,
    /// Ids by which former versions of this program knew the same record.
    pub(crate) former_ids: Vec<Key>,
    /// The id that goes before, unless another session has something else under it.
    pub(crate) provider_id: Option<Id>,
    /// The scope, as far as its source tells.
    pub(crate) scope: Scope,
    /// The place of its text among the parts of a longer one, if its source has an id for it.
    pub(crate) cut: Option<Cut>,
    /// The parts beside its text that its source tells.
    pub(crate) tells: Tells,
    pub(crate) content: Content,
}

/// The parts of a message beside its text that its source tells; the others are filled in, and do
/// not differ from what is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tells {
    pub(crate) role: bool,
    pub(crate) name: bool,
    pub(crate) time: bool,
    pub(crate) tags: bool,
}

/// The content of an arrival.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A message, to be appended to its session. Id and scope are those of the arrival.
    Message(Box<NewMessage>),
    /// An object with the fields of the kind.
    Fields(Map<String, Value>),
    /// A record, to be stored as it is.
    Record(Box<Record>),
}

/// The outcome for one arrival.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) place: u64,
    pub(crate) kind: Kind,
    pub(crate) id: Id,
    pub(crate) outcome: Outcome,
}

/// The way in which arrivals come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Written directly: stored even if it was forgotten before.
    Written,
    /// Found in a file: what was forgotten stays so, and what differs here stays as it is.
    Found,
    /// Found in a conversation, whose messages may have been corrected since.
    Conversed,
}

/// Takes the records of one source in.
pub(crate) struct Admission {
    view: MemoryView,
    manner: Manner,
    guard: Guard,
    /// Nothing is stored; verdicts say what would be.
    is_dry: bool,
    /// The content of what this source brought before, by identity.
    seen: HashMap<Identity, Told>,
    /// Those of them that were forgotten.
    kept_out: HashSet<Identity>,
    /// The records that have ids of their providers.
    originals: HashMap<Identity, Original>,
    /// The parts of texts that are shorter now, each with the line of the text.
    retired: Vec<(u64, Key)>,
    /// The tiers as each owner's handle has them, without shared records.
    tiers: HashMap<Owner, Tiers>,
    /// The time at which the last record of this source was recorded.
    last_recorded: Timestamp,
}

/// The tiers of one owner, shared records left out.
#[derive(Clone)]
struct Tiers {
    working: WorkingView,
    longterm: LongtermView,
}

/// An arrival that is allowed in so far, with the place of its verdict.
struct Candidate {
    at: usize,
    owner: Owner,
    arrival: Arrival,
    /// The record as it would be stored, as far as that is known before.
    draft: Record,
}

impl Candidate {
    fn identity(&self) -> Identity {
        Identity::new(self.owner.clone(), self.arrival.kind, self.arrival.id.clone())
    }
}

impl Admission {
    pub(crate) fn new(view: &MemoryView, manner: Manner) -> Admission {
        Admission {
            view: view.clone(),
            manner,
            guard: view.config().to_guard(),
            is_dry: false,
            seen: HashMap::new(),
            kept_out: HashSet::new(),
            originals: HashMap::new(),
            retired: Vec::new(),
            tiers: HashMap::new(),
            last_recorded: Timestamp::UNIX_EPOCH,
        }
    }

    /// This admission, which stores nothing.
    pub(crate) fn dry(self) -> Admission {
        Admission { is_dry: true, ..self }
    }

    /// Takes arrivals in, in their order; one verdict for each. Those of forgotten parts of
    /// conversations follow.
    ///
    /// # Errors
    /// Errors of the tiers that concern all records, such as a full disk. Records that were
    /// stored by then stay.
    pub(crate) async fn admit(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Verdict>, Error> {
        if !self.is_dry {
            self.view.check_writable()?;
        }
        let mut verdicts: Vec<Verdict> = arrivals.iter().map(Verdict::pending).collect();
        let mut candidates = Vec::with_capacity(arrivals.len());
        for (at, mut arrival) in arrivals.into_iter().enumerate() {
            if let Err(error) = self.check(&arrival) {
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
            endings = candidates.iter().filter_map(Ending::of).collect();
            candidates = self.unknown(candidates, &mut verdicts).await?;
            candidates = self.not_forgotten(candidates, &mut verdicts).await?;
            self.forgotten_again(repeated, &mut verdicts).await?;
        }
        let ready = self.guarded(candidates, &mut verdicts)?;
        if !self.is_dry {
            // Before the text itself is replaced, by which what is interrupted is found again.
            self.retire_parts(endings, &verdicts).await?;
            self.store(ready, &mut verdicts).await?;
        }
        verdicts.extend(left_out);
        Ok(verdicts)
    }

    /// Checks what a record says of itself, whatever is stored.
    fn check(&self, arrival: &Arrival) -> Result<(), Error> {
        let kind = arrival.kind;
        if kind == Kind::Persona {
            self.view.check_machine_wide(kind)?;
        }
        let Content::Record(record) = &arrival.content else { return Ok(()) };
        // The ids of the others are made of what they are, such as a key.
        let is_named =
            !is_kept(kind) && !matches!(kind, Kind::Preference | Kind::Persona | Kind::AgentState);
        let named = record.payload.get("id").and_then(Value::as_str);
        if is_named && named.is_some_and(|id| id != record.id.as_str()) {
            let problem = "its payload names another id than the record".to_owned();
            return Err(Error::Record { kind, problem });
        }
        Ok(())
    }

    /// Checks that long-term memory has no record of these ids in another scope: it would refuse
    /// the change that the feed brings, after it was acknowledged.
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
            if !differs(longterm.scopes(keys).await?) {
                continue;
            }
            // It may have been deleted, which long-term memory is still to hear.
            self.view.catch_up().await?;
            if differs(longterm.scopes(keys).await?) {
                let key = identity.to_string();
                return Err(aios_longterm::Error::Conflict { key }.into());
            }
        }
        Ok(())
    }

    /// Parts what this source brought before from the first of each: the same again is known, and
    /// something else under the same id conflicts with the first.
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

    /// Leaves out what is stored already. A record that is stored with another content is updated
    /// if it comes in a conversation, and stays as it is otherwise.
    async fn unknown(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Candidate>, Error> {
        let standings = self.all_standings(&candidates).await?;
        let mut unknown = Vec::with_capacity(candidates.len());
        for (mut candidate, (standing, former)) in candidates.into_iter().zip(standings) {
            let verdict = &mut verdicts[candidate.at];
            let kind = candidate.arrival.kind;
            if let Some(id) = former {
                candidate.arrival.id = id.clone();
                candidate.draft.id = id.clone();
                verdict.id = id;
            }
            let may_change = matches!(kind, Kind::Message | Kind::ToolCall) || is_kept(kind);
            let is_mended = self.manner == Manner::Conversed && may_change;
            match standing {
                Standing::Unknown => unknown.push(candidate),
                Standing::Same => verdict.outcome = Outcome::Known,
                Standing::Other if is_mended => {
                    verdict.outcome = Outcome::Updated;
                    unknown.push(candidate);
                }
                Standing::Other => verdict.outcome = Outcome::Skipped(DIFFERS.to_owned()),
            }
        }
        Ok(unknown)
    }

    /// Applies the guard to all that the candidates say.
    fn guarded(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Ready>, Error> {
        let mut ready = Vec::with_capacity(candidates.len());
        for Candidate { at, owner, mut arrival, .. } in candidates {
            match arrival.content.guard(self.guard) {
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

    /// Counts a record as refused if `error` concerns it alone and it came in a file.
    ///
    /// # Errors
    /// `error` otherwise.
    fn refuse(&self, verdict: &mut Verdict, error: Error) -> Result<(), Error> {
        if self.manner == Manner::Written || !store::is_of_record(&error) {
            return Err(error);
        }
        verdict.outcome = Outcome::Refused(error.to_string());
        Ok(())
    }

    /// An arrival as it would be stored, as far as that is known before.
    fn draft(&self, arrival: &Arrival) -> Record {
        let Arrival { kind, id, scope, content, .. } = arrival;
        let text = match content {
            Content::Message(message) => message.content.clone(),
            Content::Record(record) => {
                return Record { scope: scope.clone(), id: id.clone(), ..(**record).clone() };
            }
            Content::Fields(fields) if matches!(kind, Kind::Preference | Kind::Persona) => {
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

    /// Takes the parts that were retired since this was called last, each with the line of the text
    /// that is shorter now.
    pub(crate) fn take_retired(&mut self) -> Vec<(u64, Key)> {
        std::mem::take(&mut self.retired)
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

/// The reason for which a found record is skipped that is stored with another content.
const DIFFERS: &str = "a record of this id is stored with another content, which stays";

impl Arrival {
    /// An arrival whose scope and id are those of `record`.
    pub(crate) fn of_record(place: u64, record: Record) -> Arrival {
        Arrival {
            place,
            kind: record.kind,
            id: record.id.clone(),
            former_ids: Vec::new(),
            provider_id: None,
            scope: record.scope.clone(),
            cut: None,
            tells: Tells::default(),
            content: Content::Record(Box::new(record)),
        }
    }
}

impl Content {
    fn guard(&mut self, guard: Guard) -> Result<(), aios_guard::Error> {
        match self {
            Content::Message(message) => {
                message.content = guard.apply(&message.content)?.text.into_owned();
                message.metadata = guarding::value(guard, message.metadata.take())?;
            }
            Content::Fields(fields) => {
                *fields = guarding::object(guard, std::mem::take(fields))?;
            }
            Content::Record(record) => {
                record.text = guard.apply(&record.text)?.text.into_owned();
                if let Some(title) = &mut record.title {
                    *title = guard.apply(title)?.text.into_owned();
                }
                if let Value::Object(payload) = record.payload.take() {
                    record.payload = Value::Object(guarding::object(guard, payload)?);
                }
            }
        }
        Ok(())
    }
}

impl Verdict {
    fn pending(arrival: &Arrival) -> Verdict {
        Verdict {
            place: arrival.place,
            kind: arrival.kind,
            id: arrival.id.clone(),
            outcome: Outcome::Added,
        }
    }
}
