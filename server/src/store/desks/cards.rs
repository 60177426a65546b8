//! Cards and rosters: the homes of a block by name, and how many homes every group has, by app and on paper.

use super::{NO_NOTICE, Packed, Tx};
use crate::store::{
    error::StoreError,
    sql::{many, number, one, run, signed, to_json, unsigned},
};
use kairan_protocol::{
    body::{GroupCard, Home, Homes, Member, Roster},
    feed::FeedName,
    id::{Commit, GroupId, PersonId, Rev},
    row::kind,
    tree::{Group, GroupKind},
};
use rusqlite::{Connection, params};

/// The homes of a block by name with who lives in them, in the order of the roster.
pub(in crate::store) fn homes(connection: &Connection, block: GroupId) -> Result<Vec<Home>, StoreError> {
    let sql = "SELECT id, name, paper, EXISTS (SELECT 1 FROM residence JOIN device_person \
               ON device_person.person = residence.person WHERE residence.household = grp.id \
               AND residence.until_commit IS NULL), rev, reading \
               FROM grp WHERE parent = ?1 AND kind = 'household' ORDER BY place, id";
    let mut homes = many(connection, sql, [block.number()], |row| {
        Ok(Home {
            id: GroupId::from_number(row.get(0)?),
            name: row.get(1)?,
            paper: row.get(2)?,
            joined: row.get(3)?,
            rev: Rev(row.get(4)?),
            reading: row.get(5)?,
            people: Vec::new(),
        })
    })?;
    for home in &mut homes {
        let sql = "SELECT person.id, name, rev, reading FROM residence JOIN person ON person.id = residence.person \
                   WHERE household = ?1 AND until_commit IS NULL ORDER BY place, person.id";
        home.people = many(connection, sql, [home.id.number()], |row| {
            let (id, name) = (PersonId::from_number(row.get(0)?), row.get(1)?);
            Ok(Member { id, name, rev: Rev(row.get(2)?), reading: row.get(3)? })
        })?;
    }
    Ok(homes)
}

impl Tx<'_> {
    /// Writes a block's roster to its own desk and its association's, and has every card above it counted again.
    pub(super) fn write_roster(&mut self, block: GroupId) -> Result<(), StoreError> {
        let way = self.way_up(block)?;
        let Some(own) = way.first() else { return Ok(()) };
        let homes = homes(self.connection, block)?;
        self.keep_homes(block, &homes)?;
        let body = to_json(&Roster { name: own.name.clone(), homes, through: self.commit() })?;
        for group in way.iter().filter(|group| matches!(group.kind, GroupKind::Block | GroupKind::Association)) {
            self.put(FeedName::Desk(group.id), (kind::ROSTER, &block.to_string()), 1, false, &body)?;
        }
        for group in way {
            self.mark_row(Packed::Card, NO_NOTICE, group.id.number())?;
        }
        Ok(())
    }

    fn keep_homes(&mut self, block: GroupId, homes: &[Home]) -> Result<(), StoreError> {
        let app = homes.iter().filter(|home| home.joined).count();
        let paper = homes.iter().filter(|home| home.paper && !home.joined).count();
        let sql = "INSERT OR REPLACE INTO homes (block, households, app, paper, through) VALUES (?1, ?2, ?3, ?4, ?5)";
        let counts = [homes.len(), app, paper].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let [households, app, paper] = counts;
        run(self.connection, sql, params![block.number(), households, app, paper, signed(self.commit().0)])?;
        Ok(())
    }

    /// Writes a group's card to its own desk and every desk above it.
    pub(super) fn write_card(&mut self, group: GroupId) -> Result<(), StoreError> {
        let way = self.way_up(group)?;
        let Some(own) = way.first() else { return Ok(()) };
        let (homes, through) = self.homes_below(own)?;
        let body = to_json(&GroupCard { group: own.clone(), homes, through })?;
        for desk in way {
            self.put(FeedName::Desk(desk.id), (kind::GROUP, &group.to_string()), 1, false, &body)?;
        }
        Ok(())
    }

    fn homes_below(&self, group: &Group) -> Result<(Homes, Commit), StoreError> {
        if group.kind == GroupKind::Team {
            return Ok((Homes::default(), self.commit()));
        }
        let sql = "WITH RECURSIVE below (id, kind) AS (SELECT id, kind FROM grp WHERE id = ?1 UNION ALL \
                   SELECT grp.id, grp.kind FROM below JOIN grp ON grp.parent = below.id WHERE below.kind <> 'block') \
                   SELECT coalesce(sum(households), 0), coalesce(sum(app), 0), coalesce(sum(paper), 0) \
                   FROM below JOIN homes ON homes.block = below.id WHERE below.kind = 'block'";
        let homes = one(self.connection, sql, [group.id.number()], |row| {
            Ok(Homes { households: row.get(0)?, app: row.get(1)?, paper: row.get(2)? })
        })?;
        // A block whose roster is out of date anywhere holds the sum back to what it includes.
        let sql = "SELECT coalesce(min(homes.through), ?1) FROM mark JOIN homes ON homes.block = mark.place \
                   WHERE mark.kind = ?2";
        let now = signed(self.commit().0);
        let through = number(self.connection, sql, params![now, Packed::Roster as i64])?;
        Ok((homes.unwrap_or_default(), Commit(unsigned(through))))
    }
}
