//! Directories with few files.

use super::*;

#[test]
fn a_text_is_found_in_every_form_and_encoding() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let utf16 = |text: &str, encode: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(encode).collect::<Vec<u8>>()
    };
    let contents = [
        b"before The Gate after".to_vec(),
        b"THE GATE".to_vec(),
        b"the gate".to_vec(),
        utf16("The Gate", u16::to_le_bytes),
        utf16("The Gate", u16::to_be_bytes),
    ];
    fs::create_dir(dir.path().join("below")).expect("an empty directory");
    for (at, content) in contents.iter().enumerate() {
        let path = dir.path().join("below").join(at.to_string());
        fs::write(path, content).expect("a new file");
        assert_eq!(holding(dir.path(), "The Gate").len(), at + 1);
    }
    assert_eq!(holding(dir.path(), "The Gates"), [""; 0].map(PathBuf::from));
}

#[test]
fn a_copy_has_every_file_with_private_modes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::create_dir_all(from.join("below")).expect("a new directory");
    fs::write(from.join("below/file"), "text").expect("a new file");
    set_mode(&from.join("below/file"), 0o644);
    copy(&from, &to);
    assert_eq!(fs::read(to.join("below/file")).ok().as_deref(), Some(&b"text"[..]));
    for (path, mode) in [("below/file", 0o600), ("below", 0o700), ("", 0o700)] {
        let found = fs::metadata(to.join(path)).expect("it was copied").permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
}
