//! A chat model behind an OpenAI-compatible endpoint, over plain HTTP/1.1. For one on another
//! machine put a proxy with TLS in between.

use std::{
    env,
    error::Error,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use aios_memory::work::Step;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::{
    chat::{Answer, Answering, ChatModel, Question},
    tools::TOOLS,
};

/// Maximum size of an answer in bytes.
const BYTES_MAX: u64 = 1 << 20;
/// Maximum time without a byte of an answer.
const TIME_MAX: Duration = Duration::from_secs(120);

/// An endpoint with a model.
pub(crate) struct Endpoint {
    /// Host and port.
    authority: String,
    /// Path before `/chat/completions`.
    base: String,
    model: String,
    key: Option<String>,
}

impl Endpoint {
    /// Returns the endpoint that the environment names, if it names one.
    pub(crate) fn from_environment() -> Result<Option<Endpoint>, Box<dyn Error>> {
        let Ok(url) = env::var("ORCHESTRATOR_MODEL_URL") else { return Ok(None) };
        let model = env::var("ORCHESTRATOR_MODEL").map_err(|_| "set ORCHESTRATOR_MODEL, too")?;
        let rest = url.strip_prefix("http://").ok_or("ORCHESTRATOR_MODEL_URL is not http://")?;
        let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
        let port = if authority.contains(':') { "" } else { ":80" };
        Ok(Some(Endpoint {
            authority: format!("{authority}{port}"),
            base: format!("/{}", base.trim_end_matches('/')),
            model,
            key: env::var("ORCHESTRATOR_MODEL_KEY").ok(),
        }))
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answer, Box<dyn Error>> {
        let done: Vec<Value> = question
            .done
            .iter()
            .map(|(step, output)| json!({"tool": step.tool, "input": step.input, "output": output}))
            .collect();
        let system = format!(
            "You do a task step by step with tools. Answer with one JSON object: {{\"tool\", \
             \"input\", \"reason\"}} for the next step, or {{\"done\": RESULT}}. Tools:\n{TOOLS}\n\
             add_task {{\"description\"}}: adds a task to the plan, for tasks that begin with Plan"
        );
        let user = json!({
            "task": question.task, "context": question.context, "steps_so_far": done,
        });
        let body = json!({
            "model": self.model,
            "temperature": 0,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": user.to_string()},
            ],
        });
        let answer = self.post(&body.to_string()).await?;
        let content = answer["choices"][0]["message"]["content"].as_str();
        read(content.ok_or("the endpoint answered without a message")?)
    }

    async fn post(&self, body: &str) -> Result<Value, Box<dyn Error>> {
        let key = self.key.as_ref().map(|key| format!("authorization: Bearer {key}\r\n"));
        let head = format!(
            "POST {}/chat/completions HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{}connection: close\r\n\r\n",
            self.base.trim_end_matches('/'),
            self.authority,
            body.len(),
            key.unwrap_or_default(),
        );
        let (authority, request) = (self.authority.clone(), head + body);
        // Blocking work stays off the async workers.
        let answer = spawn_blocking(move || exchange(&authority, &request)).await??;
        let answer = String::from_utf8(answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer was cut")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            return Err(format!("the endpoint answered with status {status}").into());
        }
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { joined(body)? } else { body.to_owned() };
        Ok(serde_json::from_str(&body)?)
    }
}

impl ChatModel for Endpoint {
    fn name(&self) -> &str {
        &self.model
    }

    fn next<'a>(&'a self, question: &'a Question<'a>) -> Answering<'a> {
        Box::pin(self.ask(question))
    }
}

/// Sends a request and reads the answer to its end.
fn exchange(authority: &str, request: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(TIME_MAX))?;
    stream.set_write_timeout(Some(TIME_MAX))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(BYTES_MAX).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Reads the JSON object in a message, which models like to put between other words.
fn read(message: &str) -> Result<Answer, Box<dyn Error>> {
    let object = message.find('{').zip(message.rfind('}')).filter(|(begin, end)| begin < end);
    let (begin, end) = object.ok_or("the model answered without a JSON object")?;
    let object: Value = serde_json::from_str(&message[begin..=end])?;
    if let Some(done) = object.get("done") {
        return Ok(Answer::Done(done.as_str().map_or_else(|| done.to_string(), str::to_owned)));
    }
    let tool = object["tool"].as_str().ok_or("the model named no tool")?.to_owned();
    let reason = object["reason"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::Next(Step { tool, input: object["input"].clone() }, reason))
}

/// Joins the chunks of a body (RFC 9112, section 7.1).
fn joined(mut body: &str) -> Result<String, Box<dyn Error>> {
    let mut whole = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").ok_or("the answer was cut")?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        if size == 0 {
            return Ok(whole);
        }
        whole.push_str(rest.get(..size).ok_or("the answer was cut")?);
        body = rest.get(size..).and_then(|rest| rest.strip_prefix("\r\n")).unwrap_or_default();
    }
}
