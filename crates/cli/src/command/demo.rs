//! `demo`: a small agent's day in a temporary directory, printed as it happens.

use std::{
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
};

use aios_memory::{
    AgentMemory, Config, Event, Id, MemoryView, SearchOptions,
    working::{Decision, Goal, GoalStatus, NewMessage, Task, TaskStatus, TaskUpdate, ToolCall},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::Failure,
    output::{Output, one_line},
};

/// Token budget of the demo's context.
const MAX_TOKENS: usize = 200;

/// The user in the story.
const USER: &str = "ada";

/// Turns of the conversation: speaker and text.
const TALK: &[(&str, &str)] = &[
    ("Ada", "Morning! The login test was red again last night."),
    ("agent", "Only on the slow runner: the token expires before the second request."),
    ("Ada", "Then make it wait for the clock instead of sleeping two seconds."),
    ("agent", "Done, and I raised the token's life in the test settings to five minutes."),
    ("Ada", "Thanks. Please never restart the staging database on Fridays, by the way."),
];

/// Runs the demo.
pub(crate) async fn demo(output: Output) -> Result<(), Failure> {
    let failed = |source| Failure::Io { action: "create a temporary directory".to_owned(), source };
    let mut builder = tempfile::Builder::new();
    let dir = builder.permissions(Permissions::from_mode(0o700)).tempdir().map_err(failed)?;
    let config = Config::at(dir.path().join("memory"));
    let mut story = Story { output, steps: Vec::new() };

    let memory = AgentMemory::open(config.clone()).await?;
    story.step("An agent starts with an empty memory.")?;
    story.tell("All its data is in one temporary directory, which is removed at the end.")?;
    story.tell(&format!("The embedding model is part of the program: {}", model(&memory)))?;

    events(&memory, &mut story).await?;
    let ada = memory.for_user(USER)?;
    work(&ada, &mut story).await?;
    talk(&ada, &mut story).await?;
    search(&ada, "why was the login test failing?", &mut story).await?;
    context(&ada, &mut story).await?;
    memory.shutdown().await?;

    story.step("The agent restarts.")?;
    let memory = AgentMemory::open(config).await?;
    story.tell("No acknowledged record is lost:")?;
    let ada = memory.for_user(USER)?;
    search(&ada, "when must the database not be restarted?", &mut story).await?;
    let stats = ada.stats().await?;
    story.tell(&format!("{} records, all searchable", stats.longterm.records))?;
    memory.shutdown().await?;

    dir.close().map_err(|source| Failure::Io {
        action: "remove the temporary directory".to_owned(),
        source,
    })?;
    story.step("The directory is removed. Try it yourself: aios-memory remember \"...\"")?;
    story.end()
}

fn model(memory: &AgentMemory) -> String {
    memory.embedder().fingerprint().to_string()
}

async fn events(memory: &AgentMemory, story: &mut Story) -> Result<(), Failure> {
    story.step("Events arrive. The latest stay in RAM, and critical ones are written to disk.")?;
    memory.observe(Event::new("metric", "runner-2", json!({"queue": 14})))?;
    memory.observe(Event::new("tool_result", "cargo test", json!({"failed": ["login"]})))?;
    let alarm = json!({"message": "staging disk is 97% full"});
    memory.events().push_durable(Event::new("event", "disk-watch", alarm).critical()).await?;
    let counters = memory.operational().counters();
    story.tell(&format!(
        "{} events in RAM, {} of them written to disk: \"staging disk is 97% full\"",
        counters.kept, counters.spilled
    ))
}

