//! Stored texts in the form in which a model may read them. Contexts apply the same rules; their
//! layout is in `aios_context`.

use aios_guard::{Policy, sanitize};

use crate::MemoryView;

/// A stored text in the form in which a model may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// The text after the guard, without invisible characters. Every line break is a newline.
    pub text: String,
    /// True if the policy for injections is to mark them and the guard suspects one in the text.
    pub has_injection: bool,
    /// True if the policy for secrets is to mark them and the guard suspects one in the text.
    pub has_secret: bool,
}

impl MemoryView {
    /// Returns a stored text in the form in which a model may read it. `None` if the guard refuses
    /// it.
    #[must_use]
    pub fn shown(&self, text: &str) -> Option<Shown> {
        let guard = self.config().to_guard();
        let passed = guard.apply(text).ok()?;
        let is_marked = |policy: Policy| policy == Policy::Mark;
        Some(Shown {
            text: sanitize(&passed.text).into_owned(),
            has_injection: passed.findings.has_injection() && is_marked(guard.injections),
            has_secret: passed.findings.has_secret() && is_marked(guard.secrets),
        })
    }
}
