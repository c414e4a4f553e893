//! The service of aios-memory.
