//! Measures the rules on labelled conversations and cases.
//!
//! ```text
//! cargo run --release -p aios-learning --example evaluate -- DATA_DIR
//! ```
//!
//! DATA_DIR holds `locomo/*.json`, `locomo/observations.json` and `learning/supersede_dev.jsonl`,
//! each optional.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

mod measure;

use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = env::args().nth(1).ok_or("expected the directory of the data")?;
    let dir = Path::new(&dir);
    measure::supersession::print(&dir.join("learning/supersede_dev.jsonl"))?;
    let conversations = measure::locomo::read(&dir.join("locomo"))?;
    if !conversations.is_empty() {
        measure::worth::print(&conversations);
        measure::times::print(&conversations);
        measure::speed::print(&conversations);
    }
    Ok(())
}
