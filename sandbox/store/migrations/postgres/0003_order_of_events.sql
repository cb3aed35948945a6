-- One order over the events of all runs: whoever follows the log (pages, chat) asks for what came behind a place in it.
-- There is one writer at a time, so the places are also the order of the commits.
ALTER TABLE event ADD COLUMN place BIGINT GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX event_place ON event (place)
