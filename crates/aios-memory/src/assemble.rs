//! Assembling the context for a task: the knowledge of all tiers, packed into a token budget.

mod notes;

use std::collections::HashSet;

use aios_context::{Candidate, Context, Format, Policy, Section, TokenCount};
use aios_longterm::SearchOptions;
use aios_operational::Snapshot;
use aios_record::{Id, Identity, Key, Kind, Owner, Record, Tier};
use aios_working::{Fact, FindOptions};

use crate::{Error, MemoryView, tokens::Tokenizer};

/// The part of the budget that current facts may take, as a divisor: hits come first.
const FACTS_SHARE: usize = 10;
/// Maximum number and minimum relevance of the hits whose facts are left out, since the hits state
/// them. Hits after these may not fit.
const STATED_BY_MAX: usize = 10;
const STATED_BY_RELEVANCE_MIN: f64 = 0.5;
/// Characters that count as a token of a fact.
const TOKEN_CHARS: usize = 4;

/// Maximum number of matching records of working memory. They cover kinds that are not fed to
/// long-term memory, such as tool calls and patterns.
const WORKING_CANDIDATES: usize = 5;

/// Relevance by rank, because the word search of working memory gives an order but no comparable
/// relevance.
const WORKING_RELEVANCE: [f64; WORKING_CANDIDATES] = [0.5, 0.4, 0.3, 0.2, 0.1];

/// The options of a context. [`MemoryView::context_options`] returns the configured ones.
///
/// ```
/// # use aios_memory::{AgentMemory, Config};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.remember("The staging database moved to port 5433.").await?;
///
/// let options = memory.context_options().with_max_tokens(300).with_session("standup");
/// let context = memory.assemble_context("connect to staging", &options).await?;
/// assert!(context.text.contains("5433") && context.total_tokens <= 300.into());
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ContextOptions {
    /// The token budget: the maximum number of tokens.
    pub max_tokens: usize,
    /// The tokenizer that counts the tokens.
    pub tokenizer: Tokenizer,
    /// The tiers to draw from.
    pub tiers: Vec<Tier>,
    /// The output format.
    pub format: Format,
    /// The conversation whose last messages are included verbatim. Default: the session that the
    /// view is narrowed to.
    pub session: Option<String>,
}

impl ContextOptions {
    /// Sets the token budget.
    #[must_use]
    pub fn with_max_tokens(self, max_tokens: usize) -> ContextOptions {
        ContextOptions { max_tokens, ..self }
    }

    /// Sets the tokenizer that counts the tokens.
    #[must_use]
    pub fn with_tokenizer(self, tokenizer: Tokenizer) -> ContextOptions {
        ContextOptions { tokenizer, ..self }
    }

    /// Sets the tiers to draw from.
    #[must_use]
    pub fn with_tiers(self, tiers: Vec<Tier>) -> ContextOptions {
        ContextOptions { tiers, ..self }
    }

    /// Sets the output format.
    #[must_use]
    pub fn with_format(self, format: Format) -> ContextOptions {
        ContextOptions { format, ..self }
    }

    /// Sets the conversation whose last messages are included verbatim.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>) -> ContextOptions {
        ContextOptions { session: Some(session.into()), ..self }
    }
}

/// The two steps of assembling a context, for callers that pack the same candidates several times.
///
/// ```
/// # use aios_memory::{AgentMemory, Config};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// memory.remember("The staging database moved to port 5433.").await?;
///
/// let options = memory.context_options();
/// let candidates = memory.contexts().gather("connect to staging", &options).await?;
/// for max_tokens in [200, 400] {
///     let options = options.clone().with_max_tokens(max_tokens);
///     let context = memory.contexts().pack(candidates.clone(), &options).await?;
///     assert!(context.total_tokens <= max_tokens.into());
/// }
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Contexts<'a> {
    view: &'a MemoryView,
}

