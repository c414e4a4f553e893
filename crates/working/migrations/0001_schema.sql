-- Version 1. Times are microseconds since 1970 UTC; JSON is checked text. `row` is the number under
-- which the word index knows a row. The columns from `scope_user` on are the same in every table of
-- records: scope, provenance, weight, times. A released migration is never changed.

CREATE TABLE sessions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    summary            TEXT,
    last_active        INTEGER NOT NULL,
    message_count      INTEGER NOT NULL,
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
CREATE INDEX sessions_by_activity ON sessions (last_active);

CREATE TABLE goals (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    description        TEXT NOT NULL,
    status             TEXT NOT NULL,
    priority           INTEGER NOT NULL,
    completed_at       INTEGER,
    result             TEXT,
    metadata           TEXT NOT NULL CHECK (json_valid(metadata)),
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
CREATE INDEX goals_by_status ON goals (status, priority, created_at);

CREATE TABLE tasks (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    goal_id            TEXT REFERENCES goals (id),
    description        TEXT NOT NULL,
    agent              TEXT NOT NULL,
    status             TEXT NOT NULL,
    input              TEXT NOT NULL CHECK (json_valid(input)),
    output             TEXT NOT NULL CHECK (json_valid(output)),
    summary            TEXT,
    result             TEXT,
    error              TEXT,
    started_at         INTEGER,
    completed_at       INTEGER,
    duration_ms        INTEGER,
    metadata           TEXT NOT NULL CHECK (json_valid(metadata)),
    scope_user         TEXT,
    scope_agent        TEXT,
    scope_session      TEXT REFERENCES sessions (id),
    module             TEXT NOT NULL,
    provenance_task_id TEXT,
    updated_by         TEXT,
    importance         REAL NOT NULL,
    created_at         INTEGER NOT NULL CHECK (0 <= created_at),
    updated_at         INTEGER NOT NULL CHECK (0 <= updated_at),
    recorded_at        INTEGER NOT NULL CHECK (0 <= recorded_at),
    expires_at         INTEGER
) STRICT;
CREATE INDEX tasks_by_goal ON tasks (goal_id) WHERE goal_id IS NOT NULL;
CREATE INDEX tasks_by_session ON tasks (scope_session) WHERE scope_session IS NOT NULL;
CREATE INDEX tasks_by_status ON tasks (status);

CREATE TABLE tool_calls (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    task_id            TEXT REFERENCES tasks (id),
    iteration          INTEGER,
    tool_name          TEXT NOT NULL,
    agent              TEXT NOT NULL,
    input              TEXT NOT NULL CHECK (json_valid(input)),
    output             TEXT NOT NULL CHECK (json_valid(output)),
    success            INTEGER NOT NULL CHECK (success IN (0, 1)),
    duration_ms        INTEGER,
    reason             TEXT,
    timestamp          INTEGER NOT NULL,
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
CREATE INDEX tool_calls_by_task ON tool_calls (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE decisions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    context            TEXT NOT NULL,
    options            TEXT NOT NULL CHECK (json_valid(options)),
    chosen             TEXT NOT NULL,
    reasoning          TEXT NOT NULL,
    intelligence_level TEXT NOT NULL,
    decided_by         TEXT,
    model_used         TEXT,
    outcome            TEXT,
    timestamp          INTEGER NOT NULL,
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

CREATE TABLE patterns (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    "trigger"          TEXT NOT NULL,
    action             TEXT NOT NULL,
    success_rate       REAL NOT NULL,
    success_bound      REAL NOT NULL,
    uses               INTEGER NOT NULL,
    last_used          INTEGER,
    created_from       TEXT,
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
CREATE INDEX patterns_by_bound ON patterns (success_bound);

CREATE TABLE agent_states (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    state              TEXT NOT NULL CHECK (json_valid(state)),
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

-- `external_id` is how the place that a message came from knows it, within its session.
CREATE TABLE messages (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    position           INTEGER NOT NULL,
    role               TEXT NOT NULL,
    name               TEXT,
    content            TEXT NOT NULL,
    timestamp          INTEGER NOT NULL,
    tokens             INTEGER,
    model              TEXT,
    external_id        TEXT,
    metadata           TEXT NOT NULL CHECK (json_valid(metadata)),
    scope_user         TEXT,
    scope_agent        TEXT,
    scope_session      TEXT NOT NULL REFERENCES sessions (id),
    module             TEXT NOT NULL,
    provenance_task_id TEXT,
    updated_by         TEXT,
    importance         REAL NOT NULL,
    created_at         INTEGER NOT NULL CHECK (0 <= created_at),
    updated_at         INTEGER NOT NULL CHECK (0 <= updated_at),
    recorded_at        INTEGER NOT NULL CHECK (0 <= recorded_at),
    expires_at         INTEGER,
    UNIQUE (scope_session, position)
) STRICT;
CREATE UNIQUE INDEX messages_by_external_id ON messages (scope_session, external_id)
    WHERE external_id IS NOT NULL;

CREATE TABLE interactions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    timestamp          INTEGER NOT NULL,
    user_transcript    TEXT NOT NULL,
    llm_messages       TEXT NOT NULL CHECK (json_valid(llm_messages)),
    tool_calls         TEXT NOT NULL CHECK (json_valid(tool_calls)),
    assistant_response TEXT NOT NULL,
    skill_used         TEXT,
    latency_ms         TEXT NOT NULL CHECK (json_valid(latency_ms)),
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
CREATE INDEX interactions_by_time ON interactions (timestamp);

CREATE TABLE entries (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    category           TEXT NOT NULL,
    "key"              TEXT NOT NULL,
    value              TEXT NOT NULL CHECK (json_valid(value)),
    tags               TEXT NOT NULL CHECK (json_valid(tags)),
    entity_type        TEXT,
    entity_id          TEXT,
    timestamp          INTEGER NOT NULL,
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
CREATE INDEX entries_by_key ON entries ("key");
CREATE INDEX entries_by_category ON entries (category);
CREATE INDEX entries_by_entity ON entries (entity_type, entity_id)
    WHERE entity_type IS NOT NULL;

CREATE TABLE events (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    seq                INTEGER NOT NULL,
    timestamp          INTEGER NOT NULL,
    category           TEXT NOT NULL,
    source             TEXT NOT NULL,
    data               TEXT NOT NULL CHECK (json_valid(data)),
    critical           INTEGER NOT NULL CHECK (critical IN (0, 1)),
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
CREATE INDEX events_by_time ON events (timestamp);

CREATE TABLE preferences (
    user       TEXT NOT NULL,
    "key"      TEXT NOT NULL,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user, "key")
) STRICT, WITHOUT ROWID;

CREATE TABLE persona (
    "key"      TEXT NOT NULL PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
    "key"     TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    value     REAL NOT NULL,
    PRIMARY KEY ("key", timestamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics_hourly (
    "key" TEXT NOT NULL,
    hour  INTEGER NOT NULL,
    count INTEGER NOT NULL,
    mean  REAL NOT NULL,
    min   REAL NOT NULL,
    max   REAL NOT NULL,
    PRIMARY KEY ("key", hour)
) STRICT, WITHOUT ROWID;

-- Changes that the library does not have yet. AUTOINCREMENT: a number is never used again.
CREATE TABLE feed (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    op   TEXT NOT NULL CHECK (op IN ('upsert', 'delete'))
) STRICT;

-- The words of every searchable text; the texts themselves stay in their rows. The rowid is made of
-- a row's number and its kind, see `search`.
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    content = '',
    contentless_delete = 1,
    tokenize = 'porter unicode61 remove_diacritics 2'
);
