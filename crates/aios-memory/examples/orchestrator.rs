//! A whole small agent: it makes a plan for a goal, does the tasks with tools in a directory of its
//! own, and logs every step. Killed at any moment, it continues with the next run. Steps that
//! worked once are used again without asking the model.
//!
//! ```text
//! cargo run -p aios-memory --example orchestrator
//! cargo run -p aios-memory --example orchestrator -- --memory DIR --sandbox DIR --die-at 3
//! cargo run -p aios-memory --example orchestrator -- --memory DIR --sandbox DIR
//! ```
//!
//! The default model is a set of rules, which needs no network. With `ORCHESTRATOR_MODEL_URL`, such
//! as `http://127.0.0.1:11434/v1`, and `ORCHESTRATOR_MODEL` it is a chat model of any compatible
//! endpoint; `ORCHESTRATOR_MODEL_KEY` is its key, if it wants one.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

#[path = "orchestrator/agent.rs"]
mod agent;
#[path = "orchestrator/chat.rs"]
mod chat;
#[path = "orchestrator/endpoint.rs"]
mod endpoint;
#[path = "orchestrator/rules.rs"]
mod rules;
#[path = "orchestrator/tools.rs"]
mod tools;

use std::{error::Error, fs, path::PathBuf};

use aios_memory::{AgentMemory, Config};

use crate::{
    agent::Agent,
    chat::{Asked, ChatModel},
    endpoint::Endpoint,
    rules::Rules,
    tools::Sandbox,
};

/// The goal, if none is given.
const GOAL: &str = "Write an index of notes to index.txt";

/// The command line.
struct Arguments {
    memory: Option<PathBuf>,
    sandbox: Option<PathBuf>,
    /// The number of the step after which the process aborts, as if it was killed.
    die_at: Option<u64>,
    goal: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let folder = tempfile::tempdir()?;
    let dir = arguments.memory.unwrap_or_else(|| folder.path().join("memory"));
    let memory = AgentMemory::open(Config::at(dir)).await?;
    let sandbox = match arguments.sandbox {
        Some(dir) => Sandbox::new(&dir)?,
        None => {
            let dir = folder.path().join("sandbox");
            fs::create_dir_all(dir.join("notes"))?;
            fs::write(dir.join("notes/ports.txt"), "Ports\nStaging is on 5433.\n")?;
            fs::write(dir.join("notes/deploy.txt"), "Deploying\nOn Tuesdays.\n")?;
            Sandbox::new(&dir)?
        }
    };
    let model: Box<dyn ChatModel> = match Endpoint::from_environment()? {
        Some(endpoint) => Box::new(endpoint),
        None => Box::new(Rules),
    };
    let model = Asked::new(model);
    let mut agent = Agent::new(&memory, &model, sandbox, arguments.die_at);
    agent.pursue(&arguments.goal).await?;
    println!("asked {} {} times", model.name(), model.count());
    memory.shutdown().await?;
    Ok(())
}

/// Reads the command line.
fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut read = Arguments { memory: None, sandbox: None, die_at: None, goal: GOAL.to_owned() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--memory" => read.memory = Some(value()?.into()),
            "--sandbox" => read.sandbox = Some(value()?.into()),
            "--die-at" => read.die_at = Some(value()?.parse()?),
            flag if flag.starts_with("--") => return Err(format!("unknown flag {flag}").into()),
            _ => read.goal = word,
        }
    }
    Ok(read)
}
