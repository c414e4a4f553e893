//! Storing what was let in, in the tier that its kind belongs to.

use std::time::Duration;

use aios_longterm::{StoreOutcome, Stored};
use aios_record::{Id, Identity, Kind, Owner, Record, Timestamp, forms};
use aios_working::{Message, NewMessage, Restored};
use futures::{StreamExt, stream};
use serde_json::Value;

use super::{
    Admission, Arrival, Content, Cut, DIFFERS, Manner, Outcome, Tiers, Verdict,
    standing::is_untitled,
    told::{Told, tells_message_otherwise},
};
use crate::{Error, records};

/// The time between two records of one source: the least that is stored.
const STEP: Duration = Duration::from_micros(1);

/// Records that are stored at once, each by a write of its own; they share commits.
const AT_ONCE: usize = 64;

/// The reason for which a correction is refused whose message was removed at the same time.
const GONE: &str = "the message that it corrects was removed meanwhile; read the file again";

/// An arrival that is to be stored, with the place of its verdict.
pub(super) struct Ready {
    pub(super) at: usize,
    pub(super) owner: Owner,
    /// An older version is stored, which this replaces.
    pub(super) is_update: bool,
    pub(super) arrival: Arrival,
}

impl Admission {
    /// Stores all of `ready`, runs of like arrivals together, in their order.
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
                Sort::Fields => self.store_fields(run, verdicts).await?,
                Sort::Record => self.restore(&tiers, run, verdicts).await?,
            }
        }
        self.view.wake_pump();
        Ok(())
    }

    /// Gives records of long-term memory that have no time of recording one each, in their order,
    /// so that lists keep it.
    fn date(&mut self, run: &mut [Ready]) {
        let now = Timestamp::now();
        for Ready { arrival, .. } in run {
            let Content::Record(record) = &mut arrival.content else { continue };
            if records::is_kept(arrival.kind) && record.recorded_at == Timestamp::UNIX_EPOCH {
                let next = self.last_recorded.checked_add(STEP).unwrap_or(now);
                self.last_recorded = now.max(next);
                record.recorded_at = self.last_recorded;
            }
        }
    }

    /// Appends messages in one transaction; one that cannot be stored is refused, and splits it.
    async fn append(
        &mut self,
        tiers: &Tiers,
        run: &[Ready],
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        let mut batches = vec![run];
        while let Some(batch) = batches.pop() {
            let messages = batch.iter().filter_map(message_of).collect();
            match tiers.working.add_messages(messages).await {
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
                    // The last one pushed is stored first.
                    batches.push(&from[1..]);
                    batches.push(before);
                    batches.retain(|batch| !batch.is_empty());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The outcome for a message whose id, or external id, the stored message `id` has.
    async fn known(&mut self, tiers: &Tiers, ready: &Ready, id: &Id) -> Result<Outcome, Error> {
        let Some(message) = message_of(ready) else { return Ok(Outcome::Known) };
        let stored = tiers.working.with_expired().message(id.as_str()).await?;
        let is_same = |it: &Message| {
            forms::same(&it.content) == forms::same(&message.content)
                && !tells_message_otherwise(&ready.arrival, it)
        };
        if stored.as_ref().is_none_or(is_same) {
            return Ok(Outcome::Known);
        }
        let identity = Identity::new(ready.owner.clone(), Kind::Message, id.clone());
        match self.manner {
            Manner::Written => {
                let problem = "a message of this id is stored with another text, which stays";
                Err(Error::Record { kind: Kind::Message, problem: problem.to_owned() })
            }
            Manner::Found => Ok(Outcome::Skipped(DIFFERS.to_owned())),
            Manner::Conversed if self.seen.contains_key(&identity) => Ok(Outcome::Conflicting),
            Manner::Conversed => {
                self.seen.insert(identity, Told::of(&ready.arrival));
                self.view.catch_up().await?;
                let message = match stored {
                    Some(stored) if !ready.arrival.tells.role => {
                        NewMessage { role: stored.role, ..message }
                    }
                    _ => message,
                };
                match tiers.working.amend_message(id.as_str(), &message).await? {
                    true => Ok(Outcome::Updated),
                    false => Ok(Outcome::Refused(GONE.to_owned())),
                }
            }
        }
    }

    /// Replaces the content of messages that are stored; former versions go to the history.
    async fn amend(
        &self,
        tiers: &Tiers,
        run: Vec<Ready>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        // A former version must be in the history before it is replaced.
        self.view.catch_up().await?;
        for ready in run {
            let Some(mut message) = message_of(&ready) else { continue };
            let id = ready.arrival.id.as_str();
            if !ready.arrival.tells.role
                && let Some(stored) = tiers.working.with_expired().message(id).await?
            {
                message.role = stored.role;
            }
            let amended = match tiers.working.amend_message(id, &message).await {
                Ok(true) => Ok(true),
                Ok(false) => self.amend_in_longterm(tiers, &ready, &message).await,
                Err(error) => Err(error.into()),
            };
            match amended {
                Ok(true) => {}
                Ok(false) => verdicts[ready.at].outcome = Outcome::Refused(GONE.to_owned()),
                Err(error) => self.refuse(&mut verdicts[ready.at], error)?,
            }
        }
        Ok(())
    }

    /// Replaces the content of a message that has left working memory. Returns `false` if it is not
    /// stored any more.
    async fn amend_in_longterm(
        &self,
        tiers: &Tiers,
        ready: &Ready,
        message: &NewMessage,
    ) -> Result<bool, Error> {
        let Some(mut record) = tiers.longterm.record(Kind::Message, &ready.arrival.id).await?
        else {
            return Ok(false);
        };
        // A part that was retired is one again.
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

    /// Stores records given by their fields, each by a write of its own.
    async fn store_fields(&self, run: Vec<Ready>, verdicts: &mut [Verdict]) -> Result<(), Error> {
        let view = &self.view;
        let stored = run.into_iter().map(|ready| async move {
            let Ready { at, arrival, .. } = ready;
            let Arrival { kind, scope, content, .. } = arrival;
            let Content::Fields(fields) = content else { unreachable!("the run has fields only") };
            (at, records::store(view, kind, fields, &scope).await)
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

    /// Stores records as they are: in working memory, or, what does not belong there, in long-term
    /// memory.
    async fn restore(
        &self,
        tiers: &Tiers,
        run: Vec<Ready>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        let (mut others, of_working): (Vec<Ready>, Vec<Ready>) =
            run.into_iter().partition(|ready| records::is_kept(ready.arrival.kind));
        if !of_working.is_empty() {
            let given: Vec<Record> = of_working.iter().filter_map(record_of).collect();
            let given = titled(tiers, given).await?;
            let restored = self.view.shared().working.restore(given).await?;
            for (ready, restored) in of_working.into_iter().zip(restored) {
                let outcome = &mut verdicts[ready.at].outcome;
                match restored {
                    Ok(Restored::Added) => {}
                    Ok(Restored::Detached { identity }) => *outcome = Outcome::Detached(identity),
                    Ok(Restored::Known) => *outcome = Outcome::Known,
                    Ok(Restored::Elsewhere) => others.push(ready),
                    Err(error) => self.refuse(&mut verdicts[ready.at], error.into())?,
                }
            }
        }
        // Halves find those that cannot be stored.
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

    /// Stores records, all or none; vectors of those that come in a file may follow. A full journal
    /// is emptied first.
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
                self.view.shared().longterm.drain().await?;
                store(records).await
            }
            other => other,
        }
    }
}

/// These records; a session that has moved out without a title comes back with the one that is
/// given.
async fn titled(tiers: &Tiers, mut given: Vec<Record>) -> Result<Vec<Record>, Error> {
    let is_title = |it: &&mut Record| it.kind == Kind::Session && !it.text.is_empty();
    let titles: Vec<&mut Record> = given.iter_mut().filter(is_title).collect();
    if titles.is_empty() {
        return Ok(given);
    }
    let asked: Vec<Identity> = titles.iter().map(|it| it.identity()).collect();
    let stored = tiers.longterm.records(&asked).await?;
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

/// The way in which an arrival is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Message,
    Amendment,
    Fields,
    Record,
}

impl Sort {
    fn of(ready: &Ready) -> Sort {
        match &ready.arrival.content {
            Content::Message(_) if ready.is_update => Sort::Amendment,
            Content::Message(_) => Sort::Message,
            Content::Fields(_) => Sort::Fields,
            Content::Record(_) => Sort::Record,
        }
    }
}

/// The message of an arrival, with its id and scope.
fn message_of(ready: &Ready) -> Option<NewMessage> {
    let Arrival { id, scope, content, .. } = &ready.arrival;
    let Content::Message(message) = content else { return None };
    Some(NewMessage { id: Some(id.clone()), scope: scope.clone(), ..(**message).clone() })
}

/// The record of an arrival, with its id and scope.
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

/// Moves the references of a record that comes to another owner than it had. Working memory finds
/// the records that they mean by their ids, the owner's own before shared ones.
fn move_references(references: &mut Vec<Identity>, kind: Kind, former: &Owner, owner: &Owner) {
    if !records::is_kept(kind) {
        references.clear();
        return;
    }
    for reference in references.iter_mut().filter(|it| it.owner == *former) {
        reference.owner = owner.clone();
    }
}

/// Returns `true` if an error concerns one record, so that the others can go in.
pub(super) fn is_of_record(error: &Error) -> bool {
    match error {
        Error::Record { .. }
        | Error::Guard(_)
        | Error::Vocabulary(_)
        | Error::MachineWide { .. } => true,
        Error::Working(error) => error.is_invalid(),
        Error::Longterm(error) => is_of_longterm_record(error),
        _ => false,
    }
}

/// Returns `true` if fewer records might be stored.
fn is_of_batch(error: &aios_longterm::Error) -> bool {
    is_of_longterm_record(error) || matches!(error, aios_longterm::Error::JournalFull { .. })
}

fn is_of_longterm_record(error: &aios_longterm::Error) -> bool {
    use aios_longterm::Error;
    matches!(
        error,
        Error::Conflict { .. }
            | Error::ForeignReference { .. }
            | Error::PieceTaken { .. }
            | Error::Invalid { .. }
            | Error::TextTooLong { .. }
            | Error::Unstorable { .. }
            | Error::VectorMissing { .. }
    )
}
