//! How alike two texts are that have nothing to do with each other.
//!
//! Cosines mean different things in different models: unrelated texts lie around .75 with a
//! deviation of .04 in one and around .05 with .11 in another. So a query's cosines are measured
//! against those that it has with a few everyday sentences about unrelated things, and the unit is
//! how far above these a question lies from its answer. That takes no constant for a model and no
//! pass over what is stored. Where vectors are the caller's own, and
//! nobody can embed a sentence, rows of the library that the searcher sees take their place; until
//! there are enough, a query's cosines are taken to be [`Spread::NEUTRAL`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aios_embedding::Embedder;
use aios_record::{Gate, Owner};
use lancedb::expr::DfExpr;

use crate::{
    Error,
    journal::Corpus,
    search::{blocking, filter::visible, score::dot},
    store::Shared,
    vectors::Vectors,
};

/// The most owners whose backgrounds are kept.
const OWNERS_MAX: usize = 64;
/// As many stored vectors stand for unrelated texts, and no fewer than the least.
const STORED: usize = 256;
const STORED_MIN: usize = 32;

/// The everyday sentences, embedded, or what takes their place.
#[derive(Debug)]
pub(crate) struct Background {
    vectors: Vec<Vec<f32>>,
    centre: Arc<[f32]>,
    /// How many deviations above unrelated texts an answer lies.
    answers: f64,
}

/// What cosines of one query with unrelated texts are like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    mean: f64,
    deviation: f64,
    answers: f64,
}

/// The least deviation: below it differences are rounding.
const DEVIATION_MIN: f64 = 1e-3;
/// How many deviations above unrelated texts an answer lies, at least, and where nobody can tell.
const ANSWERS_MIN: f64 = 1.0;
const ANSWERS_UNKNOWN: f64 = 3.0;

impl Background {
    pub(crate) fn new(embedder: &dyn Embedder) -> Result<Background, Error> {
        let vectors = embedder.embed_documents(SENTENCES)?;
        let mut centre = vec![0.0; embedder.dimension()];
        for vector in &vectors {
            let share = 1.0 / vectors.len() as f32;
            centre.iter_mut().zip(vector).for_each(|(sum, number)| *sum += share * number);
        }
        let mut background =
            Background { vectors, centre: centre.into(), answers: ANSWERS_UNKNOWN };
        background.answers = background.answers(embedder)?;
        Ok(background)
    }

    /// The median over the questions that have an answer among the sentences.
    fn answers(&self, embedder: &dyn Embedder) -> Result<f64, Error> {
        let mut found = Vec::with_capacity(QUESTIONS.len());
        for (question, answer) in QUESTIONS {
            let asked = embedder.embed_query(question)?;
            let mut cosines: Vec<f64> =
                self.vectors.iter().map(|vector| dot(vector, &asked)).collect();
            let cosine = cosines.remove(*answer);
            let (mean, deviation) = moments(&cosines);
            found.push((cosine - mean) / deviation);
        }
        found.sort_by(f64::total_cmp);
        Ok(found[found.len() / 2].max(ANSWERS_MIN))
    }

    /// Of vectors that are stored. Their centre is left at zero, for it must not move while they
    /// become more.
    fn of_stored(mut vectors: Vec<Vec<f32>>, dimension: usize) -> Background {
        if vectors.len() < STORED_MIN {
            vectors.clear();
        }
        let centre = vec![0.0; dimension].into();
        Background { vectors, centre, answers: ANSWERS_UNKNOWN }
    }

    /// The mean of the sentences' vectors: what all texts have in common.
    pub(crate) fn centre(&self) -> Arc<[f32]> {
        Arc::clone(&self.centre)
    }

    pub(crate) fn spread(&self, query: &[f32]) -> Spread {
        if self.vectors.is_empty() {
            return Spread::NEUTRAL;
        }
        let cosines: Vec<f64> = self.vectors.iter().map(|vector| dot(vector, query)).collect();
        let (mean, deviation) = moments(&cosines);
        Spread { mean, deviation, answers: self.answers }
    }
}

fn moments(cosines: &[f64]) -> (f64, f64) {
    let count = cosines.len() as f64;
    let mean = cosines.iter().sum::<f64>() / count;
    let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt().max(DEVIATION_MIN))
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
            Vectors::Model(model) => {
                let model = Arc::clone(model);
                blocking(move || Background::new(&*model)).await??
            }
            Vectors::Given(space) => {
                let edition = self.journal.edition().await?;
                let visible = of.clone().map(|owner| visible(&Gate::owner(owner)));
                let filter = visible.and_then(|all| all.into_iter().reduce(DfExpr::and));
                let vectors = match self.library(edition).await? {
                    Some(library) => library.spread_vectors(STORED, filter).await?,
                    None => Vec::new(),
                };
                let background = Background::of_stored(vectors, space.dimension);
                if background.vectors.is_empty() {
                    return Ok(Arc::new(background));
                }
                background
            }
        };
        Ok(self.backgrounds.keep(of, background))
    }
}

impl Spread {
    /// Of a space of which nothing is known: cosines of 0 and 1 lie two deviations apart from the
    /// middle.
    const NEUTRAL: Spread = Spread { mean: 0.5, deviation: 0.25, answers: ANSWERS_UNKNOWN };

    /// How alike a cosine says that two texts are: 0 as unrelated ones, 1 as question and answer.
    pub(crate) fn likeness(self, cosine: f64) -> f64 {
        (cosine - self.mean) / self.deviation / self.answers
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
