-- Which run is an attempt of which test instance, by the number of the line of its log that says so: whoever asks what a run belongs
-- to, or how the runs of an instance went, reads no logs.  Those older than this are read from their logs at the next start.
CREATE TABLE attempt (
    instance TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    run      TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    track    TEXT    NOT NULL,
    PRIMARY KEY (instance, number)
);
CREATE INDEX attempt_by_run ON attempt (run)