impl MemoryView {
    /// Returns the two steps of assembling a context.
    #[must_use]
    pub fn contexts(&self) -> Contexts<'_> {
        Contexts { view: self }
    }

    /// Returns the configured options.
    #[must_use]
    pub fn context_options(&self) -> ContextOptions {
        let settings = &self.config().context;
        ContextOptions {
            max_tokens: settings.max_tokens,
            tokenizer: settings.tokenizer,
            tiers: settings.tiers.clone(),
            format: Format::default(),
            session: None,
        }
    }

    /// Gathers the knowledge of all tiers about `task` and packs it into `options.max_tokens`: the
    /// machine state, the user's profile, the last messages of the session, and search hits. The
    /// token count is exact for the chosen tokenizer and never exceeds the budget.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the session is not a valid id; errors of the tiers, for example if
    /// the task is too long for a search.
    pub async fn assemble_context(
        &self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Context, Error> {
        let candidates = self.contexts().gather(task, options).await?;
        self.contexts().pack(candidates, options).await
    }

    /// Returns the state of the machine and its agents, read off the async workers.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if the reading task panicked.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let operational = self.shared().operational.clone();
        let reading = tokio::task::spawn_blocking(move || operational.snapshot());
        reading.await.map_err(|_| Error::Interrupted)
    }

    /// Returns the preferences, the persona, and the last messages of the session.
    async fn standing_candidates(&self, options: &ContextOptions) -> Result<Vec<Candidate>, Error> {
        let working = self.working();
        let preferences =
            serde_json::to_value(working.preferences().list().await?).unwrap_or_default();
        let mut candidates = Vec::new();
        for (key, value) in preferences.as_object().into_iter().flatten() {
            candidates.push(profile("preference", key, &plain(value)));
        }
        for (key, value) in working.persona().list().await? {
            candidates.push(profile("persona", &key, &value));
        }
        let narrowed = &self.gate().filter().scope.session;
        if let Some(session) = options.session.as_ref().or(narrowed.as_ref()) {
            let count = self.config().context.recent_messages;
            let id = Id::new(session.as_str())?;
            for message in working.messages().recent(&id, count).await? {
                let owner = message.meta.scope.owner();
                let id = Key::new(Kind::Message, message.id).of(owner).to_string();
                let recent = Candidate::new(Tier::Working, Kind::Message, id, message.content)
                    .with_section(Section::Recent)
                    .with_relevance(1.0)
                    .with_time(message.timestamp)
                    .with_session(session, message.position)
                    .with_speaker(message.name.unwrap_or_else(|| message.role.to_string()));
                candidates.push(recent);
            }
        }
        Ok(candidates)
    }

    /// Returns the current facts of about `tokens_max` tokens, except those in `shown` and those
    /// that a record in `shown` states.
    async fn current_facts(
        &self,
        shown: &HashSet<&str>,
        tokens_max: usize,
    ) -> Result<Vec<Candidate>, Error> {
        let settings = &self.config().learning;
        if !settings.enabled || settings.profile_facts == 0 {
            return Ok(Vec::new());
        }
        let facts = self.working().facts().profile(settings.profile_facts).await?;
        let is_stated = |fact: &Fact| {
            let owner = fact.meta.scope.owner();
            let evidence = fact.evidence.iter().filter_map(|key| key.parse::<Key>().ok());
            evidence
                .map(|key| key.of(owner.clone()).to_string())
                .any(|id| shown.contains(id.as_str()))
        };
        let candidates = facts.into_iter().filter(|fact| !is_stated(fact)).map(|fact| {
            let id = Key::new(Kind::Fact, fact.id.clone()).of(fact.meta.scope.owner()).to_string();
            let candidate = Candidate::new(Tier::Working, Kind::Fact, id, fact.statement())
                .with_section(Section::Profile)
                .with_relevance(1.0);
            Candidate { trust: fact.trust(), time: fact.stated_at, ..candidate }
        });
        let is_new = |candidate: &Candidate| !shown.contains(candidate.id.as_str());
        let mut chars = 0;
        let fits = |candidate: &Candidate| {
            chars += candidate.text.chars().count();
            chars <= tokens_max * TOKEN_CHARS
        };
        Ok(candidates.filter(is_new).take_while(fits).collect())
    }

    /// Returns the records of working memory that match the task, except facts, which come with
    /// their evidence or in the profile, and those already in `found`.
    async fn relevant_candidates(
        &self,
        task: &str,
        found: &[Candidate],
    ) -> Result<Vec<Candidate>, Error> {
        let find = FindOptions::default().with_limit(WORKING_CANDIDATES);
        let relevant = self.working().records().find(task, find).await?;
        let is_other = |hit: &aios_working::Hit| hit.record.kind != Kind::Fact;
        let ranked = relevant.into_iter().filter(is_other).zip(WORKING_RELEVANCE);
        let candidates = ranked.map(|(relevant, relevance)| {
            Candidate::from_record(Tier::Working, &relevant.record, relevance)
        });
        let is_new = |candidate: &Candidate| !found.iter().any(|known| known.id == candidate.id);
        Ok(candidates.filter(is_new).collect())
    }

    async fn found_candidates(
        &self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Vec<Candidate>, Error> {
        self.feed().catch_up().await?;
        let kinds = match [Tier::Longterm, Tier::Knowledge].map(|t| options.tiers.contains(&t)) {
            [true, true] => None,
            [false, _] => Some(vec![Kind::Knowledge]),
            [true, false] => {
                let lived = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Knowledge);
                Some(lived.collect())
            }
        };
        let search =
            SearchOptions::default().with_limit(self.config().context.candidates).with_kinds(kinds);
        let (hits, _) = Box::pin(self.searched(task, &search)).await?;
        let notes = self.notes_on(hits.iter().map(|hit| &hit.record)).await?;
        let asks_for_time = aios_longterm::asks_for_time(task);
        let candidates = hits.into_iter().map(|hit| {
            let tier = tier_of(&hit.record);
            let mut candidate = Candidate::from_record(tier, &hit.record, hit.relevance);
            if let Some(notes) = notes.get(&hit.record.identity()) {
                notes.add_to(&mut candidate, asks_for_time);
            }
            candidate
        });
        Ok(candidates.collect())
    }
}

