//! Ranks a few texts by their similarity to a query, with the bundled model.
//!
//! ```text
//! cargo run -p aios-embedding --example similarity -- "which server crashed?"
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, time::Instant};

use aios_embedding::{Embedder, Error, StaticModel, related_terms};

const TEXTS: &[&str] = &[
    "nginx went down at noon and came back after a restart",
    "the database on the staging machine moved to port 5433",
    "a kitten naps on the warm windowsill",
    "our dog chased the neighbour's cat up a tree",
    "the invoice for March has not been paid",
    "Ada prefers the night train to Lisbon",
];

fn main() -> Result<(), Error> {
    let given = env::args().nth(1);
    let queries = match &given {
        Some(query) => vec![query.as_str()],
        None => vec!["which server crashed?", "pets", "unpaid bills"],
    };

    let started = Instant::now();
    let model = StaticModel::bundled()?;
    let loaded = started.elapsed();
    let vectors = model.embed_documents(TEXTS)?;
    println!("{} ({} dimensions), loaded in {loaded:.1?}", model.fingerprint(), model.dimension());

    for query in queries {
        let vector = model.embed_query(query)?;
        // Vectors have length 1, so their dot product is the cosine of the angle between them.
        let cosines = vectors.iter().map(|other| dot(&vector, other));
        let mut ranked: Vec<(f32, &str)> = cosines.zip(TEXTS.iter().copied()).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));

        println!("\n{query}");
        for (cosine, text) in &ranked[..3] {
            println!("  {cosine:5.2}  {text}");
        }
    }

    let near: Vec<String> = related_terms("dog").map(|(term, at)| format!("{term} {at}")).collect();
    println!("\nstems near `dog`: {}", near.join(", "));
    Ok(())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
