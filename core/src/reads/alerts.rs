//! What a notification should be raised for now: an emergency once ever, a talk until somebody looked, once in each epoch.

use super::{
    desk::{talks, worked_at},
    home::emergencies,
    person_here,
};
use crate::{
    error::Error,
    overlay::Look,
    records::{Alert, AlertKind, NoticeLine, Stage, TalkLine},
    store::{
        Step, Store,
        outbox::{self, alerts},
    },
};
use kairan_protocol::{
    feed::FeedName,
    id::{Epoch, GroupId, OpId, PersonId},
    time::Timestamp,
    tree::GroupKind,
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
                    let asked = talks(look, team)?.into_iter();
                    alerts.extend(asked.filter_map(|talk| of_talk(talk, team, whole, &before)));
                }
            }
            Ok(alerts)
        })
    }

    /// A notification was raised for this.
    pub fn alert_raised(&self, id: OpId, now: Timestamp) -> Result<(), Error> {
        let epoch = self.enrolment()?.ok_or(Error::NotJoined)?.epoch;
        let (id, kind) = self.alert_kind(id)?;
        self.outbox_file().write(|outbox| alerts::raised(outbox, (&id, kind), &epoch, now))?;
        self.reach(Step::AlertKept)
    }

    /// Somebody looked at this: it is not raised any more.
    pub fn alert_seen(&self, id: OpId, now: Timestamp) -> Result<(), Error> {
        self.enrolment()?.ok_or(Error::NotJoined)?;
        let (id, kind) = self.alert_kind(id)?;
        self.outbox_file().write(|outbox| alerts::seen(outbox, (&id, kind), now))?;
        self.reach(Step::AlertKept)
    }

    /// A notice has the id of the op that posted it, a talk that of the check-in: they never meet.
    fn alert_kind(&self, id: OpId) -> Result<(String, &'static str), Error> {
        let id = id.to_string();
        let is_notice = self.look(|look| {
            let mut select = look.connection().prepare_cached("SELECT 1 FROM notice WHERE id = ?1")?;
            Ok(select.query_row([&id], |_| Ok(())).optional()?.is_some())
        })?;
        Ok((id, if is_notice { "emergency" } else { "talk" }))
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

/// A talk that was raised before is raised again only once the desk is whole in this epoch: until then nobody knows whether it
/// still stands there.
fn of_talk(talk: TalkLine, team: GroupId, whole: bool, before: &Before) -> Option<Alert> {
    let again = match before.known.get(&talk.op) {
        None => false,
        Some(known) if known.seen || known.raised == before.epoch || !whole => return None,
        Some(_) => true,
    };
    Some(Alert {
        id: talk.op,
        kind: AlertKind::Talk,
        title: talk.name,
        from: talk.household,
        desk: Some(team.to_string()),
        at: talk.at,
        again,
    })
}
