//! Learning through its public API.
#![allow(clippy::unwrap_used)]

mod chat;
#[cfg(feature = "client")]
mod client;
mod everyday;
mod facts;
mod grounding;
mod limits;
#[cfg(feature = "local")]
mod local;
mod requests;
mod summaries;
mod supersession;
mod times;

use aios_learning::{Draft, Extractor, Heard, Message};

/// Rows of a fixture without its heading, each cut at its tabs into `columns` columns.
fn rows(text: &'static str, columns: usize) -> Vec<Vec<&'static str>> {
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let rows: Vec<_> = rows.collect();
    assert!(rows.iter().all(|row| row.len() == columns), "a row has another number of columns");
    rows
}

/// A message of Ada to Bo on a day at noon, UTC.
fn said(key: &str, text: &str, day: &str) -> Message {
    let at = format!("{day}T12:00:00Z").parse().unwrap();
    Message::new(key, text).with_time(at, 0).with_names("Ada", "Bo")
}

/// Returns the facts of a text that Ada says to Bo on 14 August 2023.
fn facts_of(text: &str) -> Vec<Draft> {
    let message = said("m1", text, "2023-08-14");
    Extractor::default().extract(&message, None, &mut Heard::default()).drafts
}
