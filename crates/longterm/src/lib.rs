//! Tier 2 of aios-memory: every record, searchable by meaning and by word, in LanceDB
