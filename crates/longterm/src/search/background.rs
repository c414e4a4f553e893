//! The likeness of texts that have nothing to do with each other, and the part that all texts
//! share.
//!
//! Cosines mean different things in different models: unrelated texts lie around .75 in one and
//! around .05 in another. A few everyday sentences about unrelated things, embedded once, tell
//! both. Their mean is the centre from which vectors are seen; the cosines of unrelated pairs, seen
//! from there, are 0 on the scale of likeness, and those of a question and its answer are 1. That
//! takes no constant for a model and no pass over what is stored, so it is alike in a small and a
//! large store, and no owner's texts show in another's scores.
//!
//! If vectors are the caller's own, and nobody can embed a sentence, rows of the library that
//! the searcher sees take their place; until there are enough, a query's cosines are taken to be
//! [`Scale::NEUTRAL`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aios_embedding::{Embedder, Fingerprint};
use aios_record::{Gate, Owner};
use lancedb::expr::DfExpr;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Error,
    journal::Corpus,
    search::{
        blocking,
        filter::visible,
        vectors::{direction, dot},
    },
    store::Shared,
    vectors::Vectors,
};

/// The most owners whose backgrounds are kept.
const OWNERS_MAX: usize = 64;
/// As many stored vectors stand for unrelated texts, and no fewer than the least.
const STORED: usize = 256;
const STORED_MIN: usize = 32;

/// The centre and the scale of a model, or of stored vectors.
#[derive(Debug)]
pub(crate) struct Background {
    centre: Arc<[f32]>,
    likeness: Likeness,
}

#[derive(Debug)]
enum Likeness {
    /// The scale of a model, for all queries.
    Of(Scale),
    /// Vectors against which the scale of each query is measured.
    Among(Vec<Vec<f32>>),
}

/// A model's background as the journal keeps it: a transformer takes as long to measure it as for
/// fifty searches, and a process on the command line searches once.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The model and the sentences that it was measured with.
    by: String,
    centre: Vec<f32>,
    scale: Scale,
}

/// The background of the bundled transformer, which would take the first search of a new store
/// about as long as fifty others.
const SHIPPED: &str = include_str!("background/minilm.json");

/// The cosines that mean nothing, and those that mean an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    /// The mean cosine of unrelated texts.
    unrelated: f64,
    /// The distance of a question's answer above it.
    answer: f64,
    /// The reliability, 0 to 1, with which it tells answers from unrelated texts.
    trust: f64,
}

/// The least distance of an answer from unrelated texts: below it differences are rounding.
const ANSWER_MIN: f64 = 1e-3;
/// Deviations that an answer is taken to lie above unrelated texts, if no model tells.
const ANSWER_DEVIATIONS: f64 = 3.0;
/// The same for a model that can be relied on: some 6 for MiniLM, 4 for the static model.
const TRUSTED_DEVIATIONS: f64 = 6.0;

impl Background {
    pub(crate) fn new(embedder: &dyn Embedder) -> Result<Background, Error> {
        let vectors = embedder.embed_documents(SENTENCES)?;
        let centre = centre(&vectors, embedder.dimension());
        let seen = |vector: &Vec<f32>| direction(vector, &centre).unwrap_or_else(|| vector.clone());
        let vectors: Vec<Vec<f32>> = vectors.iter().map(seen).collect();
        let (mut answers, mut unrelated) = (Vec::with_capacity(QUESTIONS.len()), Vec::new());
        for (question, answer) in QUESTIONS {
            let asked = seen(&embedder.embed_query(question)?);
            let cosines = vectors.iter().map(|vector| dot(vector, &asked));
            let mut cosines: Vec<f64> = cosines.collect();
            answers.push(cosines.remove(*answer));
            unrelated.extend(cosines);
        }
        answers.sort_by(f64::total_cmp);
        let (unrelated, deviation) = moments(&unrelated);
        let answer = answers[answers.len() / 2] - unrelated;
        let likeness = Likeness::Of(Scale::new(unrelated, deviation, answer));
        Ok(Background { centre: centre.into(), likeness })
    }

    /// The background that was `kept` of `embedder`; `None` if it is another model's or of other
    /// sentences.
    fn of_kept(kept: &str, embedder: &dyn Embedder) -> Option<Background> {
        let kept: Kept = serde_json::from_str(kept).ok()?;
        let is_same = kept.by == measured_by(embedder.fingerprint())
            && kept.centre.len() == embedder.dimension();
        let likeness = Likeness::Of(kept.scale);
        is_same.then(|| Background { centre: kept.centre.into(), likeness })
    }

