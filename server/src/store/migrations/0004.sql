-- People and homes that come and go: where people live is kept by commits, as where homes stand; homes close, people are gone.

CREATE TABLE residence_by_commit (
    person       INTEGER NOT NULL REFERENCES person (id),
    from_commit  INTEGER NOT NULL,
    until_commit INTEGER,
    household    INTEGER NOT NULL REFERENCES grp (id),
    since        INTEGER NOT NULL,
    until        INTEGER,
    PRIMARY KEY (person, from_commit)
) STRICT, WITHOUT ROWID;
-- Until now people lived where set-up, the first commit, wrote them down.
INSERT INTO residence_by_commit (person, from_commit, household, since)
SELECT person, 1, household, since FROM residence WHERE until IS NULL;
DROP TABLE residence;
ALTER TABLE residence_by_commit RENAME TO residence;
CREATE INDEX residence_household ON residence (household);

-- `closed`: when nobody lived there any more; then it has no parent. `merged`: where everybody of it lives since. `erased`: its name
-- is not kept any more. Of two changes of a field the one with the later commit stands.
ALTER TABLE grp ADD COLUMN reading TEXT;
ALTER TABLE grp ADD COLUMN rev INTEGER NOT NULL DEFAULT 1;
ALTER TABLE grp ADD COLUMN name_commit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grp ADD COLUMN reading_commit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grp ADD COLUMN place_commit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grp ADD COLUMN closed INTEGER;
ALTER TABLE grp ADD COLUMN merged INTEGER REFERENCES grp (id);
ALTER TABLE grp ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE INDEX grp_closed ON grp (closed) WHERE closed IS NOT NULL AND erased = 0;

-- `gone`: when they moved away, died or turned out to be `same`.
ALTER TABLE person ADD COLUMN reading TEXT;
ALTER TABLE person ADD COLUMN rev INTEGER NOT NULL DEFAULT 1;
ALTER TABLE person ADD COLUMN name_commit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN reading_commit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN gone INTEGER;
ALTER TABLE person ADD COLUMN why TEXT;
ALTER TABLE person ADD COLUMN same INTEGER REFERENCES person (id);
ALTER TABLE person ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE INDEX person_gone ON person (gone) WHERE gone IS NOT NULL AND erased = 0;
CREATE INDEX guest_host ON guest (host);

-- Rosters name who lives in each home from now on.
INSERT OR IGNORE INTO mark (kind, thing, place) SELECT 2, zeroblob(16), id FROM grp WHERE kind = 'block';
