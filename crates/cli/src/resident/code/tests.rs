//! Released code runs again.

use super::*;

#[test]
fn only_executable_mappings_are_code() {
    let (start, bytes) = code("55d0-55f1 r-xp 00001000 fe:00 12   /opt/a program").unwrap();
    assert_eq!((start.addr().get(), bytes.get()), (0x55d0, 0x21));
    for other in ["55d0-55f1 r--p 0 fe:00 12 /x", "55d0-55f1 rw-p 0 fe:00 12 /x", "", "x-y r-xp"] {
        assert_eq!(code(other), None, "{other}");
    }
}

#[test]
fn a_program_goes_on_after_its_code_was_released() {
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = resident();
    release();
    let after = resident();
    assert!(after < before, "{after} kB of {before} kB stay");
}
