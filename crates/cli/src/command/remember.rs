//! `remember`: stores one text.

use std::io::Read;

use aios_memory::{Key, MemoryView, RememberOptions};

use crate::{
    args::Remember,
    failure::Failure,
    output::{Output, line},
};

/// Maximum size of a text read from stdin, in bytes.
const STDIN_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub(crate) async fn remember(
    memory: &MemoryView,
    arguments: Remember,
    output: Output,
) -> Result<(), Failure> {
    let text = match arguments.text.as_str() {
        "-" => plain(&read_stdin()?),
        _ => arguments.text,
    };
    #[expect(clippy::cast_possible_truncation, reason = "a share of 1 needs no more digits")]
    let importance = arguments.importance as f32;
    let options = RememberOptions::default()
        .with_kind(arguments.collection)
        .with_tags(arguments.tags)
        .with_importance(importance);
    let remembered = memory.remember_with(&text, options).await?;
    let key = Key::new(arguments.collection, remembered.id.clone()).to_string();
    output.result(&remembered, |out| match remembered.known {
        true => writeln!(out, "already known: {}", line(&key)),
        false => writeln!(out, "remembered: {}", line(&key)),
    })?;
    Ok(())
}

/// Returns a text as `ingest` reads it: without a byte order mark, and with U+FFFD instead of
/// U+0000.
fn plain(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace('\0', "\u{fffd}")
}

/// Reads all of stdin as text. Fails if it exceeds [`STDIN_BYTES_MAX`] or is not UTF-8.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    let failed = |source| Failure::Io { action: "read stdin".to_owned(), source };
    let mut text = String::new();
    std::io::stdin().take(STDIN_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    match text.len() as u64 <= STDIN_BYTES_MAX {
        true => Ok(text),
        false => Err(Failure::Usage {
            message: format!("stdin has more than {STDIN_BYTES_MAX} bytes"),
            hint: "use `aios-memory ingest FILE` for larger texts",
        }),
    }
}
