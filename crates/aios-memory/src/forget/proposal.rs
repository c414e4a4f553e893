//! The records that a query proposes to forget. Deleting needs more certainty than reading: a
//! record that is merely relevant to the query is not proposed. Other records that contain the
//! query's text are proposed for review.

use std::collections::{BTreeMap, BTreeSet};

use aios_longterm::{Hit, LIMIT_MAX, SearchOptions};
use aios_record::{Identity, Kind, Owner, Record, Scope, ScopeFilter, forms};
use serde::Serialize;

use super::{
    containing::Places,
    forgetting::Forgetting,
    found::PAGE,
    negation::negates,
    numbers::numbers,
    receipt::{Part, Remade},
};
use crate::{Error, MemoryView, Recollection};

/// The relevance of a record with the text of the query.
const RELEVANCE_OF_TEXT: f64 = 1.0;
/// Number of search hits that are considered.
const CANDIDATES: usize = 200;
/// Minimum relevance of a record with the words of the query. A long text may have all of them and
/// be about something else.
const RELEVANCE_MIN: f64 = 0.5;
/// Maximum number of records that are listed if none is proposed.
const NEAREST_MAX: usize = 3;

/// A query for records to forget.
///
/// It proposes records that state its text: those with the same text (by [`forms::same`]), or, if
/// there are none, relevant ones with all its words, negations and numbers (`-4` differs from `4`).
/// It also proposes records that contain its text, in their text or in a field, now or in an older
/// version.
#[derive(Debug, Clone, PartialEq)]
pub struct ForgetQuery {
    /// The text that the records state.
    pub text: String,
    /// Maximum number of records, without exact repetitions, 1 to 1000. Default: 10.
    pub limit: usize,
    /// If set, proposes every record of at least this relevance (0 to 1) that has the numbers of
    /// the query, regardless of its words. Default: none.
    pub min_relevance: Option<f64>,
    /// The kinds of the records. Records of other kinds are neither proposed nor listed, unless
    /// they belong to proposed ones. Default: all.
    pub kinds: Option<Vec<Kind>>,
}

/// The records that a query proposes to forget.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// The records, most relevant first; those that contain the query's text last.
    pub proposed: Vec<Proposed>,
    /// Records that are kept and lose the part with the text: sessions their summary, others their
    /// older versions.
    pub remade: Vec<Remade>,
    /// The most relevant records, if none is proposed.
    pub nearest: Vec<Recollection>,
    /// Number of further matching records beyond the limit.
    pub beyond_limit: usize,
    /// The text of the query, if a record has or contains it.
    #[serde(skip)]
    pub(super) said: Option<String>,
    /// The records of `remade` whose older versions had exactly that text.
    #[serde(skip)]
    versions_alike: BTreeSet<Identity>,
}

/// A record that a query proposes to forget.
#[derive(Debug, Clone, Serialize)]
pub struct Proposed {
    /// The record. Its [`folded`](Recollection::folded) are its exact repetitions: other records of
    /// the same owner and speaker with the same text, which are proposed with it.
    #[serde(flatten)]
    pub record: Recollection,
    /// The degree of agreement with the query.
    pub agreement: Agreement,
    /// The name of the part that contains the query's text, if the text is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

/// The degree of agreement between a record and a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Agreement {
    /// It has the required relevance, or it has all words but a negation that the query lacks.
    Relevant,
    /// It contains the text, among other text or in a field.
    Contains,
    /// It has all words, negations and numbers, and no further negation.
    Words,
    /// Its text is the same.
    Text,
}

impl ForgetQuery {
    /// Returns a query for records that state `text`, with a limit of 10.
    #[must_use]
    pub fn new(text: impl Into<String>) -> ForgetQuery {
        ForgetQuery { text: text.into(), limit: 10, min_relevance: None, kinds: None }
    }

    /// Sets the maximum number of records.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> ForgetQuery {
        ForgetQuery { limit, ..self }
    }

    /// Sets the minimum relevance, and proposes all records with at least that relevance that have
    /// the numbers of the query.
    #[must_use]
    pub fn with_min_relevance(self, relevance: f64) -> ForgetQuery {
        ForgetQuery { min_relevance: Some(relevance), ..self }
    }

    /// Sets the kinds of the records.
    #[must_use]
    pub fn with_kinds(self, kinds: Option<Vec<Kind>>) -> ForgetQuery {
        ForgetQuery { kinds, ..self }
    }

    fn admits(&self, record: &Identity) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&record.kind))
    }
}

