-- Facts: statements with the times at which they are true and at which they were stated. Their
-- times are microseconds since 1970.
CREATE TABLE facts (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    text               TEXT NOT NULL,
    subject            TEXT NOT NULL,
    attribute          TEXT NOT NULL,
    value              TEXT NOT NULL CHECK (json_valid(value)),
    speaker            TEXT,
    evidence           TEXT NOT NULL CHECK (json_valid(evidence)),
    origin             TEXT NOT NULL,
    confidence         REAL NOT NULL,
    stated_at          INTEGER,
    "time"             TEXT NOT NULL CHECK (json_valid("time")),
    valid_from         INTEGER,
    valid_to           INTEGER,
    ended_at           INTEGER,
    ended_by           TEXT,
    superseded_by      TEXT,
    confirmed_at       INTEGER,
    metadata           TEXT NOT NULL CHECK (json_valid(metadata)),
    owner              TEXT NOT NULL,
    scope_project      TEXT,
    scope_agent        TEXT,
    scope_session      TEXT,
    module             TEXT NOT NULL,
    client             TEXT,
    provenance_task_id TEXT,
    updated_by         TEXT,
    importance         REAL NOT NULL,
    created_at         INTEGER NOT NULL CHECK (0 <= created_at),
    updated_at         INTEGER NOT NULL CHECK (0 <= updated_at),
    recorded_at        INTEGER NOT NULL CHECK (0 <= recorded_at),
    expires_at         INTEGER,
    UNIQUE (id, owner)
) STRICT;

-- The facts of an owner by the time of their statement, those of a subject, and those that were
-- told.
CREATE INDEX facts_by_statement ON facts (owner, stated_at);
CREATE INDEX facts_by_subject ON facts (owner, subject COLLATE NOCASE, stated_at);
CREATE INDEX facts_told ON facts (owner) WHERE evidence = '[]';

-- The slots, the statements without one, the current facts by time, and the facts that a record
-- ended.
CREATE INDEX facts_by_slot ON facts (owner, attribute COLLATE NOCASE, subject COLLATE NOCASE);
CREATE INDEX facts_by_text ON facts (owner, text) WHERE attribute = '';
CREATE INDEX facts_current ON facts (owner, attribute = '', stated_at) WHERE ended_at IS NULL;
CREATE INDEX facts_by_end ON facts (owner, ended_by) WHERE ended_by IS NOT NULL;

-- The records that state facts, for those that ask for the facts of a record.
CREATE TABLE fact_evidence (
    owner TEXT NOT NULL,
    "key" TEXT NOT NULL,
    fact  INTEGER NOT NULL,
    PRIMARY KEY (owner, "key", fact)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_evidence_by_fact ON fact_evidence (fact);

CREATE TRIGGER facts_have_evidence AFTER INSERT ON facts BEGIN
    INSERT OR IGNORE INTO fact_evidence (owner, "key", fact)
    SELECT new.owner, value, new.row FROM json_each(new.evidence) WHERE type = 'text';
END;

CREATE TRIGGER facts_change_evidence AFTER UPDATE OF evidence, owner ON facts
WHEN old.evidence <> new.evidence OR old.owner <> new.owner BEGIN
    DELETE FROM fact_evidence WHERE fact = new.row;
    INSERT OR IGNORE INTO fact_evidence (owner, "key", fact)
    SELECT new.owner, value, new.row FROM json_each(new.evidence) WHERE type = 'text';
END;

CREATE TRIGGER facts_lose_evidence AFTER DELETE ON facts BEGIN
    DELETE FROM fact_evidence WHERE fact = old.row;
END;

-- Counts the changes of an owner's facts, so that a reader knows if its copy is the newest.
CREATE TABLE fact_revisions (
    owner    TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER facts_count_inserts AFTER INSERT ON facts BEGIN
    INSERT INTO fact_revisions (owner, revision) VALUES (new.owner, 1)
    ON CONFLICT (owner) DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER facts_count_updates AFTER UPDATE ON facts BEGIN
    INSERT INTO fact_revisions (owner, revision) VALUES (new.owner, 1)
    ON CONFLICT (owner) DO UPDATE SET revision = revision + 1;
END;
CREATE TRIGGER facts_count_deletions AFTER DELETE ON facts BEGIN
    INSERT INTO fact_revisions (owner, revision) VALUES (old.owner, 1)
    ON CONFLICT (owner) DO UPDATE SET revision = revision + 1;
END;

-- Values that were rejected, as hashes under a key of this file: nothing here tells them.
CREATE TABLE rejections (
    owner       TEXT NOT NULL,
    hash        BLOB NOT NULL,
    rejected_at INTEGER NOT NULL,
    PRIMARY KEY (owner, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejection_key (
    "key" BLOB NOT NULL
) STRICT;
INSERT INTO rejection_key ("key") VALUES (randomblob(32));

-- The position in the feed through which messages were learned from; without a row, none was.
CREATE TABLE learned (
    through INTEGER NOT NULL
) STRICT;
