//! Models in the cache of the Hugging Face hub, in the layout of the hub's own library.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use aios_embedding::{Bert, BertOptions, Embedder, Error, HubCache, ModelName};
use aios_record::Remedy;
use tempfile::TempDir;

use crate::bert::tiny::Tiny;

const COMMIT: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
const FILES: [&str; 5] =
    ["modules.json", "config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"];

fn name(text: &str) -> ModelName {
    text.parse().unwrap()
}

/// Creates a cache with one model, whose files are links to blobs.
fn cache(tiny: &Tiny) -> (TempDir, HubCache) {
    let home = tempfile::tempdir().unwrap();
    let cache = HubCache::new(home.path());
    let folder = cache.folder(&name("org/tiny-model"));
    let snapshot = folder.join("snapshots").join(COMMIT);
    fs::create_dir_all(folder.join("blobs")).unwrap();
    fs::create_dir_all(folder.join("refs")).unwrap();
    fs::create_dir_all(snapshot.join("1_Pooling")).unwrap();
    fs::write(folder.join("refs/main"), COMMIT).unwrap();
    for (number, file) in FILES.iter().enumerate() {
        let blob = format!("blobs/{number}");
        fs::copy(tiny.path().join(file), folder.join(&blob)).unwrap();
        let up = "../".repeat(file.split('/').count() + 1);
        symlink(format!("{up}{blob}"), snapshot.join(file)).unwrap();
    }
    (home, cache)
}

#[test]
fn a_model_found_by_name_gives_the_vectors_of_its_directory() {
    let tiny = Tiny::new(|_| ());
    let (_home, cache) = cache(&tiny);
    let found = cache.resolve(&name("org/tiny-model")).unwrap();
    let at_commit = cache.resolve(&name(&format!("org/tiny-model@{COMMIT}"))).unwrap();
    assert_eq!(found, at_commit);
    let [cached, plain] =
        [found.as_path(), tiny.path()].map(|dir| Bert::open(dir, BertOptions::default()).unwrap());
    assert_eq!(cached.embed_query("red").unwrap(), plain.embed_query("red").unwrap());
    assert_eq!(cached.fingerprint(), plain.fingerprint());
}

#[test]
fn missing_models_are_named_and_can_be_pulled() {
    let (_home, cache) = cache(&Tiny::new(|_| ()));
    for model in ["org/other", "org/tiny-model@v2"] {
        let error = cache.resolve(&name(model)).unwrap_err();
        assert!(matches!(error, Error::NotCached { .. }) && error.is_not_found(), "{error}");
        let told = error.to_string();
        assert_eq!(error.remedy(), Some(Remedy::PullModel { model: model.to_owned() }));
        assert!(told.contains(cache.folder(&name(model)).to_str().unwrap()), "{told}");
    }
    for file in FILES {
        let tiny = Tiny::new(|_| ());
        let (_home, cache) = self::cache(&tiny);
        let snapshot = cache.resolve(&name("org/tiny-model")).unwrap();
        // The link stays, its target is gone.
        fs::remove_file(snapshot.join(file).canonicalize().unwrap()).unwrap();
        let error = cache.resolve(&name("org/tiny-model")).unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }) && error.is_not_found(), "{error}");
        assert!(error.to_string().contains(file), "{error}");
        let model = "org/tiny-model".to_owned();
        assert_eq!(error.remedy(), Some(Remedy::PullModel { model }));
    }
}

#[test]
fn a_list_marks_unusable_models() {
    let (_home, cache) = cache(&Tiny::new(|_| ()));
    let broken = cache.folder(&name("org/a--broken")).join("snapshots/0123");
    fs::create_dir_all(&broken).unwrap();
    fs::create_dir_all(cache.dir().join("datasets--org--data")).unwrap();
    let listed = cache.list().unwrap();
    let names: Vec<&str> = listed.iter().map(|model| &*model.repository).collect();
    assert_eq!(names, ["org/a--broken", "org/tiny-model"]);
    assert!(listed[0].unusable.as_ref().unwrap().to_string().contains("modules.json"));
    assert!(listed[0].revisions.is_empty());
    assert_eq!((&*listed[1].commit, &*listed[1].revisions), (COMMIT, &["main".to_owned()][..]));
    assert!(listed[1].unusable.is_none());
    assert!(HubCache::new(cache.dir().join("none")).list().unwrap().is_empty());
}

