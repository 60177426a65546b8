-- Requests for a talk as cases, and the telephone numbers that are offered where no team can be reached.

-- `desk`: the feed of the team's desk. `due`: when it is passed on; empty where nobody is waited for. `ended`: when it was closed.
-- `shown`: whether it stands on the desk.
CREATE TABLE talk_case (
    op     BLOB PRIMARY KEY,
    person INTEGER NOT NULL,
    desk   INTEGER NOT NULL REFERENCES feed (number),
    due    INTEGER,
    ended  INTEGER,
    shown  INTEGER NOT NULL,
    talk   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX talk_case_desk ON talk_case (desk) WHERE ended IS NULL;
CREATE INDEX talk_case_due ON talk_case (due) WHERE due IS NOT NULL;
CREATE INDEX talk_case_ended ON talk_case (ended) WHERE ended IS NOT NULL;

-- What stands on desks already waits from now on.
UPDATE row SET body = json_set(body, '$.due', strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+4 hours'))
WHERE kind = 'talk' AND body IS NOT NULL;
INSERT INTO talk_case (op, person, desk, due, ended, shown, talk)
SELECT unhex(row.id), check_in.person, row.feed, unixepoch(body ->> '$.due') * 1000, NULL, 1, row.body
FROM row JOIN check_in ON check_in.op = unhex(row.id)
WHERE row.kind = 'talk' AND row.body IS NOT NULL;

-- Empty fields: the group offers no number any more. `committed`: the number under which that was said.
CREATE TABLE support (
    grp       INTEGER PRIMARY KEY REFERENCES grp (id),
    name      TEXT,
    telephone TEXT,
    hours     TEXT,
    committed INTEGER NOT NULL
) STRICT;

-- Every withdrawal of a consent there ever was, those too that were followed by another consent: what was said before stays gone.
CREATE TABLE withdrawal (
    person    INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    PRIMARY KEY (person, committed)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO withdrawal (person, committed)
SELECT person, committed FROM consent_history WHERE moods_to_team = 0;

-- What was said before them goes with the first tick.
INSERT INTO meta (name, value) SELECT 'withdrawn_before', 1 WHERE EXISTS (SELECT 1 FROM withdrawal);

-- The moods of a day that is over, counted once. Empty figures: `why` there are none.
CREATE TABLE closed_day (
    association INTEGER NOT NULL REFERENCES grp (id),
    day         INTEGER NOT NULL,
    why         TEXT NOT NULL,
    good        INTEGER,
    fair        INTEGER,
    talk        INTEGER,
    PRIMARY KEY (association, day)
) STRICT, WITHOUT ROWID;
