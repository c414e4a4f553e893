//! The comparison of arrivals with stored records: unknown, same, or another version.

use std::collections::HashMap;

use aios_guard::{Guard, Policy, has_marker};
use aios_longterm::Standing;
use aios_record::{Id, Identity, Key, Kind, Record, Scope, Source, forms};

use super::{
    Admission,
    arrival::{Arrival, Content, Manner, Tells},
    candidate::{Candidate, Tiers, by_owner},
    cut::Cut,
    told::tells_otherwise,
};
use crate::Error;

impl Admission {
    /// Returns for each arrival whether it is stored, under its id or a former one.
    ///
    /// # Errors
    /// Errors of the tiers.
    pub async fn are_known(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<bool>, Error> {
        let mut candidates = Vec::with_capacity(arrivals.len());
        for (at, mut arrival) in arrivals.into_iter().enumerate() {
            self.view.gate().fill(&mut arrival.scope)?;
            let (owner, draft) = (arrival.scope.owner(), self.draft(&arrival));
            candidates.push(Candidate { at, owner, arrival, draft });
        }
        let standings = self.all_standings(&candidates).await?;
        Ok(standings.into_iter().map(|(standing, _)| standing != Standing::Unknown).collect())
    }

    /// Returns the number of messages in working memory, up to `limit`, of the session with this
    /// id and the owner of `scope`.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view does not write to that scope; errors of working memory.
    pub async fn messages_in(
        &mut self,
        scope: &Scope,
        session: &Id,
        limit: usize,
    ) -> Result<usize, Error> {
        let mut scope = scope.clone();
        self.view.gate().fill(&mut scope)?;
        let working = self.tiers(&scope.owner())?.working;
        Ok(working.messages().recent(session, limit).await?.len())
    }

    /// Returns the project of the session with this id and the owner of `scope`: that of its last
    /// message, or of the session itself after it has left working memory. `None` without either.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the view does not write to that scope; errors of the tiers.
    pub async fn project_of(
        &mut self,
        scope: &Scope,
        session: &Id,
    ) -> Result<Option<String>, Error> {
        let mut scope = scope.clone();
        self.view.gate().fill(&mut scope)?;
        let tiers = self.tiers(&scope.owner())?;
        if let Some(last) = tiers.working.messages().recent(session, 1).await?.pop() {
            return Ok(last.meta.scope.project);
        }
        let there = tiers.longterm.get(&Key::new(Kind::Session, session.clone())).await?;
        Ok(there.and_then(|session| session.scope.project))
    }

    /// Returns the standing of each candidate, and the former id under which it is stored, if any.
    pub(super) async fn all_standings(
        &mut self,
        candidates: &[Candidate],
    ) -> Result<Vec<(Standing, Option<Id>)>, Error> {
        let mut standings = vec![(Standing::Unknown, None); candidates.len()];
        for (owner, places) in by_owner(candidates) {
            let tiers = self.tiers(&owner)?;
            let of_ids = self.standings(&tiers, candidates, &places).await?;
            for (place, standing) in places.into_iter().zip(of_ids) {
                standings[place] = standing;
            }
        }
        Ok(standings)
    }

    /// Returns the stored records of these standings that are in another project than the caller's.
    pub(super) async fn hidden(
        &self,
        candidates: &[Candidate],
        standings: &[(Standing, Option<Id>)],
    ) -> Result<Vec<Identity>, Error> {
        let stored = candidates.iter().zip(standings);
        let stored = stored.filter(|(_, (standing, _))| *standing != Standing::Unknown);
        let stored = stored.map(|(candidate, (_, former))| {
            let id = former.as_ref().unwrap_or(&candidate.arrival.id);
            Identity::new(candidate.owner.clone(), candidate.arrival.kind, id.clone())
        });
        let stored: Vec<Identity> = stored.collect();
        self.view.beyond(&self.view.project_gate()?, &stored).await
    }

    /// Returns the standing of each of the candidates at `places`, all of one owner, and the former
    /// id under which it is stored, if any.
    async fn standings(
        &self,
        tiers: &Tiers,
        candidates: &[Candidate],
        places: &[usize],
    ) -> Result<Vec<(Standing, Option<Id>)>, Error> {
        let candidates = || places.iter().map(|place| &candidates[*place]);
        let drafts = candidates().map(|it| (&it.arrival, it.draft.clone())).collect();
        let of_ids = self.standings_of(tiers, drafts).await?;
        let mut standings: Vec<_> = of_ids.into_iter().map(|standing| (standing, None)).collect();
        let mut former = Vec::new();
        let mut former_places = Vec::new();
        for (place, Candidate { arrival, draft, .. }) in candidates().enumerate() {
            if standings[place].0 == Standing::Unknown {
                for Key { kind, id } in &arrival.former_ids {
                    former_places.push((place, *kind == arrival.kind, id.clone()));
                    former.push((arrival, Record { kind: *kind, id: id.clone(), ..draft.clone() }));
                }
            }
        }
        let of_former = self.standings_of(tiers, former).await?;
        for ((place, is_of_kind, id), standing) in former_places.into_iter().zip(of_former) {
            // A record of another kind is never an older version.
            let counts = standing == Standing::Same || (standing == Standing::Other && is_of_kind);
            if standings[place].0 == Standing::Unknown && counts {
                standings[place] = (standing, Some(id));
            }
        }
        Ok(standings)
    }

    /// Returns the standing of each draft. Working memory takes precedence for the records it
    /// holds, because long-term memory may not have received their latest change.
    async fn standings_of(
        &self,
        tiers: &Tiers,
        drafts: Vec<(&Arrival, Record)>,
    ) -> Result<Vec<Standing>, Error> {
        let passes_working = |draft: &Record| !draft.kind.is_kept();
        let asked = drafts.iter().filter(|(_, draft)| passes_working(draft));
        let asked: Vec<Identity> = asked.map(|(_, draft)| draft.identity()).collect();
        let here: HashMap<Identity, Record> = match asked.is_empty() {
            true => HashMap::new(),
            false => {
                let records = tiers.working.with_expired().records().get_all(asked).await?;
                records.into_iter().map(|it| (it.identity(), it)).collect()
            }
        };
        let mut standings = vec![Standing::Unknown; drafts.len()];
        let (mut elsewhere, mut places, mut arrivals) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (arrival, draft)) in drafts.into_iter().enumerate() {
            match here.get(&draft.identity()) {
                Some(stored) => standings[place] = standing_beside(arrival, &draft, stored),
                None => {
                    places.push(place);
                    arrivals.push(arrival);
                    elsewhere.push(draft);
                }
            }
        }
        if elsewhere.is_empty() {
            return Ok(standings);
        }
        let is_behind = self.view.shared().pump.is_behind().await?;
        let mut there = self.standings_in_longterm(tiers, &arrivals, &elsewhere).await?;
        let is_doubtful = elsewhere
            .iter()
            .zip(&there)
            .any(|(draft, standing)| passes_working(draft) && *standing != Standing::Unknown);
        if is_behind && is_doubtful {
            // It may have been deleted, and the feed has not delivered that yet.
            self.view.feed().catch_up().await?;
            there = self.standings_in_longterm(tiers, &arrivals, &elsewhere).await?;
        }
        for (place, standing) in places.into_iter().zip(there) {
            standings[place] = standing;
        }
        Ok(standings)
    }

