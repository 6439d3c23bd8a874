-- +goose Up
-- Statements are counted and listed by series; up to here there was one.
ALTER TABLE sessions ADD COLUMN jobs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE statements ADD COLUMN series TEXT    NOT NULL DEFAULT '';
ALTER TABLE statements ADD COLUMN place  INTEGER NOT NULL DEFAULT 0;
UPDATE statements SET place = number;
CREATE INDEX statements_place ON statements (session_id, series, place);
