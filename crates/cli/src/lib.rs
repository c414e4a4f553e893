//! The aios-memory command line
