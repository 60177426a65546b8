//! Whose phone this is, their phones, and what waits to be sent.

use super::{notices::title, person_here};
use crate::{
    error::Error,
    overlay::World,
    records::{Me, OpState, PersonLine, PhoneLine, RoleLine, WaitingOp},
    store::{
        Store,
        outbox::{handback, ops},
    },
};
use kairan_protocol::{
    body::{Phone, Profile},
    feed::FeedName,
    id::{GroupId, PersonId},
    op::{Command, Op},
    row::kind,
    time::Timestamp,
    tree::GroupKind,
};

impl Store {
    /// Whose phone this is, and where.
    pub fn me(&self, now: Timestamp) -> Result<Me, Error> {
        let world = self.scene().world;
        let utc_offset_minutes = world.zone.seconds_at(now) / 60;
        let Some(enrolment) = self.enrolment()? else { return Ok(Me { utc_offset_minutes, ..Me::default() }) };
        let line = |person: &PersonId| {
            let profile = world.profiles.get(person);
            let household = profile.and_then(|profile| profile.residence).map(|home| home.household);
            PersonLine {
                id: person.to_string(),
                name: profile.map(|profile| profile.name.clone()).unwrap_or_default(),
                household: household.and_then(|home| Some(world.groups.get(&home)?.name.clone())),
                association: household.and_then(|home| association(&world, home)),
                roles: profile.map(|profile| roles(profile, now)).unwrap_or_default(),
            }
        };
        Ok(Me {
            district: enrolment.name,
            joined: true,
            persons: world.persons.iter().map(line).collect(),
            complete: world.is_complete(),
            utc_offset_minutes,
            practice: false,
        })
    }

    /// A person's phones, this one first, then the newest.
    pub fn phones(&self, person: PersonId) -> Result<Vec<PhoneLine>, Error> {
        self.look(|look| {
            person_here(look, person)?;
            let rows = look.rows(FeedName::Mail(person), kind::PHONE)?;
            let mut phones: Vec<PhoneLine> = rows
                .iter()
                .filter_map(crate::overlay::Seen::parsed::<Phone>)
                .map(|phone| PhoneLine {
                    device: phone.device.to_string(),
                    name: phone.name,
                    since: phone.since.millis(),
                    this: look.world().device == Some(phone.device),
                })
                .collect();
            phones.sort_by_key(|phone| (!phone.this, std::cmp::Reverse(phone.since)));
            Ok(phones)
        })
    }

    /// What people here said and the server has not taken, or lost, with the reason: what needs somebody first, then the oldest.
    pub fn outbox(&self) -> Result<Vec<WaitingOp>, Error> {
        let mut held =
            self.outbox_file().read(|outbox| Ok([handback::waiting(outbox)?, ops::all(outbox)?].concat()))?;
        held.retain(|op| !op.quiet);
        for op in &mut held {
            // It goes on by itself, and is nobody's to decide.
            if op.state == OpState::Parked && op.code.as_deref() == Some(ops::LATER) {
                op.state = OpState::Waiting;
            }
        }
        held.sort_by_key(|op| {
            let urgency = match op.state {
                OpState::Refused => 0,
                OpState::AskAgain => 1,
                OpState::Parked => 2,
                OpState::Waiting | OpState::Sending => 3,
            };
            (urgency, op.seq)
        });
        self.look(|look| {
            held.iter()
                .map(|op| {
                    let title = match Op::parse(&op.text).map(|op| op.command) {
                        Ok(Command::Post { title, .. }) => Some(title),
                        Ok(
                            Command::Receipt { notice, .. }
                            | Command::PaperReceipt { notice, .. }
                            | Command::Correct { notice, .. }
                            | Command::Withdraw { notice, .. },
                        ) => title(look, &notice.to_string())?,
                        _ => None,
                    };
                    Ok(WaitingOp {
                        id: op.id.to_string(),
                        what: op.word.clone(),
                        title,
                        person: op.person.to_string(),
                        at: op.made_at,
                        state: op.state,
                        code: op.code.clone(),
                        unsent: op.attempts == 0,
                    })
                })
                .collect()
        })
    }
}

/// The name of the association a household belongs to.
fn association(world: &World, household: GroupId) -> Option<String> {
    let mut group = world.groups.get(&household)?;
    // No tree is deeper than this; one that leads back to itself is none.
    for _ in 0..8 {
        if group.kind == GroupKind::Association {
            return Some(group.name.clone());
        }
        group = world.groups.get(&group.parent?)?;
    }
    None
}

/// The roles a person holds now, as the tree has them: the highest group first.
fn roles(profile: &Profile, now: Timestamp) -> Vec<RoleLine> {
    let name = |group| profile.groups.iter().find(|known| known.id == group).map(|group| group.name.clone());
    let held = profile.roles.iter().filter(|role| role.term.holds(now));
    held.map(|role| RoleLine {
        id: role.id.to_string(),
        group: role.group.to_string(),
        group_name: name(role.group).unwrap_or_default(),
        kind: role.kind.into(),
        until: role.term.until.map(Timestamp::millis),
    })
    .collect()
}
