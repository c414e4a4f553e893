-- Forgotten records that must not return, by hashes keyed with `tombstone_secret` of `meta`.
-- `content` is the hash of kind, scope and text, empty if the text was unknown. `key` is the hash
-- of the key, empty if another record was stored under it since.
CREATE TABLE tombstones (
    content BLOB NOT NULL,
    key     BLOB NOT NULL,
    PRIMARY KEY (content, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_key ON tombstones (key);
