//! Requests for a talk: one's own with each step of it, where they lead, and the team's list.

use super::person_here;
use crate::{
    error::Error,
    overlay::{Look, Seen},
    records::{CaseEntry, CaseState, MyTalk, TalkLine, TalkWay},
    store::Store,
};
use kairan_protocol::{
    case::{CaseNews, Entry, Reached, Talk},
    feed::FeedName,
    id::{GroupId, OpId, PersonId},
    reduce::{nearest_support, talk_team},
    row::kind,
    time::Timestamp,
    view::View,
};
use std::cmp::Reverse;

impl Store {
    /// A person's own requests for a talk, newest first.
    pub fn my_talks(&self, person: PersonId, now: Timestamp) -> Result<Vec<MyTalk>, Error> {
        self.look(|look| {
            person_here(look, person)?;
            let rows = look.rows(FeedName::Mail(person), kind::CASE)?;
            let news = rows.iter().filter_map(|row| Some((row.parsed::<CaseNews>()?, row.waiting)));
            let mut talks = Vec::new();
            for (news, waiting) in news {
                // The number of today, where it was corrected since it was shown.
                let number = match news.reached {
                    Reached::Number => nearest_support(look, person, now)?.or(news.number),
                    Reached::Team | Reached::Chair => None,
                };
                talks.push(MyTalk {
                    op: news.op.to_string(),
                    day: news.day.to_string(),
                    at: news.at.millis(),
                    state: news.state.into(),
                    by: news.by,
                    reached: news.reached.into(),
                    due: news.due.map(Timestamp::millis),
                    number: number.map(Into::into),
                    waiting,
                });
            }
            talks.sort_by_key(|talk| Reverse((talk.at, talk.op.clone())));
            Ok(talks)
        })
    }

    /// Whether nobody of the team is known to have looked at a case yet.
    pub fn is_unseen(&self, case: OpId) -> Result<bool, Error> {
        self.look(|look| {
            let known = look.talk_case(case)?.ok_or_else(|| Error::unknown("case"))?;
            Ok(known.talk.seen.is_none() && known.talk.state == kairan_protocol::case::CaseState::Open)
        })
    }
}

/// Where the third answer leads.
pub(super) fn talk_way(look: &Look<'_>, person: PersonId, now: Timestamp) -> Result<TalkWay, Error> {
    if let Some(team) = talk_team(look, person, now)? {
        return Ok(TalkWay::Team { name: team.name });
    }
    Ok(nearest_support(look, person, now)?.map_or(TalkWay::Nothing, |number| TalkWay::Number {
        name: number.name,
        telephone: number.telephone,
        hours: number.hours,
    }))
}

/// The requests on a team's desk as they stand in their rows.
pub(super) fn on_desk(look: &Look<'_>, desk: GroupId) -> Result<Vec<(Talk, bool)>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::TALK)?;
    Ok(rows.iter().filter_map(|row| Some((Seen::parsed::<Talk>(row)?, row.waiting))).collect())
}

/// The requests on a team's desk: those nobody has taken first, the longest passed on and the oldest before the others; then
/// those under way, then what is done, each newest first.
pub(super) fn talks(look: &Look<'_>, desk: GroupId) -> Result<Vec<TalkLine>, Error> {
    let mut talks: Vec<TalkLine> =
        on_desk(look, desk)?.into_iter().map(|(talk, waiting)| line(talk, waiting)).collect();
    talks.sort_by_key(|talk| {
        let at = if talk.state == CaseState::Open { talk.at } else { -talk.at };
        (talk.state, Reverse(talk.reached), at, talk.op.clone())
    });
    Ok(talks)
}

fn line(talk: Talk, waiting: bool) -> TalkLine {
    let taken_back = talk.is_taken_back();
    let entry = |entry: Entry| CaseEntry {
        at: entry.at.millis(),
        by: entry.by.map(|by| by.name),
        what: entry.what.into(),
        text: entry.text,
    };
    TalkLine {
        op: talk.op.to_string(),
        person: talk.person.to_string(),
        name: talk.name,
        household: talk.household,
        day: talk.day.to_string(),
        at: talk.at.millis(),
        state: talk.state.into(),
        taken_back,
        owner: talk.owner.as_ref().map(|owner| owner.id.to_string()),
        owner_name: talk.owner.map(|owner| owner.name),
        seen_by: talk.seen.map(|seen| seen.name),
        reached: talk.reached.into(),
        due: talk.due.map(Timestamp::millis),
        history: talk.history.into_iter().map(entry).collect(),
        waiting,
    }
}
