-- The test bench: registered systems, the append-only log of runs, and the bodies of exchanges, each kept once by its
-- hash.  Rows of the main database only.
CREATE TABLE registered_system (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE event (
    run    TEXT   NOT NULL,
    number INTEGER NOT NULL,
    kind   TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    body   TEXT   NOT NULL,
    PRIMARY KEY (run, number)
);
CREATE INDEX event_kind ON event (kind, at);
CREATE TABLE blob (
    hash    TEXT PRIMARY KEY,
    content BYTEA NOT NULL
)
