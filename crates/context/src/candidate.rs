//! The candidates of a context. Finding them is the caller's task.

use std::cmp::Ordering;

use aios_record::{Kind, Record, Source, Tier, Timestamp, Trust};

/// A text that may become part of a context, with its metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The section of the context. Default: [`Section::Retrieved`].
    pub section: Section,
    /// The tier that it was read from.
    pub tier: Tier,
    /// The kind of record.
    pub kind: Kind,
    /// The caller's id for it, such as a record's key. Two candidates with the same id are one.
    pub id: String,
    /// Its text, verbatim.
    pub text: String,
    /// An annotation that follows the text, without a separator, if the budget has room for it
    /// after all candidates were considered.
    pub annotation: Option<String>,
    /// The relevance for the task, 0 to 1. Values outside are clamped, and NaN counts as 0.
    pub relevance: f64,
    /// The time of the event.
    pub time: Option<Timestamp>,
    /// The speaker.
    pub speaker: Option<String>,
    /// The conversation it belongs to.
    pub session: Option<String>,
    /// The position in the session.
    pub position: Option<i64>,
    /// Its heading.
    pub title: Option<String>,
    /// The source that it was derived from.
    pub source: Option<Source>,
    /// The trust in its content.
    pub trust: Trust,
}

impl Candidate {
    /// Returns a retrieved candidate of relevance 0 without optional fields.
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
            annotation: None,
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

    /// Returns a retrieved candidate for a stored record. Its id is the record's identity as
    /// displayed, such as `goal/g1` or `goal/g1 of ada`.
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

    /// Sets the section.
    #[must_use]
    pub fn with_section(self, section: Section) -> Candidate {
        Candidate { section, ..self }
    }

    /// Sets the annotation.
    #[must_use]
    pub fn with_annotation(self, annotation: impl Into<String>) -> Candidate {
        Candidate { annotation: Some(annotation.into()), ..self }
    }

    /// Sets the relevance.
    #[must_use]
    pub fn with_relevance(self, relevance: f64) -> Candidate {
        Candidate { relevance, ..self }
    }

    /// Sets the time.
    #[must_use]
    pub fn with_time(self, time: Timestamp) -> Candidate {
        Candidate { time: Some(time), ..self }
    }

    /// Sets the speaker.
    #[must_use]
    pub fn with_speaker(self, speaker: impl Into<String>) -> Candidate {
        Candidate { speaker: Some(speaker.into()), ..self }
    }

    /// Sets the session and the position in it.
    #[must_use]
    pub fn with_session(self, session: impl Into<String>, position: i64) -> Candidate {
        Candidate { session: Some(session.into()), position: Some(position), ..self }
    }

    /// Sets the heading.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Candidate {
        Candidate { title: Some(title.into()), ..self }
    }

    /// Sets the source that it was derived from.
    #[must_use]
    pub fn with_source(self, source: Source) -> Candidate {
        Candidate { source: Some(source), ..self }
    }

    /// Sets the trust.
    #[must_use]
    pub fn with_trust(self, trust: Trust) -> Candidate {
        Candidate { trust, ..self }
    }

    /// Returns `true` if it is rendered as a turn of a conversation.
    pub(crate) fn is_turn(&self) -> bool {
        let in_conversation = self.session.is_some() || self.section == Section::Recent;
        self.kind == Kind::Message && in_conversation
    }

    /// Compares by the order of consideration: by section, best first, then newest first. Includes
    /// every field, so that candidates that compare equal are equal.
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
            .then_with(|| self.annotation.cmp(&other.annotation))
            .then_with(|| self.speaker.cmp(&other.speaker))
            .then_with(|| self.title.cmp(&other.title))
            .then_with(|| self.trust.cmp(&other.trust))
            .then_with(|| source(self).cmp(&source(other)))
    }
}

/// The section of a candidate. The variants are in the order of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The snapshot of the machine state.
    Pinned,
    /// The user's preferences and the persona.
    Profile,
    /// The newest messages of the session, oldest first.
    Recent,
    /// Candidates found for the task. The default.
    #[default]
    Retrieved,
}
