//! What the rules see of the tables: the protocol's `View`, over any connection, inside or outside a transaction.

use super::{
    error::StoreError,
    sql::{damaged, json, many, moment, moment_if, one},
};
use chrono::{Datelike, NaiveDate};
use kairan_protocol::{
    case::{Support, TalkCase},
    check_in::{CheckIn, CheckIns, Mood},
    id::{DeviceId, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    joining::Waiting,
    notice::NoticeState,
    paper::PaperReceipt,
    people::{Household, Location, Person, Residence, Role, RoleKind},
    receipt::{Receipt, Stage},
    time::{Day, Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
    view::View,
};
use rusqlite::{Connection, Row, params};

/// The tables at a moment.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub connection: &'a Connection,
    pub now: Timestamp,
    /// The people of the device that asks, where they were looked up already: every op of a request asks again.
    pub held: Option<&'a (DeviceId, Vec<PersonId>)>,
}

pub(super) const fn kind_word(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::District => "district",
        GroupKind::Federation => "federation",
        GroupKind::Association => "association",
        GroupKind::Block => "block",
        GroupKind::Household => "household",
        GroupKind::Team => "team",
    }
}

fn kind_of_word(word: &str) -> Result<GroupKind, StoreError> {
    Ok(match word {
        "district" => GroupKind::District,
        "federation" => GroupKind::Federation,
        "association" => GroupKind::Association,
        "block" => GroupKind::Block,
        "household" => GroupKind::Household,
        "team" => GroupKind::Team,
        other => return Err(damaged("kind of a group", other)),
    })
}

pub(super) const fn stage_number(stage: Stage) -> i64 {
    match stage {
        Stage::Delivered => 1,
        Stage::Displayed => 2,
        Stage::Acknowledged => 3,
    }
}

pub(super) const fn stage_of_number(number: i64) -> Option<Stage> {
    match number {
        1 => Some(Stage::Delivered),
        2 => Some(Stage::Displayed),
        3 => Some(Stage::Acknowledged),
        _ => None,
    }
}

pub(super) fn day_number(day: Day) -> i64 {
    i64::from(day.date().num_days_from_ce())
}

pub(super) fn day_of_number(number: i64) -> Result<Day, StoreError> {
    let date = i32::try_from(number).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    date.map(Day::new).ok_or_else(|| damaged("a day", number))
}

/// `id, kind, parent, name` as a group.
pub(super) fn read_group(row: &Row<'_>) -> rusqlite::Result<(i64, String, Option<i64>, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

pub(super) fn group((id, kind, parent, name): (i64, String, Option<i64>, String)) -> Result<Group, StoreError> {
    Ok(Group {
        id: GroupId::from_number(id),
        kind: kind_of_word(&kind)?,
        parent: parent.map(GroupId::from_number),
        name,
    })
}

type RoleColumns = (i64, i64, i64, String, Timestamp, Option<Timestamp>);

pub(super) fn read_role(row: &Row<'_>) -> rusqlite::Result<RoleColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, moment(row, 4)?, moment_if(row, 5)?))
}

pub(super) fn role((id, person, group, kind, from, until): RoleColumns) -> Result<Role, StoreError> {
    Ok(Role {
        id: RoleId::from_number(id),
        person: PersonId::from_number(person),
        group: GroupId::from_number(group),
        kind: RoleKind::from_word(&kind).ok_or_else(|| damaged("kind of a role", &kind))?,
        term: Term { from, until },
    })
}

/// The days anybody ever said something for, as a table: a day's taps stand together, so that all of a person's are one look-up per
/// day.
pub(super) const EVERY_DAY: &str = "WITH RECURSIVE every (day) AS (SELECT min(day) FROM check_in UNION ALL \
     SELECT (SELECT min(check_in.day) FROM check_in WHERE check_in.day > every.day) FROM every WHERE day IS NOT NULL), \
     days (day) AS (SELECT day FROM every WHERE day IS NOT NULL)";

/// How many days back a person's history is looked through: twice as far as a late check-in may reach.
const HISTORY_DAYS: i64 = 70;

type CheckInColumns = ([u8; 16], i64, String, Timestamp);

pub(super) fn read_check_in(row: &Row<'_>) -> rusqlite::Result<CheckInColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, moment(row, 3)?))
}

pub(super) fn check_in((op, day, mood, at): CheckInColumns) -> Result<CheckIn, StoreError> {
    let letter = mood.chars().next().and_then(Mood::from_letter);
    let mood = letter.ok_or_else(|| damaged("a mood", &mood))?;
    Ok(CheckIn { op: OpId::from_bytes(op), day: day_of_number(day)?, mood, at })
}

impl Look<'_> {
    /// The newest day a check-in may be for: it is tomorrow somewhere.
    pub fn tomorrow(&self) -> i64 {
        day_number(ZoneOffsets::fixed(0).day_of(self.now)) + 1
    }
}

