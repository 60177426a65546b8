//! An association's days: what was counted when they were over, and how many take part today.

use crate::{
    error::Error,
    overlay::{Look, Seen},
    records::{DayLine, MoodCounts, ParticipationLine},
};
use kairan_protocol::{
    body::{ClosedDay, DayCounts, Participation},
    feed::FeedName,
    id::GroupId,
    row::kind,
    time::Timestamp,
};

/// The days that are over, newest first.
pub(super) fn days(look: &Look<'_>, desk: GroupId) -> Result<Vec<DayLine>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::DAY)?;
    let mut days: Vec<ClosedDay> = rows.iter().filter_map(Seen::parsed).collect();
    days.sort_by_key(|closed| std::cmp::Reverse(closed.day));
    let line = |closed: ClosedDay| DayLine {
        day: closed.day.to_string(),
        counts: match closed.counts {
            DayCounts::Counted { good, fair, talk } => Some(MoodCounts { good, fair, talk }),
            DayCounts::TooFew {} | DayCounts::Lost {} => None,
        },
        lost: closed.counts == DayCounts::Lost {},
    };
    Ok(days.into_iter().map(line).collect())
}

/// How many take part today. Until somebody taps, the server says nothing of a new day.
pub(super) fn participation(
    look: &Look<'_>,
    desk: GroupId,
    now: Timestamp,
) -> Result<Option<ParticipationLine>, Error> {
    let row = look.row(FeedName::Desk(desk), kind::PARTICIPATION, "today")?;
    let today = look.world().zone.day_of(now);
    Ok(row.and_then(|row| row.parsed::<Participation>()).map(|said| ParticipationLine {
        day: today.to_string(),
        said: if said.day == today { said.said } else { 0 },
        agreed: said.agreed,
    }))
}
