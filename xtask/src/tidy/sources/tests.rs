//! Tests with a small bad input and a good one for every rule.

use super::*;

const SRC: &str = "crates/working/src/feed.rs";
const TEST: &str = "crates/working/tests/it/feed.rs";
const RING: &str = "crates/operational/src/ring/slot.rs";
const NONE: [usize; 0] = [];

/// Returns the lines with findings, in a file with a module doc.
fn check_rust(path: &str, body: &str) -> Vec<usize> {
    let text = format!("//! Front.\n{body}");
    rust(path, &text).iter().map(|finding| finding.line).collect()
}

#[test]
fn a_file_opens_with_a_module_doc() {
    assert_eq!(rust(SRC, "//! Why.\nfn f() {}").len(), 0);
    assert_eq!(rust(SRC, "// Why.\nfn f() {}").len(), 1);
    assert_eq!(rust(SRC, "").len(), 1);
    let front_page = format!("{FRONT_PAGE}//! More.");
    assert_eq!(rust("crates/working/src/lib.rs", &front_page).len(), 0);
    assert_eq!(rust(SRC, &front_page).len(), 1);
}

#[test]
fn only_tests_and_doc_examples_quote_other_text() {
    for good in ["/// assert_eq!(cut(\"東京\"), 1);", "let plain = \"\\u{6771}\";"] {
        assert_eq!(check_rust(SRC, good), NONE, "{good}");
    }
    for bad in ["let s = \"東京\";", "// a dash – here", "/// “quoted” text", "let é = 1;"]
    {
        assert_eq!(check_rust(SRC, bad), [2], "{bad}");
    }
    assert_eq!(check_rust(TEST, "let s = \"東京\";"), NONE);
    assert_eq!(check_rust(TEST, "// a dash – here"), [2]);
}

#[test]
fn lines_end_at_the_hundredth_column() {
    let line = |columns: usize| format!("// {}", "a".repeat(columns - 3));
    assert_eq!(check_rust(SRC, &line(100)), NONE);
    assert_eq!(check_rust(SRC, &line(101)), [2]);
    assert_eq!(check_rust(SRC, &format!("// https://{}", "a".repeat(100))), NONE);
    assert_eq!(check_rust(SRC, &format!("let s = \"\n{}\".len();", "a".repeat(120))), NONE);
    assert_eq!(check_rust(SRC, &format!("    \"{}\",", "a".repeat(120))), NONE);
    assert_eq!(check_rust(SRC, &format!("f(\"{}\");", "a".repeat(120))), [2]);
}

#[test]
fn unfinished_work_is_found() {
    let [later, broken, ..] = LEFTOVERS else { unreachable!("two marks are known") };
    assert_eq!(check_rust(SRC, &format!("// {later}: more")), [2]);
    assert_eq!(check_rust(SRC, &format!("// {broken} soon")), [2]);
    assert_eq!(check_rust(SRC, &format!("let s = \"{later}\";")), NONE);
    assert_eq!(check_rust(SRC, &format!("dbg{}(x);", '!')), [2]);
}

#[test]
fn unsafe_is_for_the_ring_alone() {
    assert_eq!(check_rust(SRC, "unsafe { f() }"), [2]);
    assert_eq!(check_rust(RING, "unsafe { f() }"), NONE);
    assert_eq!(check_rust(SRC, "#![deny(unsafe_code)] // no unsafe"), NONE);
}

#[test]
fn tests_run_and_never_sleep() {
    assert_eq!(check_rust(TEST, "thread::sleep(second);"), [2]);
    assert_eq!(check_rust(TEST, "use std::thread::{sleep, spawn};"), [2]);
    assert_eq!(check_rust(SRC, "thread::sleep(second);"), NONE);
    assert_eq!(check_rust(TEST, "#[ignore = \"slow\"]"), [2]);
    assert_eq!(check_rust(TEST, "#[cfg_attr(windows, ignore)]"), [2]);
    assert_eq!(check_rust(SRC, "/// ```ignore"), [2]);
    assert_eq!(check_rust(TEST, "#[should_panic(expected = \"x\")]"), [2]);
}

#[test]
fn unit_tests_have_a_file() {
    assert_eq!(check_rust(SRC, "mod tests;"), NONE);
    assert_eq!(check_rust(SRC, "mod tests {"), [2]);
}

#[test]
fn other_sources_are_ascii_and_short_too() {
    let file = |path: &str, text: &str| File {
        path: path.to_owned(),
        bytes: 0,
        text: Some(text.to_owned()),
    };
    assert_eq!(check(&file("x/schema.sql", "-- fine\n")).len(), 0);
    assert_eq!(check(&file("x/schema.sql", "-- naïve\n")).len(), 1);
    assert_eq!(check(&file(".ci/run", &"a".repeat(101))).len(), 1);
    assert_eq!(check(&file("docs/GUIDE.md", &"é".repeat(101))).len(), 0);
}
