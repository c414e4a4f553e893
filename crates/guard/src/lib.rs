#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`scan`] returns [`Findings`]: the [`Kind`], the rule and the span of each.
//! - [`redact`] removes the findings from the text.
//! - A [`Guard`] holds one [`Policy`] for injections and one for secrets: mark, redact or refuse.
//!   [`Guard::apply_named`] also considers the name of a text, such as its JSON key.
//! - [`sanitize`] strips control, bidirectional and zero-width characters.
//!
//! The shapes of tokens follow the rule sets of gitleaks and detect-secrets.
//!
//! # Invariants
//!
//! - Time is linear in the text (no pattern can backtrack).
//! - Spans are on character boundaries, in order of their start.
//! - A match covers the whole secret, regardless of its length.
//! - Hidden characters between letters do not hide a match, and look-alike letters, entities or
//!   markup do not hide an injection.
//! - A redacted text is not changed by the same [`Guard`] again.
//! - Text beyond [`SCAN_BYTES_MAX`] is not scanned, and [`Findings::is_complete`] reports that.

mod entropy;
mod folded;
mod hidden;
mod markers;
mod policy;
mod rules;
mod scan;
mod spaced;
mod view;

pub use hidden::sanitize;
pub use markers::has_marker;
pub use policy::{Guard, Guarded, Policy};
pub use scan::{FINDINGS_MAX, Finding, Findings, Kind, SCAN_BYTES_MAX, redact, scan};

/// Reason a text was refused, or a policy name not recognised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy refuses a finding.
    #[error("refused: {kind} (rule `{rule}`) at byte {offset}")]
    Refused {
        /// Kind of the first refused finding.
        kind: Kind,
        /// Rule that found it.
        rule: &'static str,
        /// Start of the finding, in bytes.
        offset: usize,
    },
    /// The text is too long, or has too many findings, for a policy that must see all of it.
    #[error(
        "a text of {bytes} bytes cannot be checked completely (limits: {SCAN_BYTES_MAX} bytes, \
         {FINDINGS_MAX} findings)"
    )]
    Unchecked {
        /// Length of the text.
        bytes: usize,
    },
    /// There is no policy with this name.
    #[error("unknown guard policy `{name}`; expected mark, redact or refuse")]
    UnknownPolicy {
        /// The given name.
        name: String,
    },
}
