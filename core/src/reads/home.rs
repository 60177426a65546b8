//! The first screen.

use super::{
    cases::talk_way,
    notices::{LINE, lines},
    person_here, profile,
};
use crate::{
    error::Error,
    overlay::Look,
    records::{Arrival, CheckInLine, EventLine, Home, NoticeLine, OpState},
    store::{
        Store,
        outbox::{handback, ops},
    },
};
use kairan_protocol::{
    feed::FeedName,
    id::PersonId,
    reduce::talk_team,
    row::kind,
    time::{Day, Timestamp},
    view::View,
};
use rusqlite::OptionalExtension;

/// So many of the unread are listed; the rest is a number.
const UNREAD: u32 = 20;
/// So many events are listed on the first screen.
const NEXT_EVENTS: u32 = 5;
/// So many on their own.
const EVENTS: u32 = 100;
/// So many emergencies are listed.
const EMERGENCIES: u32 = 20;

impl Store {
    /// The first screen of one person.
    pub fn home(&self, person: PersonId, now: Timestamp) -> Result<Home, Error> {
        let (waiting, refused, asking) = self.outbox_file().read(|outbox| {
            let waiting = ops::count(outbox, &[OpState::Waiting, OpState::Sending, OpState::Parked])?;
            let waiting = waiting + handback::count(outbox)?;
            Ok((waiting, ops::count(outbox, &[OpState::Refused])?, ops::count(outbox, &[OpState::AskAgain])?))
        })?;
        let salvage = self.salvage()?;
        self.look(|look| {
            person_here(look, person)?;
            let profile = profile(look, person);
            let today = look.world().zone.day_of(now);
            let emergencies = emergencies(look, person, now)?;
            let shown_above = emergencies.iter().filter(|line| line.unread).count();
            let unread = unread_lines(look, person, &emergencies)?;
            let unread_count = count_unread(look, person)?.saturating_sub(u32::try_from(shown_above).unwrap_or(0));
            Ok(Home {
                today: today.to_string(),
                person: person.to_string(),
                name: profile.map(|profile| profile.name.clone()).unwrap_or_default(),
                check_in: check_in(look, person, today)?,
                consent: look.consent(person)?.is_some_and(|consent| consent.moods_to_team),
                can_check_in: profile.is_some_and(|profile| profile.residence.is_some_and(|home| home.term.holds(now))),
                team: talk_team(look, person, now)?.map(|team| team.name),
                talk: talk_way(look, person, now)?,
                emergencies,
                unread,
                unread_count,
                next_events: events(look, person, now, NEXT_EVENTS)?,
                waiting,
                refused,
                asking,
                salvage: salvage.clone(),
            })
        })
    }
}

impl Store {
    /// Everything a person's notices tell that takes place from now on, soonest first: at most a hundred.
    pub fn events(&self, person: PersonId, now: Timestamp) -> Result<Vec<EventLine>, Error> {
        self.look(|look| {
            person_here(look, person)?;
            events(look, person, now, EVENTS)
        })
    }
}

fn check_in(look: &Look<'_>, person: PersonId, today: Day) -> Result<Option<CheckInLine>, Error> {
    let newest = look.check_ins(person)?.and_then(|state| state.newest).filter(|newest| newest.day == today);
    let laid = look.overlay().row(FeedName::Mail(person), kind::CHECK_IN, "mine");
    Ok(newest.map(|newest| CheckInLine {
        op: newest.op.to_string(),
        mood: newest.mood.into(),
        at: newest.at.millis(),
        state: if laid.is_some_and(|laid| laid.waiting) { Arrival::Waiting } else { Arrival::Arrived },
    }))
}

/// Emergencies that stand now.
pub(super) fn emergencies(look: &Look<'_>, person: PersonId, now: Timestamp) -> Result<Vec<NoticeLine>, Error> {
    let select = format!(
        "SELECT {LINE} FROM notice CROSS JOIN standing ON standing.number = notice.number AND standing.person = ?1
         WHERE notice.kind = 'emergency' AND notice.withdrawn = 0 AND coalesce(notice.until, ?2 + 1) > ?2
         ORDER BY notice.number DESC LIMIT ?3"
    );
    let lines = lines(look, &select, (person.number(), now.millis(), EMERGENCIES))?;
    Ok(lines.into_iter().map(|(_, line)| line).filter(|line| !line.withdrawn).collect())
}

fn unread_lines(look: &Look<'_>, person: PersonId, above: &[NoticeLine]) -> Result<Vec<NoticeLine>, Error> {
    let select = format!(
        "SELECT {LINE} FROM standing CROSS JOIN notice ON notice.number = standing.number
         WHERE standing.person = ?1 AND standing.unread = 1 ORDER BY standing.number DESC LIMIT ?2"
    );
    let lines = lines(look, &select, (person.number(), UNREAD + EMERGENCIES))?;
    let below = lines.into_iter().map(|(_, line)| line).filter(|line| above.iter().all(|shown| shown.id != line.id));
    Ok(below.take(UNREAD as usize).collect())
}

fn count_unread(look: &Look<'_>, person: PersonId) -> Result<u32, Error> {
    let mut select = look.connection().prepare_cached("SELECT notices FROM unread WHERE person = ?1")?;
    Ok(select.query_row([person.number()], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// What takes place next: it has not ended, or where no end is told, has not begun.
fn events(look: &Look<'_>, person: PersonId, now: Timestamp, most: u32) -> Result<Vec<EventLine>, Error> {
    let mut select = look.connection().prepare_cached(
        "SELECT notice.id, notice.title, notice.when_text, notice.place, notice.starts, notice.ends
         FROM notice CROSS JOIN standing ON standing.number = notice.number AND standing.person = ?1
         WHERE notice.starts IS NOT NULL AND notice.withdrawn = 0 AND coalesce(notice.ends, notice.starts) >= ?2
           AND notice.needs_update = 0
         ORDER BY coalesce(notice.ends, notice.starts) LIMIT ?3",
    )?;
    let events = select.query_map((person.number(), now.millis(), most), |row| {
        Ok(EventLine {
            notice: row.get(0)?,
            title: row.get(1)?,
            when: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            place: row.get(3)?,
            starts: row.get(4)?,
            ends: row.get(5)?,
        })
    })?;
    let mut events = events.collect::<Result<Vec<_>, _>>()?;
    events.sort_by_key(|event| event.starts);
    Ok(events)
}
