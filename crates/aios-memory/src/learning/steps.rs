//! Conversion of messages to steps: the facts that each message states, and those that it ends.
//! Pure.

use std::collections::HashSet;

use aios_guard::{has_marker, redact, scan};
use aios_learning::{
    Draft, Ended, Extractor, Heard, Known, Message, Relation, Role, Shape, supersede,
};
use aios_record::{Id, Provenance, Record, Scope, Timestamp};
use aios_working::{Fact, FactEnd, FactOrigin, FactStep, Meta};
use serde_json::Value;

use super::{
    current::{CurrentFact, Person, SlotForm},
    known::Known as Working,
    model::Extracted,
};

/// The part of the system that writes facts.
const MODULE: &str = "learning";

/// The earliest time that a record can have. A beginning of a fact before it is left out. A fact
/// that ended before it is not stored, because it would appear to be current.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;

/// Hex digits of a derived id.
const ID_DIGITS: usize = 32;

/// The steps of some messages.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) steps: Vec<FactStep>,
    pub(super) messages: u64,
    /// Messages that state no fact and end none.
    pub(super) ignored: u64,
    /// Statements with a secret or that ended before 1970, and messages with an injection.
    pub(super) refused: u64,
}

/// A message that states facts, in its conversation.
#[derive(Debug)]
pub(super) struct Said {
    record: Record,
    pub(super) message: Message,
    before: Option<Message>,
    /// True if the message may state facts: it comes from a person or an assistant, and does not
    /// attempt to instruct the model.
    pub(super) is_read: bool,
    has_injection: bool,
    /// Number of sentences with a secret, which were removed from the message.
    secrets: u64,
}

impl Said {
    /// Returns the messages of an owner, in their order.
    pub(super) fn of(known: &mut Working, records: Vec<Record>) -> Vec<Said> {
        let said = records.into_iter().map(|record| {
            let (mut message, before) = known.conversations.next(&record);
            let findings = scan(&message.text);
            let has_injection = findings.has_injection();
            let mut secrets = 0;
            if findings.has_secret() {
                (message.text, secrets) = without_markers(&redact(&message.text, &findings));
            }
            let is_read = !has_injection && message.role != Role::Other;
            Said { record, message, before, is_read, has_injection, secrets }
        });
        said.collect()
    }
}

/// Returns a text without the sentences that have a marker of a redacted secret, and their number.
fn without_markers(text: &str) -> (String, u64) {
    let mut left = String::with_capacity(text.len());
    let (mut start, mut dropped) = (0, 0);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let follows_space = text[end..].starts_with(char::is_whitespace);
        let ends = c == '\n' || matches!(c, '.' | '!' | '?') && follows_space;
        if !ends && end < text.len() {
            continue;
        }
        match has_marker(&text[start..end]) {
            true => dropped += 1,
            false => left.push_str(&text[start..end]),
        }
        start = end;
    }
    (left, dropped)
}

/// Returns the steps of an owner's messages, in their order. The facts come from the chat model, if
/// one was asked, or else from the rules.
pub(super) fn of(known: &mut Working, said: &[Said], mut extracted: Option<Extracted>) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.refused += extracted.as_ref().map_or(0, |it| it.refused);
    for said in said {
        outcome.messages += 1;
        if !said.is_read {
            outcome.refused += u64::from(said.has_injection);
            outcome.ignored += 1;
            continue;
        }
        outcome.refused += said.secrets;
        let drafts = match &mut extracted {
            Some(of_model) => of_model.drafts.remove(&said.message.key).unwrap_or_default(),
            // Fresh statistics make the facts of a message independent of earlier messages.
            None => {
                let (before, heard) = (said.before.as_ref(), &mut Heard::default());
                Extractor::default().extract(&said.message, before, heard).drafts
            }
        };
        let is_of_model = extracted.is_some();
        let step = step(known, said, drafts, is_of_model, &mut outcome.refused);
        match step.added.is_empty() && step.ended.is_empty() {
            true => outcome.ignored += 1,
            false => outcome.steps.push(step),
        }
    }
    outcome
}