async fn work(memory: &MemoryView, story: &mut Story) -> Result<(), Failure> {
    story.step("It works: a goal, a task, a tool call, a decision.")?;
    let working = memory.working();
    let goal = Goal { status: GoalStatus::Active, ..Goal::new("Make the login test reliable") };
    let goal = working.goals().put(goal).await.map_err(aios_memory::Error::from)?;
    story.tell(&format!("goal      {}", goal.description))?;
    let task = Task {
        goal_id: Some(goal.id.clone()),
        agent: "fixer".to_owned(),
        ..Task::new("Find out why the login test fails on the slow runner")
    };
    let task = working.tasks().put(task).await.map_err(aios_memory::Error::from)?;
    story.tell(&format!("task      {}", task.description))?;
    let call = ToolCall {
        task_id: Some(task.id.clone()),
        success: true,
        reason: Some("see whether it fails every time".to_owned()),
        ..ToolCall::new("cargo test login")
    };
    working.tool_calls().put(call).await.map_err(aios_memory::Error::from)?;
    let decision = Decision {
        reasoning: "a sleep is too short on a slow machine and too long on a fast one".to_owned(),
        options: json!(["sleep longer", "wait for the clock", "retry"]),
        ..Decision::new("how to wait for the login token", "wait for the clock")
    };
    let decision = working.decisions().put(decision).await.map_err(aios_memory::Error::from)?;
    story.tell(&format!("decision  {}: {}", decision.context, decision.chosen))?;
    let result = TaskUpdate {
        summary: Some("The token expired before the second request.".to_owned()),
        ..TaskUpdate::default()
    };
    let done = working.tasks().set_status(&task.id, TaskStatus::Completed, result).await;
    let done = done.map_err(aios_memory::Error::from)?;
    story.tell(&format!("done      {}", done.summary.unwrap_or_default()))
}

async fn talk(memory: &MemoryView, story: &mut Story) -> Result<(), Failure> {
    story.step("Ada talks to it. Every message is stored verbatim.")?;
    let session = Id::new("standup").map_err(aios_memory::Error::from)?;
    let messages = TALK.iter().map(|(name, text)| NewMessage {
        name: Some((*name).to_owned()),
        ..NewMessage::new(session.clone(), if *name == "Ada" { "user" } else { "assistant" }, *text)
    });
    let messages: Vec<_> = messages.collect();
    memory.working().messages().add_all(messages).await.map_err(aios_memory::Error::from)?;
    for (name, text) in TALK {
        story.tell(&format!("{name}: {text}"))?;
    }
    let note = "Ada prefers short answers with the command to run.";
    memory.remember(note).await?;
    story.tell(&format!("remembered: {note}"))
}

async fn search(memory: &MemoryView, query: &str, story: &mut Story) -> Result<(), Failure> {
    story.step(&format!("It searches its memory: {query}"))?;
    let options = SearchOptions::default().with_limit(3);
    let recalled = memory.recall_with(query, &options).await?;
    for hit in &recalled.hits {
        let text = one_line(&hit.text, 90);
        story.tell(&format!("{:.2}  {text}  [{}]", hit.relevance, hit.collection))?;
    }
    story.tell(&format!("found in {:.0} ms, by meaning and by word", recalled.elapsed_ms))
}

async fn context(memory: &MemoryView, story: &mut Story) -> Result<(), Failure> {
    let task = "the login test is red again";
    story
        .step(&format!("It assembles the context for \"{task}\", at most {MAX_TOKENS} tokens:"))?;
    let options = memory.context_options().with_max_tokens(MAX_TOKENS).with_session("standup");
    let context = memory.assemble_context(task, &options).await?;
    for line in context.text.lines() {
        story.tell(line)?;
    }
    story.tell(&format!(
        "= {} tokens; {} pieces chosen, {} left out",
        context.total_tokens,
        context.chunks.len(),
        context.omitted.len()
    ))
}

/// The story, printed step by step as text, or as one JSON object.
struct Story {
    output: Output,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    step: String,
    told: Vec<String>,
}

impl Story {
    fn step(&mut self, text: &str) -> Result<(), Failure> {
        let number = self.steps.len() + 1;
        self.print(&format!("{}{number}. {text}", if number == 1 { "" } else { "\n" }))?;
        self.steps.push(Step { step: text.to_owned(), told: Vec::new() });
        Ok(())
    }

    fn tell(&mut self, text: &str) -> Result<(), Failure> {
        self.print(&format!("   {text}"))?;
        self.steps.last_mut().expect("a step comes first").told.push(text.to_owned());
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        match self.output.json {
            true => Ok(self.output.result(&json!({"steps": self.steps}), |_| Ok(()))?),
            false => Ok(()),
        }
    }

    fn print(&self, line: &str) -> io::Result<()> {
        match self.output.json {
            true => Ok(()),
            false => self.output.stdout().write_all(format!("{line}\n").as_bytes()),
        }
    }
}
