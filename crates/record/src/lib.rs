//! What every memory record carries: id, scope, provenance, time, tier
