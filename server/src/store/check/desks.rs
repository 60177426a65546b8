//! What stands on desks and boards, packed, against a count from the tables; what is marked out of date is not compared.

use super::{lines::Lines, notices::row};
use crate::store::{
    desks::{COUNTS, Packed, SEALED_MILLIS, counts, homes, recount, sum},
    error::StoreError,
    look::Look,
    sql::{json, many, number, one},
};
use kairan_protocol::{
    body::{GroupCard, Homes, Roster, Status, Team},
    feed::FeedName,
    id::{GroupId, NoticeId, PersonId},
    notice::Phase,
    reduce,
    row::kind,
    tally::{Counts, Seals, Tally},
    tree::GroupKind,
    view::{Effect, View},
};
use rusqlite::{Connection, params};

/// Whether a packed row, or what it is worked out from, is out of date.
fn is_marked(connection: &Connection, kinds: &[Packed], notice: [u8; 16], place: i64) -> Result<bool, StoreError> {
    for kind in kinds {
        let sql = "SELECT 1 FROM mark WHERE kind = ?1 AND thing = ?2 AND place IN (0, ?3)";
        if one(connection, sql, params![*kind as i64, notice, place], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

const NO_NOTICE: [u8; 16] = [0; 16];

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.none(
        "what is out of date is known",
        connection,
        "SELECT 'kind ' || kind || ', place ' || place FROM mark WHERE kind NOT BETWEEN 1 AND 8 \
         OR (kind IN (1, 4, 5, 7) AND thing NOT IN (SELECT id FROM notice)) \
         OR (kind IN (2, 3, 4, 5, 7, 8) AND place NOT IN (SELECT id FROM grp)) \
         OR (kind = 6 AND place NOT IN (SELECT id FROM person))",
        [],
    );
    lines.each("teams stand on boards as long as somebody staffs them", |counted| {
        let sql = "SELECT id FROM grp WHERE kind = 'team'";
        for id in many(connection, sql, [], |row| row.get(0).map(GroupId::from_number))? {
            let Some(team) = look.group(id)? else { continue };
            let Some(board) = team.parent.map(FeedName::Board) else { continue };
            let shown = row(connection, board, kind::TEAM, &id.to_string())?;
            let shown = shown.map(|(_, body)| json::<Team>("a team", &body)).transpose()?;
            let staffed = matches!(reduce::team_row(look, &team, look.now, None)?, Some(Effect::Put { .. }));
            // Who staffed it until a moment ago is over by the clock.
            let waits = number(
                connection,
                "SELECT count(*) FROM role WHERE grp = ?1 AND over = 0 AND until <= ?2",
                [id.number(), look.now.millis()],
            )?;
            counted.add(waits > 0 || shown.map(|team| team.group) == staffed.then_some(team), id);
        }
        Ok(())
    });
    lines.each("rosters and their figures are what a recount gives", |counted| {
        let sql = "SELECT block, households, app, paper FROM homes";
        let kept = many(connection, sql, [], |row| {
            let homes = Homes { households: row.get(1)?, app: row.get(2)?, paper: row.get(3)? };
            Ok((GroupId::from_number(row.get(0)?), homes))
        })?;
        for (block, figures) in kept {
            if is_marked(connection, &[Packed::Roster], NO_NOTICE, block.number())? {
                continue;
            }
            let now = homes(connection, block)?;
            let shown = row(connection, FeedName::Desk(block), kind::ROSTER, &block.to_string())?;
            let shown = shown.map(|(_, body)| json::<Roster>("a roster", &body)).transpose()?;
            let added = now.iter().fold(Homes::default(), |sum, home| Homes {
                households: sum.households + 1,
                app: sum.app + u32::from(home.joined),
                paper: sum.paper + u32::from(home.paper && !home.joined),
            });
            counted.add(added == figures && shown.is_some_and(|roster| roster.homes == now), block);
        }
        Ok(())
    });
    lines.each("cards add up their blocks", |counted| cards(look, counted));
    lines.each("tallies are what a recount gives", |counted| tallies(look, counted));
    lines.each("sums of associations are their blocks'", |counted| sums(look, counted));
    lines.each("seals on boards are what a recount gives", |counted| seals(look, counted));
}

fn cards(look: &Look<'_>, counted: &mut super::lines::Counted) -> Result<(), StoreError> {
    let connection = look.connection;
    let sql = "SELECT EXISTS (SELECT 1 FROM mark WHERE kind = ?1)";
    if number(connection, sql, [Packed::Roster as i64])? == 1 {
        return Ok(());
    }
    let sql = "SELECT id FROM grp WHERE kind NOT IN ('household', 'team')";
    for group in many(connection, sql, [], |row| row.get(0).map(GroupId::from_number))? {
        if is_marked(connection, &[Packed::Card], NO_NOTICE, group.number())? {
            continue;
        }
        let sql = "WITH RECURSIVE below (id) AS (SELECT ?1 UNION ALL SELECT grp.id FROM below JOIN grp ON grp.parent = below.id \
                   WHERE grp.kind <> 'household') SELECT coalesce(sum(households), 0), coalesce(sum(app), 0), \
                   coalesce(sum(paper), 0) FROM below JOIN homes ON homes.block = below.id";
        let sum = one(connection, sql, [group.number()], |row| {
            Ok(Homes { households: row.get(0)?, app: row.get(1)?, paper: row.get(2)? })
        })?;
        let shown = row(connection, FeedName::Desk(group), kind::GROUP, &group.to_string())?;
        let shown = shown.map(|(_, body)| json::<GroupCard>("a card", &body)).transpose()?;
        counted.add(shown.map(|card| card.homes) == sum, group);
    }
    Ok(())
}

/// The blocks a notice was counted for, with the figures that are kept.
fn kept_tallies(connection: &Connection) -> Result<Vec<(NoticeId, GroupId, Counts)>, StoreError> {
    let sql = format!("SELECT notice, block, {} FROM tally", COUNTS.join(", "));
    many(connection, &sql, [], |row| {
        Ok((NoticeId::from_bytes(row.get(0)?), GroupId::from_number(row.get(1)?), counts(row, 2)?))
    })
}

fn tally(connection: &Connection, desk: GroupId, notice: NoticeId, of: GroupId) -> Result<Option<Tally>, StoreError> {
    let shown = row(connection, FeedName::Desk(desk), kind::TALLY, &format!("{notice}:{of}"))?;
    shown.map(|(_, body)| json("a tally", &body)).transpose()
}

/// Every block's tally on its own desk, against a count from the receipts.
fn tallies(look: &Look<'_>, counted: &mut super::lines::Counted) -> Result<(), StoreError> {
    for (id, block, figures) in kept_tallies(look.connection)? {
        if is_marked(look.connection, &[Packed::Notice, Packed::Tally], *id.bytes(), block.number())? {
            continue;
        }
        let Some(notice) = look.notice(id)? else {
            counted.add(false, id);
            continue;
        };
        let homes = recount(look.connection, &notice, block)?;
        let counts = homes.values().copied().fold(Counts::default(), Counts::with);
        let shown = tally(look.connection, block, id, block)?;
        let right = shown.is_some_and(|shown| shown.homes == homes && shown.counts == counts);
        counted.add(right && figures == counts, format!("{id} in {block}"));
    }
    Ok(())
}

fn sums(look: &Look<'_>, counted: &mut super::lines::Counted) -> Result<(), StoreError> {
    let connection = look.connection;
    let sql = "SELECT DISTINCT notice, association FROM tally";
    let summed =
        many(connection, sql, [], |row| Ok((NoticeId::from_bytes(row.get(0)?), GroupId::from_number(row.get(1)?))))?;
    for (id, association) in summed {
        let sql = "SELECT EXISTS (SELECT 1 FROM mark WHERE thing = ?1 AND kind <> ?2)";
        if number(connection, sql, params![id.bytes(), Packed::Seals as i64])? == 1 {
            continue;
        }
        let sum = sum(connection, id, association)?;
        for above in look.path(association)?.into_iter().skip(1) {
            let shown = tally(connection, above.id, id, association)?.map(|shown| shown.counts);
            counted.add(shown == sum, format!("{id} of {association} at {}", above.id));
        }
    }
    Ok(())
}

fn seals(look: &Look<'_>, counted: &mut super::lines::Counted) -> Result<(), StoreError> {
    for (id, block, _) in kept_tallies(look.connection)? {
        let waits = [Packed::Notice, Packed::Tally, Packed::Seals];
        if is_marked(look.connection, &waits, *id.bytes(), block.number())? {
            continue;
        }
        // Afterwards they stand still.
        let fresh = look
            .notice(id)?
            .filter(|notice| notice.phase == Phase::Published && look.now.since(notice.body.at) < SEALED_MILLIS);
        let Some(notice) = fresh else { continue };
        let counts = recount(look.connection, &notice, block)?.into_values().fold(Counts::default(), Counts::with);
        let shown = row(look.connection, FeedName::Board(block), kind::SEALS, &id.to_string())?;
        let shown = shown.map(|(_, body)| json::<Seals>("seals", &body)).transpose()?;
        counted.add(shown.map(|seals| seals.counts) == Some(counts), format!("{id} in {block}"));
    }
    Ok(())
}

/// Statuses: one for everybody who agreed and has a team, with what their mail says, on that desk and on no other.
pub fn check_statuses(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("statuses are of those who agreed, on their team's desk", |counted| {
        let mut there = 0;
        for id in many(connection, "SELECT id FROM person", [], |row| row.get(0).map(PersonId::from_number))? {
            let sql = "SELECT desk FROM status WHERE person = ?1";
            let desk = one(connection, sql, [id.number()], |row| row.get(0).map(GroupId::from_number))?;
            there += i64::from(desk.is_some());
            if is_marked(connection, &[Packed::Status], NO_NOTICE, id.number())? {
                continue;
            }
            let agreed = look.person(id)?.filter(|person| person.moods_to_team.is_some());
            let at_home = look.residences(id)?.first().is_some_and(|residence| residence.term.until.is_none());
            let team = match agreed.filter(|_| at_home) {
                Some(_) => reduce::talk_team(look, id, look.now)?.filter(|team| team.kind == GroupKind::Team),
                None => None,
            };
            let mut right = desk == team.map(|team| team.id);
            if let Some(desk) = desk {
                let shown = row(connection, FeedName::Desk(desk), kind::STATUS, &id.to_string())?;
                let shown = shown.map(|(_, body)| json::<Status>("a status", &body)).transpose()?;
                let said = look.check_ins(id)?;
                right &= shown.is_some_and(|shown| said.is_none_or(|said| said == shown.check_ins));
            }
            counted.add(right, id);
        }
        let sql = "SELECT count(*) FROM feed CROSS JOIN row ON row.feed = feed.number AND row.kind = 'status' \
                   WHERE feed.name LIKE 'desk:%' AND body IS NOT NULL";
        let rows = number(connection, sql, [])?;
        counted.must(rows == there, format!("{rows} on desks, {there} listed"));
        Ok(())
    });
}
