//! A full disk is distinguished from other failures.

use std::{error::Error, fmt, io};

use aios_ledger::is_disk_full;

/// An error of a library that states its cause in its message, and maybe as a source.
#[derive(Debug)]
struct Wrapped(&'static str, Option<io::Error>);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}

#[test]
fn a_full_disk_is_recognised_by_error_kind_and_by_message() {
    let io = io::Error::from;
    let cases = [
        (Wrapped("failed to write", Some(io(io::ErrorKind::StorageFull))), true),
        (Wrapped("failed to write", Some(io(io::ErrorKind::QuotaExceeded))), true),
        (Wrapped("LanceError(IO): No space left on device (os error 28), at 1:2", None), true),
        (Wrapped("failed to read", Some(io(io::ErrorKind::NotFound))), false),
        (Wrapped("LanceError(IO): Input/output error (os error 5)", None), false),
        (Wrapped("database disk image is malformed", None), false),
    ];
    for (error, expect) in cases {
        assert_eq!(is_disk_full(&error), expect, "{error:?}");
    }
}
