//! Background of a model: the cosines of unrelated texts, and the part that all vectors share.
//!
//! Cosines differ between models: unrelated texts have about .75 in one and about .05 in another. A
//! few everyday sentences about unrelated subjects, embedded once, measure both. Their mean is the
//! centre from which vectors are measured. From there, the cosines of unrelated pairs are 0 on the
//! scale of likeness, and the cosines of a question and its answer are 1. This needs no constant
//! per model and no pass over stored records, so it is the same in a small and a large store, and
//! the texts of one owner never affect the scores of another.
//!
//! If vectors are the caller's own, no sentence can be embedded, and rows of the library that the
//! searcher sees replace the sentences. Until there are enough rows, the scale of a query is
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

/// Minimum number of stored vectors that represent unrelated texts.
const STORED_MIN: usize = 32;

/// Centre and scale of a model, or of stored vectors.
#[derive(Debug)]
pub(crate) struct Background {
    centre: Arc<[f32]>,
    likeness: Likeness,
}

#[derive(Debug)]
enum Likeness {
    /// Scale of a model, for all queries.
    Of(Scale),
    /// Vectors against which the scale of each query is measured.
    Among(Vec<Vec<f32>>),
}

/// Background of a model as the journal stores it. Measuring it takes a transformer as long as
/// fifty searches, and a process on the command line searches once.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Model and sentences with which it was measured.
    by: String,
    centre: Vec<f32>,
    scale: Scale,
}

/// Background of the bundled transformer. Measuring it in the first search of a new store would
/// take as long as about fifty searches.
pub(crate) const SHIPPED: &str = include_str!("background/minilm.json");

/// Assumed distance of an answer above unrelated texts, in deviations, if it cannot be measured.
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

    /// Reads the background of `embedder` from `kept`; `None` if it was measured with another model
    /// or other sentences.
    pub(crate) fn of_kept(kept: &str, embedder: &dyn Embedder) -> Option<Background> {
        let kept: Kept = serde_json::from_str(kept).ok()?;
        let is_same = kept.by == measured_by(embedder.fingerprint())
            && kept.centre.len() == embedder.dimension();
        let likeness = Likeness::Of(kept.scale);
        is_same.then(|| Background { centre: kept.centre.into(), likeness })
    }

    /// Returns the stored form of a model's background.
    pub(crate) fn to_kept(&self, fingerprint: &Fingerprint) -> Option<String> {
        let Likeness::Of(scale) = self.likeness else { return None };
        let by = measured_by(fingerprint);
        serde_json::to_string(&Kept { by, centre: self.centre.to_vec(), scale }).ok()
    }

    /// Measures the background of stored vectors. Their centre stays zero, because it must not move
    /// as vectors are added.
    pub(crate) fn of_stored(mut vectors: Vec<Vec<f32>>, dimension: usize) -> Background {
        if vectors.len() < STORED_MIN {
            vectors.clear();
        }
        Background { centre: vec![0.0; dimension].into(), likeness: Likeness::Among(vectors) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.likeness, Likeness::Among(vectors) if vectors.is_empty())
    }

    /// Returns the point from which vectors are measured.
    pub(crate) fn centre(&self) -> Arc<[f32]> {
        Arc::clone(&self.centre)
    }

    /// Returns the scale for the cosines of `query`.
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

/// Estimates the part that all texts have in common from the vectors of a few. The mean of `n`
/// vectors contains an n-th of each vector's own part, so it is shrunk towards zero by that part
/// (James and Stein, "Estimation with Quadratic Loss", 1961). If texts share little, as in a
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

/// Returns mean and standard deviation.
fn moments(cosines: &[f64]) -> (f64, f64) {
    let count = cosines.len() as f64;
    let mean = cosines.iter().sum::<f64>() / count;
    let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// Returns the name of the model with a hash of the sentences.
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

/// Questions, each with the index of its answer among the sentences.
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