fn step(
    known: &mut Working,
    said: &Said,
    drafts: Vec<Draft>,
    is_of_model: bool,
    refused: &mut u64,
) -> FactStep {
    let Said { record, message, .. } = said;
    let mut added: Vec<Fact> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let fact = fact_of(draft, record);
        match has_secret(&fact) || fact.valid_to.is_some_and(|end| end < EARLIEST) {
            true => *refused += 1,
            false if added.iter().any(|it| it.id == fact.id) => {}
            false => added.push(fact),
        }
    }
    let stated_at = message.at;
    let source = Source {
        project: record.scope.project.as_deref(),
        stated_at,
        person: Person::of(message.speaker.as_deref(), &record.scope),
    };
    // A statement that is repeated does not end itself.
    let found = supersede(known.current.known_beside(&added), message);
    let slots: Vec<SlotForm> = added.iter().map(SlotForm::of).collect();
    let mut ended = Vec::new();
    for end in found {
        let target = known.current.facts().iter().find(|fact| fact.id.as_str() == end.key);
        let Some(target) = target.filter(|it| source.may_end(it)) else { continue };
        // A value that is repeated does not end itself.
        let is_restated = slots.iter().any(|slot| slot.restates(&target.slot));
        if !is_restated {
            ended.push(end_of(target, &end, &added, &slots));
        }
    }
    // The rules may not recognise the wording of a model's value, or of a directly recorded fact.
    for target in known.current.facts().iter().filter(|it| source.may_end(it)) {
        let Some(at) = slots.iter().position(|slot| slot.is_same(&target.slot)) else { continue };
        let successor = &added[at];
        let replaces = is_of_model || target.is_told && has_one_value(successor);
        let is_known = ended.iter().any(|end| end.id == target.id);
        if replaces && !is_known && !slots[at].restates(&target.slot) {
            ended.push(FactEnd {
                id: target.id.clone(),
                valid_to: successor.valid_from,
                superseded_by: Some(successor.id.clone()),
            });
        }
    }
    let gone: HashSet<Id> = ended.iter().map(|end| end.id.clone()).collect();
    for (fact, slot) in added.iter().zip(&slots) {
        ended.extend(outdated(fact, slot, known.current.facts(), &gone));
    }
    // "I no longer have a dog" has ended when it is stated.
    let over = added.iter().filter(|fact| !fact.has_slot() && read(fact).says_over());
    let over =
        over.map(|fact| FactEnd { id: fact.id.clone(), valid_to: None, superseded_by: None });
    ended.extend(over);
    known.current.remove(&gone);
    let is_outdated = |fact: &Fact| ended.iter().any(|end| end.id == fact.id);
    added.iter().filter(|fact| !is_outdated(fact)).for_each(|fact| known.current.add(fact));
    FactStep { source: message.key.clone(), stated_at, added, ended }
}

/// Returns the fact of a draft. Its id is derived from the message and the statement.
fn fact_of(draft: Draft, record: &Record) -> Fact {
    let source = record.identity().encode();
    let attribute = draft.attribute.clone().unwrap_or_default();
    let id = derived_id(&[&source, &attribute, &draft.text]);
    // The text of a statement about something else may begin with the name of its speaker: "The
    // user: the port is 5433".
    let introduction = format!("{}: ", draft.speaker.to_lowercase());
    let is_about_speaker =
        draft.subject == draft.speaker && !draft.text.to_lowercase().contains(&introduction);
    let scope = Scope {
        user: record.scope.user.clone(),
        project: record.scope.project.clone().filter(|_| !is_about_speaker),
        ..Scope::default()
    };
    let since = draft.when.as_ref().filter(|when| when.relation == Relation::Since);
    let time = draft.when.as_ref().map_or(Value::Null, |when| {
        serde_json::json!({
            "expression": when.expression,
            "value": when.iso,
            "granularity": when.granularity,
        })
    });
    let meta = Meta {
        scope,
        provenance: Provenance { module: MODULE.to_owned(), ..Provenance::default() },
        ..Meta::default()
    };
    Fact {
        id,
        subject: draft.subject,
        attribute,
        value: draft.value.map_or(Value::Null, Value::String),
        speaker: Some(draft.speaker),
        evidence: draft.evidence,
        origin: match draft.origin {
            aios_learning::Origin::Rules => FactOrigin::Rules,
            _ => FactOrigin::Chat,
        },
        confidence: draft.confidence,
        stated_at: Some(record.time()),
        time,
        valid_from: since.map(|when| when.from).filter(|from| EARLIEST <= *from),
        valid_to: draft.until.map(|until| until.to),
        meta,
        ..Fact::new(draft.text)
    }
}

