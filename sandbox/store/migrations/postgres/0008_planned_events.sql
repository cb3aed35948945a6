-- Events as they are planned: each as the text of its file.  At most one of them is the event that runs now.
CREATE TABLE planned_event (
    id         TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    changed    BIGINT NOT NULL,
    is_current INTEGER NOT NULL DEFAULT 0
)
