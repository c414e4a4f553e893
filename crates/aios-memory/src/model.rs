//! The embedding model that the settings name.

use std::{env, num::NonZeroUsize, path::PathBuf, sync::Arc};

use aios_embedding::{Bert, Cached, Embedder, HubCache, ModelName, StaticModel};

use crate::{Config, Error};

/// The name of the model that is part of the program.
const BUNDLED: &str = "bundled";

/// A file that makes a directory a static model's.
const STATIC_MODEL_FILE: &str = "static-model.bin";

/// Opens the model that the settings name, off the async workers.
pub(crate) async fn open_model(config: &Config) -> Result<Arc<dyn Embedder>, Error> {
    let (name, options) = (config.embedding.model.clone(), config.to_bert());
    let cache_entries = config.embedding.cache_entries;
    let opening = tokio::task::spawn_blocking(move || -> Result<Arc<dyn Embedder>, Error> {
        if name == BUNDLED {
            return Ok(StaticModel::bundled()?);
        }
        let dir = model_dir(&name)?;
        if dir.join(STATIC_MODEL_FILE).exists() {
            return Ok(Arc::new(StaticModel::open(dir)?));
        }
        Ok(cached(Bert::open(dir, options)?, cache_entries))
    });
    opening.await.map_err(|_| Error::Interrupted)?
}

/// `embedder` behind a cache of so many vectors; no cache at 0.
fn cached(embedder: impl Embedder + 'static, entries: usize) -> Arc<dyn Embedder> {
    match NonZeroUsize::new(entries) {
        Some(entries) => Arc::new(Cached::new(embedder, entries)),
        None => Arc::new(embedder),
    }
}

/// The directory of a model: `name` itself, or the one of this name in the hub's cache.
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
