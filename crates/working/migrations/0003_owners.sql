-- Version 3. Every record has an owner: a user, or '' for what is shared. Ids are unique per owner
-- (indexed with the id first, since every lookup has an id and an administrator's has no owner).
-- References between rows are row numbers, so that they never lead to another owner's record of the
-- same id; the ids stay beside them to be read. Rows keep their numbers.
--
-- A stub under the owner U+001F, which is no name, is a removed parent that records of other
-- owners refer to.

-- The rows wait in tables without constraints, which costs less than ALTER TABLE. U+001F ends the
-- owner in an encoded identity, and the empty owner is shared: users of such names get others.
CREATE TABLE sessions_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM sessions;
CREATE TABLE goals_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM goals;
CREATE TABLE tasks_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM tasks;
CREATE TABLE tool_calls_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM tool_calls;
CREATE TABLE decisions_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM decisions;
CREATE TABLE patterns_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM patterns;
CREATE TABLE agent_states_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM agent_states;
CREATE TABLE messages_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM messages;
CREATE TABLE interactions_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM interactions;
CREATE TABLE entries_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM entries;
CREATE TABLE events_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM events;
CREATE TABLE summaries_2 AS SELECT *, iif(
    scope_user = '', '(no name)', replace(coalesce(scope_user, ''), char(31), char(65533))
) AS owner FROM summaries;

DROP TABLE summaries;
DROP TABLE events;
DROP TABLE entries;
DROP TABLE interactions;
DROP TABLE messages;
DROP TABLE agent_states;
DROP TABLE patterns;
DROP TABLE decisions;
DROP TABLE tool_calls;
DROP TABLE tasks;
DROP TABLE goals;
DROP TABLE sessions;

CREATE TABLE sessions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    summary            TEXT,
    last_active        INTEGER NOT NULL,
    message_count      INTEGER NOT NULL,
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
    stub               INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1)),
    UNIQUE (id, owner)
) STRICT;

CREATE TABLE goals (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    description        TEXT NOT NULL,
    status             TEXT NOT NULL,
    priority           INTEGER NOT NULL,
    completed_at       INTEGER,
    result             TEXT,
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
    stub               INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1)),
    UNIQUE (id, owner)
) STRICT;

CREATE TABLE tasks (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    goal_id            TEXT,
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
    goal_row           INTEGER REFERENCES goals (row),
    session_row        INTEGER REFERENCES sessions (row),
    stub               INTEGER NOT NULL DEFAULT 0 CHECK (stub IN (0, 1)),
    UNIQUE (id, owner)
) STRICT;

CREATE TABLE tool_calls (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    task_id            TEXT,
    iteration          INTEGER,
    tool_name          TEXT NOT NULL,
    agent              TEXT NOT NULL,
    input              TEXT NOT NULL CHECK (json_valid(input)),
    output             TEXT NOT NULL CHECK (json_valid(output)),
    success            INTEGER NOT NULL CHECK (success IN (0, 1)),
    duration_ms        INTEGER,
    reason             TEXT,
    timestamp          INTEGER NOT NULL,
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
    task_row           INTEGER REFERENCES tasks (row),
    UNIQUE (id, owner)
) STRICT;

CREATE TABLE decisions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    context            TEXT NOT NULL,
    options            TEXT NOT NULL CHECK (json_valid(options)),
    chosen             TEXT NOT NULL,
    reasoning          TEXT NOT NULL,
    intelligence_level TEXT NOT NULL,
    decided_by         TEXT,
    model_used         TEXT,
    outcome            TEXT,
    timestamp          INTEGER NOT NULL,
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

