//! The guard through its public API.
#![allow(clippy::unwrap_used)]

mod corpus;
mod hidden;
mod injections;
mod limits;
mod policies;
mod secrets;
mod whole;

use aios_guard::{Kind, scan};

/// Returns the findings in `text`: kind, rule and matched text.
fn found(text: &str) -> Vec<(Kind, &'static str, &str)> {
    let findings = scan(text);
    let items = findings.items().iter();
    items.map(|found| (found.kind, found.rule, &text[found.span.clone()])).collect()
}
