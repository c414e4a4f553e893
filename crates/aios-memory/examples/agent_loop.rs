//! The loop of an agent with a memory: observe, recall, assemble a context, act, remember. Each
//! round finds the results of the rounds before it, and so does the agent after a restart. The
//! memory lies in a temporary directory.
//!
//! ```text
//! cargo run -p aios-memory --example agent_loop
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;

use aios_memory::{AgentMemory, Config, Event, Key, Kind, MemoryView};
use serde_json::{Map, Value, json};

/// One piece of work. A real agent gives the context to a language model and gets the result from
/// it; this one has a script.
struct Round {
    /// The work to be done.
    task: &'static str,
    /// The output of a tool, as the agent sees it while it works.
    observed: &'static str,
    /// The result that the agent should still know tomorrow.
    result: &'static str,
}

const ROUNDS: [Round; 3] = [
    Round {
        task: "find out why the login test fails",
        observed: "login_test: 401 Unauthorized at the second request",
        result: "The login test fails because its token expires before the second request.",
    },
    Round {
        task: "make the login test pass",
        observed: "login_test: 20 of 20 runs passed",
        result: "Tokens live five minutes in the test settings since the login test was repaired.",
    },
    Round {
        task: "tell Ada why the login test was red",
        observed: "chat: message delivered",
        result: "Ada knows the cause of the red login test. She prefers short answers.",
    },
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let config = Config::at(folder.path().join("memory"));

    let memory = AgentMemory::open(config.clone()).await?;
    let goal = json!({"description": "Make the login test reliable", "status": "active"});
    let goal = memory.record(Kind::Goal, goal).await?;
    for round in &ROUNDS {
        let task = json!({
            "goal_id": goal,
            "description": round.task,
            "status": "in_progress",
        });
        let task = Key::new(Kind::Task, memory.record(Kind::Task, task).await?);
        work(&memory, &task, round).await?;
    }
    memory.shutdown().await?;

    // The next morning, in another process perhaps: the directory has it all.
    let memory = AgentMemory::open(config).await?;
    println!("# After a restart: how long do tokens live?");
    let notes = memory.search_options().with_kinds(vec![Kind::Note]).with_limit(1);
    let found = memory.recall_with("how long do tokens live?", &notes).await?;
    println!("{}", found.hits.first().ok_or("expected a note")?.text);
    memory.shutdown().await?;
    Ok(())
}

/// Does one round of work, and prints each step.
async fn work(memory: &MemoryView, task: &Key, round: &Round) -> Result<(), Box<dyn Error>> {
    println!("# Task: {}", round.task);

    // Observe: the event is in RAM at once. One marked as critical would also reach the disk.
    let event = Event::new("tool_result", "agent", json!({"output": round.observed}));
    memory.observe(event)?;
    println!("observed    {}", round.observed);

    // Recall: notes only, the best two.
    let notes = memory.search_options().with_kinds(vec![Kind::Note]).with_limit(2);
    for hit in memory.recall_with(round.task, &notes).await?.hits {
        println!("recalled    {:.2} {}", hit.relevance, hit.text);
    }

    // Assemble: the records of all tiers that matter for the task, never above the budget.
    let options = memory.context_options().with_max_tokens(200);
    let context = memory.assemble_context(round.task, &options).await?;
    println!("assembled   {} of {} tokens:", context.total_tokens, context.max_tokens);
    for line in context.text.lines() {
        println!("            {line}");
    }

    // Act: here a language model gets `context.text` and the task.
    println!("acted       {}", round.result);

    // Remember: durable, and found by every search from now on.
    memory.remember(round.result).await?;
    let done = [("status", "completed"), ("summary", round.result)];
    let done: Map<String, Value> =
        done.into_iter().map(|(field, value)| (field.to_owned(), json!(value))).collect();
    memory.update(task, done).await?;
    println!("remembered  a note, and the task as completed\n");
    Ok(())
}
