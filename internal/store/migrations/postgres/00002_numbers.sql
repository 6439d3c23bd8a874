-- +goose Up
-- Series of numbers that are given out once. A row outlives what was numbered.
CREATE TABLE numbers (
    series TEXT    NOT NULL PRIMARY KEY,
    next   BIGINT  NOT NULL
);
