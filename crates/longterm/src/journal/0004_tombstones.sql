-- What was forgotten and is to stay so, by hashes keyed with `tombstone_secret` of `meta`.
-- `content` is of kind, scope and text, empty where the text was not known. `key` is of the key,
-- empty where something else was stored under it since.
CREATE TABLE tombstones (
    content BLOB NOT NULL,
    key     BLOB NOT NULL,
    PRIMARY KEY (content, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tombstones_by_key ON tombstones (key);
