//! The loop of the agent: a goal, its plan, and its tasks, each of them a unit of work.

use std::error::Error;

use aios_memory::{
    AgentMemory, Id, Kind,
    work::{Finished, Known, NewTask, Outcome, Step, Work},
    working::{Decision, IntelligenceLevel, TaskStatus, ToolCall},
};
use serde_json::{Value, json};

use crate::{
    chat::{Answer, Asked, ChatModel, Question},
    tools::Sandbox,
};

/// The name of the agent.
const NAME: &str = "orchestrator";
/// Tokens of the context that the model gets.
const CONTEXT_TOKENS: usize = 800;
/// Maximum number of steps of a task.
const STEPS_MAX: usize = 30;

/// The agent.
pub(crate) struct Agent<'a> {
    memory: &'a AgentMemory,
    model: &'a Asked,
    sandbox: Sandbox,
    die_at: Option<u64>,
    /// Steps of this process.
    steps: u64,
}

impl<'a> Agent<'a> {
    pub(crate) fn new(
        memory: &'a AgentMemory,
        model: &'a Asked,
        sandbox: Sandbox,
        die_at: Option<u64>,
    ) -> Agent<'a> {
        Agent { memory, model, sandbox, die_at, steps: 0 }
    }

    /// Continues what was interrupted, or else pursues a new goal.
    pub(crate) async fn pursue(&mut self, goal: &str) -> Result<(), Box<dyn Error>> {
        let interrupted = self.memory.work().resume_list().await?;
        for task in &interrupted {
            println!("resuming {}: {}", task.task.id, task.description);
            let work = self.memory.work().resume(&task.task.id).await?;
            self.finish(work).await?;
            if let Some(goal) = &task.goal {
                self.do_tasks(goal).await?;
            }
        }
        if interrupted.is_empty() {
            let described = json!({"description": goal});
            let id = self.memory.record(Kind::Goal, described).await?;
            println!("goal {id}: {goal}");
            let plan = NewTask::new(format!("Plan: {goal}")).with_goal(id.clone());
            let work = self.memory.work().begin(plan.with_agent(NAME)).await?;
            self.finish(work).await?;
            self.do_tasks(&id).await?;
        }
        Ok(())
    }

    /// Does the planned tasks of a goal.
    async fn do_tasks(&mut self, goal: &Id) -> Result<(), Box<dyn Error>> {
        for task in self.memory.working().tasks().of_goal(goal).await? {
            if task.status == TaskStatus::Pending {
                let work = self.memory.work().start(&task.id).await?;
                self.finish(work).await?;
            }
        }
        Ok(())
    }

    /// Does a task from its first missing step to its end.
    async fn finish(&mut self, work: Work) -> Result<Finished, Box<dyn Error>> {
        println!("task {}: {}", work.id(), work.task().description);
        let outcome = match self.work(&work).await {
            Ok(result) => Outcome::success(result),
            Err(error) => Outcome::failure(error.to_string()),
        };
        let (text, is_failure) = (outcome.text.clone(), outcome.status == TaskStatus::Failed);
        let finished = work.finish(outcome).await?;
        println!("{} {}: {text}", finished.status, finished.task.id);
        match is_failure {
            true => Err(text.into()),
            false => Ok(finished),
        }
    }

    /// Does the steps of a task and returns its result: first those that are known to work, then
    /// those that the model names.
    async fn work(&mut self, work: &Work) -> Result<String, Box<dyn Error>> {
        let mut done = done(work).await?;
        let is_begun =
            |known: &Known| known.steps.iter().zip(&done).all(|(step, (done, _))| step == done);
        if let Some(known) = work.known().await?.filter(is_begun) {
            if done.is_empty() {
                work.follow(&known).await?;
            }
            println!("known as {}", known.key);
            for step in known.steps.iter().skip(done.len()) {
                match self.step(work, step, "it worked before").await? {
                    Ok(output) => done.push((step.clone(), output)),
                    Err(_) => break,
                }
            }
            if done.len() == known.steps.len() {
                return Ok(format!("as {} does it", known.key));
            }
        }
        let context = work.context(CONTEXT_TOKENS).await?.text;
        for _ in 0..STEPS_MAX {
            let task = &work.task().description;
            let question = Question { task, context: &context, done: &done };
            let (step, reason) = match self.model.next(&question).await? {
                Answer::Done(result) => return Ok(result),
                Answer::Next(step, reason) => (step, reason),
            };
            work.decide(Decision {
                options: json!(["add_task", "list", "read", "write", "done"]),
                reasoning: reason.clone(),
                intelligence_level: IntelligenceLevel::Operational,
                decided_by: Some(NAME.to_owned()),
                model_used: Some(self.model.name().to_owned()),
                ..Decision::new(format!("the next step of: {task}"), format!("{step:?}"))
            })
            .await?;
            match self.step(work, &step, &reason).await? {
                Ok(output) => done.push((step, output)),
                Err(error) => done.push((step, json!({"error": error}))),
            }
        }
        Err(format!("not done after {STEPS_MAX} steps").into())
    }

    /// Runs a tool and logs the call. Fails only if it cannot be logged.
    async fn step(
        &mut self,
        work: &Work,
        step: &Step,
        reason: &str,
    ) -> Result<Result<Value, String>, Box<dyn Error>> {
        let ran = match step.tool.as_str() {
            "add_task" => self.add_task(work, step).await,
            _ => self.sandbox.run(step),
        };
        let ran = ran.map_err(|error| error.to_string());
        let call = ToolCall {
            input: step.input.clone(),
            output: match &ran {
                Ok(output) => output.clone(),
                Err(error) => json!(error),
            },
            success: ran.is_ok(),
            reason: Some(reason.to_owned()),
            ..ToolCall::new(step.tool.clone())
        };
        let id = work.tool_call(call).await?;
        // From here on a crash does not lose the step.
        self.steps += 1;
        println!("step {} {id} {} {}", self.steps, step.tool, step.input);
        if self.die_at == Some(self.steps) {
            std::process::abort();
        }
        Ok(ran)
    }

    /// Stores a pending task of the goal. Its id follows from its number, so a plan that is
    /// continued after a crash has no task twice.
    async fn add_task(&self, work: &Work, step: &Step) -> Result<Value, Box<dyn Error>> {
        let goal = work.task().goal_id.as_ref().ok_or("a plan belongs to a goal")?;
        let number = done(work).await?.len() + 1;
        let task = json!({
            "id": format!("{goal}-{number}"),
            "goal_id": goal,
            "description": step.input["description"],
            "agent": NAME,
        });
        Ok(json!(self.memory.record(Kind::Task, task).await?))
    }
}

/// Returns the successful steps of a task so far.
async fn done(work: &Work) -> Result<Vec<(Step, Value)>, Box<dyn Error>> {
    let calls = work.tool_calls().await?.into_iter().filter(|call| call.success);
    Ok(calls.map(|call| (Step { tool: call.tool_name, input: call.input }, call.output)).collect())
}
