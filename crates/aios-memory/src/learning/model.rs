//! The chat model that extracts facts instead of the rules, if the settings name one.

use std::{collections::HashMap, sync::Arc};

use aios_learning::{ChatError, ChatModel, Draft, Message, batches, extract_with};

use crate::{Config, Error, config::Extractor};

/// Drafts of a chat model by the key of their message.
#[derive(Debug, Default)]
pub(super) struct Extracted {
    pub(super) drafts: HashMap<String, Vec<Draft>>,
    /// Number of facts that the model invented, and of messages whose answer could not be read.
    pub(super) refused: u64,
}

/// Opens the model of the settings; `None` if the rules extract.
///
/// # Errors
/// [`Error::Extractor`] if the model cannot be used.
pub(super) async fn open(config: &Config) -> Result<Option<Arc<dyn ChatModel>>, Error> {
    match config.learning.extractor {
        Extractor::Rules => Ok(None),
        Extractor::Chat => chat(config).map(Some),
        Extractor::Local => {
            let config = config.clone();
            let opening = tokio::task::spawn_blocking(move || local(&config));
            opening.await.map_err(|_| Error::Interrupted)?.map(Some)
        }
    }
}

#[cfg(feature = "chat")]
fn chat(config: &Config) -> Result<Arc<dyn ChatModel>, Error> {
    use aios_learning::{ApiKey, ChatClient, ChatOptions};
    let settings = &config.learning;
    if settings.model.is_empty() {
        return Err(unusable("the setting `learning.model` names no model"));
    }
    let mut options = ChatOptions::new(&settings.base_url, &settings.model)
        .with_timeout(std::time::Duration::from_millis(settings.timeout_ms));
    let has_file = !settings.api_key_file.as_os_str().is_empty();
    if has_file {
        options = options.with_key(ApiKey::from_file(&settings.api_key_file).map_err(unusable)?);
    } else if std::env::var_os(&settings.api_key_env).is_some() {
        options = options.with_key(ApiKey::from_env(&settings.api_key_env).map_err(unusable)?);
    }
    if settings.plain_http {
        options = options.with_plain_http();
    }
    if 0 < settings.tokens_per_day_max {
        options = options.with_tokens_per_day_max(settings.tokens_per_day_max);
    }
    Ok(Arc::new(ChatClient::new(options).map_err(unusable)?))
}

#[cfg(not(feature = "chat"))]
fn chat(_: &Config) -> Result<Arc<dyn ChatModel>, Error> {
    Err(unusable("this program was built without the feature `chat`"))
}

#[cfg(feature = "local")]
fn local(config: &Config) -> Result<Arc<dyn ChatModel>, Error> {
    use aios_learning::{LocalModel, LocalOptions};
    let settings = &config.learning;
    if settings.model.is_empty() {
        return Err(unusable("the setting `learning.model` names no file"));
    }
    let timeout = std::time::Duration::from_millis(settings.timeout_ms);
    let options = LocalOptions::default().with_timeout(timeout);
    Ok(Arc::new(LocalModel::open(&settings.model, &options).map_err(unusable)?))
}

#[cfg(not(feature = "local"))]
fn local(_: &Config) -> Result<Arc<dyn ChatModel>, Error> {
    Err(unusable("this program was built without the feature `local`"))
}

fn unusable(problem: impl ToString) -> Error {
    Error::Extractor { problem: problem.to_string() }
}

/// Asks a model for the facts of messages. If an answer cannot be read, its messages yield no
/// facts, and are counted.
///
/// # Errors
/// [`Error::Chat`] if the model gives no answer: the messages can be learned from later.
pub(super) async fn extract(
    model: &dyn ChatModel,
    messages: &[Message],
) -> Result<Extracted, Error> {
    let mut extracted = Extracted::default();
    for batch in batches(messages, model.request_chars_max()) {
        let answer = match extract_with(model, batch).await {
            Ok(answer) => answer,
            Err(error @ (ChatError::Malformed { .. } | ChatError::TooLong { .. })) => {
                tracing::warn!(%error, model = model.name(), "an answer could not be read");
                extracted.refused += batch.len() as u64;
                continue;
            }
            Err(error) => return Err(Error::Chat(error)),
        };
        extracted.refused += answer.refused.len() as u64;
        for draft in answer.drafts {
            if let Some(key) = draft.evidence.first() {
                extracted.drafts.entry(key.clone()).or_default().push(draft);
            }
        }
    }
    Ok(extracted)
}
