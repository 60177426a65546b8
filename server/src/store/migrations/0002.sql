-- What a restored server is handed back, and what it must remember so that nothing is undone by it.

-- The number of the consent or withdrawal that stands.
ALTER TABLE person ADD COLUMN consent_commit INTEGER;
UPDATE person SET consent_commit = newest.committed
FROM (SELECT person, max(committed) AS committed FROM consent_history GROUP BY person) AS newest
WHERE newest.person = person.id;

-- The newest commit that let the person in: whoever left before that did not leave for good.
ALTER TABLE device_person ADD COLUMN committed INTEGER NOT NULL DEFAULT 0;

-- Histories are kept in the order they were written: what is handed back may bear a number that is taken.
ALTER TABLE receipt_history RENAME TO receipt_history_before;
CREATE TABLE receipt_history (
    committed INTEGER NOT NULL,
    notice    BLOB NOT NULL,
    person    INTEGER NOT NULL,
    rev       INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
INSERT INTO receipt_history SELECT committed, notice, person, rev, stage, at FROM receipt_history_before ORDER BY committed;
DROP TABLE receipt_history_before;

ALTER TABLE consent_history RENAME TO consent_history_before;
CREATE TABLE consent_history (
    committed     INTEGER NOT NULL,
    person        INTEGER NOT NULL,
    moods_to_team INTEGER NOT NULL,
    at            INTEGER NOT NULL
) STRICT;
INSERT INTO consent_history SELECT committed, person, moods_to_team, at FROM consent_history_before ORDER BY committed;
DROP TABLE consent_history_before;

-- The text of every op applied to a notice, its posting included.
CREATE TABLE notice_op (
    notice    BLOB NOT NULL,
    committed INTEGER NOT NULL,
    op        TEXT NOT NULL
) STRICT;
CREATE INDEX notice_op_notice ON notice_op (notice, committed);

-- What has ended for good, by ids that only the server's key gives a meaning.
CREATE TABLE ended (
    id        TEXT PRIMARY KEY,
    committed INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where `kept` rows stand, and since when.
CREATE TABLE kept (
    at   INTEGER NOT NULL,
    feed TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (at, feed, id)
) STRICT, WITHOUT ROWID;

-- The district's lives between restores. `first`: its first commit. `remembers`: the newest commit of the backup it began with.
-- `opened`: the commit that opened its desks; empty while they are closed.
CREATE TABLE epoch (
    name      TEXT PRIMARY KEY,
    first     INTEGER NOT NULL,
    remembers INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    opened    INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO epoch (name, first, remembers, at, opened)
SELECT value, 1, 0, coalesce((SELECT at FROM audit WHERE committed = 1), 0), 1 FROM meta WHERE name = 'epoch';
