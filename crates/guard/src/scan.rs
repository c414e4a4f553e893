//! Scanning a text for findings, and redacting them.

use std::{borrow::Cow, cmp::Reverse, fmt, ops::Range};

use serde::{Deserialize, Serialize};

use crate::{
    hidden::{self, Class, classify},
    markers, rules,
};

/// Maximum number of bytes of a text that are scanned.
pub const SCAN_BYTES_MAX: usize = 16 << 20;

/// Maximum number of findings of a scan; a text with more is reported as incomplete.
pub const FINDINGS_MAX: usize = 10_000;

/// Scans the first [`SCAN_BYTES_MAX`] bytes of `text` for injections and secrets.
///
/// ```
/// use aios_guard::{Kind, scan};
///
/// let findings = scan("key: AKIAIOSFODNN7EXAMPLE");
/// assert_eq!(findings.items()[0].kind, Kind::Token);
/// assert_eq!(findings.items()[0].rule, "aws-access-key");
/// assert_eq!(findings.items()[0].span, 5..25);
/// ```
#[must_use]
pub fn scan(text: &str) -> Findings {
    let seen = &text[..text.floor_char_boundary(SCAN_BYTES_MAX)];
    let mut items = hidden_runs(seen);
    let plain = hidden::plain(seen);
    let masked = markers::masked(&plain.text);
    let matches = rules::matches(masked.as_deref().unwrap_or(&plain.text));
    let whole = |span: Range<usize>| match masked {
        Some(_) => markers::outside(&plain.text, span),
        None => Some(span),
    };
    let is_cut = rules::MATCHES_MAX < matches.len();
    items.extend(matches.into_iter().filter_map(|found| {
        let span = plain.origin(whole(found.span)?);
        Some(Finding { kind: found.kind, rule: found.rule, span })
    }));
    items.sort_by_key(|found| {
        (found.span.start, Reverse(found.span.end), is_guess(found.kind), found.rule)
    });
    items.dedup();
    drop_shadowed(&mut items);
    let complete = !is_cut && seen.len() == text.len() && items.len() <= FINDINGS_MAX;
    items.truncate(FINDINGS_MAX);
    Findings { items, complete }
}

/// Removes secrets within another one, such as a random run inside a token. If two have the same
/// span, the guess comes second and is removed.
fn drop_shadowed(items: &mut Vec<Finding>) {
    let mut secret_until = 0;
    items.retain(|found| {
        if !found.kind.is_secret() {
            return true;
        }
        let is_shadowed = found.span.end <= secret_until;
        secret_until = secret_until.max(found.span.end);
        !is_shadowed
    });
}

/// Returns true if the kind is inferred from the context of a text rather than from its shape.
fn is_guess(kind: Kind) -> bool {
    matches!(kind, Kind::HighEntropy | Kind::Credential)
}

/// Returns the runs of invisible characters, one finding per run of one rule.
fn hidden_runs(text: &str) -> Vec<Finding> {
    let mut runs: Vec<Finding> = Vec::new();
    for (offset, c, class) in classify(text) {
        let Class::Hidden(rule) = class else { continue };
        let end = offset + c.len_utf8();
        if FINDINGS_MAX < runs.len() {
            break;
        }
        match runs.last_mut() {
            Some(run) if run.span.end == offset && run.rule == rule => run.span.end = end,
            _ => runs.push(Finding { kind: Kind::HiddenText, rule, span: offset..end }),
        }
    }
    runs
}

/// Removes every finding from `text`: hidden characters are deleted, everything else becomes
/// `[redacted: rule]`. Overlapping findings are removed together, under the first one's rule.
///
/// `findings` are those of a [`scan`] of the same text; spans that do not fit it are ignored.
///
/// ```
/// use aios_guard::{redact, scan};
///
/// let text = "db password = kUr7-9zzQ, keep it";
/// assert_eq!(redact(text, &scan(text)), "db password = [redacted: assigned-password], keep it");
/// ```
#[must_use]
pub fn redact<'t>(text: &'t str, findings: &Findings) -> Cow<'t, str> {
    redact_where(text, findings, |_| true)
}

/// As [`redact`], but only for the kinds that `wanted` accepts.
pub(crate) fn redact_where<'t>(
    text: &'t str,
    findings: &Findings,
    wanted: impl Fn(Kind) -> bool,
) -> Cow<'t, str> {
    let mut out = String::new();
    let mut kept_until = 0;
    for Finding { rule, kind, span } in findings.items.iter().filter(|f| wanted(f.kind)) {
        if span.end <= kept_until || text.get(span.clone()).is_none() {
            continue;
        }
        if kept_until <= span.start {
            out.push_str(&text[kept_until..span.start]);
            if *kind != Kind::HiddenText {
                markers::push(&mut out, rule);
            }
        }
        kept_until = span.end;
    }
    if kept_until == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept_until..]);
    Cow::Owned(out)
}

/// The findings of a scan, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    items: Vec<Finding>,
    complete: bool,
}

impl Findings {
    /// Creates the finding for a text that is a secret as a whole because of its name.
    pub(crate) fn of_whole(text: &str) -> Findings {
        let rule = "assigned-password";
        let items = vec![Finding { kind: Kind::Credential, rule, span: 0..text.len() }];
        Findings { items, complete: true }
    }

    /// Returns the findings, sorted by their start.
    #[must_use]
    pub fn items(&self) -> &[Finding] {
        &self.items
    }

    /// Returns true if nothing was found. This is inconclusive if the text was not scanned
    /// completely; see [`is_complete`](Findings::is_complete).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns true if the whole text was scanned and every finding is listed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Returns true if any finding is an instruction or hidden text.
    #[must_use]
    pub fn has_injection(&self) -> bool {
        self.items.iter().any(|found| found.kind.is_injection())
    }

    /// Returns true if any finding is a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.items.iter().any(|found| found.kind.is_secret())
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Kind of the finding.
    pub kind: Kind,
    /// The rule that found it, such as `github-token`.
    pub rule: &'static str,
    /// Position in the text, in bytes, on character boundaries.
    pub span: Range<usize>,
}

/// Kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// "Ignore all previous instructions" and similar.
    InstructionOverride,
    /// Text that poses as the system, the developer or the vendor.
    RoleSpoofing,
    /// Markers of chat templates and tool calls, such as `<|im_start|>`.
    ChatMarkup,
    /// A request for the prompt, for secrets, or to send them somewhere.
    Exfiltration,
    /// Characters that are invisible to people but read by a model.
    HiddenText,
    /// A private key.
    PrivateKey,
    /// A token of a well-known shape.
    Token,
    /// A secret in an assignment, a header or a URL.
    Credential,
    /// A run of characters that looks random, without a known shape.
    HighEntropy,
}

impl Kind {
    /// Returns the serialised name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::InstructionOverride => "instruction_override",
            Kind::RoleSpoofing => "role_spoofing",
            Kind::ChatMarkup => "chat_markup",
            Kind::Exfiltration => "exfiltration",
            Kind::HiddenText => "hidden_text",
            Kind::PrivateKey => "private_key",
            Kind::Token => "token",
            Kind::Credential => "credential",
            Kind::HighEntropy => "high_entropy",
        }
    }

    /// Returns true if the kind is an instruction or hidden text.
    #[must_use]
    pub fn is_injection(self) -> bool {
        !self.is_secret()
    }

    /// Returns true if the kind is a secret.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Kind::PrivateKey | Kind::Token | Kind::Credential | Kind::HighEntropy)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
