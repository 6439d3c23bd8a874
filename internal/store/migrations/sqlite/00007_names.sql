-- +goose Up
-- The name of a DLI session or batch becomes a label, so that lists can be filtered by it.
INSERT INTO session_labels (session_id, key, value)
SELECT id, 'name', extra ->> '$.name' FROM sessions
WHERE CASE WHEN dialect = 'dli' AND json_valid(extra) THEN extra ->> '$.name' END <> '';
UPDATE sessions SET labels = json_set(labels, '$.name', extra ->> '$.name')
WHERE CASE WHEN dialect = 'dli' AND json_valid(extra) THEN extra ->> '$.name' END <> '';
