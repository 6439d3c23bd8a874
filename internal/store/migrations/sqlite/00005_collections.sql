-- +goose Up
-- Collections of an API: up to here a collection was part of the dialect's name.
ALTER TABLE sessions ADD COLUMN collection TEXT    NOT NULL DEFAULT '';
DROP INDEX sessions_external_id;
DROP INDEX sessions_list;
DROP INDEX sessions_state;
UPDATE sessions SET dialect = substr(dialect, 1, length(dialect) - length('/batches')), collection = 'batches'
WHERE dialect LIKE '%/batches';
CREATE UNIQUE INDEX sessions_external_id ON sessions (dialect, collection, scope, external_id) WHERE deleted_at = 0;
-- ended_at, 0 while the session lives, leaves out old ones without a look at their rows.
CREATE INDEX sessions_list ON sessions (dialect, scope, collection, seq, ended_at) WHERE deleted_at = 0;
CREATE INDEX sessions_state ON sessions (dialect, scope, collection, state, seq) WHERE deleted_at = 0;

-- What is part of a structure and selected by.
ALTER TABLE sessions ADD COLUMN owner_id    TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN instance_id TEXT NOT NULL DEFAULT '';
UPDATE sessions SET owner_id = coalesce(json_extract(owner, '$.id'), ''), instance_id = coalesce(json_extract(spec, '$.id'), '');

-- Engines by name: up to here there was one.
ALTER TABLE sessions ADD COLUMN engine     TEXT    NOT NULL DEFAULT 'local';

-- Retries of batches: up to here they were part of the spec, and the reason of the last one a
-- sentence among its grants.
ALTER TABLE sessions ADD COLUMN retries    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN tries      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_try   TEXT    NOT NULL DEFAULT '';
UPDATE sessions SET retries = coalesce(json_extract(spec, '$.batch.retries'), 0);
UPDATE sessions SET tries = 1,
    last_try = substr(json_extract(spec, '$.grants'), instr(json_extract(spec, '$.grants'), 'run again after: ') + length('run again after: ')),
    spec = json_set(spec, '$.grants', rtrim(substr(json_extract(spec, '$.grants'), 1, instr(json_extract(spec, '$.grants'), 'run again after: ') - 1), '; '))
WHERE instr(json_extract(spec, '$.grants'), 'run again after: ') > 0;

-- Places are drawn when a statement is inserted.
ALTER TABLE sessions DROP COLUMN jobs;
ALTER TABLE statements ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE statements ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE statements ADD COLUMN extra       TEXT NOT NULL DEFAULT '';
