-- The order in which versions were written, for histories of a type and of all. Numbers and quantities to search by.
CREATE TABLE version_new (
    written  INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL REFERENCES resource (pk),
    version  INTEGER NOT NULL,
    updated  INTEGER NOT NULL,
    method   TEXT    NOT NULL,
    body     BLOB,
    UNIQUE (resource, version)
);
INSERT INTO version_new (resource, version, updated, method, body)
    SELECT resource, version, updated, method, body FROM version ORDER BY updated, resource, version;
DROP TABLE version;
ALTER TABLE version_new RENAME TO version;
CREATE TABLE search_quantity (
    resource  INTEGER NOT NULL REFERENCES resource (pk),
    parameter TEXT    NOT NULL,
    low       REAL    NOT NULL,
    high      REAL    NOT NULL,
    system    TEXT,
    code      TEXT,
    unit      TEXT
);
CREATE INDEX search_quantity_value ON search_quantity (parameter, low, high, resource);
CREATE INDEX search_quantity_owner ON search_quantity (resource)
