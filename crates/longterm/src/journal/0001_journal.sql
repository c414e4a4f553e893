-- Single values: watermark, owner_term, synced_version, documents, terms_total, embedder.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Every key that was ever acknowledged, kept for ever. `state`: 0 the library has never held it,
-- 1 the library holds it, 2 it was deleted.
CREATE TABLE ids (
    key          TEXT PRIMARY KEY,
    user         TEXT,
    agent        TEXT,
    session      TEXT,
    external_id  TEXT,
    content_hash TEXT NOT NULL,
    state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    feed_seq     INTEGER NOT NULL DEFAULT 0,
    embedder     TEXT
) STRICT, WITHOUT ROWID;

-- Acknowledged changes that are not yet safely in the library, oldest first; at most one row per
-- key. A row without a record stands for a deletion.
CREATE TABLE pending (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    key          TEXT NOT NULL UNIQUE,
    record       TEXT CHECK (record IS NULL OR json_valid(record)),
    terms        TEXT,
    vector       BLOB,
    content_hash TEXT
) STRICT;

-- In how many records of the library each term occurs.
CREATE TABLE terms (
    term      TEXT PRIMARY KEY,
    documents INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