CREATE TABLE patterns (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    "trigger"          TEXT NOT NULL,
    action             TEXT NOT NULL,
    success_rate       REAL NOT NULL,
    success_bound      REAL NOT NULL,
    uses               INTEGER NOT NULL,
    last_used          INTEGER,
    created_from       TEXT,
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

CREATE TABLE agent_states (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    state              TEXT NOT NULL CHECK (json_valid(state)),
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

-- `external_id` is the name under which the message's origin knows it, within its session.
CREATE TABLE messages (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    position           INTEGER NOT NULL,
    role               TEXT NOT NULL,
    name               TEXT,
    content            TEXT NOT NULL,
    timestamp          INTEGER NOT NULL,
    tokens             INTEGER,
    model              TEXT,
    external_id        TEXT,
    metadata           TEXT NOT NULL CHECK (json_valid(metadata)),
    owner              TEXT NOT NULL,
    scope_project      TEXT,
    scope_agent        TEXT,
    scope_session      TEXT NOT NULL,
    module             TEXT NOT NULL,
    client             TEXT,
    provenance_task_id TEXT,
    updated_by         TEXT,
    importance         REAL NOT NULL,
    created_at         INTEGER NOT NULL CHECK (0 <= created_at),
    updated_at         INTEGER NOT NULL CHECK (0 <= updated_at),
    recorded_at        INTEGER NOT NULL CHECK (0 <= recorded_at),
    expires_at         INTEGER,
    session_row        INTEGER NOT NULL REFERENCES sessions (row),
    UNIQUE (id, owner),
    UNIQUE (session_row, position)
) STRICT;

CREATE TABLE interactions (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    timestamp          INTEGER NOT NULL,
    user_transcript    TEXT NOT NULL,
    llm_messages       TEXT NOT NULL CHECK (json_valid(llm_messages)),
    tool_calls         TEXT NOT NULL CHECK (json_valid(tool_calls)),
    assistant_response TEXT NOT NULL,
    skill_used         TEXT,
    latency_ms         TEXT NOT NULL CHECK (json_valid(latency_ms)),
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

CREATE TABLE entries (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    category           TEXT NOT NULL,
    "key"              TEXT NOT NULL,
    value              TEXT NOT NULL CHECK (json_valid(value)),
    tags               TEXT NOT NULL CHECK (json_valid(tags)),
    entity_type        TEXT,
    entity_id          TEXT,
    timestamp          INTEGER NOT NULL,
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

CREATE TABLE events (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    seq                INTEGER NOT NULL,
    timestamp          INTEGER NOT NULL,
    category           TEXT NOT NULL,
    source             TEXT NOT NULL,
    data               TEXT NOT NULL CHECK (json_valid(data)),
    critical           INTEGER NOT NULL CHECK (critical IN (0, 1)),
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

-- `subject` is the key of what is summed up, `originals` the keys of what was read for it: records
-- of the summary's own owner.
CREATE TABLE summaries (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    text               TEXT NOT NULL,
    subject            TEXT NOT NULL,
    originals          TEXT NOT NULL CHECK (json_valid(originals)),
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
    UNIQUE (id, owner),
    UNIQUE (subject, owner)
) STRICT;

INSERT INTO sessions (
    row, id, summary, last_active, message_count, owner, scope_agent, scope_session, module,
    provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at, expires_at,
    stub
)
SELECT
    row, id, summary, last_active, message_count, owner, scope_agent,
    scope_session, module, provenance_task_id, updated_by, importance, created_at, updated_at,
    recorded_at, expires_at, stub
FROM sessions_2;

-- A message or task belongs to its own owner's session of that name.
INSERT INTO sessions (
    id, last_active, message_count, owner, scope_agent, scope_session, module, importance,
    created_at, updated_at, recorded_at, expires_at, stub
)
SELECT
    s.id, s.last_active, max(t.places), t.owner, s.scope_agent, s.scope_session, s.module,
    s.importance, s.created_at, s.updated_at, s.recorded_at, s.expires_at, s.stub
FROM (
    SELECT scope_session AS id, position + 1 AS places, owner FROM messages_2
    UNION ALL
    SELECT scope_session, 0, owner FROM tasks_2 WHERE scope_session IS NOT NULL
) AS t JOIN sessions AS s ON s.id = t.id
WHERE t.owner <> s.owner
GROUP BY s.row, t.owner ORDER BY s.row, t.owner;

INSERT INTO goals (
    row, id, description, status, priority, completed_at, result, metadata, owner, scope_agent,
    scope_session, module, provenance_task_id, updated_by, importance, created_at, updated_at,
    recorded_at, expires_at, stub
)
SELECT
    row, id, description, status, priority, completed_at, result, metadata,
    owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at, stub
FROM goals_2;

-- References are to the owner's own or to shared records; of any other only the id stays.
INSERT INTO tasks (
    row, id, goal_id, description, agent, status, input, output, summary, result, error,
    started_at, completed_at, duration_ms, metadata, owner, scope_agent, scope_session, module,
    provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at, expires_at,
    stub, goal_row, session_row
)
SELECT
    row, id, goal_id, description, agent, status, input, output, summary, result, error,
    started_at, completed_at, duration_ms, metadata, owner, scope_agent,
    scope_session, module, provenance_task_id, updated_by, importance, created_at, updated_at,
    recorded_at, expires_at, stub,
    (
        SELECT p.row FROM goals AS p WHERE p.id = tasks_2.goal_id
        AND p.owner IN ('', tasks_2.owner)
    ),
    (
        SELECT s.row FROM sessions AS s
        WHERE s.id = tasks_2.scope_session
        AND s.owner = tasks_2.owner
    )
FROM tasks_2;

INSERT INTO tool_calls (
    row, id, task_id, iteration, tool_name, agent, input, output, success, duration_ms, reason,
    timestamp, owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at, task_row
)
SELECT
    row, id, task_id, iteration, tool_name, agent, input, output, success, duration_ms, reason,
    timestamp, owner, scope_agent, scope_session, module, provenance_task_id,
    updated_by, importance, created_at, updated_at, recorded_at, expires_at,
    (
        SELECT p.row FROM tasks AS p WHERE p.id = tool_calls_2.task_id
        AND p.owner IN ('', tool_calls_2.owner)
    )
FROM tool_calls_2;

INSERT INTO messages (
    row, id, position, role, name, content, timestamp, tokens, model, external_id, metadata,
    owner, scope_agent, scope_session, module, provenance_task_id, updated_by, importance,
    created_at, updated_at, recorded_at, expires_at, session_row
)
SELECT
    row, id, position, role, name, content, timestamp, tokens, model, external_id, metadata,
    owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at,
    (
        SELECT s.row FROM sessions AS s
        WHERE s.id = messages_2.scope_session
        AND s.owner = messages_2.owner
    )
FROM messages_2;

INSERT INTO decisions (
    row, id, context, options, chosen, reasoning, intelligence_level, decided_by, model_used,
    outcome, timestamp, owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at
)
SELECT
    row, id, context, options, chosen, reasoning, intelligence_level, decided_by, model_used,
    outcome, timestamp, owner, scope_agent, scope_session, module,
    provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at, expires_at
FROM decisions_2;

INSERT INTO patterns (
    row, id, "trigger", action, success_rate, success_bound, uses, last_used, created_from, owner,
    scope_agent, scope_session, module, provenance_task_id, updated_by, importance, created_at,
    updated_at, recorded_at, expires_at
)
SELECT
    row, id, "trigger", action, success_rate, success_bound, uses, last_used, created_from,
    owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at
FROM patterns_2;

INSERT INTO agent_states (
    row, id, state, owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at
)
SELECT
    row, id, state, owner, scope_agent, scope_session, module,
    provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at, expires_at
FROM agent_states_2;

INSERT INTO interactions (
    row, id, timestamp, user_transcript, llm_messages, tool_calls, assistant_response, skill_used,
    latency_ms, owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at
)
SELECT
    row, id, timestamp, user_transcript, llm_messages, tool_calls, assistant_response, skill_used,
    latency_ms, owner, scope_agent, scope_session, module, provenance_task_id,
    updated_by, importance, created_at, updated_at, recorded_at, expires_at
FROM interactions_2;

INSERT INTO entries (
    row, id, category, "key", value, tags, entity_type, entity_id, timestamp, owner, scope_agent,
    scope_session, module, provenance_task_id, updated_by, importance, created_at, updated_at,
    recorded_at, expires_at
)
SELECT
    row, id, category, "key", value, tags, entity_type, entity_id, timestamp,
    owner, scope_agent, scope_session, module, provenance_task_id, updated_by,
    importance, created_at, updated_at, recorded_at, expires_at
FROM entries_2;

INSERT INTO events (
    row, id, seq, timestamp, category, source, data, critical, owner, scope_agent, scope_session,
    module, provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at,
    expires_at
)
SELECT
    row, id, seq, timestamp, category, source, data, critical, owner,
    scope_agent, scope_session, module, provenance_task_id, updated_by, importance, created_at,
    updated_at, recorded_at, expires_at
FROM events_2;

INSERT INTO summaries (
    row, id, text, subject, originals, owner, scope_agent, scope_session, module,
    provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at, expires_at
)
SELECT
    row, id, text, subject, originals, owner, scope_agent, scope_session,
    module, provenance_task_id, updated_by, importance, created_at, updated_at, recorded_at,
    expires_at
FROM summaries_2;

-- The feed notes whose record changed; NULL is a record that was removed before it did.
ALTER TABLE feed ADD COLUMN owner TEXT;
UPDATE feed SET owner = CASE kind
    -- The session that had the id goes before those that were made of it.
    WHEN 'session' THEN (SELECT owner FROM sessions WHERE id = feed.id ORDER BY row LIMIT 1)
    WHEN 'goal' THEN (SELECT owner FROM goals WHERE id = feed.id)
    WHEN 'task' THEN (SELECT owner FROM tasks WHERE id = feed.id)
    WHEN 'tool_call' THEN (SELECT owner FROM tool_calls WHERE id = feed.id)
    WHEN 'decision' THEN (SELECT owner FROM decisions WHERE id = feed.id)
    WHEN 'pattern' THEN (SELECT owner FROM patterns WHERE id = feed.id)
    WHEN 'agent_state' THEN (SELECT owner FROM agent_states WHERE id = feed.id)
    WHEN 'message' THEN (SELECT owner FROM messages WHERE id = feed.id)
    WHEN 'interaction' THEN (SELECT owner FROM interactions WHERE id = feed.id)
    WHEN 'entry' THEN (SELECT owner FROM entries WHERE id = feed.id)
    WHEN 'event' THEN (SELECT owner FROM events WHERE id = feed.id)
    WHEN 'summary' THEN (SELECT owner FROM summaries WHERE id = feed.id)
END WHERE op = 'upsert';

DROP TABLE summaries_2;
DROP TABLE events_2;
DROP TABLE entries_2;
DROP TABLE interactions_2;
DROP TABLE messages_2;
DROP TABLE agent_states_2;
DROP TABLE patterns_2;
DROP TABLE decisions_2;
DROP TABLE tool_calls_2;
DROP TABLE tasks_2;
DROP TABLE goals_2;
DROP TABLE sessions_2;

-- Two indexes of version 1 are gone, `tasks_by_status` and `patterns_by_bound`: nothing used them.
CREATE INDEX sessions_by_activity ON sessions (last_active);
CREATE INDEX sessions_stubs ON sessions (id) WHERE stub;
CREATE INDEX goals_by_status ON goals (status, priority, created_at);
CREATE INDEX goals_stubs ON goals (id) WHERE stub;
CREATE INDEX tasks_by_goal ON tasks (goal_row) WHERE goal_row IS NOT NULL;
CREATE INDEX tasks_by_session ON tasks (session_row) WHERE session_row IS NOT NULL;
CREATE INDEX tasks_stubs ON tasks (id) WHERE stub;
CREATE INDEX tool_calls_by_task ON tool_calls (task_row) WHERE task_row IS NOT NULL;
CREATE UNIQUE INDEX messages_by_external_id ON messages (session_row, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX interactions_by_time ON interactions (timestamp);
CREATE INDEX entries_by_key ON entries ("key");
CREATE INDEX entries_by_category ON entries (category);
CREATE INDEX entries_by_entity ON entries (entity_type, entity_id) WHERE entity_type IS NOT NULL;
CREATE INDEX events_by_time ON events (timestamp);

-- Preferences of the user `default` were those of nobody in particular, if no record names a user
-- of that name. Of two that become one the newer stays.
CREATE TABLE preferences_2 AS SELECT * FROM preferences;
DROP TABLE preferences;
CREATE TABLE preferences (
    row        INTEGER PRIMARY KEY,
    owner      TEXT NOT NULL,
    "key"      TEXT NOT NULL,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at INTEGER NOT NULL,
    UNIQUE ("key", owner)
) STRICT;
INSERT INTO preferences (row, owner, "key", value, updated_at)
SELECT row, owner, "key", value, updated_at FROM (
    SELECT *, row_number() OVER (
        PARTITION BY owner, "key" ORDER BY updated_at DESC, row DESC
    ) AS place
    FROM (
        SELECT row, "key", value, updated_at, CASE
            WHEN user = 'default' AND NOT EXISTS (
                SELECT 1 FROM sessions WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM goals WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM tasks WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM tool_calls WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM decisions WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM patterns WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM agent_states WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM messages WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM interactions WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM entries WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM events WHERE owner = 'default'
                UNION ALL
                SELECT 1 FROM summaries WHERE owner = 'default'
            ) THEN ''
            WHEN user = '' THEN '(no name)'
            ELSE replace(user, char(31), char(65533))
        END AS owner
        FROM preferences_2
    )
) WHERE place = 1 ORDER BY row;
DROP TABLE preferences_2;

-- Notes in the form of files, of a later version. Nothing writes them yet.
CREATE TABLE files (
    row                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL,
    path               TEXT NOT NULL CHECK (length(CAST(path AS BLOB)) BETWEEN 1 AND 512),
    text               TEXT NOT NULL,
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
CREATE UNIQUE INDEX files_by_path ON files (owner, coalesce(scope_project, ''), path);

-- The answers to requests that are sent again under the same key. Nothing writes them yet.
CREATE TABLE idempotency (
    owner        TEXT NOT NULL,
    "key"        TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    response     TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (owner, "key")
) STRICT, WITHOUT ROWID;

-- The word index knows a text by the number of its owner, the code of its kind and its row, see
-- `search::documents`. `text` has the terms of a text, `again` those that it repeats; they are cut
-- at spaces, quotes and apostrophes alone. It is filled after this migration.
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    text,
    again,
    content = '',
    contentless_delete = 1,
    tokenize = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\]^_`{|}~'"
);
INSERT INTO search (search, rank) VALUES ('automerge', 0), ('usermerge', 8);

CREATE TABLE word_owners (
    number INTEGER PRIMARY KEY,
    owner  TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO word_owners (number, owner) VALUES (0, '');

-- The number of texts of a kind that an owner has in the index. `part` is a document without its
-- row.
CREATE TABLE word_counts (
    part  INTEGER PRIMARY KEY,
    texts INTEGER NOT NULL
) STRICT;

-- Cursors of lists are row numbers under this secret, so that they do not count the rows of others.
INSERT INTO upkeep (work, done_at) VALUES ('cursor secret', random());
