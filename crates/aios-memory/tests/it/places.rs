//! A data directory, or a file in it, that is moved, replaced or removed while it is open, or that
//! another user created or can write to.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    io::ErrorKind,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process::Command,
};

use aios_memory::{
    AgentMemory, Config, Error, Kind, Remedy,
    upkeep::{reindex, repair, restore},
};
use aios_memory_tests::directory::content;
use serde_json::json;

use crate::{Fixture, texts};

/// A user other than that of the tests, if they run as root.
const NOBODY: u32 = 65534;

/// Returns the content of all files below a directory.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.extend(content(&path).map(|bytes| (path, bytes))),
        }
    }
    found
}

/// Number of attempts to copy a directory in which a process works.
const COPIES_MAX: usize = 20;

/// Replaces a file or directory with a copy.
fn replace(path: &Path) {
    let old = path.with_added_extension("old");
    fs::rename(path, &old).unwrap();
    // A process that still works in it may remove a file between the listing and its copy.
    let copied = || Command::new("cp").arg("-a").args([&old, path]).status().unwrap().success();
    for _ in 0..COPIES_MAX {
        if copied() {
            return;
        }
        match path.is_dir() {
            true => removed(path),
            false => drop(fs::remove_file(path)),
        }
    }
    panic!("failed to copy {}", old.display());
}

async fn store(memory: &AgentMemory, kind: Kind) -> Result<(), Error> {
    let text = if kind == Kind::Goal { "description" } else { "content" };
    memory.record(kind, json!({text: "after it was moved"})).await.map(drop)
}

