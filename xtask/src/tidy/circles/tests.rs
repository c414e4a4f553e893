//! Tests of circles that are reported, tolerated or no longer exist.

use super::*;

/// Checks the files of the crate `a`; `expect` is the circles, one a line.
fn check_circles(files: &[(&str, &str)], expect: &[&str]) {
    let modules = modules(files);
    let graph = graph(&modules);
    let circles = circles_of(&graph).into_iter();
    let circles: Vec<String> =
        circles.map(|circle| circle.into_iter().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(circles, expect, "{files:?}");
}

#[test]
fn files_that_import_each_other_are_a_circle() {
    check_circles(&[("a.rs", "use crate::b::B;"), ("b.rs", "struct B;")], &[]);
    check_circles(&[("a.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;")], &["a.rs b.rs"]);
    let three = [
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "fn b() { crate::c::c() }"),
        ("c.rs", "use super::a;\nfn c() { a::a() }"),
        ("d.rs", "use crate::{a::A, b::{self, B}};"),
    ];
    check_circles(&three, &["a.rs b.rs c.rs"]);
}

#[test]
fn a_child_that_imports_its_parent_is_a_circle() {
    let used = ("a.rs", "mod b;\nuse self::b::B;\nstruct A(B);");
    check_circles(&[used, ("a/b.rs", "use super::A;")], &["a.rs a/b.rs"]);
    check_circles(&[used, ("a/b.rs", "use crate::a::*;")], &["a.rs a/b.rs"]);
    let called = ("a.rs", "mod b;\nfn a() { b::b() }");
    check_circles(&[called, ("a/b.rs", "fn b() { super::a() }")], &["a.rs a/b.rs"]);
}

#[test]
fn a_re_export_leads_to_the_file_that_defines_the_name() {
    let face = ("a.rs", "mod b;\nmod c;\npub(crate) use self::{b::B, c::C as D};");
    let root = ("lib.rs", "mod a;\npub use a::B;");
    check_circles(&[root, face, ("a/b.rs", "use super::D;"), ("a/c.rs", "")], &[]);
    check_circles(
        &[root, face, ("a/b.rs", "use super::D;"), ("a/c.rs", "use crate::B;")],
        &["a/b.rs a/c.rs"],
    );
    let user = ("a.rs", "mod b;\npub(crate) use self::b::B;\nstruct A(B);");
    check_circles(&[root, user, ("a/b.rs", "use super::A;")], &["a.rs a/b.rs"]);
}

#[test]
fn the_root_and_tests_are_left_out() {
    check_circles(&[("lib.rs", "mod a;\nuse a::A;\nstruct B;"), ("a.rs", "use crate::B;")], &[]);
    let tested = "#[cfg(test)]\npub(crate) use crate::b::B;\n#[cfg(test)]\nmod tests;";
    check_circles(&[("a.rs", tested), ("b.rs", "use crate::a::A;")], &[]);
    let broken = ("a.rs", "#[cfg(test)]\nmod b;\nstruct A;\nfn a() { b::b() }");
    check_circles(&[broken, ("a/b.rs", "use super::A;")], &[]);
}

/// Checks two files that import each other against a list.
fn check_tolerated(tolerated: &[Tolerated<'_>], expect: &[&str]) {
    let file = |path: &str, text: &str| File {
        path: path.to_owned(),
        bytes: 0,
        text: Some(text.to_owned()),
    };
    let files = [
        file("crates/x/src/a.rs", "use crate::b::B;"),
        file("crates/x/src/b.rs", "use crate::a::A;"),
        file("crates/x/src/tests.rs", "use crate::a::A;"),
        file("crates/y/src/a.rs", "use crate::b::B;"),
        file("crates/y/src/b.rs", ""),
    ];
    let found = check_against(&files, tolerated).into_iter();
    assert_eq!(found.map(|it| it.to_string()).collect::<Vec<_>>(), expect);
}

#[test]
fn the_list_tolerates_a_circle_and_only_shrinks() {
    let found = "crates/x/src/a.rs: 2 files import each other: a.rs -> b.rs; b.rs -> a.rs";
    let gone = "crates/y/src/b.rs: is no longer in a circle; remove it from `TOLERATED`";
    check_tolerated(&[], &[found]);
    check_tolerated(&[("crates/x", &["a.rs", "b.rs"], "")], &[]);
    check_tolerated(&[("crates/x", &["a.rs"], "")], &[found]);
    check_tolerated(&[("crates/x", &["a.rs", "b.rs"], ""), ("crates/y", &["b.rs"], "")], &[gone]);
}
