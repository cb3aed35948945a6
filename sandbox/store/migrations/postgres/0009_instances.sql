-- Test instances of an event: what lists and counts ask for, written together with the log that tells the rest.  Rows
-- of the main database only.  The part with number 0 is the system whose team has started it.
CREATE TABLE instance (
    id        TEXT PRIMARY KEY,
    event     TEXT NOT NULL,
    test      TEXT NOT NULL,
    track     TEXT NOT NULL,
    state     TEXT NOT NULL,
    at        BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    waiting   BIGINT NOT NULL,
    monitor   TEXT NOT NULL,
    contested INTEGER NOT NULL
);
CREATE INDEX instance_by_time ON instance (event, at, id);
CREATE INDEX instance_by_state ON instance (event, state, waiting);
CREATE TABLE instance_part (
    instance TEXT NOT NULL,
    number   INTEGER NOT NULL,
    role     TEXT NOT NULL,
    system   TEXT NOT NULL,
    team     TEXT NOT NULL,
    country  TEXT NOT NULL,
    standing TEXT NOT NULL,
    PRIMARY KEY (instance, number)
);
CREATE INDEX instance_part_by_team ON instance_part (team, instance);
CREATE INDEX instance_part_by_system ON instance_part (system, instance)
