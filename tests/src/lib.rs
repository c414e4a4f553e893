//! Empty: this package holds only the tests of the whole stack, in `tests/it`.
