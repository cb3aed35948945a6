-- Who is told of what, and where to: what is to be said to each, each try to say it, and how far the log was read for it.
CREATE TABLE subscription (
    id      TEXT PRIMARY KEY,
    team    TEXT NOT NULL,
    person  TEXT NOT NULL,
    carrier TEXT NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT NOT NULL,
    body    TEXT NOT NULL
);
CREATE TABLE notice (
    id           TEXT PRIMARY KEY,
    subscription TEXT NOT NULL,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL DEFAULT 'waiting',
    tries        BIGINT NOT NULL DEFAULT 0,
    due          BIGINT NOT NULL DEFAULT 0,
    lease        BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notice_of ON notice (subscription, at);
CREATE INDEX notice_due ON notice (due) WHERE state = 'waiting';
CREATE TABLE notice_try (
    notice  TEXT NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    took    BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (notice, number)
);
CREATE TABLE notice_place (
    name  TEXT PRIMARY KEY,
    place BIGINT NOT NULL
)
