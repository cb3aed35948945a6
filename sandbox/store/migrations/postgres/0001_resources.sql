-- The same tables as in migrations/sqlite up to 0003.  Texts compare by code point, as they do in SQLite.
CREATE TABLE resource (
    pk      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type    TEXT COLLATE "C" NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    updated BIGINT  NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE (type, id)
);
CREATE TABLE version (
    written  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource BIGINT  NOT NULL REFERENCES resource (pk),
    version  INTEGER NOT NULL,
    updated  BIGINT  NOT NULL,
    method   TEXT    NOT NULL,
    body     BYTEA,
    UNIQUE (resource, version)
);
CREATE TABLE tenant (
    name       TEXT   PRIMARY KEY,
    validation TEXT   NOT NULL,
    created    BIGINT NOT NULL
);
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE search_token (
    resource  BIGINT NOT NULL REFERENCES resource (pk),
    parameter TEXT COLLATE "C" NOT NULL,
    system    TEXT COLLATE "C",
    code      TEXT COLLATE "C",
    part      INTEGER
);
CREATE TABLE search_string (
    resource  BIGINT NOT NULL REFERENCES resource (pk),
    parameter TEXT COLLATE "C" NOT NULL,
    folded    TEXT COLLATE "C" NOT NULL,
    exact     TEXT COLLATE "C" NOT NULL,
    part      INTEGER,
    start     TEXT COLLATE "C"
);
CREATE TABLE search_date (
    resource  BIGINT NOT NULL REFERENCES resource (pk),
    parameter TEXT COLLATE "C" NOT NULL,
    low       BIGINT NOT NULL,
    high      BIGINT NOT NULL,
    part      INTEGER
);
CREATE TABLE search_reference (
    resource    BIGINT NOT NULL REFERENCES resource (pk),
    parameter   TEXT COLLATE "C" NOT NULL,
    target_type TEXT COLLATE "C",
    target_id   TEXT COLLATE "C",
    url         TEXT COLLATE "C",
    part        INTEGER
);
CREATE TABLE search_uri (
    resource  BIGINT NOT NULL REFERENCES resource (pk),
    parameter TEXT COLLATE "C" NOT NULL,
    uri       TEXT COLLATE "C" NOT NULL,
    part      INTEGER
);
CREATE TABLE search_quantity (
    resource  BIGINT NOT NULL REFERENCES resource (pk),
    parameter TEXT COLLATE "C" NOT NULL,
    low       DOUBLE PRECISION NOT NULL,
    high      DOUBLE PRECISION NOT NULL,
    system    TEXT COLLATE "C",
    code      TEXT COLLATE "C",
    unit      TEXT COLLATE "C",
    part      INTEGER
);
CREATE INDEX resource_type ON resource (type, deleted, pk);
CREATE INDEX search_token_value     ON search_token     (parameter, code, system, resource);
CREATE INDEX search_token_owner     ON search_token     (resource);
CREATE INDEX search_string_value    ON search_string    (parameter, start, resource);
CREATE INDEX search_string_owner    ON search_string    (resource);
CREATE INDEX search_date_value      ON search_date      (parameter, low, high, resource);
CREATE INDEX search_date_owner      ON search_date      (resource);
CREATE INDEX search_reference_value ON search_reference (parameter, target_id, target_type, resource);
CREATE INDEX search_reference_owner ON search_reference (resource);
CREATE INDEX search_uri_value       ON search_uri       (parameter, uri, resource);
CREATE INDEX search_uri_owner       ON search_uri       (resource);
CREATE INDEX search_quantity_value  ON search_quantity  (parameter, low, high, resource);
CREATE INDEX search_quantity_owner  ON search_quantity  (resource);
CREATE INDEX search_quantity_unit  ON search_quantity  (parameter, code)
