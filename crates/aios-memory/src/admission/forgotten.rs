//! Leaving out arrivals that were forgotten, in whichever form they come back.

use std::collections::HashSet;

use aios_record::Record;
use serde_json::Value;

use super::{Admission, Candidate, Content, Outcome, Verdict};
use crate::Error;

impl Admission {
    /// Leaves out candidates that fit a tombstone.
    pub(super) async fn not_forgotten(
        &mut self,
        candidates: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<Vec<Candidate>, Error> {
        if candidates.is_empty() || !self.view.shared().longterm.has_tombstones().await? {
            return Ok(candidates);
        }
        let mut drafts: Vec<Record> = candidates.iter().map(Candidate::in_full).collect();
        // The text that was stored is the one that the guard had left.
        let guarded: Vec<(usize, Record)> = drafts
            .iter()
            .enumerate()
            .filter_map(|(at, draft)| Some((at, self.guarded_draft(draft)?)))
            .collect();
        let places: Vec<usize> =
            (0..drafts.len()).chain(guarded.iter().map(|(place, _)| *place)).collect();
        drafts.extend(guarded.into_iter().map(|(_, draft)| draft));
        let found = self.view.shared().longterm.are_forgotten(&drafts).await?;
        let forgotten: HashSet<usize> =
            places.into_iter().zip(found).filter_map(|(at, found)| found.then_some(at)).collect();
        let mut left = Vec::with_capacity(candidates.len());
        for (place, candidate) in candidates.into_iter().enumerate() {
            match forgotten.contains(&place) {
                true => {
                    verdicts[candidate.at].outcome = Outcome::Forgotten;
                    self.kept_out.insert(candidate.identity());
                }
                false => left.push(candidate),
            }
        }
        Ok(left)
    }

    /// Counts repetitions as forgotten, and not as known, if the first of them was.
    pub(super) async fn forgotten_again(
        &mut self,
        mut repeated: Vec<Candidate>,
        verdicts: &mut [Verdict],
    ) -> Result<(), Error> {
        repeated.retain(|it| self.kept_out.contains(&it.identity()));
        self.not_forgotten(repeated, verdicts).await.map(drop)
    }

    /// A draft with the text that the guard leaves of it, if that is another one.
    fn guarded_draft(&self, draft: &Record) -> Option<Record> {
        let text = self.guard.apply(&draft.text).ok()?.text;
        (text != draft.text).then(|| Record { text: text.into_owned(), ..draft.clone() })
    }
}

impl Candidate {
    /// The draft with all that the arrival says beside its text.
    fn in_full(&self) -> Record {
        let mut draft = self.draft.clone();
        match &self.arrival.content {
            Content::Message(message) => draft.payload = message.metadata.clone(),
            Content::Fields(fields) => draft.payload = Value::Object(fields.clone()),
            Content::Record(_) => {}
        }
        draft
    }
}
