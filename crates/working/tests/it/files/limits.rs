//! The limits of files.

use aios_working::{
    FILE_BYTES_MAX, FILE_DEPTH_MAX, FILE_PATH_BYTES_MAX, FILES_MAX, File, FilePath,
};
use serde_json::json;

use super::{answer, path, text_of};
use crate::{opened, view};

#[tokio::test]
async fn a_file_has_a_mebibyte_at_most() {
    let (_place, working) = opened();
    let whole = "x".repeat(FILE_BYTES_MAX);
    working.files().create("/memories/a.md", &whole).await.unwrap();
    let error = working.files().create("/memories/b.md", &format!("{whole}x")).await.unwrap_err();
    let said = "File /memories/b.md would have 1048577 bytes, the limit is 1048576. \
                Please split it.";
    assert_eq!(error.to_string(), said);
    // Inserting adds at least a line end.
    assert!(working.files().insert("/memories/a.md", 0, "").await.is_err());
    assert_eq!(text_of(&working, "/memories/a.md").await.unwrap().len(), FILE_BYTES_MAX);
    let edit = working.files().str_replace("/memories/a.md", &whole, &format!("{whole}y")).await;
    assert!(edit.is_err());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn an_owner_has_a_limited_number_of_files_in_a_project() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    let mut all = Vec::new();
    for n in 0..FILES_MAX {
        let ada = ada.clone();
        let file = File::new(path(&format!("/memories/{}/{n}", n % 7)), "");
        all.push(tokio::spawn(async move { ada.files().put(file).await.map(drop) }));
    }
    for one in all {
        one.await.unwrap().unwrap();
    }
    let said = answer(&ada, json!({"command": "create", "path": "/memories/x", "file_text": ""}));
    let limit = "error: There are 4096 files, which is the limit. Please delete files that are no \
                 longer needed.";
    assert_eq!(said.await, limit);
    // Another owner, and another project of the owner, have files of their own.
    view(&working, "bob").files().create("/memories/x", "").await.unwrap();
    let blog = aios_record::Scope::default().with_project("blog");
    ada.narrow(&blog.into()).unwrap().files().create("/memories/x", "").await.unwrap();
    // Edits and renames need no room.
    ada.files().insert("/memories/1/1", 0, "text").await.unwrap();
    ada.files().rename("/memories/1", "/memories/one").await.unwrap();
    ada.files().delete("/memories/one/1").await.unwrap();
    ada.files().create("/memories/x", "").await.unwrap();
}

#[test]
fn a_path_has_limits() {
    let long = |bytes: usize| format!("/memories/{}", "x".repeat(bytes - "/memories/".len()));
    assert!(FilePath::new(&long(FILE_PATH_BYTES_MAX)).is_ok());
    let error = FilePath::new(&long(FILE_PATH_BYTES_MAX + 1)).unwrap_err().to_string();
    assert_eq!(error, "Path has 513 bytes, the limit is 512. Please use a shorter path.");
    let deep = |levels: usize| format!("/memories{}", "/d".repeat(levels));
    assert!(FilePath::new(&deep(FILE_DEPTH_MAX)).is_ok());
    let error = FilePath::new(&deep(FILE_DEPTH_MAX + 1)).unwrap_err().to_string();
    assert!(error.ends_with("is 17 levels deep, the limit is 16"), "{error}");
}

#[tokio::test]
async fn a_rename_beyond_a_limit_moves_no_file() {
    let (_place, working) = opened();
    working.files().create("/memories/a/b.md", "").await.unwrap();
    working.files().create(&format!("/memories/a{}", "/d".repeat(15)), "").await.unwrap();
    let error = working.files().rename("/memories/a", "/memories/x/y").await.unwrap_err();
    assert!(error.to_string().ends_with("levels deep, the limit is 16"), "{error}");
    assert_eq!(text_of(&working, "/memories/a/b.md").await.as_deref(), Some(""));
    assert_eq!(text_of(&working, "/memories/x/y/b.md").await, None);
}

#[test]
fn an_encoded_parent_is_refused_also_if_a_plain_one_takes_it_back() {
    for path in [
        "/memories/%2e%2e",
        "/memories/%2e%2E/../.",
        "/memories/a/%252e%252e/../b",
        "/memories/a%2f..%2f../b/..",
    ] {
        assert!(FilePath::new(path).is_err(), "{path}");
    }
    for path in ["/memories/a/../%41", "/memories/%2e/b", "/memories/a/../b%", "/memories/%2e%2e."]
    {
        assert!(FilePath::new(path).is_ok(), "{path}");
    }
}
