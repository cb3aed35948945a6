-- How a system that is not open is entered, each field sealed with a key that stands outside of the database.
CREATE TABLE sealed (
    system TEXT NOT NULL,
    field  TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce  BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (system, field)
)
