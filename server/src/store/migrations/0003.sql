-- Tombstones are removed once every phone that is still in use has seen them: when each thing went, and how far back a feed has
-- forgotten. What was gone before this table came counts from now on.
CREATE TABLE tombstone (
    at      INTEGER NOT NULL,
    feed    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (at, feed, version)
) STRICT, WITHOUT ROWID;
INSERT INTO tombstone (at, feed, version, kind, id)
SELECT unixepoch() * 1000, feed, version, kind, id FROM row WHERE body IS NULL AND kind <> '';

ALTER TABLE feed ADD COLUMN horizon INTEGER NOT NULL DEFAULT 0;