impl View for Look<'_> {
    type Error = StoreError;

    fn group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let sql = "SELECT id, kind, parent, name FROM grp WHERE id = ?1";
        one(self.connection, sql, [id.number()], read_group)?.map(group).transpose()
    }

    fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let sql = "SELECT name, moods_to_team, consent_at, rev, gone, same FROM person WHERE id = ?1";
        one(self.connection, sql, [id.number()], |row| {
            Ok(Person {
                id,
                name: row.get(0)?,
                moods_to_team: moment_if(row, 1)?,
                consent_at: moment_if(row, 2)?,
                rev: Rev(row.get(3)?),
                gone: moment_if(row, 4)?,
                same: row.get::<_, Option<i64>>(5)?.map(PersonId::from_number),
            })
        })
    }

    fn household(&self, id: GroupId) -> Result<Option<Household>, StoreError> {
        let sql = "SELECT parent, rev, merged FROM grp WHERE id = ?1 AND kind = 'household'";
        one(self.connection, sql, [id.number()], |row| {
            let group = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(GroupId::from_number));
            Ok(Household { id, block: group(0)?, rev: Rev(row.get(1)?), into: group(2)? })
        })
    }

    fn residences(&self, person: PersonId) -> Result<Vec<Residence>, StoreError> {
        let sql = "SELECT household, since, until FROM residence WHERE person = ?1 ORDER BY from_commit DESC";
        many(self.connection, sql, [person.number()], |row| {
            Ok(Residence {
                household: GroupId::from_number(row.get(0)?),
                term: Term { from: moment(row, 1)?, until: moment_if(row, 2)? },
            })
        })
    }

    fn locations(&self, household: GroupId) -> Result<Vec<Location>, StoreError> {
        let sql = "SELECT block, since, until FROM location WHERE household = ?1 ORDER BY from_commit DESC";
        many(self.connection, sql, [household.number()], |row| {
            Ok(Location {
                block: GroupId::from_number(row.get(0)?),
                term: Term { from: moment(row, 1)?, until: moment_if(row, 2)? },
            })
        })
    }

    // A role whose end was carried out has ended, though a clock that was set back says that its term lasts.
    fn roles(&self, person: PersonId) -> Result<Vec<Role>, StoreError> {
        let sql = "SELECT id, person, grp, kind, since, iif(over = 1, min(until, ?2), until) FROM role \
                   WHERE person = ?1 ORDER BY since, id";
        many(self.connection, sql, [person.number(), self.now.millis()], read_role)?.into_iter().map(role).collect()
    }

    fn role(&self, id: RoleId) -> Result<Option<Role>, StoreError> {
        let sql = "SELECT id, person, grp, kind, since, iif(over = 1, min(until, ?2), until) FROM role WHERE id = ?1";
        one(self.connection, sql, [id.number(), self.now.millis()], read_role)?.map(role).transpose()
    }

    fn guest_of(&self, person: PersonId) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT host FROM guest WHERE person = ?1 ORDER BY host";
        many(self.connection, sql, [person.number()], |row| row.get(0).map(PersonId::from_number))
    }

    fn teams(&self, group_above: GroupId) -> Result<Vec<Group>, StoreError> {
        let sql = "SELECT id, kind, parent, name FROM grp WHERE parent = ?1 AND kind = 'team' ORDER BY place, id";
        many(self.connection, sql, [group_above.number()], read_group)?.into_iter().map(group).collect()
    }

    fn staffed_teams(&self, group_above: GroupId) -> Result<Vec<Group>, StoreError> {
        let sql = "SELECT id, kind, parent, name FROM grp AS team WHERE parent = ?1 AND kind = 'team' AND EXISTS \
                   (SELECT 1 FROM role WHERE role.grp = team.id AND role.kind = 'commissioner' \
                   AND role.over = 0 AND (role.until IS NULL OR role.until > ?2)) ORDER BY place, id";
        let parameters = params![group_above.number(), self.now.millis()];
        many(self.connection, sql, parameters, read_group)?.into_iter().map(group).collect()
    }

    fn role_holders(&self, group: GroupId) -> Result<Vec<Role>, StoreError> {
        let sql = "SELECT id, person, grp, kind, since, iif(over = 1, min(until, ?2), until) FROM role \
                   WHERE grp = ?1 ORDER BY since, id";
        many(self.connection, sql, [group.number(), self.now.millis()], read_role)?.into_iter().map(role).collect()
    }

    fn notice(&self, id: NoticeId) -> Result<Option<NoticeState>, StoreError> {
        let sql = "SELECT state FROM notice WHERE id = ?1";
        let state = one(self.connection, sql, [id.bytes()], |row| row.get::<_, String>(0))?;
        state.map(|state| json("a notice", &state)).transpose()
    }

    fn receipt(&self, person: PersonId, notice: NoticeId) -> Result<Option<Receipt>, StoreError> {
        let sql = "SELECT rev, stage, at FROM receipt WHERE notice = ?1 AND person = ?2";
        let columns = one(self.connection, sql, params![notice.bytes(), person.number()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, moment(row, 2)?))
        })?;
        columns
            .map(|(rev, stage, at)| {
                let stage = stage_of_number(stage).ok_or_else(|| damaged("a stage", stage))?;
                Ok(Receipt { rev: Rev(rev), stage, at })
            })
            .transpose()
    }

    fn is_paper(&self, household: GroupId) -> Result<bool, StoreError> {
        self.paper_home(household)
    }

    fn block_counted(&self, notice: NoticeId, household: GroupId) -> Result<Option<GroupId>, StoreError> {
        self.block_at_publication(notice, household)
    }

    fn paper_receipt(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, StoreError> {
        self.entered(household, notice)
    }

    fn check_ins(&self, person: PersonId) -> Result<Option<CheckIns>, StoreError> {
        let sql = "SELECT body FROM row WHERE feed = (SELECT mail FROM person WHERE id = ?1) \
                   AND kind = 'check_in' AND id = 'mine'";
        let body = one(self.connection, sql, [person.number()], |row| row.get::<_, Option<String>>(0))?.flatten();
        body.map(|body| json("a check_in row", &body)).transpose()
    }

    fn check_in_history(&self, person: PersonId) -> Result<Vec<CheckIn>, StoreError> {
        let sql = "WITH RECURSIVE days (day) AS (SELECT ?2 UNION ALL SELECT day - 1 FROM days WHERE day > ?3) \
                   SELECT op, check_in.day, mood, at FROM days CROSS JOIN check_in \
                   WHERE check_in.day = days.day AND person = ?1 AND taken = 0 \
                   ORDER BY check_in.day DESC, at DESC, op DESC LIMIT 60";
        let newest = self.tomorrow();
        let parameters = [person.number(), newest, newest - HISTORY_DAYS];
        many(self.connection, sql, parameters, read_check_in)?.into_iter().map(check_in).collect()
    }

    fn talk_case(&self, op: OpId) -> Result<Option<TalkCase>, StoreError> {
        self.case(op)
    }

    fn unclosed_cases(&self, team: GroupId) -> Result<Vec<TalkCase>, StoreError> {
        self.unclosed(team)
    }

    fn support(&self, group: GroupId) -> Result<Option<Support>, StoreError> {
        self.offered(group)
    }

    fn device_persons(&self, device: DeviceId) -> Result<Vec<PersonId>, StoreError> {
        if let Some((known, persons)) = self.held
            && *known == device
        {
            return Ok(persons.clone());
        }
        let sql = "SELECT person FROM device_person WHERE device = ?1";
        many(self.connection, sql, [device.number()], |row| row.get(0).map(PersonId::from_number))
    }

    fn waiting(&self, join: JoinId) -> Result<Option<Waiting>, StoreError> {
        self.waits(join)
    }

    fn devices_of(&self, person: PersonId) -> Result<Vec<DeviceId>, StoreError> {
        let sql = "SELECT device FROM device_person WHERE person = ?1 ORDER BY device";
        many(self.connection, sql, [person.number()], |row| row.get(0).map(DeviceId::from_number))
    }

    fn guests_of(&self, person: PersonId) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT person FROM guest WHERE host = ?1 ORDER BY person";
        many(self.connection, sql, [person.number()], |row| row.get(0).map(PersonId::from_number))
    }

    fn receipts_of(&self, person: PersonId) -> Result<Vec<(NoticeId, Receipt)>, StoreError> {
        // Their mail lists them; the table is ordered by notice.
        let sql = "SELECT id, body FROM row WHERE feed = (SELECT mail FROM person WHERE id = ?1) AND kind = 'receipt' \
                   AND body IS NOT NULL";
        let rows = many(self.connection, sql, [person.number()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let receipt = |(id, body): (String, String)| {
            let notice = id.parse().map_err(|error| damaged("a notice", error))?;
            Ok((notice, json("a receipt", &body)?))
        };
        rows.into_iter().map(receipt).collect()
    }

    fn invite_exists(&self, id: InviteId) -> Result<bool, StoreError> {
        Ok(one(self.connection, "SELECT 1 FROM invite WHERE id = ?1", [id.number()], |_| Ok(()))?.is_some())
    }

    fn members(&self, household: GroupId) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT person.id FROM residence JOIN person ON person.id = residence.person \
                   WHERE residence.household = ?1 AND residence.until_commit IS NULL ORDER BY person.place, person.id";
        many(self.connection, sql, [household.number()], |row| row.get(0).map(PersonId::from_number))
    }
}
