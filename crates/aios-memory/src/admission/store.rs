//! Storing admitted arrivals in the tier of their kind.

use std::time::Duration;

use aios_longterm::{StoreOutcome, Stored};
use aios_record::{Gate, Id, Identity, Key, Kind, Owner, Record, Scope, ScopeFilter, Timestamp};
use aios_working::{Message, NewMessage, RestoreOutcome, WorkingView};
use futures::{StreamExt, stream};
use serde_json::Value;

use super::{
    Admission,
    arrival::{Arrival, Content, Manner},
    candidate::{Ready, Tiers},
    cut::Cut,
    imported,
    put::{put, put_facts},
    refusal::is_of_batch,
    standing::is_untitled,
    told::{Told, tells_message_otherwise},
    verdict::{DIFFERS, Outcome, Verdict},
};
use crate::{Error, RecordProblem};

/// The time between two records of one source: the resolution of stored times.
const STEP: Duration = Duration::from_micros(1);

/// Number of concurrent writes, which share commits.
const AT_ONCE: usize = 64;

/// The reason for refusing a correction whose message was removed concurrently.
const GONE: &str = "the message that it corrects was removed meanwhile; ingest the file again";

impl Admission {
    /// Stores all of `ready` in order, in runs of arrivals of the same type.
    pub(super) async fn store(
        &mut self,
        ready: Vec<Ready>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        let mut rest = ready.into_iter().peekable();
        while let Some(first) = rest.next() {
            let sort = (first.owner.clone(), Sort::of(&first));
            let mut run = vec![first];
            while let Some(next) = rest.next_if(|it| sort == (it.owner.clone(), Sort::of(it))) {
                run.push(next);
            }
            self.date(&mut run);
            let tiers = self.tiers(&sort.0)?;
            match sort.1 {
                Sort::Message => self.append(&tiers, &run, verdicts).await?,
                Sort::Amendment => self.amend(&tiers, run, verdicts).await?,
                Sort::Facts if self.manner == Manner::Written && 1 < run.len() => {
                    self.store_facts(run, verdicts).await?;
                }
                Sort::Facts | Sort::Fields => self.store_fields(run, verdicts).await?,
                Sort::Record => self.restore(&tiers, run, verdicts).await?,
            }
        }
        self.view.wake_pump();
        Ok(())
    }

    /// Assigns increasing recording times to records of long-term memory without one, so that lists
    /// keep their order.
    fn date(&mut self, run: &mut [Ready]) {
        let now = Timestamp::now();
        for Ready { arrival, .. } in run {
            let Content::Record(record) = &mut arrival.content else { continue };
            if arrival.kind.is_kept() && record.recorded_at == Timestamp::UNIX_EPOCH {
                let next = self.last_recorded.checked_add(STEP).unwrap_or(now);
                self.last_recorded = now.max(next);
                record.recorded_at = self.last_recorded;
            }
        }
    }

