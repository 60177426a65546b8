-- The first tables. Ids are the 63-bit numbers of protocol ids, moments are milliseconds since 1970, days count from 1 January of year 1.

-- One line each: district, name, zone, offsets, offsets_until, addresses, epoch, mac_key, rights_floor, last_commit, console, steward, first_officer.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE grp (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    parent INTEGER REFERENCES grp (id),
    name   TEXT NOT NULL,
    paper  INTEGER NOT NULL,
    place  INTEGER NOT NULL
) STRICT;
CREATE INDEX grp_parent ON grp (parent, place);

CREATE TABLE person (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    place         INTEGER NOT NULL,
    mail          INTEGER NOT NULL REFERENCES feed (number),
    moods_to_team INTEGER,
    consent_at    INTEGER,
    rights        INTEGER NOT NULL
) STRICT;

CREATE TABLE residence (
    person    INTEGER NOT NULL REFERENCES person (id),
    since     INTEGER NOT NULL,
    until     INTEGER,
    household INTEGER NOT NULL REFERENCES grp (id),
    PRIMARY KEY (person, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX residence_household ON residence (household);

CREATE TABLE location (
    household    INTEGER NOT NULL REFERENCES grp (id),
    from_commit  INTEGER NOT NULL,
    until_commit INTEGER,
    block        INTEGER NOT NULL REFERENCES grp (id),
    since        INTEGER NOT NULL,
    until        INTEGER,
    PRIMARY KEY (household, from_commit)
) STRICT, WITHOUT ROWID;
CREATE INDEX location_block ON location (block);

CREATE TABLE guest (
    person INTEGER NOT NULL REFERENCES person (id),
    host   INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (person, host)
) STRICT, WITHOUT ROWID;

-- `over`: that the term has ended was carried out.
CREATE TABLE role (
    id     INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person (id),
    grp    INTEGER NOT NULL REFERENCES grp (id),
    kind   TEXT NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER,
    over   INTEGER NOT NULL
) STRICT;
CREATE INDEX role_person ON role (person);
CREATE INDEX role_grp ON role (grp);
CREATE INDEX role_until ON role (until) WHERE over = 0 AND until IS NOT NULL;

-- `proved`: the moment named by the newest proof for a token; each proof works once.
CREATE TABLE device (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    key     BLOB,
    since   INTEGER NOT NULL,
    revoked INTEGER,
    rights  INTEGER NOT NULL,
    proved  INTEGER NOT NULL
) STRICT;
CREATE INDEX device_key ON device (key) WHERE key IS NOT NULL;

CREATE TABLE device_person (
    device INTEGER NOT NULL REFERENCES device (id),
    person INTEGER NOT NULL REFERENCES person (id),
    since  INTEGER NOT NULL,
    PRIMARY KEY (device, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_person_person ON device_person (person);

CREATE TABLE token (
    hash   BLOB PRIMARY KEY,
    device INTEGER NOT NULL REFERENCES device (id),
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_device ON token (device);
CREATE INDEX token_until ON token (until);

CREATE TABLE invite (
    id        INTEGER PRIMARY KEY,
    household INTEGER REFERENCES grp (id),
    person    INTEGER REFERENCES person (id),
    secret    TEXT NOT NULL UNIQUE,
    at        INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    void      INTEGER NOT NULL
) STRICT;
CREATE INDEX invite_household ON invite (household) WHERE void = 0;
CREATE INDEX invite_person ON invite (person) WHERE void = 0;

CREATE TABLE invite_join (
    invite INTEGER NOT NULL REFERENCES invite (id),
    person INTEGER NOT NULL REFERENCES person (id),
    device INTEGER NOT NULL REFERENCES device (id),
    at     INTEGER NOT NULL,
    PRIMARY KEY (invite, person)
) STRICT, WITHOUT ROWID;

-- Every op that was judged. UUIDv7 ids grow with time, so that new ones stand together.
CREATE TABLE op (
    id        BLOB PRIMARY KEY,
    committed INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    person    INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    outcome   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Commits that are nobody's op.
CREATE TABLE audit (
    committed INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    what      TEXT NOT NULL,
    detail    TEXT NOT NULL
) STRICT;

CREATE TABLE notice (
    id        BLOB PRIMARY KEY,
    phase     TEXT NOT NULL,
    hour      INTEGER NOT NULL,
    published INTEGER,
    state     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_scheduled ON notice (hour) WHERE phase = 'scheduled';

CREATE TABLE receipt (
    notice BLOB NOT NULL,
    person INTEGER NOT NULL,
    rev    INTEGER NOT NULL,
    stage  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (notice, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_history (
    committed INTEGER PRIMARY KEY,
    notice    BLOB NOT NULL,
    person    INTEGER NOT NULL,
    rev       INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- A day's taps stand together: a burst of them touches few pages. A person's history is one look-up per day.
CREATE TABLE check_in (
    day       INTEGER NOT NULL,
    person    INTEGER NOT NULL,
    op        BLOB NOT NULL,
    mood      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    taken     INTEGER NOT NULL,
    PRIMARY KEY (day, person, op)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_history (
    committed     INTEGER PRIMARY KEY,
    person        INTEGER NOT NULL,
    moods_to_team INTEGER NOT NULL,
    at            INTEGER NOT NULL
) STRICT;

CREATE TABLE feed (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
) STRICT;

-- The row with empty kind and id is the feed's counter. Mail feeds are small and are scanned: they pay for no second index.
CREATE TABLE row (
    feed    INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    rev     INTEGER NOT NULL,
    shared  INTEGER NOT NULL,
    urgent  INTEGER NOT NULL,
    body    TEXT,
    PRIMARY KEY (feed, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX row_version ON row (feed, version) WHERE shared = 1;
CREATE INDEX row_urgent ON row (feed, version) WHERE shared = 1 AND urgent = 1;

-- What is out of date on desks: kind of packed row, notice (or empty), group or person.
CREATE TABLE mark (
    kind  INTEGER NOT NULL,
    thing BLOB NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (kind, thing, place)
) STRICT, WITHOUT ROWID;

-- Figures of a block and the newest commit they include, so that the groups above add up instead of counting again.
CREATE TABLE tally (
    notice       BLOB NOT NULL,
    association  INTEGER NOT NULL,
    block        INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    displayed    INTEGER NOT NULL,
    delivered    INTEGER NOT NULL,
    not_yet      INTEGER NOT NULL,
    paper        INTEGER NOT NULL,
    through      INTEGER NOT NULL,
    PRIMARY KEY (notice, association, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE homes (
    block      INTEGER PRIMARY KEY REFERENCES grp (id),
    households INTEGER NOT NULL,
    app        INTEGER NOT NULL,
    paper      INTEGER NOT NULL,
    through    INTEGER NOT NULL
) STRICT;

-- On which desk a person's status stands.
CREATE TABLE status (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    desk   INTEGER NOT NULL REFERENCES grp (id)
) STRICT;
