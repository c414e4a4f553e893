//! The files of a directory that hold a text, also in another form or encoding.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aios_record::forms;

/// Returns the files below `dir` that contain `needle`, as given or in one of its normal forms, in
/// UTF-8 or UTF-16.
pub(crate) fn holding(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let forms = [
        needle.to_owned(),
        forms::same(needle).into_owned(),
        forms::forgotten(needle),
        forms::skeleton(needle),
        needle.to_uppercase(),
    ];
    let encoded = forms.iter().flat_map(|text| {
        let units = || text.encode_utf16();
        let little = units().flat_map(u16::to_le_bytes).collect();
        [text.as_bytes().to_vec(), little, units().flat_map(u16::to_be_bytes).collect()]
    });
    holding_bytes(dir, &encoded.collect::<Vec<_>>())
}

fn holding_bytes(dir: &Path, needles: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // Background work may remove a directory or a file meanwhile.
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding_bytes(&path, needles));
            continue;
        }
        let Some(bytes) = content(&path) else { continue };
        if needles.iter().any(|needle| bytes.windows(needle.len()).any(|it| it == needle)) {
            found.push(path);
        }
    }
    found
}

/// Returns the content of a file; `None` if background work has removed it meanwhile.
pub(crate) fn content(path: &Path) -> Option<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => Some(read.unwrap()),
    }
}
