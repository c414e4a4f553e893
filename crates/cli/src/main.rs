//! `aios-memory`: the memory of AI agents on the command line.
fn main() {}
