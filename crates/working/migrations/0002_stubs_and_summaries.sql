-- Version 2. A parent that ages out leaves a stub for its children: its row with `stub` set, which
-- no read returns. Ended goals, tasks and sessions are summarised before they age out. Preferences
-- and traits of the persona get row numbers, so that they are listed page by page like every other
-- record. Hourly figures can be imported. Added rows merge the word index.

ALTER TABLE sessions ADD COLUMN stub INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1));
ALTER TABLE goals ADD COLUMN stub INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1));
ALTER TABLE tasks ADD COLUMN stub INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1));
CREATE INDEX sessions_stubs ON sessions (id) WHERE stub;
CREATE INDEX goals_stubs ON goals (id) WHERE stub;
CREATE INDEX tasks_stubs ON tasks (id) WHERE stub;

-- `subject` is the key of what is summed up, `originals` the keys of what was read for it.
CREATE TABLE summaries (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    text               TEXT NOT NULL,
    subject            TEXT NOT NULL UNIQUE,
    originals          TEXT NOT NULL CHECK (json_valid(originals)),
    scope_user         TEXT,
    scope_agent        TEXT,
    scope_session      TEXT,
    module             TEXT NOT NULL,
    provenance_task_id TEXT,
    updated_by         TEXT,
    importance         REAL NOT NULL,
    created_at         INTEGER NOT NULL CHECK (0 <= created_at),
    updated_at         INTEGER NOT NULL CHECK (0 <= updated_at),
    recorded_at        INTEGER NOT NULL CHECK (0 <= recorded_at),
    expires_at         INTEGER
) STRICT;

ALTER TABLE preferences RENAME TO preferences_1;
CREATE TABLE preferences (
    row        INTEGER PRIMARY KEY,
    user       TEXT NOT NULL,
    "key"      TEXT NOT NULL,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at INTEGER NOT NULL,
    UNIQUE (user, "key")
) STRICT;
INSERT INTO preferences (user, "key", value, updated_at)
    SELECT user, "key", value, updated_at FROM preferences_1 ORDER BY updated_at;
DROP TABLE preferences_1;

ALTER TABLE persona RENAME TO persona_1;
CREATE TABLE persona (
    row        INTEGER PRIMARY KEY,
    "key"      TEXT NOT NULL UNIQUE,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO persona ("key", value, updated_at)
    SELECT "key", value, updated_at FROM persona_1 ORDER BY updated_at;
DROP TABLE persona_1;

-- When something was last done to the file as a whole.
CREATE TABLE upkeep (
    work    TEXT NOT NULL PRIMARY KEY,
    done_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- 1 if a caller that knows all values gave the figures, 0 if they come from the samples here.
ALTER TABLE metrics_hourly ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));

-- FTS5 would merge hundreds of pages in one commit, see `search::merging`.
INSERT INTO search (search, rank) VALUES ('automerge', 0), ('usermerge', 8);
