//! Tier 0 of aios-memory: lock-free ring of recent events, latest metrics, active tasks
