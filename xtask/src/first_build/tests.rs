//! A dependency that was only checked, or one with a similar name, does not count as built.

use super::*;

#[test]
fn only_a_compiled_lancedb_counts_as_built() {
    let dir = std::env::temp_dir().join(format!("xtask-first-build-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("the folder is new");
    assert!(!is_built(&dir.join("absent")));
    for name in ["liblance-1.rlib", "liblancedb-1.rmeta", "lancedb-1.d"] {
        fs::write(dir.join(name), "").expect("it is written");
    }
    assert!(!is_built(&dir));
    fs::write(dir.join("liblancedb-1.rlib"), "").expect("it is written");
    assert!(is_built(&dir));
    fs::remove_dir_all(&dir).expect("it is removed");
}
