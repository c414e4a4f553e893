//! The memory that AI agents run on: tiered, lossless, searchable, token-exact
