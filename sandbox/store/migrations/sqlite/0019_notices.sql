-- Who is told of what, and where to: what is to be said to each, each try to say it, and how far the log was read for it.
CREATE TABLE subscription (
    id      TEXT PRIMARY KEY,
    team    TEXT NOT NULL,
    person  TEXT NOT NULL,
    carrier TEXT NOT NULL,
    at      INTEGER NOT NULL,
    state   TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE TABLE notice (
    id           TEXT PRIMARY KEY,
    subscription TEXT NOT NULL,
    at           INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'waiting',
    tries        INTEGER NOT NULL DEFAULT 0,
    due          INTEGER NOT NULL DEFAULT 0,
    lease        INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX notice_of ON notice (subscription, at);
CREATE INDEX notice_due ON notice (due) WHERE state = 'waiting';
CREATE TABLE notice_try (
    notice  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    took    INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (notice, number)
);
CREATE TABLE notice_place (
    name  TEXT PRIMARY KEY,
    place INTEGER NOT NULL
)
