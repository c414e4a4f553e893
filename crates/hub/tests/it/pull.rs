//! Download of a model from a local hub.

pub(crate) mod hub;

use std::{fs, path::PathBuf};

use aios_hub::{Error, HubCache, ModelName, pull_model};
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

    fn resolve(&self, name: &str) -> Result<PathBuf, aios_hub::Error> {
        Ok(self.cache.resolve(&name.parse().unwrap())?)
    }
}

#[tokio::test]
async fn a_model_is_downloaded_completely_and_only_once() {
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
async fn an_interrupted_download_resumes() {
    let fixture = Fixture::new();
    fixture.hub.fail_once(Fault::Cut(100_000));
    let error = fixture.pull(MODEL).await.unwrap_err();
    assert!(matches!(error, Error::Network { .. }), "{error}");
    assert!(fixture.resolve(MODEL).is_err());
    fixture.hub.asked();
    let path = fixture.pull(MODEL).await.unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
    let asked = fixture.hub.asked();
    assert!(asked.iter().any(|path| path.ends_with("model.safetensors from 100000")), "{asked:?}");
}

#[tokio::test]
async fn a_file_with_a_wrong_hash_is_discarded() {
    let fixture = Fixture::new();
    fixture.hub.fail_once(Fault::Flip);
    let error = fixture.pull(MODEL).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(fixture.resolve(MODEL).is_err());
    let path = fixture.pull(MODEL).await.unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
}

#[tokio::test]
async fn an_unknown_model_leaves_nothing_in_the_cache() {
    let fixture = Fixture::new();
    let error = fixture.pull("org/other").await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("org/other"), "{error}");
    assert!(!fixture.cache.dir().exists());
}

#[tokio::test]
async fn concurrent_downloads_of_the_same_model_succeed() {
    let fixture = Fixture::new();
    let (one, other) = tokio::join!(fixture.pull(MODEL), fixture.pull(MODEL));
    assert_eq!(one.unwrap(), other.unwrap());
    let path = fixture.resolve(MODEL).unwrap();
    assert_eq!(fs::read(path.join("model.safetensors")).unwrap(), b"weights ".repeat(40_000));
    let left = fs::read_dir(fixture.cache.folder(&MODEL.parse().unwrap()).join("blobs")).unwrap();
    assert_eq!(left.count(), 6);
}
