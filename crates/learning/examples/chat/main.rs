//! Asks a real chat model for the facts of messages, and reports what is kept.
//!
//! ```text
//! cargo run -p aios-learning --features client,local --example chat -- --gguf FILE
//! cargo run -p aios-learning --features client,local --example chat -- --base-url URL --model NAME
//! ```
//!
//! Options: `--key-env NAME` or `--key-file FILE` (the key of an endpoint), `--messages FILE` (one
//! message a line; default: those of the tests), `--limit N`, `--batch N` (messages a request;
//! default: 1), `--timeout SECONDS`, `--verbose`.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

mod report;

use std::{error::Error, fs, time::Duration};

use aios_learning::{
    ApiKey, ChatClient, ChatModel, ChatOptions, LocalModel, LocalOptions, Message, batches,
    extract_with,
};

use self::report::Report;

const MESSAGES: &str = include_str!("../../tests/fixtures/supersession.tsv");

/// Values of the command line.
#[derive(Default)]
struct Arguments {
    gguf: Option<String>,
    base_url: Option<String>,
    model: Option<String>,
    key_env: Option<String>,
    key_file: Option<String>,
    messages: Option<String>,
    limit: Option<usize>,
    batch: Option<usize>,
    timeout_seconds: Option<u64>,
    is_verbose: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let messages = arguments.read_messages()?;
    let timeout = Duration::from_secs(arguments.timeout_seconds.unwrap_or(300));
    if let Some(path) = &arguments.gguf {
        let options = LocalOptions::default().with_timeout(timeout);
        return run(&LocalModel::open(path, &options)?, &messages, &arguments).await;
    }
    let base_url = arguments.base_url.as_deref().ok_or("expected --gguf or --base-url")?;
    let model = arguments.model.as_deref().unwrap_or("default");
    let mut options = ChatOptions::new(base_url, model).with_timeout(timeout);
    if let Some(name) = &arguments.key_env {
        options = options.with_key(ApiKey::from_env(name)?);
    } else if let Some(path) = &arguments.key_file {
        options = options.with_key(ApiKey::from_file(path)?);
    }
    let client = ChatClient::new(options)?;
    run(&client, &messages, &arguments).await?;
    println!("tokens: {}", client.budget().used);
    Ok(())
}

async fn run(
    model: &dyn ChatModel,
    messages: &[Message],
    arguments: &Arguments,
) -> Result<(), Box<dyn Error>> {
    let mut report = Report::begin(model.name(), arguments.is_verbose);
    for some in messages.chunks(arguments.batch.unwrap_or(1).max(1)) {
        for batch in batches(some, model.request_chars_max()) {
            report.add(batch, &extract_with(model, batch).await);
        }
    }
    report.print();
    if report.is_sound() { Ok(()) } else { Err("a kept value is not grounded".into()) }
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
        let mut read = Arguments::default();
        while let Some(word) = words.next() {
            if word == "--verbose" {
                read.is_verbose = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("expected a value after {word}"))?;
            match word.as_str() {
                "--gguf" => read.gguf = Some(value),
                "--base-url" => read.base_url = Some(value),
                "--model" => read.model = Some(value),
                "--key-env" => read.key_env = Some(value),
                "--key-file" => read.key_file = Some(value),
                "--messages" => read.messages = Some(value),
                "--limit" => read.limit = Some(value.parse()?),
                "--batch" => read.batch = Some(value.parse()?),
                "--timeout" => read.timeout_seconds = Some(value.parse()?),
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(read)
    }

    /// Returns the messages of a file, or the first messages of the cases of supersession.
    fn read_messages(&self) -> Result<Vec<Message>, Box<dyn Error>> {
        let texts: Vec<String> = match &self.messages {
            Some(path) => fs::read_to_string(path)?.lines().map(str::to_owned).collect(),
            None => {
                let rows = MESSAGES.lines().skip(1);
                rows.filter_map(|row| row.split('\t').nth(1)).map(str::to_owned).collect()
            }
        };
        let day = "2023-08-14T12:00:00Z".parse()?;
        let message = |(index, text): (usize, String)| {
            Message::new(format!("m{index}"), text).with_time(day, 0).with_names("Ada", "Bo")
        };
        let limit = self.limit.unwrap_or(usize::MAX);
        Ok(texts.into_iter().enumerate().map(message).take(limit).collect())
    }
}
