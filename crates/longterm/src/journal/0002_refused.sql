-- What could not be stored and was passed over so that it holds up nothing: changes of the feed,
-- and rows of `pending` that cannot be read back, which are kept as they are.
CREATE TABLE refused (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    feed_seq   INTEGER,
    reason     TEXT NOT NULL,
    refused_at INTEGER NOT NULL,
    record     TEXT
) STRICT;
