//! The context for a task: what every tier knows, packed into a budget of tokens.

use aios_context::{Candidate, Context, Format, Policy, Section, TokenCount};
use aios_longterm::SearchOptions;
use aios_record::{Kind, Record, ScopeFilter, Tier};

use crate::{AgentMemory, Error, tokens::Tokenizer};

/// How many working records that fit the task are looked at; what fits them is in long-term
/// memory as well, but these are as they are now.
const WORKING_CANDIDATES: usize = 5;

/// The user whose preferences hold where none is named.
const USER_DEFAULT: &str = "default";

/// What a context is to be. [`AgentMemory::context_options`] gives one from the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextOptions {
    /// The budget.
    pub max_tokens: usize,
    /// What counts the tokens.
    pub tokenizer: Tokenizer,
    /// The tiers that it draws from.
    pub tiers: Vec<Tier>,
    /// How it is written.
    pub format: Format,
    /// Whose records. A session that it names gives the messages that are shown as they were said.
    pub scope: ScopeFilter,
}

impl AgentMemory {
    /// What the settings say of contexts, for everybody's records.
    #[must_use]
    pub fn context_options(&self) -> ContextOptions {
        let settings = &self.config().context;
        ContextOptions {
            max_tokens: settings.max_tokens,
            tokenizer: settings.tokenizer,
            tiers: settings.tiers.clone(),
            format: Format::default(),
            scope: ScopeFilter::default(),
        }
    }

    /// Gathers what every tier knows of `task` and packs it into `options.max_tokens`: the state
    /// of the machine, what is known of the user, the session's last messages, and what search
    /// finds. Its tokens are exact for the tokenizer named, and never more than asked for.
    ///
    /// # Errors
    /// What the tiers report, such as a task that is too long to search for.
    pub async fn assemble_context(
        &self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Context, Error> {
        let mut candidates = Vec::new();
        let has = |tier| options.tiers.contains(&tier);
        if has(Tier::Operational) {
            candidates.extend(self.snapshot_candidate().await?);
        }
        if has(Tier::Working) {
            candidates.extend(self.working_candidates(task, options).await?);
        }
        if has(Tier::Longterm) || has(Tier::Knowledge) {
            candidates.extend(self.found_candidates(task, options).await?);
        }
        let settings = &self.config().context;
        let policy = Policy {
            format: options.format,
            pinned_tokens_max: TokenCount(settings.snapshot_tokens),
            profile_tokens_max: TokenCount(settings.profile_tokens),
            recent_messages_max: settings.recent_messages,
            guard: self.config().to_guard(),
            ..Policy::default()
        };
        let budget = TokenCount(options.max_tokens);
        let (tokenizer, embedder) = (options.tokenizer, self.embedder().clone());
        let packing = tokio::task::spawn_blocking(move || {
            let counter = tokenizer.counter(&embedder)?;
            aios_context::assemble(candidates, &policy, budget, &*counter)
        });
        Ok(packing.await.map_err(|_| Error::Interrupted)??)
    }

    /// The state of the machine.
    async fn snapshot_candidate(&self) -> Result<Option<Candidate>, Error> {
        let operational = self.operational().clone();
        let reading = tokio::task::spawn_blocking(move || operational.snapshot());
        let snapshot = reading.await.map_err(|_| Error::Interrupted)?;
        let text = snapshot.to_string();
        let candidate = Candidate::new(Tier::Operational, Kind::Event, "snapshot", text);
        Ok(Some(candidate.with_section(Section::Pinned).with_relevance(1.0)))
    }

    /// What is known of the user, the session's last messages, and what is going on now.
    async fn working_candidates(
        &self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Vec<Candidate>, Error> {
        let working = self.working();
        let scope = &options.scope.scope;
        let user = scope.user.as_deref().unwrap_or(USER_DEFAULT);
        let mut candidates = Vec::new();
        for preference in working.preferences(user).await? {
            let text = format!("{}: {}", preference.key, plain(&preference.value));
            let id = format!("preference/{user}/{}", preference.key);
            candidates.push(profile(id, text));
        }
        for trait_ in working.persona().await? {
            let text = format!("{}: {}", trait_.key, trait_.value);
            candidates.push(profile(format!("persona/{}", trait_.key), text));
        }
        if let Some(session) = &scope.session {
            let count = self.config().context.recent_messages;
            let messages = working.recent_messages(session, count).await?;
            let recent = messages.iter().map(|message| {
                let record = message.to_record();
                Candidate::from_record(Tier::Working, &record, 1.0).with_section(Section::Recent)
            });
            candidates.extend(recent);
        }
        let relevant = working.find_relevant(task, &options.scope, WORKING_CANDIDATES).await?;
        candidates.extend(relevant.iter().map(|found| {
            Candidate::from_record(Tier::Working, &found.record, found.relevance)
        }));
        Ok(candidates)
    }

    async fn found_candidates(
        &self,
        task: &str,
        options: &ContextOptions,
    ) -> Result<Vec<Candidate>, Error> {
        self.catch_up().await?;
        let kinds = match [Tier::Longterm, Tier::Knowledge].map(|t| options.tiers.contains(&t)) {
            [true, true] => None,
            [false, _] => Some(vec![Kind::Knowledge]),
            [true, false] => {
                let lived = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Knowledge);
                Some(lived.collect())
            }
        };
        let search = SearchOptions {
            limit: self.config().context.candidates,
            scope: options.scope.clone(),
            kinds,
            ..SearchOptions::default()
        };
        let found = self.longterm().search(task, &search).await?;
        let candidates = found.hits.into_iter().map(|hit| {
            Candidate::from_record(tier_of(&hit.record), &hit.record, hit.relevance)
        });
        Ok(candidates.collect())
    }
}

/// Knowledge is a tier of its own to those who ask for contexts.
fn tier_of(record: &Record) -> Tier {
    match record.kind {
        Kind::Knowledge => Tier::Knowledge,
        _ => Tier::Longterm,
    }
}

fn profile(id: String, text: String) -> Candidate {
    Candidate::new(Tier::Working, Kind::Entry, id, text)
        .with_section(Section::Profile)
        .with_relevance(1.0)
}

/// A JSON value as one would write it in a sentence.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
