-- What the facilitator's desk keeps: what is asked for, what was handed in and what it came to, and what a person wrote beside it.
-- Notebooks and what they left stand as files in the data folder.
CREATE TABLE assignment (
    id       TEXT   NOT NULL PRIMARY KEY,
    body     TEXT   NOT NULL,
    released BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE hand_in (
    id         TEXT   NOT NULL PRIMARY KEY,
    assignment TEXT   NOT NULL,
    team       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    taken      BIGINT NOT NULL DEFAULT 0,
    body       TEXT   NOT NULL,
    result     TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX hand_in_state ON hand_in (state, at);
CREATE INDEX hand_in_assignment ON hand_in (assignment, team, at);
CREATE TABLE mark (
    hand_in  TEXT NOT NULL,
    exercise TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (hand_in, exercise)
)