    /// Appends messages in one transaction. A message that cannot be stored is refused, and splits
    /// the transaction.
    async fn append(
        &mut self,
        tiers: &Tiers,
        run: &[Ready],
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        if self.manner == Manner::Written {
            self.check_repeats(tiers, run).await?;
        }
        let working = self.bound_to_project(tiers, run)?;
        let mut batches = vec![run];
        while let Some(batch) = batches.pop() {
            let messages = batch.iter().filter_map(message_of).collect();
            match working.messages().add_all(messages).await {
                Ok(receipts) => {
                    for (ready, receipt) in batch.iter().zip(receipts) {
                        let verdict = &mut verdicts[ready.at];
                        verdict.id = receipt.id().clone();
                        if receipt.is_known() {
                            verdict.outcome = self.known(tiers, ready, receipt.id()).await?;
                        }
                    }
                }
                Err(aios_working::Error::InBatch { index, source }) => {
                    let (before, from) = batch.split_at(index);
                    self.refuse(&mut verdicts[from[0].at], (*source).into())?;
                    // The batch pushed last is stored first.
                    batches.push(&from[1..]);
                    batches.push(before);
                    batches.retain(|batch| !batch.is_empty());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns the working memory of the owner of `run`. A caller of one project cannot append to
    /// sessions of other projects.
    fn bound_to_project(&self, tiers: &Tiers, run: &[Ready]) -> Result<WorkingView, Error> {
        let project = self.view.bound().filter().scope.project.clone();
        let (Some(_), Some(first)) = (&project, run.first()) else {
            return Ok(tiers.working.clone());
        };
        let filter = ScopeFilter::new(Scope { project, ..Scope::default() });
        let gate = Gate::owner(first.owner.clone()).narrow(&filter)?;
        Ok(self.view.shared().working.scoped(gate))
    }

    /// Returns the outcome for a message whose id, or external id, belongs to the stored message
    /// `id`.
    async fn known(&mut self, tiers: &Tiers, ready: &Ready, id: &Id) -> Result<Outcome, Error> {
        let Some(message) = message_of(ready) else { return Ok(Outcome::Known) };
        let stored = tiers.working.with_expired().messages().get(id).await?;
        let is_same = |it: &Message| !tells_message_otherwise(&ready.arrival, it);
        if stored.as_ref().is_none_or(is_same) {
            return Ok(Outcome::Known);
        }
        let identity = Identity::new(ready.owner.clone(), Kind::Message, id.clone());
        match self.manner {
            Manner::Written => {
                let (kind, problem) = (Kind::Message, RecordProblem::Differs);
                Err(Error::Record { kind, problem })
            }
            Manner::Found => Ok(Outcome::Skipped(DIFFERS.to_owned())),
            Manner::Conversed if self.seen.contains_key(&identity) => Ok(Outcome::Conflicting),
            Manner::Conversed => {
                self.seen.insert(identity, Told::of(&ready.arrival));
                self.view.feed().catch_up().await?;
                let message = match stored {
                    Some(stored) if !ready.arrival.tells.role => {
                        NewMessage { role: stored.role, ..message }
                    }
                    _ => message,
                };
                match tiers.working.messages().amend(id, &message).await? {
                    true => Ok(Outcome::Updated),
                    false => Ok(Outcome::Refused(GONE.into())),
                }
            }
        }
    }

    /// Replaces the content of stored messages. Former versions go to the history.
    async fn amend(
        &self,
        tiers: &Tiers,
        run: Vec<Ready>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        // A former version must be in the history before it is replaced.
        self.view.feed().catch_up().await?;
        for ready in run {
            let Some(mut message) = message_of(&ready) else { continue };
            let id = &ready.arrival.id;
            if !ready.arrival.tells.role
                && let Some(stored) = tiers.working.with_expired().messages().get(id).await?
            {
                message.role = stored.role;
            }
            let amended = match tiers.working.messages().amend(id, &message).await {
                Ok(true) => Ok(true),
                Ok(false) => self.amend_in_longterm(tiers, &ready, &message).await,
                Err(error) => Err(error.into()),
            };
            match amended {
                Ok(true) => {}
                Ok(false) => verdicts[ready.at].outcome = Outcome::Refused(GONE.into()),
                Err(error) => self.refuse(&mut verdicts[ready.at], error)?,
            }
        }
        Ok(())
    }

    /// Replaces the content of a message that has left working memory. Returns `false` if it is no
    /// longer stored.
    async fn amend_in_longterm(
        &self,
        tiers: &Tiers,
        ready: &Ready,
        message: &NewMessage,
    ) -> Result<bool, Error> {
        let Some(mut record) =
            tiers.longterm.get(&Key::new(Kind::Message, ready.arrival.id.clone())).await?
        else {
            return Ok(false);
        };
        // A retired part becomes valid again.
        if ready.arrival.cut.as_ref().is_some_and(Cut::is_later) {
            record.valid_to = None;
        }
        record.text.clone_from(&message.content);
        record.payload["content"] = Value::from(message.content.as_str());
        let tells = ready.arrival.tells;
        if tells.role {
            record.payload["role"] = Value::from(message.role.to_string());
        }
        if let Some(name) = message.name.as_deref().filter(|_| tells.name) {
            record.payload["name"] = Value::from(name);
        }
        if let Some(time) = message.timestamp.filter(|_| tells.time) {
            record.payload["timestamp"] = Value::from(time.to_string());
            record.occurred_at = Some(time);
        }
        if tells.tags {
            record.payload["metadata"]["tags"] = message.metadata["tags"].clone();
        }
        let spoken = ["name", "role"].iter().find_map(|part| record.payload[*part].as_str());
        record.speaker = spoken.map(str::to_owned).or(record.speaker);
        tiers.longterm.store(vec![record]).await?;
        Ok(true)
    }

    /// Stores facts that are written directly, all or none.
    async fn store_facts(&self, run: Vec<Ready>, verdicts: &mut [Verdict]) -> Result<(), Error> {
        let mut places = Vec::with_capacity(run.len());
        let mut facts = Vec::with_capacity(run.len());
        for Ready { at, arrival, .. } in run {
            let Arrival { scope, content, .. } = arrival;
            let Content::Fields(fields) = content else { unreachable!("the run has fields only") };
            places.push(at);
            facts.push((fields, scope));
        }
        let stored = put_facts(&self.view, facts).await?;
        for (at, id) in places.into_iter().zip(stored) {
            verdicts[at].id = id;
        }
        Ok(())
    }

    /// Stores records given as fields, each in its own write.
    async fn store_fields(&self, run: Vec<Ready>, verdicts: &mut [Verdict]) -> Result<(), Error> {
        let view = &self.view;
        let stored = run.into_iter().map(|ready| async move {
            let Ready { at, arrival, .. } = ready;
            let Arrival { kind, scope, content, .. } = arrival;
            let Content::Fields(fields) = content else { unreachable!("the run has fields only") };
            (at, put(view, kind, fields, &scope).await)
        });
        let mut stored = stream::iter(stored).buffered(AT_ONCE);
        while let Some((at, done)) = stored.next().await {
            match done {
                Ok(id) => verdicts[at].id = id,
                Err(error) => self.refuse(&mut verdicts[at], error)?,
            }
        }
        Ok(())
    }

    /// Stores records unchanged: in working memory or, if they do not belong there, in long-term
    /// memory.
    async fn restore(
        &self,
        tiers: &Tiers,
        run: Vec<Ready>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        let (mut others, of_working): (Vec<Ready>, Vec<Ready>) =
            run.into_iter().partition(|ready| ready.arrival.kind.is_kept());
        if !of_working.is_empty() {
            let mut given: Vec<Record> = of_working.iter().filter_map(record_of).collect();
            given.iter_mut().for_each(imported::settle);
            let given = titled(tiers, given).await?;
            let project = self.view.gate().filter().scope.project.as_deref();
            let intake = self.view.shared().working.intake();
            let restored = intake.restore_in(project, given).await?;
            for (ready, restored) in of_working.into_iter().zip(restored) {
                let outcome = &mut verdicts[ready.at].outcome;
                match restored {
                    Ok(RestoreOutcome::Added) => {}
                    Ok(RestoreOutcome::Detached { identity }) => {
                        *outcome = Outcome::Detached(identity)
                    }
                    Ok(RestoreOutcome::Known) => *outcome = Outcome::Known,
                    Ok(RestoreOutcome::Elsewhere) => others.push(ready),
                    Err(error) => self.refuse(&mut verdicts[ready.at], error.into())?,
                }
            }
        }
        // Bisect to find the records that cannot be stored.
        let mut batches = vec![others];
        while let Some(mut batch) = batches.pop() {
            let records = batch.iter().filter_map(record_of).collect();
            match self.store_in_longterm(tiers, records).await {
                Ok(stored) => {
                    for (ready, stored) in batch.iter().zip(stored) {
                        if stored.outcome == StoreOutcome::Known {
                            verdicts[ready.at].outcome = Outcome::Known;
                        }
                    }
                }
                Err(error) if 1 < batch.len() && is_of_batch(&error) => {
                    let rest = batch.split_off(batch.len() / 2);
                    batches.extend([rest, batch]);
                }
                Err(error) => match batch.first() {
                    Some(ready) => self.refuse(&mut verdicts[ready.at], error.into())?,
                    None => return Err(error.into()),
                },
            }
        }
        Ok(())
    }

    /// Stores all or none of the records. Vectors of records from files may follow later. A full
    /// journal is drained first.
    async fn store_in_longterm(
        &self,
        tiers: &Tiers,
        records: Vec<Record>,
    ) -> Result<Vec<Stored>, aios_longterm::Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let longterm = &tiers.longterm;
        let store = async |records| match self.manner {
            Manner::Written => longterm.store(records).await,
            Manner::Found | Manner::Conversed => longterm.store_deferred(records).await,
        };
        match store(records.clone()).await {
            Err(aios_longterm::Error::JournalFull { .. }) => {
                self.view.shared().longterm.upkeep().drain().await?;
                store(records).await
            }
            other => other,
        }
    }
}

/// Returns these records. A session that left working memory without a title gets the given title,
/// with its stored content.
async fn titled(tiers: &Tiers, mut given: Vec<Record>) -> Result<Vec<Record>, Error> {
    let is_title = |it: &&mut Record| it.kind == Kind::Session && !it.text.is_empty();
    let titles: Vec<&mut Record> = given.iter_mut().filter(is_title).collect();
    if titles.is_empty() {
        return Ok(given);
    }
    let asked: Vec<Identity> = titles.iter().map(|it| it.identity()).collect();
    let stored = tiers.longterm.records().get_all(&asked).await?;
    for title in titles {
        let Some(stored) = stored.iter().find(|it| it.identity() == title.identity()) else {
            continue;
        };
        if is_untitled(stored) && stored.payload.is_object() {
            let text = std::mem::take(&mut title.text);
            *title = Record { text: text.clone(), ..stored.clone() };
            title.payload["summary"] = text.into();
        }
    }
    Ok(given)
}

/// The way to store an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Message,
    Amendment,
    Facts,
    Fields,
    Record,
}

impl Sort {
    fn of(ready: &Ready) -> Sort {
        match &ready.arrival.content {
            Content::Message(_) if ready.is_update => Sort::Amendment,
            Content::Message(_) => Sort::Message,
            Content::Fields(_) if ready.arrival.kind == Kind::Fact => Sort::Facts,
            Content::Fields(_) => Sort::Fields,
            Content::Record(_) => Sort::Record,
        }
    }
}

/// Returns the message of an arrival, with the arrival's id and scope.
fn message_of(ready: &Ready) -> Option<NewMessage> {
    let Arrival { id, scope, content, .. } = &ready.arrival;
    let Content::Message(message) = content else { return None };
    Some(NewMessage { id: Some(id.clone()), scope: scope.clone(), ..(**message).clone() })
}

/// Returns the record of an arrival, with the arrival's id and scope.
fn record_of(ready: &Ready) -> Option<Record> {
    let Arrival { id, scope, content, .. } = &ready.arrival;
    let Content::Record(record) = content else { return None };
    let (former, owner) = (record.owner(), scope.owner());
    let mut record = Record { id: id.clone(), scope: scope.clone(), ..(**record).clone() };
    if former != owner {
        move_references(&mut record.references, record.kind, &former, &owner);
    }
    if let Some(own) = record.payload.as_object_mut().and_then(|fields| fields.get_mut("scope")) {
        *own = serde_json::to_value(scope).expect("a scope is plain text");
    }
    Some(record)
}

/// Adapts the references of a record to its new owner. Working memory resolves references by id,
/// preferring the owner's own records over shared ones.
fn move_references(references: &mut Vec<Identity>, kind: Kind, former: &Owner, owner: &Owner) {
    if !kind.is_kept() {
        references.clear();
        return;
    }
    for reference in references.iter_mut().filter(|it| it.owner == *former) {
        reference.owner = owner.clone();
    }
}
