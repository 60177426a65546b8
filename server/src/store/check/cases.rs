//! Cases on desks and in mails, and telephone numbers on boards, against their tables.

use super::{lines::Lines, notices::row};
use crate::store::{
    days::{kept, participation},
    error::StoreError,
    look::Look,
    sql::{json, many, moment_if, number},
};
use kairan_protocol::{
    body::{ClosedDay, Participation},
    case::{CaseNews, CaseState, NewsState, Support, Talk},
    feed::FeedName,
    id::{GroupId, OpId, PersonId},
    row::kind,
    time::Timestamp,
    view::View,
};

/// A case as the table files it.
struct Filed {
    op: OpId,
    person: PersonId,
    desk: String,
    due: Option<Timestamp>,
    ended: Option<Timestamp>,
    shown: bool,
    talk: String,
}

fn filed(look: &Look<'_>) -> Result<Vec<Filed>, StoreError> {
    let sql = "SELECT op, person, feed.name, due, ended, shown, talk FROM talk_case JOIN feed ON feed.number = desk";
    many(look.connection, sql, [], |row| {
        Ok(Filed {
            op: OpId::from_bytes(row.get(0)?),
            person: PersonId::from_number(row.get(1)?),
            desk: row.get(2)?,
            due: moment_if(row, 3)?,
            ended: moment_if(row, 4)?,
            shown: row.get(5)?,
            talk: row.get(6)?,
        })
    })
}

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("cases stand on their team's desk as they are filed", |counted| {
        let mut there = 0;
        for case in filed(look)? {
            let talk: Talk = json("a case", &case.talk)?;
            let facts = (case.op, case.person, case.due, case.ended) == (talk.op, talk.person, talk.due, talk.closed());
            let waits = talk.due.is_none() || talk.state == CaseState::Open;
            let desk: Option<FeedName> = case.desk.parse().ok();
            let shown = desk.map_or(Ok(None), |desk| row(connection, desk, kind::TALK, &case.op.to_string()))?;
            there += i64::from(shown.is_some());
            counted.add(facts && waits && shown.map(|(_, body)| body) == case.shown.then_some(case.talk), case.op);
        }
        let sql = "SELECT count(*) FROM row WHERE kind = 'talk' AND body IS NOT NULL";
        let rows = number(connection, sql, [])?;
        counted.must(rows == there, format!("{rows} on desks, {there} filed"));
        Ok(())
    });
    lines.each("residents hear of their cases", |counted| {
        for case in filed(look)? {
            let talk: Talk = json("a case", &case.talk)?;
            // What was there before there were cases is heard of with the next step.
            if talk.history.is_empty() {
                continue;
            }
            let heard = row(connection, FeedName::Mail(case.person), kind::CASE, &case.op.to_string())?;
            let heard = heard.map(|(_, body)| json::<CaseNews>("a case row", &body)).transpose()?;
            let state = match talk.state {
                CaseState::Open if talk.seen.is_some() => NewsState::Seen,
                CaseState::Open => NewsState::Asked,
                CaseState::Taken => NewsState::Taken,
                CaseState::Closed => NewsState::Closed,
            };
            let wanted = (case.shown && !talk.is_taken_back()).then_some((state, talk.reached, talk.due));
            counted.add(heard.map(|heard| (heard.state, heard.reached, heard.due)) == wanted, case.op);
        }
        Ok(())
    });
    lines.each("closed days stand on desks as they were counted", |counted| {
        let days = kept(connection)?;
        let sql = "SELECT count(*) FROM row WHERE kind = 'day' AND body IS NOT NULL";
        let (rows, there) = (number(connection, sql, [])?, i64::try_from(days.len()).unwrap_or(i64::MAX));
        counted.must(rows == there, format!("{rows} on desks, {there} counted"));
        for (association, closed) in days {
            let shown = row(connection, FeedName::Desk(association), kind::DAY, &closed.day.to_string())?;
            let shown = shown.map(|(_, body)| json::<ClosedDay>("a closed day", &body)).transpose()?;
            counted.add(shown == Some(closed), format!("{} of {association}", closed.day));
        }
        Ok(())
    });
    lines.each("participation is what a recount gives", |counted| {
        let sql = "SELECT id FROM grp WHERE kind = 'association' \
                   AND NOT EXISTS (SELECT 1 FROM mark WHERE mark.kind IN (6, 8))";
        for association in many(connection, sql, [], |row| row.get(0).map(GroupId::from_number))? {
            let shown = row(connection, FeedName::Desk(association), kind::PARTICIPATION, "today")?;
            let Some((_, body)) = shown else { continue };
            let shown: Participation = json("a participation", &body)?;
            // Who has tapped for that day since, or withdrew, is told with the next tap.
            let (agreed, _) = participation(look, association, shown.day)?;
            counted.add(shown.agreed == agreed && shown.said <= agreed, association);
        }
        Ok(())
    });
    lines.each("telephone numbers stand on their boards", |counted| {
        for group in many(connection, "SELECT grp FROM support", [], |row| row.get(0).map(GroupId::from_number))? {
            let shown = row(connection, FeedName::Board(group), kind::SUPPORT, &group.to_string())?;
            let shown = shown.map(|(_, body)| json::<Support>("a number", &body)).transpose()?;
            counted.add(shown == look.support(group)?, group);
        }
        Ok(())
    });
}
