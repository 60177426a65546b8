-- What an import was asked to keep of a home beside its roster: in no feed and no journal, and gone with the home.
CREATE TABLE contact (
    household INTEGER PRIMARY KEY REFERENCES grp (id),
    telephone TEXT,
    note      TEXT
) STRICT;
