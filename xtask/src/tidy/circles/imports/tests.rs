//! Tests of the reader of imports.

use super::*;

/// Checks the paths that a file uses, one a line and in order.
fn check(text: &str, expect: &[&str]) {
    let imports = read(text);
    let mut used: Vec<String> = imports.used().map(|path| path.join("::")).collect();
    used.retain(|path| path.contains("::"));
    assert_eq!(used, expect, "{text}");
}

#[test]
fn trees_of_imports_are_taken_apart() {
    check("use a::b;", &["a::b"]);
    check(
        "use crate::{a::{self, B as C, d::*}, e};",
        &["crate::a", "crate::a::B", "crate::a::d::*", "crate::e"],
    );
    check("use super::{\n    A, // and b::B\n};", &["super::A"]);
    assert_eq!(read("use a::B as C;").names["C"], ["a", "B"]);
}

#[test]
fn paths_in_code_are_read() {
    check("fn f() -> a::B { c::d::<E>(\"x::y\") /* z::z */ }", &["a::B", "c::d"]);
    check("fn f() { x.iter::<u8>(); crate::a::b!() }", &["crate::a::b"]);
}

#[test]
fn re_exports_are_not_used_by_themselves() {
    check("pub use self::a::A;\npub(crate) use b::B;", &[]);
    check("pub(crate) use b::*;", &["b::*"]);
    assert_eq!(read("pub(crate) use b::B;").names["B"], ["b", "B"]);
}

#[test]
fn items_for_tests_are_skipped() {
    check("#[cfg(test)]\nuse a::{b, c};\nuse d::E;", &["d::E"]);
    check("#[cfg(test)]\nfn f() { if a::b() { c::d() } }\nfn g() { e::f() }", &["e::f"]);
    assert_eq!(read("#[cfg(test)]\n#[rustfmt::skip]\npub(crate) mod a;").tests, ["a"]);
    assert_eq!(read("#[cfg(test)]\nfn f() {}\nmod b;").tests, [""; 0]);
}
