-- +goose Up
-- How many bytes an ended session keeps, -1 until they are counted.
ALTER TABLE sessions ADD COLUMN kept INTEGER NOT NULL DEFAULT -1;
DROP INDEX sessions_ended;
CREATE INDEX sessions_ended ON sessions (ended_at, seq, kept) WHERE state = 'ended' AND deleted_at = 0;
