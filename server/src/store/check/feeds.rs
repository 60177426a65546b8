//! Feeds, their rows and counters, and the tombstones among them.

use super::lines::Lines;
use crate::store::{look::Look, sql::many};
use kairan_protocol::{feed::FeedName, view::View};

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("every feed is somebody's", |counted| {
        for name in many(connection, "SELECT name FROM feed", [], |row| row.get::<_, String>(0))? {
            let known = match name.parse() {
                Ok(FeedName::Board(group) | FeedName::Staff(group) | FeedName::Desk(group)) => {
                    look.group(group)?.is_some()
                }
                Ok(FeedName::Mail(person)) => look.person(person)?.is_some(),
                Err(_) => false,
            };
            counted.add(known, name);
        }
        Ok(())
    });
    lines.each("everybody has their own mail", |counted| {
        let sql = "SELECT person.id, feed.name FROM person LEFT JOIN feed ON feed.number = person.mail";
        let mails = many(connection, sql, [], |row| {
            let id = kairan_protocol::id::PersonId::from_number(row.get(0)?);
            Ok((id, row.get::<_, Option<String>>(1)?))
        })?;
        for (person, mail) in mails {
            counted.add(mail == Some(FeedName::Mail(person).to_string()), person);
        }
        Ok(())
    });
    lines.none(
        "each feed's counter is its newest version",
        connection,
        "SELECT name FROM feed LEFT JOIN row AS counter ON counter.feed = number AND counter.kind = '' \
         AND counter.id = '' WHERE coalesce(counter.version, 0) <> \
         max(horizon, coalesce((SELECT max(version) FROM row WHERE row.feed = number AND row.kind <> ''), 0))",
        [],
    );
    lines.none(
        "no version stands twice in a feed",
        connection,
        "SELECT 'feed ' || feed || ', version ' || version FROM row WHERE kind <> '' GROUP BY feed, version \
         HAVING count(*) > 1",
        [],
    );
    lines.none(
        "every row is of a feed, and as much anybody's as that",
        connection,
        "SELECT 'feed ' || feed || ', ' || kind || ' ' || id FROM row LEFT JOIN feed ON number = feed \
         WHERE name IS NULL OR (kind <> '' AND shared <> (name NOT LIKE 'mail:%')) OR (kind = '' AND shared <> 0) \
         OR (body IS NOT NULL AND NOT json_valid(body))",
        [],
    );
    lines.none(
        "every tombstone knows since when",
        connection,
        "SELECT 'feed ' || row.feed || ', ' || row.kind || ' ' || row.id FROM row LEFT JOIN tombstone \
         ON tombstone.feed = row.feed AND tombstone.version = row.version AND tombstone.kind = row.kind \
         AND tombstone.id = row.id WHERE body IS NULL AND row.kind <> '' AND tombstone.at IS NULL \
         UNION ALL SELECT 'feed ' || tombstone.feed || ', ' || tombstone.kind || ' ' || tombstone.id FROM tombstone \
         LEFT JOIN row USING (feed, kind, id) WHERE row.version IS NULL OR row.version < tombstone.version \
         OR (row.version = tombstone.version AND body IS NOT NULL)",
        [],
    );
}