impl Proposal {
    /// Returns `true` if no review is needed: the proposal consists of all records with exactly the
    /// text of the query, now or in an older version. Records with the same words may state more,
    /// or the opposite.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        let is_text = |it: &Proposed| it.agreement == Agreement::Text;
        let is_version =
            |it: &Remade| it.part == Part::Versions && self.versions_alike.contains(&it.record);
        let is_all = self.proposed.iter().all(is_text) && self.remade.iter().all(is_version);
        !self.is_empty() && is_all && self.beyond_limit == 0
    }

    /// Returns `true` if nothing is proposed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.proposed.is_empty() && self.remade.is_empty()
    }

    /// Returns the proposed records with their exact repetitions.
    #[must_use]
    pub fn identities(&self) -> Vec<Identity> {
        let records = self.proposed.iter().map(|it| &it.record);
        records.flat_map(|it| it.folded.iter().cloned().chain([it.identity()])).collect()
    }
}

impl Forgetting<'_> {
    /// Returns the records that [`forget`](MemoryView::forget) would select for this query, within
    /// the exact scope of this view and among those it may change. All exact repetitions are found,
    /// regardless of the limit.
    ///
    /// # Errors
    /// - [`Error::Limit`] if [`ForgetQuery::limit`] is not from 1 to 1000.
    /// - Errors of working or long-term memory.
    pub async fn propose(self, query: &ForgetQuery) -> Result<Proposal, Error> {
        Error::check_limit(query.limit)?;
        let view = self.view.select(&ScopeFilter::exact(Scope::default()))?;
        self.view.feed().catch_up().await?;
        let mut places = view.places_of(&query.text).await?;
        places.retain(|record| query.admits(record));
        let versions_alike = places.versions_alike.clone();
        let is_said =
            !places.alike.is_empty() || !places.containing.is_empty() || !versions_alike.is_empty();
        let said = is_said.then(|| query.text.clone());
        let (mut sessions, alike): (Vec<_>, Vec<_>) =
            places.alike.iter().cloned().partition(|it| it.kind == Kind::Session);
        let says_it = |record| Proposed { record, agreement: Agreement::Text, part: None };
        let mut proposed: Vec<Proposed> =
            view.folded(view.recollected(&alike).await?).into_iter().map(says_it).collect();
        let mut nearest = Vec::new();
        if proposed.is_empty() || query.min_relevance.is_some() {
            let mut found = view.candidates(query).await?;
            let others = found.iter().filter_map(|hit| {
                let agreement = view.agreement(hit, query)?;
                let is_other = agreement != Agreement::Text;
                is_other.then(|| Proposed { record: hit.clone(), agreement, part: None })
            });
            let known = proposed.len();
            let (of_sessions, others): (Vec<_>, Vec<_>) =
                others.partition(|it| it.record.kind == Kind::Session);
            sessions.extend(of_sessions.iter().map(|it| it.record.identity()));
            proposed.extend(others);
            view.add_repetitions(&mut proposed[known..]).await?;
            for Proposed { record, .. } in &mut proposed[known..] {
                record.folded.retain(|identity| query.admits(identity));
            }
            found.truncate(NEAREST_MAX);
            nearest = found;
        }
        let remade = view.add_containing(places, sessions, &mut proposed).await?;
        if !proposed.is_empty() || !remade.is_empty() {
            nearest.clear();
        }
        let beyond_limit = proposed.len().saturating_sub(query.limit);
        proposed.truncate(query.limit);
        Ok(Proposal { proposed, remade, nearest, beyond_limit, said, versions_alike })
    }
}

impl MemoryView {
    /// Adds the records that contain the text and are not dependents of those already proposed.
    /// Returns the records that are kept and lose a part.
    async fn add_containing(
        &self,
        places: Places,
        sessions: Vec<Identity>,
        proposed: &mut Vec<Proposed>,
    ) -> Result<Vec<Remade>, Error> {
        let Places { mut containing, versions, .. } = places;
        let mut parts: BTreeMap<Identity, Part> =
            versions.into_iter().map(|record| (record, Part::Versions)).collect();
        let summaries = containing.keys().filter(|it| it.kind == Kind::Session).cloned();
        parts.extend(summaries.chain(sessions).map(|record| (record, Part::Summary)));
        if containing.is_empty() && parts.is_empty() {
            return Ok(Vec::new());
        }
        let shown = proposed
            .iter()
            .flat_map(|it| it.record.folded.iter().cloned().chain([it.record.identity()]));
        let with_them = self.family_of(shown.collect(), BTreeMap::new()).await?;
        let goes = |it: &Identity| with_them.all.contains_key(it);
        containing.retain(|it, _| it.kind != Kind::Session && !goes(it));
        let records: Vec<Identity> = containing.keys().cloned().collect();
        for record in self.recollected(&records).await? {
            let part = containing.remove(&record.identity());
            proposed.push(Proposed { record, agreement: Agreement::Contains, part });
        }
        let is_left = |it: &Identity| {
            !goes(it) && !with_them.remade.contains_key(it) && !records.contains(it)
        };
        let left = parts.into_iter().filter(|(record, _)| is_left(record));
        Ok(left.map(|(record, part)| Remade { record, part }).collect())
    }

