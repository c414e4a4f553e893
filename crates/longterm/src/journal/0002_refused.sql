-- Changes that could not be stored and were skipped so that they block nothing: changes of the
-- feed, and unreadable rows of `pending`, which are kept unchanged.
CREATE TABLE refused (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    feed_seq   INTEGER,
    reason     TEXT NOT NULL,
    refused_at INTEGER NOT NULL,
    record     TEXT
) STRICT;
