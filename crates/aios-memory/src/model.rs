//! The configured embedding model.

use std::{env, num::NonZeroUsize, path::PathBuf, sync::Arc};

use aios_embedding::{
    Cached, Embedder, HubCache, Int8Bert, ModelName, StaticModel, open_transformer,
};
use aios_longterm::stored_model;

use crate::{Config, Error};

/// Names of the model that made the stored vectors, or else of the default model.
const AUTO: &[&str] = &["auto", "bundled"];
/// Name of the fast model that is part of the program.
const STATIC: &str = "static";
/// Name of the transformer that is part of the program.
const MINILM: &str = "minilm";

/// The file whose presence marks the directory of a static model.
const STATIC_MODEL_FILE: &str = "static-model.bin";

/// Opens the configured model, off the async workers. For `auto`, this is the model of the stored
/// vectors.
pub(crate) async fn open_model(config: &Config) -> Result<Arc<dyn Embedder>, Error> {
    if !is_auto(&config.embedding.model) {
        return open_new_model(config).await;
    }
    let new = open_new_model(config).await?;
    // If the journal cannot be read, opening it reports the cause.
    let stored = stored_model(&config.memory.data_dir).await.unwrap_or_default();
    match stored {
        Some(stored) if stored != *new.fingerprint() => {
            let fast = StaticModel::bundled()?;
            Ok(if stored == *fast.fingerprint() { fast } else { new })
        }
        _ => Ok(new),
    }
}

/// Opens the configured model for new vectors, regardless of the model of the stored ones.
///
/// # Errors
/// [`Error::Embedding`] if the model cannot be opened, [`Error::NotBundled`] if this build leaves
/// it out.
pub async fn open_new_model(config: &Config) -> Result<Arc<dyn Embedder>, Error> {
    let (name, options) = (config.embedding.model.clone(), config.to_bert());
    let cache_entries = config.embedding.cache_entries;
    let opening = tokio::task::spawn_blocking(move || -> Result<Arc<dyn Embedder>, Error> {
        match name.as_str() {
            name if is_auto(name) && cfg!(not(feature = "minilm")) => {
                return Ok(StaticModel::bundled()?);
            }
            name if is_auto(name) || name == MINILM => return minilm(cache_entries),
            STATIC => return Ok(StaticModel::bundled()?),
            _ => {}
        }
        let dir = model_dir(&name)?;
        if dir.join(STATIC_MODEL_FILE).exists() {
            return Ok(Arc::new(StaticModel::open(dir)?));
        }
        if Int8Bert::is_in(&dir) {
            return Ok(cached(Int8Bert::open(dir)?, cache_entries));
        }
        Ok(cached(open_transformer(dir, options)?, cache_entries))
    });
    opening.await.map_err(|_| Error::Interrupted)?
}

/// Returns `true` if the setting `set` selects `model`, the model of a stored memory.
pub(crate) fn is_found_by(set: &str, model: &str) -> bool {
    let is_bundled = is_auto(model) || [STATIC, MINILM].contains(&model);
    set == model || is_auto(set) && is_bundled
}

fn is_auto(name: &str) -> bool {
    AUTO.contains(&name)
}

#[cfg(feature = "minilm")]
fn minilm(cache_entries: usize) -> Result<Arc<dyn Embedder>, Error> {
    Ok(cached(aios_minilm::model()?, cache_entries))
}

#[cfg(not(feature = "minilm"))]
fn minilm(_: usize) -> Result<Arc<dyn Embedder>, Error> {
    Err(Error::NotBundled { model: MINILM })
}

/// Wraps `embedder` in a cache of this many vectors; no cache if `entries` is 0.
fn cached(embedder: impl Embedder + 'static, entries: usize) -> Arc<dyn Embedder> {
    match NonZeroUsize::new(entries) {
        Some(entries) => Arc::new(Cached::new(embedder, entries)),
        None => Arc::new(embedder),
    }
}

/// Returns the directory of a model: `name` itself, or its directory in the hub's cache.
fn model_dir(name: &str) -> Result<PathBuf, Error> {
    let path = PathBuf::from(name);
    match name.parse::<ModelName>() {
        Ok(model) if !path.exists() => {
            Ok(HubCache::locate(|variable| env::var_os(variable))?.resolve(&model)?)
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests;
