-- Identities. A record is known by owner, kind and id; the owner is the user of its scope, empty
-- for shared. `pending`, `history` and `refused` have the three in one column: the owner, U+001F,
-- `kind/id`. `hash_version` says by which rules `content_hash` was made, 0 by the first.
UPDATE pending SET key = coalesce(
    json_extract(record, '$.scope.user'),
    (SELECT user FROM ids WHERE ids.key = pending.key),
    '') || char(31) || key;

UPDATE history SET key = coalesce(json_extract(record, '$.scope.user'), '') || char(31) || key;

UPDATE refused SET key = coalesce(
    iif(json_valid(record), json_extract(record, '$.scope.user'), NULL),
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
