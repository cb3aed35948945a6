-- Tenants (rows in the main database only), facts about this database, which values come from one element (`part`, for
-- composite parameters), and the start of a text, which is what an index holds.
CREATE TABLE tenant (
    name       TEXT    PRIMARY KEY,
    validation TEXT    NOT NULL,
    created    INTEGER NOT NULL
);
CREATE TABLE fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
ALTER TABLE search_token     ADD COLUMN part INTEGER;
ALTER TABLE search_string    ADD COLUMN part INTEGER;
ALTER TABLE search_date      ADD COLUMN part INTEGER;
ALTER TABLE search_reference ADD COLUMN part INTEGER;
ALTER TABLE search_uri       ADD COLUMN part INTEGER;
ALTER TABLE search_quantity  ADD COLUMN part INTEGER;
ALTER TABLE search_string    ADD COLUMN start TEXT;
UPDATE search_string SET start = substr(folded, 1, 100);
DROP INDEX search_string_value;
CREATE INDEX resource_type ON resource (type, deleted);
CREATE INDEX search_string_value ON search_string (parameter, start, resource);
CREATE INDEX search_quantity_unit ON search_quantity (parameter, code)
