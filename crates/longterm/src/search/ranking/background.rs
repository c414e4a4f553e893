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

use std::sync::Arc;

use aios_embedding::{Embedder, Fingerprint};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    search::{
        ranking::scale::Scale,
        segments::vectors::{direction, dot},
    },
};

/// Fewer stored vectors do not stand for unrelated texts.
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
pub(crate) const SHIPPED: &str = include_str!("background/minilm.json");

/// Deviations that an answer is taken to lie above unrelated texts, if no model tells.
const ANSWER_DEVIATIONS: f64 = 3.0;

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
    pub(crate) fn of_kept(kept: &str, embedder: &dyn Embedder) -> Option<Background> {
        let kept: Kept = serde_json::from_str(kept).ok()?;
        let is_same = kept.by == measured_by(embedder.fingerprint())
            && kept.centre.len() == embedder.dimension();
        let likeness = Likeness::Of(kept.scale);
        is_same.then(|| Background { centre: kept.centre.into(), likeness })
    }

    /// The text that is kept of a model's background.
    pub(crate) fn to_kept(&self, fingerprint: &Fingerprint) -> Option<String> {
        let Likeness::Of(scale) = self.likeness else { return None };
        let by = measured_by(fingerprint);
        serde_json::to_string(&Kept { by, centre: self.centre.to_vec(), scale }).ok()
    }

    /// Of vectors that are stored. Their centre is left at zero, for it must not move while they
    /// become more.
    pub(crate) fn of_stored(mut vectors: Vec<Vec<f32>>, dimension: usize) -> Background {
        if vectors.len() < STORED_MIN {
            vectors.clear();
        }
        Background { centre: vec![0.0; dimension].into(), likeness: Likeness::Among(vectors) }
    }

    pub(crate) fn is_empty(&self) -> bool {
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