/// Removes a directory into which a process may still be writing.
fn removed(dir: &Path) {
    while let Err(error) = fs::remove_dir_all(dir) {
        match error.kind() {
            ErrorKind::DirectoryNotEmpty => {}
            ErrorKind::NotFound => break,
            _ => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_after_the_directory_has_changed() {
    type Change = fn(&Path);
    let goal_and_note = [Kind::Goal, Kind::Note].as_slice();
    let changes: &[(&str, Change, &[Kind])] = &[
        ("moved", |dir| fs::rename(dir, dir.with_extension("moved")).unwrap(), goal_and_note),
        ("removed", removed, goal_and_note),
        ("replaced by a copy", replace, goal_and_note),
        ("working.db replaced", |dir| replace(&dir.join("working.db")), &[Kind::Goal]),
        (
            "working.db removed",
            |dir| fs::remove_file(dir.join("working.db")).unwrap(),
            &[Kind::Goal],
        ),
        ("journal.db replaced", |dir| replace(&dir.join("journal.db")), &[Kind::Note]),
        ("journal.db-wal replaced", |dir| replace(&dir.join("journal.db-wal")), &[Kind::Note]),
        ("longterm replaced", |dir| replace(&dir.join("longterm")), &[Kind::Note]),
        ("longterm removed", |dir| removed(&dir.join("longterm")), &[Kind::Note]),
    ];
    for (what, change, refused) in changes {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        for kind in goal_and_note {
            store(&memory, *kind).await.unwrap();
        }
        memory.administrator().longterm().upkeep().drain().await.unwrap();
        let dir = fixture.config().memory.data_dir;
        change(&dir);
        for kind in *refused {
            let error = store(&memory, *kind).await.unwrap_err();
            assert_eq!(error.code(), "moved", "{what} {kind}: {error:?}");
            assert_eq!(error.remedy(), Some(Remedy::PutBack), "{what}: {error}");
            assert!(!error.is_retryable() && !error.is_unwritable(), "{what}: {error}");
        }
        // Closing the handle changes nothing in the directory that is there now.
        let before = files(&dir);
        let _ = memory.shutdown().await;
        if goal_and_note == *refused {
            assert_eq!(files(&dir), before, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_of_a_moved_directory_does_not_touch_its_replacement() {
    let fixture = Fixture::new();
    let old = fixture.open().await;
    old.remember("the old harbour").await.unwrap();
    let dir = fixture.config().memory.data_dir;
    let moved = dir.with_extension("moved");
    fs::rename(&dir, &moved).unwrap();
    let new = fixture.open().await;
    new.remember("the new lighthouse").await.unwrap();
    assert_eq!(old.remember("the lost pier").await.unwrap_err().code(), "moved");
    // It neither reads the records of the other one nor deletes its log.
    let _ = old.shutdown().await;
    new.remember("the newer mole").await.unwrap();
    new.shutdown().await.unwrap();
    let new = fixture.open().await;
    let mut found = texts(&new, "harbour lighthouse pier mole").await;
    found.sort();
    assert_eq!(found, ["the new lighthouse", "the newer mole"]);
    assert!(new.administrator().upkeep().verify(|_| {}).await.unwrap().is_clean());
    let old = AgentMemory::open(Config::at(moved)).await.unwrap();
    assert_eq!(texts(&old, "harbour").await, ["the old harbour"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_moved_back_is_used_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let dir = fixture.config().memory.data_dir;
    fs::rename(&dir, dir.with_extension("moved")).unwrap();
    assert_eq!(memory.remember("a pier").await.unwrap_err().code(), "moved");
    fs::rename(dir.with_extension("moved"), &dir).unwrap();
    memory.remember("a mole").await.unwrap();
    memory.shutdown().await.unwrap();
    let memory = fixture.open().await;
    assert_eq!(texts(&memory, "pier mole").await, ["a mole"]);
}

#[tokio::test]
async fn files_of_other_users_are_refused_and_own_permissions_are_tightened() {
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    fixture.open().await.shutdown().await.unwrap();
    for path in ["hooks/sessions", "run"] {
        fs::create_dir_all(dir.join(path)).unwrap();
    }
    fs::write(dir.join("hooks/sessions/a.json"), "{}").unwrap();
    let _service = UnixListener::bind(dir.join("run/service.sock")).unwrap();
    for (path, mode) in [
        ("", 0o777),
        ("working.db", 0o666),
        ("longterm", 0o755),
        ("hooks", 0o755),
        ("hooks/sessions/a.json", 0o644),
        ("run", 0o775),
        ("run/service.sock", 0o777),
    ] {
        fs::set_permissions(dir.join(path), Permissions::from_mode(mode)).unwrap();
    }
    fixture.open().await.shutdown().await.unwrap();
    for (path, mode) in [
        ("", 0o700),
        ("working.db", 0o600),
        ("longterm", 0o700),
        ("hooks", 0o700),
        ("hooks/sessions/a.json", 0o600),
        ("run", 0o700),
        ("run/service.sock", 0o600),
    ] {
        let found = fs::metadata(dir.join(path)).unwrap().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
    if fs::metadata(&dir).unwrap().uid() != 0 {
        return;
    }
    // Files of another user are neither used nor changed.
    for name in [
        "working.db",
        "journal.db",
        "journal.db-wal",
        "generations.json",
        "longterm",
        "hooks",
        "run",
    ] {
        let fixture = Fixture::new();
        let dir = fixture.config().memory.data_dir;
        fs::create_dir(&dir).unwrap();
        let theirs = dir.join(name);
        match name {
            "longterm" | "hooks" | "run" => fs::create_dir(&theirs).unwrap(),
            _ => fs::write(&theirs, "").unwrap(),
        }
        chown(&theirs, Some(NOBODY), None).unwrap();
        fs::set_permissions(&theirs, Permissions::from_mode(0o777)).unwrap();
        let error = AgentMemory::open(fixture.config()).await.unwrap_err();
        assert_eq!(error.code(), "data_dir", "{name}: {error:?}");
        let expect = Remedy::TakeOwnership { path: theirs.clone(), user: 0 };
        assert_eq!(error.remedy(), Some(expect), "{name}: {error}");
        assert!(!error.is_unwritable(), "no command reads it without being told to");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "{name}");
        assert_eq!(fs::metadata(&theirs).unwrap().mode() & 0o777, 0o777, "{name}");
    }
    let fixture = Fixture::new();
    let dir = fixture.config().memory.data_dir;
    let theirs = fixture.dir.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    chown(&theirs, Some(NOBODY), None).unwrap();
    symlink(&theirs, &dir).unwrap();
    let error = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(error, Error::ForeignDirectory { owner: NOBODY, .. }), "{error:?}");
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 0);
}

#[tokio::test]
async fn maintenance_of_the_whole_directory_is_exclusive() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember("a mole").await.unwrap();
    let copy = fixture.dir.path().join("copy");
    memory.administrator().upkeep().backup(&copy, |_| {}).await.unwrap();
    let dir = fixture.config().memory.data_dir;
    let lock = fs::File::create(dir.join("upkeep.lock")).unwrap();
    lock.lock().unwrap();
    for refused in [
        repair(fixture.config(), |_| {}).await.map(drop).unwrap_err(),
        reindex(fixture.config(), None, |_| {}).await.map(drop).unwrap_err(),
    ] {
        assert!(refused.is_retryable() && refused.code() == "busy", "{refused:?}");
        let awaits = matches!(refused.remedy(), Some(Remedy::AwaitProcess { .. }));
        assert!(awaits, "{refused}");
    }
    drop(lock);
    assert!(repair(fixture.config(), |_| {}).await.unwrap().was_sound);

    // A backup or restore in progress belongs to its process alone.
    for name in ["copy-2", "restored"] {
        let (target, partial) =
            (fixture.dir.path().join(name), fixture.dir.path().join(format!(".{name}.partial")));
        fs::create_dir(&partial).unwrap();
        let lock = fs::File::open(&partial).unwrap();
        lock.lock().unwrap();
        let config = Config::at(&target);
        let refused = match name {
            "restored" => {
                let opened = AgentMemory::open(config.clone()).await.unwrap_err();
                assert_eq!(opened.code(), "busy", "{opened:?}");
                restore(&copy, &config).await.unwrap_err()
            }
            _ => memory.administrator().upkeep().backup(&target, |_| {}).await.unwrap_err(),
        };
        assert_eq!(refused.code(), "busy", "{refused:?}");
        assert!(!target.exists());
        drop(lock);
        // A leftover is reported, and replaced.
        if name == "restored" {
            let error = AgentMemory::open(config.clone()).await.unwrap_err();
            let left = Some(partial.clone());
            assert_eq!(error.remedy(), Some(Remedy::FinishRestore { left }), "{error}");
            restore(&copy, &config).await.unwrap();
            let restored = AgentMemory::open(config).await.unwrap();
            assert_eq!(texts(&restored, "mole").await, ["a mole"]);
        } else {
            memory.administrator().upkeep().backup(&target, |_| {}).await.unwrap();
        }
        assert!(target.exists() && !partial.exists());
    }
}

#[tokio::test]
async fn a_restore_is_private_and_refuses_links_and_special_files() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember("a mole").await.unwrap();
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    let copy = fixture.dir.path().join("copy");
    memory.administrator().upkeep().backup(&copy, |_| {}).await.unwrap();
    for (modes, name) in [("a=rX", "reading"), ("a=rwX", "open")] {
        assert!(Command::new("chmod").args(["-R", modes]).arg(&copy).status().unwrap().success());
        let config = Config::at(fixture.dir.path().join(name));
        restore(&copy, &config).await.unwrap();
        for path in files(&config.memory.data_dir).keys() {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
            let above = fs::metadata(path.parent().unwrap()).unwrap().mode();
            assert_eq!(above & 0o777, 0o700, "{}", path.display());
        }
        let restored = AgentMemory::open(config).await.unwrap();
        restored.remember("a pier").await.unwrap();
        assert_eq!(texts(&restored, "mole").await[0], "a mole");
    }
    assert!(Command::new("chmod").args(["-R", "u+rwX"]).arg(&copy).status().unwrap().success());
    let refused = async |name: &str| {
        let config = Config::at(fixture.dir.path().join(name));
        let error = restore(&copy, &config).await.unwrap_err();
        assert_eq!(error.code(), "input", "{name}: {error}");
        assert_eq!((error.code(), fs::read_dir(&copy).unwrap().count()), ("input", 4), "{error}");
        assert!(!fixture.dir.path().join("to").exists());
    };
    symlink("copy", fixture.dir.path().join("link")).unwrap();
    for inside in ["copy", "copy/below/it", "link/below", "", "not-yet/../copy/below"] {
        refused(inside).await;
    }
    symlink("..", copy.join("longterm/up")).unwrap();
    refused("to").await;
    fs::remove_file(copy.join("longterm/up")).unwrap();
    assert!(Command::new("mkfifo").arg(copy.join("longterm/pipe")).status().unwrap().success());
    refused("to").await;
}