impl MemoryView {
    /// Counts a recall of each record in a context, apart from the messages and the profile that
    /// every context of a session has. The administrator's contexts are not counted, because their
    /// ids do not delimit id and owner.
    fn count_chunks(&self, context: &Context) {
        let Some(owner) = self.gate().acts_for() else { return };
        let found = context.chunks.iter().filter(|chunk| chunk.section == Section::Retrieved);
        let identity = |shown: &String| {
            let suffix = owner.name().map(|user| format!(" of {user}"));
            let own = suffix.and_then(|suffix| shown.strip_suffix(&suffix));
            match own {
                Some(key) => Some(key.parse::<Key>().ok()?.of(owner.clone())),
                None => Some(shown.parse::<Key>().ok()?.of(Owner::SHARED)),
            }
        };
        let recalled: Vec<Identity> =
            found.flat_map(|chunk| &chunk.ids).filter_map(identity).collect();
        self.count_recalls(recalled.iter());
    }
}

impl Contexts<'_> {
    /// Gathers all candidates of a context for `task`: the first step of
    /// [`assemble_context`](MemoryView::assemble_context). [`pack`](Contexts::pack) is the second;
    /// it can be repeated with another budget or format.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] if the session is not a valid id; errors of the tiers, for example if
    /// the task is too long for a search.
    pub async fn gather(
        self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Vec<Candidate>, Error> {
        let mut candidates = Vec::new();
        let has = |tier| options.tiers.contains(&tier);
        if has(Tier::Operational) {
            let text = describe(&self.view.snapshot().await?);
            let pinned = Candidate::new(Tier::Operational, Kind::Event, "snapshot", text);
            candidates.push(pinned.with_section(Section::Pinned).with_relevance(1.0));
        }
        let mut found = Vec::new();
        if has(Tier::Longterm) || has(Tier::Knowledge) {
            found = self.view.found_candidates(task, options).await?;
        }
        if has(Tier::Working) {
            candidates.extend(self.view.standing_candidates(options).await?);
            let tokens_max = options.max_tokens / FACTS_SHARE;
            let best = found.iter().take(STATED_BY_MAX);
            let best = best.filter(|hit| STATED_BY_RELEVANCE_MIN <= hit.relevance);
            let shown = candidates.iter().chain(best).map(|it| it.id.as_str()).collect();
            let facts = self.view.current_facts(&shown, tokens_max).await?;
            candidates.extend(facts);
            candidates.extend(self.view.relevant_candidates(task, &found).await?);
        }
        candidates.extend(found);
        Ok(candidates)
    }

    /// Returns the number of tokens in `text` by a tokenizer.
    ///
    /// # Errors
    /// [`Error::Context`] if the tokenizer is not part of this build.
    pub async fn count(self, text: String, tokenizer: Tokenizer) -> Result<TokenCount, Error> {
        let embedder = self.view.embedder().clone();
        let counting =
            tokio::task::spawn_blocking(move || Ok(tokenizer.counter(&embedder)?.count(&text)));
        counting.await.map_err(|_| Error::Interrupted)?
    }

    /// Packs as many of `candidates` as fit into `options.max_tokens`.
    ///
    /// # Errors
    /// [`Error::Context`] if a setting of the context is invalid.
    pub async fn pack(
        self,
        candidates: Vec<Candidate>,
        options: &ContextOptions,
    ) -> Result<Context, Error> {
        let settings = &self.view.config().context;
        let policy = Policy {
            format: options.format,
            pinned_tokens_max: TokenCount(settings.snapshot_tokens),
            profile_tokens_max: TokenCount(settings.profile_tokens),
            recent_messages_max: settings.recent_messages,
            guard: self.view.config().to_guard(),
            ..Policy::default()
        };
        let budget = TokenCount(options.max_tokens);
        let (tokenizer, embedder) = (options.tokenizer, self.view.embedder().clone());
        let packing = tokio::task::spawn_blocking(move || {
            let counter = tokenizer.counter(&embedder)?;
            aios_context::assemble(candidates, &policy, budget, &*counter)
        });
        let context = packing.await.map_err(|_| Error::Interrupted)??;
        self.view.count_chunks(&context);
        Ok(context)
    }
}

