//! One SQLite file, one writer: group commit, read-only readers, migrations