    /// Returns the standing of each draft in long-term memory. A draft may lack stored parts, so an
    /// equal text suffices.
    async fn standings_in_longterm(
        &self,
        tiers: &Tiers,
        arrivals: &[&Arrival],
        drafts: &[Record],
    ) -> Result<Vec<Standing>, Error> {
        let mut standings = tiers.longterm.records().standings(drafts).await?;
        let may_differ = |place: &usize| match standings[*place] {
            Standing::Unknown => false,
            Standing::Same => {
                let is_later_part = arrivals[*place].cut.as_ref().is_some_and(Cut::is_later);
                is_later_part || arrivals[*place].tells != Tells::default()
            }
            Standing::Other => true,
        };
        let others: Vec<usize> = (0..drafts.len()).filter(may_differ).collect();
        if others.is_empty() {
            return Ok(standings);
        }
        let identities: Vec<Identity> = others.iter().map(|at| drafts[*at].identity()).collect();
        let there = tiers.longterm.records().get_all(&identities).await?;
        let stored: HashMap<Identity, Record> =
            there.into_iter().map(|it| (it.identity(), it)).collect();
        for (at, identity) in others.into_iter().zip(identities) {
            let Some(stored) = stored.get(&identity) else { continue };
            if is_untitled(stored) && !drafts[at].text.is_empty() {
                standings[at] = Standing::Unknown;
                continue;
            }
            let is_later_part = arrivals[at].cut.as_ref().is_some_and(Cut::is_later);
            let is_retired = is_later_part && stored.valid_to.is_some();
            let is_same = !is_retired && self.says_the_same(&drafts[at], stored);
            standings[at] = match is_same && !tells_otherwise(arrivals[at], stored) {
                true => Standing::Same,
                false => Standing::Other,
            };
        }
        Ok(standings)
    }

    /// Returns `true` if `stored` has the text of `draft`. A piece of a document must also have the
    /// same heading and be valid.
    fn says_the_same(&self, draft: &Record, stored: &Record) -> bool {
        let is_read =
            self.manner == Manner::Conversed && draft.source.as_ref().is_some_and(Source::is_file);
        let is_as_read = !is_read || draft.title == stored.title && stored.valid_to.is_none();
        is_as_read && is_same_text(&draft.text, &stored.text)
    }
}

/// Returns the standing of an arrival whose record is `stored` in working memory.
fn standing_beside(arrival: &Arrival, draft: &Record, stored: &Record) -> Standing {
    let text = &stored.text;
    // In a conversation that is still running, the result of a call may arrive later.
    if let (Kind::ToolCall, Content::Fields(fields)) = (arrival.kind, &arrival.content)
        && stored.payload["output"].is_null()
        && fields.get("output").is_some_and(|output| !output.is_null())
    {
        return Standing::Other;
    }
    // The messages of a session create it before its own record is read.
    if let Content::Record(given) = &arrival.content
        && given.kind == Kind::Session
        && text.is_empty()
    {
        return if given.text.is_empty() { Standing::Same } else { Standing::Unknown };
    }
    match is_same_text(&draft.text, text) && !tells_otherwise(arrival, stored) {
        true => Standing::Same,
        false => Standing::Other,
    }
}

/// Returns `true` if `stored` is the text `given`, as it is or without its secrets. A removed
/// secret does not return when the file that contains it is read again.
fn is_same_text(given: &str, stored: &str) -> bool {
    let same = forms::same(stored);
    if forms::same(given) == same {
        return true;
    }
    let redaction = Guard { secrets: Policy::Redact, ..Guard::default() };
    has_marker(stored) && redaction.apply(given).is_ok_and(|it| forms::same(&it.text) == same)
}

/// Returns `true` for a session without a title, which accepts the title of a later reading.
pub(super) fn is_untitled(stored: &Record) -> bool {
    stored.kind == Kind::Session && stored.text.is_empty()
}
