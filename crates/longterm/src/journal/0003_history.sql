-- Older versions of records, oldest first: what a newer version of the same key took the place of.
-- Nowhere else is an older version kept. They go when the record is deleted.
CREATE TABLE history (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL,
    record      TEXT NOT NULL CHECK (json_valid(record)),
    replaced_at INTEGER NOT NULL
) STRICT;

CREATE INDEX history_by_key ON history (key, seq);
