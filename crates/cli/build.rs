//! Packs the relative relocations of the program.
//!
//! The program has hundreds of thousands of them. Unpacked, each takes 24 bytes that every start
//! reads; packed (`DT_RELR`), each takes about one bit. The building system must support packed
//! relocations, because the program may run on it: glibc 2.36 or newer. Linkers that do not know
//! the option ignore it.

use std::{env, process::Command};

/// First version of glibc that supports packed relocations.
const GLIBC_MIN: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_glibc =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let is_native = variable("HOST") == variable("TARGET");
    if is_glibc && is_native && glibc().is_some_and(|version| GLIBC_MIN <= version) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Returns the version of glibc on this system; `None` if it is unknown.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