    /// The text that is kept of a model's background.
    fn to_kept(&self, fingerprint: &Fingerprint) -> Option<String> {
        let Likeness::Of(scale) = self.likeness else { return None };
        let by = measured_by(fingerprint);
        serde_json::to_string(&Kept { by, centre: self.centre.to_vec(), scale }).ok()
    }

    /// Of vectors that are stored. Their centre is left at zero, for it must not move while they
    /// become more.
    fn of_stored(mut vectors: Vec<Vec<f32>>, dimension: usize) -> Background {
        if vectors.len() < STORED_MIN {
            vectors.clear();
        }
        Background { centre: vec![0.0; dimension].into(), likeness: Likeness::Among(vectors) }
    }

    fn is_empty(&self) -> bool {
        matches!(&self.likeness, Likeness::Among(vectors) if vectors.is_empty())
    }

    /// The point from which vectors are seen.
    pub(crate) fn centre(&self) -> Arc<[f32]> {
        Arc::clone(&self.centre)
    }

    /// The scale for the cosines of `query`.
    pub(crate) fn scale(&self, query: &[f32]) -> Scale {
        match &self.likeness {
            Likeness::Of(scale) => *scale,
            Likeness::Among(vectors) if vectors.is_empty() => Scale::NEUTRAL,
            Likeness::Among(vectors) => {
                let cosines: Vec<f64> = vectors.iter().map(|vector| dot(vector, query)).collect();
                let (unrelated, deviation) = moments(&cosines);
                Scale::new(unrelated, deviation, ANSWER_DEVIATIONS * deviation)
            }
        }
    }
}

/// The part that all texts have in common, estimated from the vectors of a few. The mean of `n`
/// vectors keeps an n-th of what each has of its own, so it is drawn towards zero by that part
/// (James and Stein, "Estimation with Quadratic Loss", 1961): where texts share little, as in a
/// transformer that was trained to spread them, the centre is near zero.
fn centre(vectors: &[Vec<f32>], dimension: usize) -> Vec<f32> {
    let count = vectors.len() as f64;
    let mut mean = vec![0.0; dimension];
    for vector in vectors {
        mean.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number / count as f32);
    }
    let squares: f64 = vectors.iter().map(|vector| dot(vector, vector)).sum();
    let of_mean = dot(&mean, &mean);
    let of_pairs = (count * count * of_mean - squares) / (count * (count - 1.0)).max(1.0);
    let kept = (of_pairs / of_mean.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32;
    mean.iter_mut().for_each(|number| *number *= kept);
    mean
}

