-- Identities. A record is known by owner, kind and id; the owner is the user of its scope, empty
-- for shared. `pending`, `history` and `refused` have the three in one column: the owner, U+001F,
-- `kind/id`. `hash_version` says by which rules `content_hash` was made, 0 by the first.

-- U+001F ends the owner in an encoded identity. A user with the empty name gets another one: the
-- empty owner is shared.
UPDATE ids SET user = iif(user = '', '(no name)', replace(user, char(31), char(65533)))
WHERE user = '' OR instr(user, char(31));

UPDATE pending SET record = json_set(record, '$.scope.user', iif(
    json_extract(record, '$.scope.user') = '', '(no name)',
    replace(json_extract(record, '$.scope.user'), char(31), char(65533))))
WHERE json_extract(record, '$.scope.user') = ''
   OR instr(json_extract(record, '$.scope.user'), char(31));

UPDATE history SET record = json_set(record, '$.scope.user', iif(
    json_extract(record, '$.scope.user') = '', '(no name)',
    replace(json_extract(record, '$.scope.user'), char(31), char(65533))))
WHERE json_extract(record, '$.scope.user') = ''
   OR instr(json_extract(record, '$.scope.user'), char(31));

-- Keys that a purge emptied, their owners included. They keep out an older row of the feed, and
-- nothing else. Their deletions need not wait: rows of the library that no identity names are not
-- taken over.
CREATE TABLE purged_keys (
    key      TEXT PRIMARY KEY,
    feed_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO purged_keys SELECT key, feed_seq FROM ids WHERE state = 2 AND content_hash = '';

DELETE FROM pending WHERE record IS NULL AND key IN (SELECT key FROM purged_keys);

DELETE FROM ids WHERE key IN (SELECT key FROM purged_keys);

UPDATE pending SET key = coalesce(
    json_extract(record, '$.scope.user'),
    (SELECT user FROM ids WHERE ids.key = pending.key),
    '') || char(31) || key;

UPDATE history SET key = coalesce(json_extract(record, '$.scope.user'), '') || char(31) || key;

UPDATE refused SET key = coalesce(
    nullif(replace(iif(json_valid(record), json_extract(record, '$.scope.user'), NULL),
                   char(31), char(65533)), ''),
    (SELECT user FROM ids WHERE ids.key = refused.key),
    '') || char(31) || key;

CREATE TABLE ids_of_owners (
    kind         TEXT NOT NULL,
    owner        TEXT NOT NULL,
    id           TEXT NOT NULL,
    project      TEXT,
    agent        TEXT,
    session      TEXT,
    external_id  TEXT,
    content_hash TEXT NOT NULL,
    hash_version INTEGER NOT NULL,
    state        INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    feed_seq     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, owner, id)
) STRICT, WITHOUT ROWID;

INSERT INTO ids_of_owners
SELECT substr(key, 1, instr(key, '/') - 1), coalesce(user, ''), substr(key, instr(key, '/') + 1),
       NULL, agent, session, external_id, content_hash, 0, state, feed_seq
FROM ids;

DROP TABLE ids;

ALTER TABLE ids_of_owners RENAME TO ids;

-- Tombstones of the former version, hashed by its rules: of the text as it was written, and of a
-- key without its owner, preferences left out. They are looked up beside the others and lifted.
ALTER TABLE tombstones RENAME TO former_tombstones;

-- The identities that were forgotten and are to stay so, by hashes keyed with `tombstone_secret` of
-- `meta`. `content` is of owner, kind, scope and the text in the form `forgotten`, empty if the
-- text was not known. `identity` is of the identity, empty if something else was stored under it
-- since.
CREATE TABLE tombstones (
    content  BLOB NOT NULL,
    identity BLOB NOT NULL,
    PRIMARY KEY (content, identity)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_identity ON tombstones (identity);

-- Checksums of the files of the library that some version needed when it was synced.
CREATE TABLE index_checksums (
    path     TEXT PRIMARY KEY,
    bytes    INTEGER NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The library as the former version left it, whose rows have keys without owners: it is made again
-- before anybody reads it. That version's own rebuild is not gone on with.
INSERT INTO meta
SELECT 'library_is_former', 1 FROM meta WHERE name = 'synced_version' AND 0 < value;

DELETE FROM meta WHERE name IN ('rebuild_purpose', 'rebuild_version');

-- Word statistics by owner, empty for shared. Those of an old store are counted when its library is
-- rebuilt.
DROP TABLE terms;

-- The number of an owner's records of the library in which a term occurs.
CREATE TABLE terms (
    term      TEXT NOT NULL,
    owner     TEXT NOT NULL,
    documents INTEGER NOT NULL,
    PRIMARY KEY (term, owner)
) STRICT, WITHOUT ROWID;

-- The number of an owner's records of the library, and of the terms of all of them.
CREATE TABLE totals (
    owner     TEXT PRIMARY KEY,
    documents INTEGER NOT NULL,
    terms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

DELETE FROM meta WHERE name IN ('documents', 'terms_total');

-- State of the vector of a row that waits: 0 it has none, 1 it is there, 2 not yet.
ALTER TABLE pending ADD COLUMN vector_state INTEGER NOT NULL DEFAULT 0
    CHECK (vector_state IN (0, 1, 2));

UPDATE pending SET vector_state = 1 WHERE vector IS NOT NULL;

CREATE INDEX pending_without_vector ON pending (seq) WHERE vector_state = 2;
