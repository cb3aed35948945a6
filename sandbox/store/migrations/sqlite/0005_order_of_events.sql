-- One order over the events of all runs: whoever follows the log (pages, chat) asks for what came behind a place in it.
ALTER TABLE event RENAME TO event_before;
CREATE TABLE event (
    place  INTEGER PRIMARY KEY AUTOINCREMENT,
    run    TEXT   NOT NULL,
    number INTEGER NOT NULL,
    kind   TEXT   NOT NULL,
    at     INTEGER NOT NULL,
    body   TEXT   NOT NULL,
    UNIQUE (run, number)
);
INSERT INTO event (run, number, kind, at, body)
    SELECT run, number, kind, at, body FROM event_before ORDER BY at, run, number;
DROP TABLE event_before;
CREATE INDEX event_kind ON event (kind, at)
