//! The tree, the people, their roles and devices, and the invitations they joined by.

use super::lines::Lines;
use crate::held::{NOTE, TELEPHONE};
use crate::store::{look::Look, sql::many};
use kairan_protocol::{
    id::{DeviceId, GroupId, RoleId},
    reduce,
    sign::Key,
    tree::GroupKind,
    view::View,
};

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("every group hangs where its kind may", |counted| {
        for id in many(connection, "SELECT id FROM grp", [], |row| row.get(0).map(GroupId::from_number))? {
            let group = look.group(id)?;
            let above = group.as_ref().and_then(|group| group.parent).map_or(Ok(None), |above| look.group(above))?;
            let fits = group.is_some_and(|group| match above {
                Some(above) => group.kind.may_hang_below(above.kind),
                None => group.parent.is_none() && matches!(group.kind, GroupKind::District | GroupKind::Household),
            });
            counted.add(fits, id);
        }
        Ok(())
    });
    lines.none(
        "each household stands in one block at a time",
        connection,
        "SELECT 'household ' || id FROM grp WHERE kind = 'household' AND (SELECT count(*) FROM location \
         WHERE household = grp.id AND until_commit IS NULL AND block = grp.parent) <> (closed IS NULL) \
         UNION ALL SELECT 'location ' || household FROM (SELECT household, until_commit, until, since, \
         lead(from_commit) OVER moves AS next, lead(since) OVER moves AS next_since FROM location \
         WINDOW moves AS (PARTITION BY household ORDER BY from_commit)) \
         JOIN grp ON grp.id = household WHERE (until_commit IS NOT next OR until IS NOT next_since) \
         AND NOT (next IS NULL AND until_commit IS NOT NULL AND closed IS NOT NULL) OR until < since",
        [],
    );
    lines.none(
        "a home is closed when nobody lives there any more",
        connection,
        "SELECT 'household ' || id FROM grp WHERE (closed IS NOT NULL) <> (kind = 'household' AND parent IS NULL) \
         OR (merged IS NOT NULL AND closed IS NULL) OR (closed IS NOT NULL AND (EXISTS (SELECT 1 FROM residence \
         WHERE household = grp.id AND until_commit IS NULL) OR EXISTS (SELECT 1 FROM location WHERE household = grp.id \
         AND until_commit IS NULL) OR EXISTS (SELECT 1 FROM invite WHERE household = grp.id AND void = 0)))",
        [],
    );
    lines.none(
        "who left long ago is not known by name",
        connection,
        "SELECT 'person ' || id FROM person WHERE (erased = 1) <> (name = '') OR (erased = 1 AND (gone IS NULL \
         OR reading IS NOT NULL OR consent_at IS NOT NULL OR EXISTS (SELECT 1 FROM invite WHERE person = person.id))) \
         UNION ALL SELECT 'household ' || id FROM grp WHERE (erased = 1) <> (name = '') OR (erased = 1 AND closed IS NULL)",
        [],
    );
    lines.none(
        "who is gone holds nothing",
        connection,
        "SELECT 'person ' || id FROM person WHERE (same IS NOT NULL AND gone IS NULL) OR (gone IS NOT NULL AND ( \
         EXISTS (SELECT 1 FROM residence WHERE person = person.id AND until_commit IS NULL) \
         OR EXISTS (SELECT 1 FROM device_person WHERE person = person.id) \
         OR EXISTS (SELECT 1 FROM guest WHERE person = person.id OR host = person.id) \
         OR EXISTS (SELECT 1 FROM invite WHERE person = person.id AND void = 0) \
         OR EXISTS (SELECT 1 FROM role WHERE person = person.id AND (until IS NULL OR until > max(gone, since)))))",
        [],
    );
    lines.none(
        "nobody lives in two homes at once",
        connection,
        "SELECT 'person ' || person FROM (SELECT person, household, since, until, until_commit, lead(since) OVER moves \
         AS next_since, lead(from_commit) OVER moves AS next FROM residence WINDOW moves AS (PARTITION BY person \
         ORDER BY from_commit)) AS lives JOIN grp ON grp.id = household WHERE kind <> 'household' OR until < since \
         OR (until IS NULL) <> (until_commit IS NULL) OR (next IS NOT NULL AND (until_commit IS NOT next OR until > next_since))",
        [],
    );
    lines.none(
        "nobody is their own guest",
        connection,
        "SELECT 'person ' || person FROM guest WHERE person = host",
        [],
    );
    lines.each("every role stands where its kind may", |counted| {
        let sql = "SELECT id, over, until IS NULL FROM role";
        let roles = many(connection, sql, [], |row| {
            Ok((RoleId::from_number(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, bool>(2)?))
        })?;
        for (id, over, endless) in roles {
            let role = look.role(id)?;
            let place = role.as_ref().map_or(Ok(None), |role| look.group(role.group))?;
            let stands = role.zip(place).is_some_and(|(role, place)| reduce::stands_at(role.kind, place.kind));
            counted.add(stands && (over == 0 || (over == 1 && !endless)), id);
        }
        Ok(())
    });
    lines.none(
        "everybody's consent is what they said last",
        connection,
        "SELECT 'person ' || person.id FROM person LEFT JOIN (SELECT person, moods_to_team, at, committed, max(rowid) \
         FROM consent_history GROUP BY person) AS said ON said.person = person.id \
         WHERE consent_at IS NOT said.at OR consent_commit IS NOT said.committed \
         OR person.moods_to_team IS NOT iif(said.moods_to_team, said.at, NULL) \
         UNION ALL SELECT 'person ' || person FROM consent_history WHERE person NOT IN (SELECT id FROM person)",
        [],
    );
    lines.none(
        "what is kept beside the roster is of homes that stand",
        connection,
        "SELECT 'household ' || household FROM contact JOIN grp ON grp.id = household WHERE grp.kind <> 'household' \
         OR grp.parent IS NULL OR (telephone IS NULL AND note IS NULL) OR length(telephone) > ?1 OR length(note) > ?2",
        [TELEPHONE, NOTE].map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)),
    );
    devices(look, lines);
}

