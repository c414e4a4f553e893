//! Answers a hook in the service, on the open memory.

use std::path::PathBuf;

use aios_memory::{AgentMemory, MemoryView, Scope, ScopeFilter, project::Project};
use serde_json::{Value, json};
use tokio::task;

use super::{Event, Host, briefing, input::Input, prompt, transcript};
use crate::{
    args::{Global, Hook},
    failure::Failure,
    output::Output,
};

/// Answers the hook that `hook` names, with the host's `input`, and prints the answer.
pub(crate) async fn answer(
    memory: &AgentMemory,
    global: &Global,
    hook: &Hook,
    input: &str,
    output: Output,
) -> Result<(), Failure> {
    let hint = "install the hooks again, with `aios-memory install`";
    let invalid = |message: String| Failure::Usage { message, hint };
    let (Some(host), Some(event)) = (Host::named(&hook.host), Event::named(&hook.event)) else {
        return Err(invalid("unknown host or event".to_owned()));
    };
    let input = Input::parse(input).map_err(invalid)?;
    let call = Call { host, input, whole: global.view(memory)? };
    let context = match event {
        Event::SessionStart => briefing::of(&call).await?,
        Event::UserPromptSubmit => prompt::context(&call).await?,
        Event::Stop | Event::PreCompact | Event::SessionEnd => {
            transcript::follow(&call, event).await?;
            None
        }
        Event::PostCompact => {
            transcript::follow(&call, event).await?;
            transcript::keep_summary(&call).await?;
            None
        }
    };
    let Some(context) = context else { return Ok(()) };
    let answer = json!({
        "hookSpecificOutput": { "hookEventName": event.name(), "additionalContext": context },
    });
    Ok(output.result::<Value>(&answer, |out| writeln!(out, "{answer}"))?)
}

/// One call of a hook.
pub(super) struct Call {
    pub(super) host: Host,
    pub(super) input: Input,
    /// The memory as the flags of the hook narrow it, of all projects unless a flag names one.
    pub(super) whole: MemoryView,
}

impl Call {
    /// Returns the host's id of the session.
    pub(super) fn session_id(&self) -> Result<&str, Failure> {
        let id = self.input.session_id.as_deref().filter(|id| !id.is_empty());
        id.ok_or_else(|| missing("session_id"))
    }

    /// Returns the memory as seen from the working directory: the records of its project, and those
    /// without a project. A project that a flag of the hook names takes precedence.
    pub(super) async fn in_project(&self) -> Result<MemoryView, Failure> {
        if self.whole.gate().filter().scope.project.is_some() {
            return Ok(self.whole.clone());
        }
        let project = project_of(self.input.cwd.clone()).await?;
        let scope = Scope { project: Some(project), ..Scope::default() };
        Ok(self.whole.narrow(&ScopeFilter::new(scope))?)
    }
}

/// Returns the failure for a field that the input lacks.
pub(super) fn missing(field: &str) -> Failure {
    Failure::Usage {
        message: format!("the input has no `{field}`"),
        hint: "update aios-memory, or report the version of the host",
    }
}

/// Returns the id of the project of a directory. A directory that is gone has no project, and
/// records without one would be seen in every project.
async fn project_of(cwd: Option<PathBuf>) -> Result<String, Failure> {
    let cwd = cwd.ok_or_else(|| missing("cwd"))?;
    let found = task::spawn_blocking(move || Project::of(&cwd)).await;
    let found = found.map_err(|_| Failure::Memory(aios_memory::Error::Interrupted))?;
    Ok(found?.id)
}
