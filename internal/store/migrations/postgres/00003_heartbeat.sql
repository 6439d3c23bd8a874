-- +goose Up
ALTER TABLE sessions ADD COLUMN heartbeat_timeout  BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN heartbeat_deadline BIGINT  NOT NULL DEFAULT 0;
CREATE INDEX sessions_heartbeat_deadline ON sessions (heartbeat_deadline)
    WHERE state IN ('starting', 'idle', 'busy', 'degraded') AND heartbeat_deadline <> 0;