#[test]
fn foreign_models_are_not_reported_as_incomplete() {
    let check = |files: &[&str], expect: &str| {
        let (_home, cache) = cache(&Tiny::new(|_| ()));
        let folder = cache.folder(&name("org/other"));
        let snapshot = folder.join("snapshots/0123");
        fs::create_dir_all(snapshot.join("1_Pooling")).unwrap();
        fs::create_dir_all(folder.join("refs")).unwrap();
        fs::write(folder.join("refs/main"), "0123").unwrap();
        let tiny = Tiny::new(|_| ());
        for file in files {
            let from = tiny.path().join(file);
            let content = if from.exists() { fs::read(from).unwrap() } else { Vec::new() };
            fs::write(snapshot.join(file), content).unwrap();
        }
        let listed = cache.list().unwrap();
        let other = listed.iter().find(|model| model.repository == "org/other").unwrap();
        let error = cache.resolve(&name("org/other")).unwrap_err();
        for error in [other.unusable.as_ref().unwrap(), &error] {
            assert!(matches!(error, Error::OtherMake { .. }), "{error}");
            assert!(!error.is_not_found() && error.to_string().contains(expect), "{error}");
        }
    };
    let llm = ["config.json", "model-00001-of-00002.safetensors", "tokenizer.json"];
    check(&llm, "no `modules.json`");
    let whole = ["modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json"];
    check(&[&whole[..], &["model.safetensors.index.json"]].concat(), "several files");
    check(&[&whole[..], &["pytorch_model.bin"]].concat(), "pickle");
}

#[test]
fn unreadable_files_are_not_reported_as_missing() {
    let (_home, cache) = cache(&Tiny::new(|_| ()));
    let weights = cache.resolve(&name("org/tiny-model")).unwrap().join("model.safetensors");
    fs::remove_file(&weights).unwrap();
    symlink("model.safetensors", &weights).unwrap();
    let error = cache.resolve(&name("org/tiny-model")).unwrap_err();
    assert!(matches!(&error, Error::Read { path, .. } if *path == weights), "{error}");
}

#[test]
fn the_cache_is_located_like_the_hubs_own_library() {
    let check = |variables: &[(&str, &str)], expect: Option<&str>| {
        let value = |asked: &str| {
            let found = variables.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| OsString::from(value))
        };
        let found = HubCache::locate(value);
        match (found, expect) {
            (Ok(found), Some(expect)) => assert_eq!(found.dir(), Path::new(expect)),
            (Err(Error::NoCache), None) => {}
            (found, expect) => panic!("{variables:?}: {found:?}, not {expect:?}"),
        }
    };
    let all = [
        ("HF_HUB_CACHE", "/a"),
        ("HUGGINGFACE_HUB_CACHE", "/b"),
        ("HF_HOME", "/c"),
        ("XDG_CACHE_HOME", "/d"),
        ("HOME", "/e"),
    ];
    check(&all, Some("/a"));
    check(&all[1..], Some("/b"));
    check(&all[2..], Some("/c/hub"));
    check(&all[3..], Some("/d/huggingface/hub"));
    check(&all[4..], Some("/e/.cache/huggingface/hub"));
    check(&[("HF_HUB_CACHE", ""), all[4]], Some("/e/.cache/huggingface/hub"));
    check(&[("HF_HUB_CACHE", "~/models"), all[4]], Some("/e/models"));
    check(&[("HF_HOME", "~"), all[4]], Some("/e/hub"));
    check(&[("HF_HOME", "~other"), all[4]], Some("~other/hub"));
    check(&[("HF_HOME", "~/models")], None);
    check(&[], None);
}

#[test]
fn names_never_leave_the_cache() {
    for text in ["org/name", "org/name@v1.0", "a-b/c_d.e@refs/pr/1"] {
        assert_eq!(name(text).to_string(), text);
    }
    let bad =
        ["", "name", "a/b/c", "/a", "a/", "../b", "a/..", "a/b@", "a/b@../../x", "a/b@/x", "a b/c"];
    for text in bad {
        assert!(text.parse::<ModelName>().is_err(), "{text}");
    }
    // The content of a reference is untrusted data as well.
    let (_home, cache) = cache(&Tiny::new(|_| ()));
    let folder = cache.folder(&name("org/tiny-model"));
    fs::write(folder.join("refs/main"), PathBuf::from("..").join("..").to_str().unwrap()).unwrap();
    assert!(matches!(cache.resolve(&name("org/tiny-model")), Err(Error::NotCached { .. })));
}
