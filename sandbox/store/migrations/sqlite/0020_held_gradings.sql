-- Until when a grading is that of whoever took it (by the database's clock), unless it says again that it is at it. 0: it never says so.
ALTER TABLE hand_in ADD COLUMN held INTEGER NOT NULL DEFAULT 0
