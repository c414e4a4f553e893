//! Small trees with one fault.

use super::*;

const MAP_TEXT: &str = "# Architecture

| word | meaning |
|---|---|
| `crates/other` | another table |

| folder | package | purpose | must not know |
|---|---|---|---|
| `crates/record` | `aios-record` | the vocabulary | |
| `tests` | `aios-memory-tests` | the whole stack | |

| `crates/more` | `aios-more` | after the table |
";

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.len() as u64, text: Some(text.to_owned()) }
}

fn manifest(folder: &str, name: &str) -> File {
    let text = format!("[package]\nname = \"{name}\"\n\n[[test]]\nname = \"stack\"\n");
    file(&format!("{folder}/Cargo.toml"), &text)
}

/// Returns a tree without a fault.
fn whole() -> Vec<File> {
    vec![
        file("Cargo.toml", "[workspace]\n"),
        file(MAP, MAP_TEXT),
        manifest("crates/record", "aios-record"),
        manifest("tests", "aios-memory-tests"),
        file("tests/tests/it/day.rs", "//! A day.\n\n    #[tokio::test(flavor = \"x\")]\n"),
    ]
}

/// Returns the places of the findings, after one change to a tree without a fault.
fn faults(change: impl FnOnce(&mut Vec<File>)) -> Vec<String> {
    let mut files = whole();
    change(&mut files);
    check(&files).into_iter().map(|finding| finding.place).collect()
}

#[test]
fn each_row_has_its_folder_and_each_package_its_row() {
    assert_eq!(faults(|_| ()), [""; 0]);
    assert_eq!(faults(|files| drop(files.remove(2))), [MAP]);
    assert_eq!(faults(|files| files.push(manifest("crates/dreams", "dreams"))), ["crates/dreams"]);
    assert_eq!(faults(|files| files[2] = manifest("crates/record", "aios-other")), [MAP]);
    let moved = faults(|files| files[2] = manifest("crates/kinds", "aios-record"));
    assert_eq!(moved, [MAP, "crates/kinds"]);
}

#[test]
fn a_missing_map_is_found() {
    let gone = faults(|files| drop(files.remove(1)));
    assert_eq!(gone, [MAP, "crates/record", "tests"]);
}

#[test]
fn a_package_of_tests_has_one() {
    assert_eq!(faults(|files| drop(files.remove(4))), ["tests"]);
    let empty = "//! No test: `#[test]`\n// #[test]\n";
    assert_eq!(faults(|files| files[4] = file("tests/tests/it/day.rs", empty)), ["tests"]);
    // Tests of another package do not count.
    let other = file("tests-of-another/it.rs", "#[test]\n");
    assert_eq!(faults(|files| files[4] = other), ["tests"]);
}

#[test]
fn rows_are_those_of_the_table() {
    let rows = rows(MAP_TEXT);
    let names: Vec<_> = rows.iter().map(|row| (row.folder, row.name, row.line)).collect();
    assert_eq!(names, [("crates/record", "aios-record", 9), ("tests", "aios-memory-tests", 10)]);
}
