//! Tier 1 of aios-memory: goals, tasks, decisions, sessions and messages in SQLite
