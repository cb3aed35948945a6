-- Documents that somebody wished to keep with what was found about them, each until its day.
CREATE TABLE kept_judgement (
    id      TEXT PRIMARY KEY,
    body    TEXT    NOT NULL,
    expires BIGINT  NOT NULL
);
CREATE INDEX kept_judgement_expires ON kept_judgement (expires)
