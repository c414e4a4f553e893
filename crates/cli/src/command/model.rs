//! `model`: the embedding models of the Hugging Face hub that are on this machine.

use std::env;

use aios_hub::{HubCache, ModelName};
use serde_json::{Value, json};

use crate::{
    args::ModelCommand,
    failure::Failure,
    output::{Output, line, shown as shown_path},
    remedy::words,
};

pub(crate) async fn model(command: ModelCommand, output: Output) -> Result<(), Failure> {
    let cache = HubCache::locate(|name| env::var_os(name)).map_err(aios_hub::Error::from)?;
    match command {
        ModelCommand::List => list(&cache, output),
        ModelCommand::Pull { name, revision: None } => pull(cache, name, output).await,
        ModelCommand::Pull { name, revision: Some(revision) } => {
            let name = name.with_revision(&revision).map_err(|error| Failure::Usage {
                message: error.to_string(),
                hint: "pass a branch, tag or commit as --revision",
            })?;
            pull(cache, name, output).await
        }
    }
}

fn list(cache: &HubCache, output: Output) -> Result<(), Failure> {
    let models = cache.list().map_err(aios_hub::Error::from)?;
    let shown: Vec<Value> = models
        .iter()
        .map(|model| {
            json!({
                "name": model.repository,
                "commit": model.commit,
                "revisions": model.revisions,
                "path": model.path,
                "usable": model.unusable.is_none(),
                "problem": model.unusable.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    output.result(&json!({"cache": cache.dir(), "models": shown}), |out| {
        if models.is_empty() {
            return writeln!(out, "no models in {}", shown_path(cache.dir()));
        }
        for model in &models {
            let revision = model.revisions.first().unwrap_or(&model.commit);
            let state = model.unusable.as_ref().map_or("usable".to_owned(), |error| {
                let hint = error.remedy().as_ref().and_then(words);
                hint.map_or_else(|| error.to_string(), |hint| format!("{error} ({hint})"))
            });
            writeln!(out, "{}", line(&format!("{}@{revision}: {state}", model.repository)))?;
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(feature = "pull")]
async fn pull(cache: HubCache, name: ModelName, output: Output) -> Result<(), Failure> {
    let endpoint = env::var("HF_ENDPOINT").unwrap_or_else(|_| aios_hub::HUB.to_owned());
    let bar = output.progress("{msg} {bar} {bytes}/{total_bytes}", Some(0));
    let watched = bar.clone();
    let pulled = aios_hub::pull_model(cache, endpoint, name.clone(), move |progress| {
        watched.show(&progress);
    });
    let pulled = pulled.await;
    bar.end();
    let path = pulled?;
    let shown = json!({"name": name.to_string(), "path": path});
    output.result(&shown, |out| {
        writeln!(out, "{name} is in {}", shown_path(&path))?;
        writeln!(out, "to use it, set `model = \"{name}\"` in [embedding] of the settings file")
    })?;
    Ok(())
}

#[cfg(not(feature = "pull"))]
async fn pull(_: HubCache, name: ModelName, _: Output) -> Result<(), Failure> {
    Err(Failure::Usage {
        message: format!("cannot fetch `{name}`: this program was built without downloads"),
        hint: "build it with the feature `pull`, or run `hf download`, which fills the same cache",
    })
}