/// Returns an id derived from these parts.
pub(super) fn derived_id(parts: &[&str]) -> Id {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes()).update(&[0x1f]);
    }
    let digits = hasher.finalize().to_hex();
    Id::new(&digits[..ID_DIGITS]).expect("hex digits form an id")
}

/// Returns true if the slot of a fact has one value at a time.
fn has_one_value(fact: &Fact) -> bool {
    read(fact).has_one_value(&fact.attribute)
}

/// Returns a fact as the rules compare it.
fn read(fact: &Fact) -> Known {
    let speaker = fact.speaker.as_deref().unwrap_or_default();
    Known::read(fact.id.as_str(), speaker, &fact.statement())
}

fn has_secret(fact: &Fact) -> bool {
    let texts = [fact.statement(), fact.value_text()];
    texts.iter().any(|text| {
        let findings = scan(text);
        findings.has_secret() && redact(text, &findings) != *text
    })
}

/// The origin of a message that may end facts.
struct Source<'a> {
    project: Option<&'a str>,
    stated_at: Option<Timestamp>,
    person: Person,
}

impl Source<'_> {
    /// Returns true if the message may end a fact: one of its person and project that was not
    /// stated later.
    fn may_end(&self, fact: &CurrentFact) -> bool {
        let fits = match &fact.project {
            None => true,
            Some(of) => self.project == Some(of),
        };
        let is_newer = match (fact.stated_at, self.stated_at) {
            (Some(fact), Some(message)) => message < fact,
            _ => false,
        };
        let is_of_person = fact.person.as_ref().is_none_or(|person| *person == self.person);
        fits && !is_newer && is_of_person
    }
}

fn end_of(target: &CurrentFact, end: &Ended, added: &[Fact], slots: &[SlotForm]) -> FactEnd {
    let same_slot = slots.iter().position(|slot| slot.is_same(&target.slot)).map(|at| &added[at]);
    let replaces = matches!(end.shape, Shape::Replacement | Shape::Polarity);
    let successor = same_slot.or_else(|| added.first().filter(|_| replaces));
    FactEnd {
        id: target.id.clone(),
        valid_to: successor.and_then(|fact| fact.valid_from),
        superseded_by: successor.map(|fact| fact.id.clone()),
    }
}

/// Returns the end of a fact that is older than a current one of its slot: a conversation that is
/// read after a newer one.
fn outdated(
    fact: &Fact,
    slot: &SlotForm,
    current: &[CurrentFact],
    gone: &HashSet<Id>,
) -> Option<FactEnd> {
    let newer = current.iter().find(|it| {
        slot.is_same(&it.slot)
            && !slot.restates(&it.slot)
            && !gone.contains(&it.id)
            && it.project == fact.meta.scope.project
            && fact.stated_at < it.stated_at
            && would_end(it, fact)
    })?;
    Some(FactEnd {
        id: fact.id.clone(),
        valid_to: newer.stated_at,
        superseded_by: Some(newer.id.clone()),
    })
}

/// Returns true if the statement of a current fact would have ended `fact`, had it come after it.
/// Some slots have several values, such as the instruments that somebody plays.
fn would_end(current: &CurrentFact, fact: &Fact) -> bool {
    let known = read(fact);
    let message = Message::new(current.id.as_str(), current.text.as_str());
    let message = Message { speaker: Some(current.speaker.clone()), ..message };
    !supersede(std::slice::from_ref(&known), &message).is_empty()
}
