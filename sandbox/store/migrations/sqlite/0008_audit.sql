-- Who did what, when, from where: each line's text holds the hash of the line before, so that none can be changed or
-- taken out unseen.  Rows of the main database only.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    body   TEXT NOT NULL,
    hash   TEXT NOT NULL
)
