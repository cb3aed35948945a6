-- What a process writes is told to all others as soon as it is kept (NOTIFY), whichever version writes it: who waits need
-- not ask. A line of a log is told as its run and kind, a run that nobody plays any more as its id and "free".
-- \x3B is a semicolon: in a script of ours it would end the statement.
CREATE FUNCTION tell_line() RETURNS trigger LANGUAGE plpgsql AS
E'BEGIN PERFORM pg_notify(''connectathon'', NEW.run || '' '' || NEW.kind)\x3B RETURN NULL\x3B END';
CREATE TRIGGER line_is_told AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION tell_line();
CREATE FUNCTION tell_free() RETURNS trigger LANGUAGE plpgsql AS
E'BEGIN PERFORM pg_notify(''connectathon'', NEW.run || '' free'')\x3B RETURN NULL\x3B END';
CREATE TRIGGER free_is_told AFTER UPDATE OF leased_until ON run_row FOR EACH ROW
WHEN (NEW.leased_until = 0 AND OLD.leased_until > 0) EXECUTE FUNCTION tell_free();
