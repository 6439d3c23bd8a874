-- +goose Up
-- Times and durations are microseconds, 0 is the zero time. Structures are JSON.
CREATE TABLE sessions (
    seq               BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE,
    dialect           TEXT    NOT NULL,
    scope             TEXT    NOT NULL,
    external_id       TEXT    NOT NULL,
    owner             TEXT    NOT NULL,
    description       TEXT    NOT NULL,
    tags              TEXT    NOT NULL,
    labels            TEXT    NOT NULL,
    extra             TEXT    NOT NULL,
    size              TEXT    NOT NULL,
    spec              TEXT    NOT NULL,
    handle            BYTEA   NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('starting', 'idle', 'busy', 'degraded', 'stopping', 'ended')),
    cause             TEXT    NOT NULL,
    reason            TEXT    NOT NULL,
    info              TEXT    NOT NULL,
    applied           BIGINT  NOT NULL,
    version           BIGINT  NOT NULL,
    created_at        BIGINT  NOT NULL,
    ready_at          BIGINT  NOT NULL,
    ended_at          BIGINT  NOT NULL,
    deleted_at        BIGINT  NOT NULL,
    active_at         BIGINT  NOT NULL,
    idle_timeout      BIGINT  NOT NULL,
    lifetime          BIGINT  NOT NULL,
    idle_deadline     BIGINT  NOT NULL,
    lifetime_deadline BIGINT  NOT NULL,
    statements        BIGINT  NOT NULL
);

CREATE UNIQUE INDEX sessions_external_id ON sessions (dialect, scope, external_id) WHERE deleted_at = 0;
CREATE INDEX sessions_list ON sessions (dialect, scope, seq) WHERE deleted_at = 0;
CREATE INDEX sessions_state ON sessions (dialect, scope, state) WHERE deleted_at = 0;
CREATE INDEX sessions_unfinished ON sessions (seq) WHERE state <> 'ended' OR deleted_at <> 0;
CREATE INDEX sessions_idle_deadline ON sessions (idle_deadline)
    WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND idle_deadline <> 0;
CREATE INDEX sessions_lifetime_deadline ON sessions (lifetime_deadline)
    WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND lifetime_deadline <> 0;
CREATE INDEX sessions_ended ON sessions (ended_at, seq) WHERE state = 'ended' AND deleted_at = 0;

-- Tags and labels stand in the session's row for reading and here for filters.
CREATE TABLE session_tags (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (session_id, key)
);
CREATE INDEX session_tags_value ON session_tags (key, value, session_id);

CREATE TABLE session_labels (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (session_id, key)
);
CREATE INDEX session_labels_value ON session_labels (key, value, session_id);

-- Code and output are bytes: programs may hold and print what text cannot.
CREATE TABLE statements (
    session_id      TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number          BIGINT  NOT NULL,
    language        TEXT    NOT NULL,
    code            BYTEA   NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'cancelling', 'done', 'cancelled', 'failed')),
    status          TEXT    NOT NULL,
    error           TEXT    NOT NULL,
    result          TEXT    NOT NULL,
    execution_count BIGINT  NOT NULL,
    progress        DOUBLE PRECISION NOT NULL,
    version         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    started_at      BIGINT  NOT NULL,
    completed_at    BIGINT  NOT NULL,
    PRIMARY KEY (session_id, number)
);
CREATE INDEX statements_open ON statements (session_id, number) WHERE state IN ('waiting', 'running', 'cancelling');

CREATE TABLE outputs (
    session_id TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    number     BIGINT  NOT NULL,
    stream     TEXT    NOT NULL,
    text       BYTEA   NOT NULL,
    data       TEXT    NOT NULL,
    PRIMARY KEY (session_id, seq),
    FOREIGN KEY (session_id, number) REFERENCES statements (session_id, number) ON DELETE CASCADE
);
CREATE INDEX outputs_statement ON outputs (session_id, number, seq);

-- One row about the server itself.
CREATE TABLE server (
    id       BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    alive_at BIGINT  NOT NULL
);
