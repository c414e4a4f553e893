//! Stores a few notes and searches them by meaning and by word. Prints for each hit its relevance,
//! the parts of words and meaning in its score, and the terms of the query that it has.
//!
//! ```text
//! cargo run -p aios-longterm --example search_notes -- "which server crashed?"
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error};

use aios_embedding::StaticModel;
use aios_longterm::{Config, Explain, Longterm, Note, SearchOptions};

const NOTES: [&str; 6] = [
    "The staging database moved to port 5433.",
    "nginx went down on Monday because the disk was full.",
    "Deploys happen on Tuesdays, after the standup.",
    "Ada prefers short answers with the command to run.",
    "The cat sleeps on the warm server rack.",
    "Error E1234 means that the licence has expired.",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let query = env::args().nth(1);
    let queries = match &query {
        Some(query) => vec![query.as_str()],
        None => vec!["which port does staging use?", "which server crashed?", "E1234"],
    };

    let folder = tempfile::tempdir()?;
    let model = StaticModel::bundled()?;
    let longterm = Longterm::open(folder.path(), Config::default(), model).await?;
    for text in NOTES {
        longterm.notes().put(Note::new(text)).await?;
    }

    // A search sees every note that was stored before it began.
    let options = SearchOptions::default().with_limit(3).with_explain(Explain::Yes);
    for query in queries {
        println!("{query}");
        for hit in longterm.search(query, &options).await?.hits {
            println!("  {:.2}  {}", hit.relevance, hit.record.text);
            if let Some(explanation) = hit.explain {
                let (words, meaning) = (explanation.words, explanation.meaning);
                println!("        words {words:.2}, meaning {meaning:.2}: {:?}", explanation.terms);
            }
        }
    }
    longterm.close().await?;
    Ok(())
}
