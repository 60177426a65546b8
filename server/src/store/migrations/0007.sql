-- Invitations that were passed on as a link, and who waits to be let in by them.
ALTER TABLE invite ADD COLUMN passed_on INTEGER NOT NULL DEFAULT 0;

-- `key`: the phone's. `persons` and `desks`: JSON lists of ids. `answered`: when an officer said yes or no; `admitted`: which.
CREATE TABLE waiting (
    id       INTEGER PRIMARY KEY,
    invite   INTEGER NOT NULL REFERENCES invite (id),
    key      BLOB NOT NULL,
    name     TEXT NOT NULL,
    persons  TEXT NOT NULL,
    desks    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    answered INTEGER,
    admitted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (invite, key)
) STRICT;
