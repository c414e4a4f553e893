//! Files that are found in a directory.

use std::fs;

use super::*;

#[test]
fn a_data_directory_below_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let memory = dir.path().join("project/memory");
    fs::create_dir_all(memory.join("hooks")).unwrap();
    for name in ["working.db", "journal.db", "generations.json", "hooks/hooks.log"] {
        fs::write(memory.join(name), "{}").unwrap();
    }
    fs::write(dir.path().join("project/journal.db"), "notes").unwrap();
    fs::write(dir.path().join("project/plan.md"), "# Plan").unwrap();
    let found = walk(dir.path(), &[]).unwrap();
    let expect = ["project/journal.db", "project/plan.md"].map(|name| dir.path().join(name));
    assert_eq!((found.files, found.skipped), (expect.to_vec(), 0));
}
