//! Fetching a model, from a hub on this machine.

pub(crate) mod hub;

use std::{fs, path::PathBuf};

use aios_memory::{Error, HubCache, ModelName, PullError, pull_model};
use tempfile::TempDir;

use hub::{COMMIT, Fault, Hub, MODEL};

struct Fixture {
    hub: Hub,
    cache: HubCache,
    _home: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        let home = tempfile::tempdir().unwrap();
        Fixture { hub: Hub::start(), cache: HubCache::new(home.path().join("hub")), _home: home }
    }

    async fn pull(&self, name: &str) -> Result<PathBuf, Error> {
        let name: ModelName = name.parse().unwrap();
        pull_model(self.cache.clone(), self.hub.address.clone(), name, |_| ()).await
    }

    fn resolve(&self, name: &str) -> Result<PathBuf, aios_memory::Error> {
        Ok(self.cache.resolve(&name.parse().unwrap())?)
    }
}

#[tokio::test]
async fn a_model_comes_whole_and_only_once() {
    let fixture = Fixture::new();
    let path = fixture.pull(MODEL).await.unwrap();
    assert_eq!(path, fixture.resolve(MODEL).unwrap());
    assert_eq!(path, fixture.resolve(&format!("{MODEL}@{COMMIT}")).unwrap());
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
    assert!(path.join("sentence_bert_config.json").exists());
    let asked = fixture.hub.asked();
    assert_eq!(asked.len(), 7, "{asked:?}");
    assert!(!asked.iter().any(|path| path.contains("README")), "{asked:?}");

    fixture.pull(MODEL).await.unwrap();
    let asked = fixture.hub.asked();
    assert_eq!(asked, [format!("/api/models/{MODEL}/revision/main?blobs=true")]);

    fixture.pull(&format!("{MODEL}@v1")).await.unwrap();
    assert_eq!(fixture.resolve(&format!("{MODEL}@v1")).unwrap(), path);
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_stopped() {
    let fixture = Fixture::new();
    fixture.hub.fail_once(Fault::Cut(100_000));
    let error = fixture.pull(MODEL).await.unwrap_err();
    assert!(matches!(error, Error::Pull(PullError::Network { .. })), "{error}");
    assert!(fixture.resolve(MODEL).is_err());
    fixture.hub.asked();
    let path = fixture.pull(MODEL).await.unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
    let asked = fixture.hub.asked();
    assert!(asked.iter().any(|path| path.ends_with("model.safetensors from 100000")), "{asked:?}");
}

#[tokio::test]
async fn what_has_another_hash_is_thrown_away() {
    let fixture = Fixture::new();
    fixture.hub.fail_once(Fault::Flip);
    let error = fixture.pull(MODEL).await.unwrap_err();
    assert!(matches!(error, Error::Pull(PullError::Damaged { .. })), "{error}");
    assert!(fixture.resolve(MODEL).is_err());
    let path = fixture.pull(MODEL).await.unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
}

#[tokio::test]
async fn a_model_that_the_hub_does_not_know_leaves_nothing() {
    let fixture = Fixture::new();
    let error = fixture.pull("org/other").await.unwrap_err();
    assert!(matches!(error, Error::Pull(PullError::Unknown { .. })), "{error}");
    assert!(error.to_string().contains("org/other"), "{error}");
    assert!(!fixture.cache.dir().exists());
}

#[tokio::test]
async fn two_that_fetch_the_same_model_do_not_disturb_each_other() {
    let fixture = Fixture::new();
    let (one, other) = tokio::join!(fixture.pull(MODEL), fixture.pull(MODEL));
    assert_eq!(one.unwrap(), other.unwrap());
    let path = fixture.resolve(MODEL).unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
    let left = fs::read_dir(fixture.cache.folder(&MODEL.parse().unwrap()).join("blobs")).unwrap();
    assert_eq!(left.count(), 6);
}
