-- What the report of an event reads of the logs of thousands of runs, which hold whole exchanges beside it: the lines of
-- findings, and those of the attempts of instances.
CREATE INDEX event_findings ON event (run, number) WHERE kind = 'finding';
CREATE INDEX event_attempts ON event (run, number) WHERE kind = 'ran'