/// Describes the machine state in a few words.
#[must_use]
pub fn describe(snapshot: &Snapshot) -> String {
    let Snapshot { cpu_percent, memory_used_mb, memory_total_mb, .. } = snapshot;
    let mut parts = vec![
        format!("CPU {cpu_percent:.0}%"),
        format!("RAM {memory_used_mb:.0} of {memory_total_mb:.0} MB"),
        format!("disk {:.1} of {:.1} GB", snapshot.disk_used_gb, snapshot.disk_total_gb),
    ];
    if 0.0 < snapshot.gpu_utilization {
        parts.push(format!("GPU {:.0}%", snapshot.gpu_utilization));
    }
    let [one, five, fifteen] = snapshot.load_average;
    parts.push(format!("load {one:.2} {five:.2} {fifteen:.2}"));
    parts.push(format!(
        "{} active tasks of {} agents",
        snapshot.active_tasks, snapshot.active_agents
    ));
    if !snapshot.loaded_models.is_empty() {
        parts.push(format!("models {}", snapshot.loaded_models.join(", ")));
    }
    parts.join(", ")
}

/// Returns the tier of a hit. For contexts, knowledge is a tier of its own.
fn tier_of(record: &Record) -> Tier {
    match record.kind {
        Kind::Knowledge => Tier::Knowledge,
        _ => Tier::Longterm,
    }
}

fn profile(what: &str, key: &str, value: &str) -> Candidate {
    let (id, text) = (format!("{what}/{key}"), format!("{key}: {value}"));
    Candidate::new(Tier::Working, Kind::Entry, id, text)
        .with_section(Section::Profile)
        .with_relevance(1.0)
}

/// Formats a JSON value as in running text.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
