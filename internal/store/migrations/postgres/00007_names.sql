-- +goose Up
-- The name of a DLI session or batch becomes a label, so that lists can be filtered by it.
INSERT INTO session_labels (session_id, key, value)
SELECT id, 'name', extra::json ->> 'name' FROM sessions
WHERE CASE WHEN dialect = 'dli' AND extra <> '' THEN extra::json ->> 'name' END <> '';
UPDATE sessions SET labels = jsonb_set(labels::jsonb, '{name}', to_jsonb(extra::json ->> 'name'))::text
WHERE CASE WHEN dialect = 'dli' AND extra <> '' THEN extra::json ->> 'name' END <> '';
