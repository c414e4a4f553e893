//! Answers a hook in the service, which has the memory open.

use aios_memory::AgentMemory;
use serde_json::{Value, json};

use super::{Event, Host, briefing, call::Call, input::Input, prompt, transcript};
use crate::{
    args::{Global, Hook},
    failure::Failure,
    output::Output,
};

/// Answers the hook `hook` for the host's `input`, and prints the answer.
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
            transcript::follow(&call, event, output).await?;
            None
        }
        Event::PostCompact => {
            transcript::follow(&call, event, output).await?;
            transcript::keep_summary(&call).await?;
            None
        }
    };
    let Some(context) = context else { return Ok(()) };
    let answer = json!({
        "hookSpecificOutput": { "hookEventName": event.name(), "additionalContext": context },
    });
    // The host expects JSON, regardless of the flags.
    Ok(Output { json: true, ..output }.result::<Value>(&answer, |_| Ok(()))?)
}
