//! `resume`: the interrupted tasks. Agents resume them through the library or the service.

use aios_memory::MemoryView;
use serde_json::json;

use crate::{
    failure::Failure,
    output::{Output, line, named, one_line},
};

/// Maximum number of characters of a text in one line.
const CHARS_SHOWN: usize = 100;

pub(crate) async fn resume(memory: &MemoryView, output: Output) -> Result<(), Failure> {
    let tasks = memory.work().resume_list().await?;
    if tasks.is_empty() && !output.json {
        output.note("no interrupted tasks");
    }
    output.result(&json!({"tasks": tasks}), |out| {
        for task in &tasks {
            let since = task.since.map(|at| output.minute(at)).unwrap_or_default();
            let text = one_line(&task.description, CHARS_SHOWN);
            let name = named(memory, &task.task);
            writeln!(out, "{since}  {text}  [{name}]")?;
            if let Some(goal) = &task.goal_description {
                writeln!(out, "      goal: {}", one_line(goal, CHARS_SHOWN))?;
            }
            if let Some(call) = &task.last_call {
                let ended = if call.success { "done" } else { "failed" };
                writeln!(out, "      last step: {} ({ended})", line(&call.tool_name))?;
            }
            if task.is_idempotent {
                writeln!(out, "      may be done again from the beginning")?;
            }
        }
        Ok(())
    })?;
    Ok(())
}
