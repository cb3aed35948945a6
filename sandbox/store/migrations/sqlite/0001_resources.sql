-- Resources, their versions and the values by which they are found.  Times are milliseconds since 1970, UTC.
CREATE TABLE resource (
    pk      INTEGER PRIMARY KEY,
    type    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE (type, id)
);
CREATE TABLE version (
    resource INTEGER NOT NULL REFERENCES resource (pk),
    version  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    method   TEXT    NOT NULL,
    body     BLOB,
    PRIMARY KEY (resource, version)
);
CREATE TABLE search_token (
    resource  INTEGER NOT NULL REFERENCES resource (pk),
    parameter TEXT    NOT NULL,
    system    TEXT,
    code      TEXT
);
CREATE TABLE search_string (
    resource  INTEGER NOT NULL REFERENCES resource (pk),
    parameter TEXT    NOT NULL,
    folded    TEXT    NOT NULL,
    exact     TEXT    NOT NULL
);
CREATE TABLE search_date (
    resource  INTEGER NOT NULL REFERENCES resource (pk),
    parameter TEXT    NOT NULL,
    low       INTEGER NOT NULL,
    high      INTEGER NOT NULL
);
CREATE TABLE search_reference (
    resource    INTEGER NOT NULL REFERENCES resource (pk),
    parameter   TEXT    NOT NULL,
    target_type TEXT,
    target_id   TEXT,
    url         TEXT
);
CREATE TABLE search_uri (
    resource  INTEGER NOT NULL REFERENCES resource (pk),
    parameter TEXT    NOT NULL,
    uri       TEXT    NOT NULL
);
CREATE INDEX search_token_value     ON search_token     (parameter, code, system, resource);
CREATE INDEX search_token_owner     ON search_token     (resource);
CREATE INDEX search_string_value    ON search_string    (parameter, folded, resource);
CREATE INDEX search_string_owner    ON search_string    (resource);
CREATE INDEX search_date_value      ON search_date      (parameter, low, high, resource);
CREATE INDEX search_date_owner      ON search_date      (resource);
CREATE INDEX search_reference_value ON search_reference (parameter, target_id, target_type, resource);
CREATE INDEX search_reference_owner ON search_reference (resource);
CREATE INDEX search_uri_value       ON search_uri       (parameter, uri, resource);
CREATE INDEX search_uri_owner       ON search_uri       (resource);