/// Mean and deviation.
fn moments(cosines: &[f64]) -> (f64, f64) {
    let count = cosines.len() as f64;
    let mean = cosines.iter().sum::<f64>() / count;
    let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// The backgrounds of a handle. A model has one for all; of vectors of the caller's own every owner
/// has another, because nobody is to learn from a score what others store.
#[derive(Debug, Default)]
pub(crate) struct Backgrounds(Mutex<HashMap<Option<Owner>, Arc<Background>>>);

impl Backgrounds {
    fn get(&self, of: &Option<Owner>) -> Option<Arc<Background>> {
        self.0.lock().expect("no holder panics").get(of).cloned()
    }

    fn keep(&self, of: Option<Owner>, background: Background) -> Arc<Background> {
        let mut kept = self.0.lock().expect("no holder panics");
        if OWNERS_MAX <= kept.len() {
            kept.clear();
        }
        Arc::clone(kept.entry(of).or_insert_with(|| Arc::new(background)))
    }
}

impl Shared {
    /// The background for searches in `corpus`.
    pub(crate) async fn background(
        self: &Arc<Shared>,
        corpus: &Corpus,
    ) -> Result<Arc<Background>, Error> {
        let of = match (&self.vectors, corpus) {
            (Vectors::Given(_), Corpus::Of(owner)) => Some(owner.clone()),
            _ => None,
        };
        if let Some(background) = self.backgrounds.get(&of) {
            return Ok(background);
        }
        let background = match &self.vectors {
            Vectors::Model(model) => self.measured(model).await?,
            Vectors::Given(space) => {
                let edition = self.journal.edition().await?;
                let visible = of.clone().map(|owner| visible(&Gate::owner(owner)));
                let filter = visible.and_then(|all| all.into_iter().reduce(DfExpr::and));
                let vectors = match self.library(edition).await? {
                    Some(library) => library.spread_vectors(STORED, filter).await?,
                    None => Vec::new(),
                };
                let background = Background::of_stored(vectors, space.dimension);
                if background.is_empty() {
                    return Ok(Arc::new(background));
                }
                background
            }
        };
        Ok(self.backgrounds.keep(of, background))
    }

    /// A model's background: shipped with the program, from the journal, or measured.
    async fn measured(&self, model: &Arc<dyn Embedder>) -> Result<Background, Error> {
        if let Some(shipped) = Background::of_kept(SHIPPED, &**model) {
            return Ok(shipped);
        }
        let kept = self.journal.background().await?;
        if let Some(known) = kept.and_then(|kept| Background::of_kept(&kept, &**model)) {
            return Ok(known);
        }
        let measuring = Arc::clone(model);
        let measured = blocking(move || Background::new(&*measuring)).await??;
        let Some(kept) = measured.to_kept(model.fingerprint()) else { return Ok(measured) };
        // To the last bit what later handles read.
        let same = Background::of_kept(&kept, &**model).unwrap_or(measured);
        if self.config.access == Access::ReadWrite {
            // If it cannot be kept, as on a full disk, the next handle measures it again.
            let _ = self.journal.keep_background(kept).await;
        }
        Ok(same)
    }
}

/// The model, and a hash of the sentences.
fn measured_by(fingerprint: &Fingerprint) -> String {
    let mut hasher = blake3::Hasher::new();
    for (question, answer) in QUESTIONS {
        hasher.update(format!("{question}\n{answer}\n").as_bytes());
    }
    for sentence in SENTENCES {
        hasher.update(format!("{sentence}\n").as_bytes());
    }
    format!("{fingerprint} {}", &hasher.finalize().to_hex()[..16])
}

impl Scale {
    /// That of an unknown space: texts of a cosine of .5 are taken for unrelated.
    pub(crate) const NEUTRAL: Scale = Scale { unrelated: 0.5, answer: 0.75, trust: 0.5 };

    /// Of unrelated texts whose cosines have this mean and `deviation`, with answers so far above
    /// it.
    fn new(unrelated: f64, deviation: f64, answer: f64) -> Scale {
        let answer = answer.max(ANSWER_MIN);
        let trust = answer / deviation.max(ANSWER_MIN) / TRUSTED_DEVIATIONS;
        Scale { unrelated, answer, trust: trust.min(1.0) }
    }

    /// The likeness of two texts of this cosine: 0 as unrelated ones, 1 as question and answer.
    pub(crate) fn likeness(self, cosine: f64) -> f64 {
        (cosine - self.unrelated) / self.answer
    }

    /// The reliability, 0 to 1, with which the model tells answers from unrelated texts.
    pub(crate) fn trust(self) -> f64 {
        self.trust
    }
}

/// Questions, each with the place of its answer among the sentences.
const QUESTIONS: &[(&str, usize)] = &[
    ("When does the train leave?", 0),
    ("What did she get at the shop?", 2),
    ("Why was the meeting postponed?", 3),
    ("What will the weather be like?", 5),
    ("Which instrument does your brother play?", 7),
    ("How much did sales increase?", 8),
    ("How was the patient treated?", 10),
    ("What colour is the kitchen?", 11),
    ("Who has to sign the agreement?", 12),
    ("Which movie did you see?", 13),
    ("Why do the backups fail?", 16),
    ("Which pet do they have?", 17),
    ("How long can I use it without charging?", 24),
    ("Why were you late for the second plane?", 25),
    ("What did the committee decide?", 26),
    ("What are the kids being taught?", 28),
];

const SENTENCES: &[&str] = &[
    "The train to the coast leaves at seven in the morning.",
    "Please restart the server after the configuration has been changed.",
    "She bought two kilos of apples and a loaf of bread.",
    "The meeting was moved to Thursday because the room was taken.",
    "How do I reset my password?",
    "Heavy rain is expected in the north this weekend.",
    "The function returns an error when the list is empty.",
    "My brother plays the guitar in a small band.",
    "Quarterly revenue grew by four percent.",
    "What time does the museum close?",
    "The patient was given antibiotics for ten days.",
    "He painted the kitchen wall a light shade of green.",
    "The contract must be signed by both parties.",
    "We watched a film about the history of flight.",
    "A thin layer of ice covered the lake.",
    "Can you recommend a good book on gardening?",
    "The disk is almost full and backups are failing.",
    "They adopted an old dog from the shelter.",
    "The experiment measured the pressure in the tube.",
    "I usually go running before work.",
    "The new employee starts on the first of March.",
    "Add the butter and stir until it melts.",
    "The bridge was closed for repairs last year.",
    "Thanks, that sounds great!",
    "The battery lasts about nine hours on a single charge.",
    "Our flight was delayed, so we missed the connection.",
    "The committee rejected the proposal without debate.",
    "Which of the two options is cheaper?",
    "The children are learning to swim.",
    "A network timeout occurred while fetching the data.",
    "The garden needs more sunlight in the afternoon.",
    "He apologised and promised to call back tomorrow.",
];

#[cfg(test)]
mod tests;
