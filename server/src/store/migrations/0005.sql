-- Paper homes: what is entered for them, who entered it, and which op last said how a home is reached.

ALTER TABLE grp ADD COLUMN paper_commit INTEGER;

-- What stands for a home. Stages: 1 handed over, 2 by proxy.
CREATE TABLE paper_receipt (
    notice    BLOB NOT NULL,
    household INTEGER NOT NULL,
    rev       INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    person    INTEGER NOT NULL,
    PRIMARY KEY (notice, household)
) STRICT, WITHOUT ROWID;

-- Every entry that counted, in the order they were written; each line holds the hash of itself and of the line before.
CREATE TABLE paper_receipt_history (
    place     INTEGER PRIMARY KEY,
    committed INTEGER NOT NULL,
    notice    BLOB NOT NULL,
    household INTEGER NOT NULL,
    rev       INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    person    INTEGER NOT NULL,
    chain     BLOB NOT NULL
) STRICT;

ALTER TABLE tally ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally ADD COLUMN proxy INTEGER NOT NULL DEFAULT 0;
