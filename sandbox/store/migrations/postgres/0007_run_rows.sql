-- What lists, matrix, report and queue tell of each run: a row for each, written in the transaction of its log's lines.
-- `place` is that of its first line, so that runs of one moment have an order.  Rows of the main database only.
CREATE TABLE run_row (
    run           TEXT    PRIMARY KEY,
    place         BIGINT  NOT NULL,
    at            BIGINT  NOT NULL,
    track         TEXT    NOT NULL,
    system        TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    recipient     TEXT    NOT NULL,
    keeper        TEXT    NOT NULL,
    team_id       TEXT    NOT NULL,
    team          TEXT    NOT NULL,
    country       TEXT    NOT NULL,
    by_id         TEXT    NOT NULL,
    by_name       TEXT    NOT NULL,
    others        TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    verdict       TEXT    NOT NULL,
    is_whole      INTEGER NOT NULL,
    is_conclusive INTEGER NOT NULL,
    tests         INTEGER NOT NULL,
    passed        INTEGER NOT NULL,
    known         INTEGER NOT NULL,
    standing      TEXT    NOT NULL,
    since         BIGINT  NOT NULL,
    monitor_id    TEXT    NOT NULL,
    review        TEXT    NOT NULL
);
CREATE INDEX run_row_newest ON run_row (at, place);
CREATE INDEX run_row_key ON run_row (system, track, is_whole, at, place);
CREATE INDEX run_row_team ON run_row (team_id, at, place);
CREATE INDEX run_row_keeper ON run_row (keeper, state);
CREATE INDEX run_row_standing ON run_row (standing, since, place)
