//! Contexts assembled by the whole product: each conversation is stored twice, with and without
//! learning, and both memories answer each question.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use aios_embedding::Embedder;
use aios_exchange::labelled::Question;
use aios_memory::{Config, FactQuery, Progress};
use aios_record::{Key, Kind, Tier};
use serde::Serialize;

use super::{
    coverage::{Coverage, Covered, Learned},
    input::Conversation,
    words,
};
use crate::{
    Error,
    metrics::ratio,
    run::{Facts, Index},
};

/// Sizes of contexts, in tokens.
pub const BUDGETS: [usize; 3] = [256, 512, 1024];

/// Number of facts per page.
const FACTS_PAGE: usize = 1000;

/// Results of both memories, by size of the context in tokens.
pub type BySize = BTreeMap<usize, Beside>;

/// A result without facts and with facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Beside {
    /// From messages only, with learning off.
    pub turns: f64,
    /// From messages and facts.
    pub facts: f64,
}

/// Means over the questions with an expected answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reach {
    /// Share of the answer's content words in the text of the context.
    pub answer_words: BySize,
    /// Share of the question's evidence messages that are in the context. A fact counts as the
    /// messages that it cites.
    pub evidence: BySize,
}

/// Results in the whole product.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) questions: usize,
    pub(crate) facts: usize,
    pub(crate) ended: usize,
    pub(crate) coverage: Option<Coverage>,
    /// Contexts of the records found for the question.
    pub(crate) found: Reach,
    /// Contexts that also include the profile, from working memory.
    pub(crate) whole: Reach,
    pub(crate) by_conversation: BTreeMap<String, Reach>,
    /// Seconds to store all messages: without learning, and with learning from all of them.
    pub(crate) seconds: Beside,
}

/// Measures all conversations. Calls `progress` with the number of completed questions.
pub(crate) async fn measure(
    conversations: &[Conversation],
    config: &Config,
    embedder: &Arc<dyn Embedder>,
    progress: &mut impl FnMut(Progress),
) -> Result<Figures, Error> {
    let total = conversations.iter().map(|it| asked(it).count() as u64).sum();
    let mut figures = Figures::default();
    let (mut found, mut whole, mut covered) =
        (Sums::default(), Sums::default(), Covered::default());
    for conversation in conversations {
        let memories = Memories::of(conversation, config, embedder, &mut figures.seconds).await?;
        for observation in &conversation.observations {
            covered.add(observation, &memories.facts);
        }
        figures.facts += memories.facts.len();
        figures.ended += memories.ended;
        let mut own = Sums::default();
        for (question, answer) in asked(conversation) {
            let read = memories.ask(question, answer, &[Tier::Longterm, Tier::Knowledge]).await?;
            own.add(&read);
            let tiers = [Tier::Working, Tier::Longterm, Tier::Knowledge];
            whole.add(&memories.ask(question, answer, &tiers).await?);
            figures.questions += 1;
            progress(Progress::new(figures.questions as u64).with_total(total));
        }
        memories.close().await?;
        found.merge(&own);
        figures.by_conversation.insert(conversation.labelled.id.clone(), own.means());
    }
    figures.coverage = covered.summary();
    (figures.found, figures.whole) = (found.means(), whole.means());
    Ok(figures)
}

/// Returns the answerable questions whose answer has content words.
fn asked(conversation: &Conversation) -> impl Iterator<Item = (&Question, &str)> {
    let with_answer = conversation.answerable().filter_map(|it| Some((it, it.answer.as_deref()?)));
    with_answer.filter(|(_, answer)| !words::content(answer).is_empty())
}

/// The memories of one conversation.
struct Memories {
    without: Index,
    with: Index,
    facts: Vec<Learned>,
    /// Number of facts that a message ended.
    ended: usize,
    /// Index in `facts`, by key of the fact.
    places: BTreeMap<Key, usize>,
}

impl Memories {
    async fn of(
        conversation: &Conversation,
        config: &Config,
        embedder: &Arc<dyn Embedder>,
        seconds: &mut Beside,
    ) -> Result<Memories, Error> {
        let drafts = &conversation.labelled.drafts;
        let without = Index::open(config, Arc::clone(embedder), drafts, Facts::None).await?;
        let began = Instant::now();
        without.store(drafts).await?;
        seconds.turns += began.elapsed().as_secs_f64();
        without.memory.administrator().longterm().upkeep().drain().await?;
        let with = Index::open(config, Arc::clone(embedder), drafts, Facts::Learned).await?;
        let began = Instant::now();
        with.store(drafts).await?;
        with.memory.facts().catch_up().await?;
        seconds.facts += began.elapsed().as_secs_f64();
        let mut memories =
            Memories { without, with, facts: Vec::new(), ended: 0, places: BTreeMap::new() };
        memories.read_facts().await?;
        // Facts that reach long-term memory only now would be searched only by words.
        memories.with.memory.recall("facts").await?;
        memories.with.memory.administrator().longterm().upkeep().drain().await?;
        Ok(memories)
    }

