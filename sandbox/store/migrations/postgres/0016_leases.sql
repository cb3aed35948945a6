-- Which process plays a run: how often it was taken, until when it is its holder's (by the database's clock), and who that is.
ALTER TABLE run_row ADD COLUMN lease BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_row ADD COLUMN leased_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_row ADD COLUMN leased_by TEXT NOT NULL DEFAULT '';
CREATE INDEX run_row_leased ON run_row (system, leased_until) WHERE leased_until > 0
