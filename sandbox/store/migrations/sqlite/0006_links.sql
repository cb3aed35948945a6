-- Health links: what each shares, how often a wrong passcode may still be given, and the addresses of its files, used up as they are read.
CREATE TABLE link (
    id       TEXT PRIMARY KEY,
    body     TEXT    NOT NULL,
    expires  INTEGER NOT NULL,
    attempts INTEGER NOT NULL
);
CREATE TABLE link_location (
    token   TEXT PRIMARY KEY,
    link    TEXT    NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    file    INTEGER NOT NULL,
    expires INTEGER NOT NULL
)