    async fn read_facts(&mut self) -> Result<(), Error> {
        let mut query = FactQuery::default().with_ended().with_limit(FACTS_PAGE);
        loop {
            let page = self.with.memory.facts().list(query.clone()).await?;
            for fact in page.facts {
                let names = fact.evidence.iter().filter_map(|key| key.parse::<Key>().ok());
                let names = names.filter_map(|key| self.with.names.get(&key).cloned());
                let words = words::content(&fact.statement());
                self.ended += usize::from(fact.ended_at.is_some());
                let learned = Learned { evidence: names.collect(), words };
                self.places.insert(Key::new(Kind::Fact, fact.id), self.facts.len());
                self.facts.push(learned);
            }
            match page.next {
                Some(next) => query = query.with_after(next),
                None => return Ok(()),
            }
        }
    }

    /// Returns the results for a question's contexts of all sizes, in both memories.
    async fn ask(
        &self,
        question: &Question,
        answer: &str,
        tiers: &[Tier],
    ) -> Result<[[Read; BUDGETS.len()]; 2], Error> {
        let wanted = words::content(answer);
        let mut read = [[Read::default(); BUDGETS.len()]; 2];
        for (index, read) in [&self.without, &self.with].into_iter().zip(&mut read) {
            let memory = &index.memory;
            let options = memory.context_options().with_tiers(tiers.to_vec());
            let has_profile = tiers.contains(&Tier::Working);
            let mut candidates = match has_profile {
                true => Vec::new(),
                false => memory.contexts().gather(&question.text, &options).await?,
            };
            for (max_tokens, read) in BUDGETS.into_iter().zip(read) {
                let options = options.clone().with_max_tokens(max_tokens);
                if has_profile {
                    // The profile depends on the budget.
                    candidates = memory.contexts().gather(&question.text, &options).await?;
                }
                let context = memory.contexts().pack(candidates.clone(), &options).await?;
                let keys = context.chunks.iter().flat_map(|chunk| &chunk.ids);
                let keys: Vec<Key> = keys.filter_map(|id| id.parse().ok()).collect();
                let given = words::content(&context.text);
                *read = Read {
                    words: words::share(&wanted, &given).unwrap_or_default(),
                    evidence: self.shown(&keys, &question.evidence),
                };
            }
        }
        Ok(read)
    }

    /// Returns the share of `evidence` among the records with these keys.
    fn shown(&self, keys: &[Key], evidence: &[String]) -> f64 {
        let mut shown: Vec<&str> = Vec::new();
        for key in keys {
            shown.extend(self.with.names.get(key).map(String::as_str));
            let fact = self.places.get(key).map(|at| &self.facts[*at]);
            shown.extend(fact.into_iter().flat_map(|it| &it.evidence).map(String::as_str));
        }
        let count = evidence.iter().filter(|turn| shown.contains(&turn.as_str())).count();
        ratio(count, evidence.len())
    }

    async fn close(self) -> Result<(), Error> {
        self.without.memory.shutdown().await?;
        self.with.memory.shutdown().await?;
        Ok(())
    }
}

/// Results for one context.
#[derive(Debug, Clone, Copy, Default)]
struct Read {
    words: f64,
    evidence: f64,
}

/// Sums over questions, for each memory and size.
#[derive(Debug, Default)]
struct Sums {
    questions: usize,
    sums: [[Read; BUDGETS.len()]; 2],
}

impl Sums {
    fn add(&mut self, read: &[[Read; BUDGETS.len()]; 2]) {
        self.questions += 1;
        self.add_sums(read);
    }

    fn merge(&mut self, other: &Sums) {
        self.questions += other.questions;
        self.add_sums(&other.sums);
    }

    fn add_sums(&mut self, sums: &[[Read; BUDGETS.len()]; 2]) {
        for (sum, read) in self.sums.iter_mut().flatten().zip(sums.iter().flatten()) {
            sum.words += read.words;
            sum.evidence += read.evidence;
        }
    }

    fn means(&self) -> Reach {
        let count = ratio(self.questions.max(1), 1);
        let [turns, facts] = &self.sums;
        let by_size = |value: fn(&Read) -> f64| {
            let beside = turns.iter().zip(facts).map(|(turns, facts)| Beside {
                turns: value(turns) / count,
                facts: value(facts) / count,
            });
            BUDGETS.into_iter().zip(beside).collect()
        };
        Reach { answer_words: by_size(|it| it.words), evidence: by_size(|it| it.evidence) }
    }
}