fn devices(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("every device has its key", |counted| {
        let sql = "SELECT id, key, id = (SELECT value FROM meta WHERE name = 'console'), \
                   rights > (SELECT value FROM meta WHERE name = 'last_commit'), revoked IS NOT NULL FROM device";
        let devices = many(connection, sql, [], |row| {
            let id = DeviceId::from_number(row.get(0)?);
            Ok((id, row.get::<_, Option<Vec<u8>>>(1)?, row.get::<_, bool>(2)? || row.get(4)?, row.get::<_, bool>(3)?))
        })?;
        // The command line has none, and of one that was signed off long ago it is not kept.
        for (id, key, keyless, ahead) in devices {
            let fits = key.map_or(keyless, |key| Key::from_sec1(&key).is_ok());
            counted.add(fits && !ahead, id);
        }
        Ok(())
    });
    lines.none(
        "nobody holds a device that was signed off",
        connection,
        "SELECT 'device ' || device.id FROM device_person JOIN device ON device.id = device_person.device WHERE revoked IS NOT NULL",
        [],
    );
    lines.none(
        "every token is a hash, and ends",
        connection,
        "SELECT 'token of device ' || device FROM token WHERE length(hash) <> 32 OR until <= 0",
        [],
    );
    lines.none(
        "each home has one invitation that is open",
        connection,
        "SELECT 'household ' || household FROM invite WHERE void = 0 AND household IS NOT NULL GROUP BY household \
         HAVING count(*) > 1 UNION ALL SELECT 'person ' || person FROM invite WHERE void = 0 AND person IS NOT NULL \
         GROUP BY person HAVING count(*) > 1 UNION ALL SELECT 'invitation ' || id FROM invite \
         WHERE (household IS NULL) = (person IS NULL) OR length(secret) <> 43 OR void NOT IN (0, 1)",
        [],
    );
    lines.none(
        "invitations were used while they were good",
        connection,
        "SELECT 'invitation ' || invite.id FROM invite_join JOIN invite ON invite.id = invite_join.invite \
         WHERE invite_join.at >= invite.until OR invite.person <> invite_join.person OR (invite.household IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM residence WHERE residence.person = invite_join.person \
         AND residence.household = invite.household))",
        [],
    );
}
