//! What a notification should be raised for now: an emergency once ever; a talk that nobody has taken, once in each epoch until
//! somebody looked, and once more for the team's chair when it has reached them.

use super::{cases::on_desk, desk::worked_at, home::emergencies, person_here};
use crate::{
    error::Error,
    overlay::Look,
    records::{Alert, AlertKind, NoticeLine, Stage},
    store::{
        Step, Store,
        outbox::{self, alerts},
    },
};
use kairan_protocol::{
    case::{CaseState, Reached, Talk},
    feed::FeedName,
    id::{Epoch, GroupId, OpId, PersonId},
    people::RoleKind,
    time::Timestamp,
    tree::GroupKind,
    view::View,
};
use rusqlite::OptionalExtension;
use std::collections::HashMap;

/// What was raised and seen, and the epoch of now.
struct Before {
    known: HashMap<String, alerts::Known>,
    epoch: Option<Epoch>,
}

impl Store {
    /// What a notification should be raised for now: emergencies first, then talks, each newest first. Writes nothing.
    pub fn alerts(&self, person: PersonId, now: Timestamp) -> Result<Vec<Alert>, Error> {
        let before = self.outbox_file().read(|outbox| {
            let epoch = outbox::enrolment(outbox)?.map(|enrolment| enrolment.epoch);
            Ok(Before { known: alerts::all(outbox)?, epoch })
        })?;
        self.look(|look| {
            person_here(look, person)?;
            let standing = emergencies(look, person, now)?.into_iter();
            let mut alerts: Vec<Alert> = standing.filter_map(|line| of_emergency(line, &before)).collect();
            for team in worked_at(look, person, now)? {
                let whole = look.world().feeds.get(&FeedName::Desk(team)).is_some_and(|desk| desk.complete);
                if is_team(look, team) {
                    let works = works(look, person, team, now)?;
                    let asked = untaken(look, team)?.into_iter();
                    alerts.extend(asked.filter_map(|talk| of_talk(talk, (team, works), whole, &before)));
                }
            }
            Ok(alerts)
        })
    }

    /// A notification was raised for this.
    pub fn alert_raised(&self, id: OpId, now: Timestamp) -> Result<(), Error> {
        let epoch = self.enrolment()?.ok_or(Error::NotJoined)?.epoch;
        let known = self.alert_known(id)?;
        self.outbox_file()
            .write(|outbox| known.iter().try_for_each(|(id, kind)| alerts::raised(outbox, (id, kind), &epoch, now)))?;
        self.reach(Step::AlertKept)
    }

    /// Somebody looked at this: it is not raised any more.
    pub fn alert_seen(&self, id: OpId, now: Timestamp) -> Result<(), Error> {
        self.enrolment()?.ok_or(Error::NotJoined)?;
        let known = self.alert_known(id)?;
        self.outbox_file()
            .write(|outbox| known.iter().try_for_each(|(id, kind)| alerts::seen(outbox, (id, kind), now)))?;
        self.reach(Step::AlertKept)
    }

    /// What is remembered of an alert: a notice has the id of the op that posted it, a talk that of the check-in, and they never
    /// meet. A talk that has reached the chair is another alert than when it was asked.
    fn alert_known(&self, id: OpId) -> Result<Vec<(String, &'static str)>, Error> {
        let text = id.to_string();
        self.look(|look| {
            let mut select = look.connection().prepare_cached("SELECT 1 FROM notice WHERE id = ?1")?;
            if select.query_row([&text], |_| Ok(())).optional()?.is_some() {
                return Ok(vec![(text.clone(), "emergency")]);
            }
            let passed_on = look.talk_case(id)?.is_some_and(|case| case.talk.reached != Reached::Team);
            let chair = passed_on.then(|| (at_the_chair(&text), "talk"));
            Ok(chair.into_iter().chain([(text.clone(), "talk")]).collect())
        })
    }
}

fn is_team(look: &Look<'_>, group: GroupId) -> bool {
    look.world().groups.get(&group).is_some_and(|group| group.kind == GroupKind::Team)
}

fn of_emergency(line: NoticeLine, before: &Before) -> Option<Alert> {
    let answered = line.stage == Some(Stage::Acknowledged);
    (!answered && !before.known.contains_key(&line.id)).then_some(Alert {
        id: line.id,
        kind: AlertKind::Emergency,
        title: line.title,
        from: line.from,
        desk: None,
        at: line.at,
        again: false,
    })
}

/// As what a person works at a team.
#[derive(Clone, Copy)]
struct Works {
    /// As its chair.
    chairs: bool,
    /// As somebody else: commissioner or officer.
    works: bool,
}

fn works(look: &Look<'_>, person: PersonId, team: GroupId, now: Timestamp) -> Result<Works, Error> {
    let roles = look.roles(person)?.into_iter().filter(|role| role.group == team && role.term.holds(now));
    let (chairs, others): (Vec<_>, Vec<_>) = roles.partition(|role| role.kind == RoleKind::Chair);
    Ok(Works { chairs: !chairs.is_empty(), works: !others.is_empty() })
}

/// What nobody has taken, newest first.
fn untaken(look: &Look<'_>, team: GroupId) -> Result<Vec<Talk>, Error> {
    let mut talks: Vec<Talk> = on_desk(look, team)?.into_iter().map(|(talk, _)| talk).collect();
    talks.retain(|talk| talk.state == CaseState::Open);
    talks.sort_by_key(|talk| std::cmp::Reverse((talk.at, talk.op)));
    Ok(talks)
}

/// Under which name it is remembered that a talk reached the chair.
fn at_the_chair(talk: &str) -> String {
    format!("{talk}/chair")
}

/// A talk that was raised before is raised again only once the desk is whole in this epoch: until then nobody knows whether it
/// still stands there.
fn of_talk(talk: Talk, (team, works): (GroupId, Works), whole: bool, before: &Before) -> Option<Alert> {
    let id = talk.op.to_string();
    let at_the_chair = works.chairs && talk.reached != Reached::Team;
    if !at_the_chair && !works.works {
        return None;
    }
    let known = if at_the_chair { before.known.get(&self::at_the_chair(&id)) } else { before.known.get(&id) };
    let again = match known {
        None => false,
        // The server remembers who looked; a phone that did not raise it before the loss does not know.
        Some(_) if talk.seen.is_some() => return None,
        Some(known) if known.seen || known.raised == before.epoch || !whole => return None,
        Some(_) => true,
    };
    Some(Alert {
        id,
        kind: AlertKind::Talk,
        title: talk.name,
        from: talk.household,
        desk: Some(team.to_string()),
        at: talk.at.millis(),
        again,
    })
}
