//! What may go into a context. Not here: how it is found.

use std::cmp::Ordering;

use aios_record::{Kind, Record, Source, Tier, Timestamp, Trust};

/// One text that may go into a context, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Where in the context it would stand; [`Section::Retrieved`] unless told.
    pub section: Section,
    /// Where it was read from.
    pub tier: Tier,
    /// What sort of record it is.
    pub kind: Kind,
    /// What the caller knows it by, such as a record's key. Two candidates of one id are one.
    pub id: String,
    /// Its text, verbatim.
    pub text: String,
    /// How well it fits the task, 0 to 1; what is outside is taken as the nearer end, NaN as 0.
    pub relevance: f64,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// Who said it.
    pub speaker: Option<String>,
    /// The conversation it belongs to.
    pub session: Option<String>,
    /// Its place in the session.
    pub position: Option<i64>,
    /// Its heading.
    pub title: Option<String>,
    /// What it was derived from.
    pub source: Option<Source>,
    /// How far it may be believed.
    pub trust: Trust,
}

impl Candidate {
    /// A retrieved candidate of relevance 0 with nothing but what every candidate needs.
    #[must_use]
    pub fn new(
        tier: Tier,
        kind: Kind,
        id: impl Into<String>,
        text: impl Into<String>,
    ) -> Candidate {
        Candidate {
            section: Section::Retrieved,
            tier,
            kind,
            id: id.into(),
            text: text.into(),
            relevance: 0.0,
            time: None,
            speaker: None,
            session: None,
            position: None,
            title: None,
            source: None,
            trust: Trust::default(),
        }
    }

    /// A retrieved candidate from a stored record. Its id is the record's identity as it is shown,
    /// such as `goal/g1` or `goal/g1 of ada`.
    #[must_use]
    pub fn from_record(tier: Tier, record: &Record, relevance: f64) -> Candidate {
        Candidate {
            relevance,
            time: Some(record.time()),
            speaker: record.speaker.clone(),
            session: record.scope.session.clone(),
            position: record.position,
            title: record.title.clone(),
            source: record.source.clone(),
            trust: record.trust,
            ..Candidate::new(tier, record.kind, record.identity().to_string(), record.text.clone())
        }
    }

    /// This candidate in the given section.
    #[must_use]
    pub fn with_section(self, section: Section) -> Candidate {
        Candidate { section, ..self }
    }

    /// This candidate with the given relevance.
    #[must_use]
    pub fn with_relevance(self, relevance: f64) -> Candidate {
        Candidate { relevance, ..self }
    }

    /// This candidate at the given time.
    #[must_use]
    pub fn with_time(self, time: Timestamp) -> Candidate {
        Candidate { time: Some(time), ..self }
    }

    /// This candidate as said by `speaker`.
    #[must_use]
    pub fn with_speaker(self, speaker: impl Into<String>) -> Candidate {
        Candidate { speaker: Some(speaker.into()), ..self }
    }

    /// This candidate at its place in a session.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>, position: i64) -> Candidate {
        Candidate { session: Some(session.into()), position: Some(position), ..self }
    }

    /// This candidate with a heading.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Candidate {
        Candidate { title: Some(title.into()), ..self }
    }

    /// This candidate with what it was derived from.
    #[must_use]
    pub fn with_source(self, source: Source) -> Candidate {
        Candidate { source: Some(source), ..self }
    }

    /// This candidate with the given trust.
    #[must_use]
    pub fn with_trust(self, trust: Trust) -> Candidate {
        Candidate { trust, ..self }
    }

    /// Whether it reads as a turn of a conversation.
    pub(crate) fn is_turn(&self) -> bool {
        let in_conversation = self.session.is_some() || self.section == Section::Recent;
        self.kind == Kind::Message && in_conversation
    }

    /// The order in which candidates are considered: by section, best first, then newest first.
    /// It looks at every field, so that candidates which compare equal are equal.
    pub(crate) fn precedence(&self, other: &Candidate) -> Ordering {
        let source = |c: &Candidate| c.source.as_ref().map(|s| (s.kind.clone(), s.id.clone()));
        (self.section.cmp(&other.section))
            .then_with(|| other.relevance.total_cmp(&self.relevance))
            .then_with(|| other.time.cmp(&self.time))
            .then_with(|| self.tier.cmp(&other.tier))
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.session.cmp(&other.session))
            .then_with(|| self.position.cmp(&other.position))
            .then_with(|| self.id.cmp(&other.id))
            .then_with(|| self.text.cmp(&other.text))
            .then_with(|| self.speaker.cmp(&other.speaker))
            .then_with(|| self.title.cmp(&other.title))
            .then_with(|| self.trust.cmp(&other.trust))
            .then_with(|| source(self).cmp(&source(other)))
    }
}

/// Where a candidate stands in the context. The order here is that of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The snapshot of the machine.
    Pinned,
    /// Preferences and persona of the user.
    Profile,
    /// The newest messages of the session, oldest first.
    Recent,
    /// What was found for the task. The default.
    #[default]
    Retrieved,
}