    /// Returns these records as hits with the relevance of the query's text.
    async fn recollected(&self, identities: &[Identity]) -> Result<Vec<Recollection>, Error> {
        let working = self.working().with_expired();
        let mut records = Vec::with_capacity(identities.len());
        for some in identities.chunks(PAGE) {
            let here = working.records().get_all(some.to_vec()).await?;
            let known: BTreeSet<Identity> = here.iter().map(Record::identity).collect();
            let rest: Vec<Identity> =
                some.iter().filter(|it| !known.contains(it)).cloned().collect();
            records.extend(here);
            records.extend(self.longterm().records().get_all(&rest).await?);
        }
        let (score, relevance) = (RELEVANCE_OF_TEXT, RELEVANCE_OF_TEXT);
        let hit = |record| Hit { record, score, relevance, folded: vec![], explain: None };
        Ok(records.into_iter().map(|record| Recollection::from(hit(record))).collect())
    }

    /// Adds the exact repetitions that the search did not return.
    async fn add_repetitions(&self, proposed: &mut [Proposed]) -> Result<(), Error> {
        if proposed.is_empty() {
            return Ok(());
        }
        let texts = proposed.iter().map(|it| same(&it.record.text)).collect();
        let alike = self.with_texts(&texts).await?;
        let alike = self.folded(self.recollected(&alike).await?);
        let mut alike: BTreeMap<_, Recollection> =
            alike.into_iter().map(|one| (said(&one), one)).collect();
        for Proposed { record, .. } in proposed {
            let Some(one) = alike.remove(&said(record)) else { continue };
            let own = record.identity();
            record.folded = [one.identity()].into_iter().chain(one.folded).collect();
            record.folded.retain(|identity| *identity != own && identity.kind != Kind::Session);
        }
        Ok(())
    }

    /// Returns the changeable records that match a query, most relevant first, each with its exact
    /// repetitions. Records that the search folds for other reasons are listed separately.
    async fn candidates(&self, query: &ForgetQuery) -> Result<Vec<Recollection>, Error> {
        let limit = CANDIDATES.max(query.limit).min(LIMIT_MAX);
        let search = SearchOptions::default().with_limit(limit).with_kinds(query.kinds.clone());
        let hits = self.recall_with(&query.text, &search).await?.hits;
        let folded: Vec<Identity> = hits.iter().flat_map(|hit| hit.folded.clone()).collect();
        let records = self.longterm().records().get_all(&folded).await?.into_iter();
        let mut records: BTreeMap<Identity, Record> =
            records.map(|record| (record.identity(), record)).collect();
        let mut found = Vec::new();
        for mut hit in hits {
            let folded = std::mem::take(&mut hit.folded);
            let (score, relevance) = (hit.score, hit.relevance);
            found.push(hit);
            let alike = folded.iter().filter_map(|identity| records.remove(identity));
            found.extend(alike.map(|record| {
                Recollection::from(Hit { record, score, relevance, folded: vec![], explain: None })
            }));
        }
        Ok(self.folded(found))
    }

    /// Returns the records that this view may change, with exact repetitions folded.
    fn folded(&self, records: impl IntoIterator<Item = Recollection>) -> Vec<Recollection> {
        let mut folded: Vec<Recollection> = Vec::new();
        let mut places: BTreeMap<_, usize> = BTreeMap::new();
        for one in records {
            let identity = one.identity();
            if !self.is_changeable(&identity.owner) {
                continue;
            }
            let said = said(&one);
            match places.get(&said) {
                Some(&place) => folded[place].folded.push(identity),
                None => {
                    places.insert(said, folded.len());
                    folded.push(one);
                }
            }
        }
        folded
    }

    fn agreement(&self, hit: &Recollection, query: &ForgetQuery) -> Option<Agreement> {
        if same(&hit.text) == same(&query.text) {
            return Some(Agreement::Text);
        }
        let parts = [hit.title.as_deref(), hit.name.as_deref(), Some(&*hit.text)];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n");
        let has_numbers = numbers(&query.text).is_subset(&numbers(&text));
        let negations = (negates(&query.text), negates(&text));
        let is_relevant = query.min_relevance.unwrap_or(RELEVANCE_MIN) <= hit.relevance;
        if !is_relevant || !has_numbers {
            return None;
        }
        match (self.longterm().records().says(&query.text, &text), negations) {
            (true, (false, false) | (true, true)) => Some(Agreement::Words),
            (true, (false, true)) => Some(Agreement::Relevant),
            _ => query.min_relevance.map(|_| Agreement::Relevant),
        }
    }
}

/// Returns the owner, the speaker and the text, which exact repetitions share.
fn said(record: &Recollection) -> (Owner, Option<String>, String) {
    (record.identity().owner, record.name.clone(), same(&record.text))
}

fn same(text: &str) -> String {
    forms::same(text).into_owned()
}
