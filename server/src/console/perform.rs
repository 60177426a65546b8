//! Answers the questions of the command line out of the store.

use super::{Answer, Ask, Checked, Deliveries, Facts, HomeJoined, HomeMember, Invited, OPS_AT_ONCE, Thing, Whom};
use crate::{
    Error, config,
    identity::Identity,
    sheet::{Addressee, SheetPerson},
    store::{Found, HouseholdFacts, Invitation, InvitationState, JoinedBy, PersonFacts, Store},
};
use kairan_protocol::{
    delivery::Wanted,
    id::NoticeId,
    op::Invitee,
    tree::{Group, GroupKind},
};

/// Answers one question.
pub async fn perform(store: &Store, identity: &Identity, ask: Ask) -> Result<Answer, Error> {
    Ok(match ask {
        Ask::Facts => Answer::Facts(facts(store, identity).await?),
        Ask::Invitees { whom } => Answer::Invitees(invitees(store, whom).await?),
        Ask::Invitations { group: what } => {
            let holds = |kind| !matches!(kind, GroupKind::Team);
            let group = group(store, "group", &what, holds).await?;
            Answer::Invitations(store.invitations(group.id).await?.into_iter().map(home_joined).collect())
        }
        Ask::Find { what } => {
            let mut things = Vec::new();
            for found in store.find(&what).await? {
                let rev = match &found {
                    Found::Group(group) => store.household_rev(group.id).await?,
                    Found::Person(person) => Some(person.rev),
                    Found::Role(_) | Found::Device(_) => None,
                };
                things.push(Thing { rev: rev.map(|rev| rev.0), ..thing(found) });
            }
            Answer::Found(things)
        }
        Ask::Deliveries { group, notice } => Answer::Deliveries(deliveries(store, &group, notice).await?),
        Ask::Op { command } => Answer::Op(store.console(*command).await?),
        Ask::Ops { commands } if commands.len() > OPS_AT_ONCE => {
            return Err(Error::Arguments(format!("at most {OPS_AT_ONCE} ops at once")));
        }
        Ask::Ops { commands } => Answer::Ops(store.console_all(commands).await?),
        Ask::Roster { association, contacts, export } => {
            let held = if export {
                store.export(association, contacts).await?
            } else {
                store.held(association, contacts).await?
            };
            let what = association.to_string();
            Answer::Roster(Box::new(held.ok_or(Error::Unknown { wanted: "association", what })?))
        }
        Ask::KeepContacts { contacts } => Answer::Kept(store.keep_contacts(contacts).await?),
        Ask::OpenDesks => Answer::Opened(store.open_desks().await?),
        Ask::SetAddresses { addresses } => {
            config::judge_addresses(&addresses).map_err(|wrong| Error::Arguments(wrong.to_string()))?;
            Answer::Card(store.set_addresses(addresses).await?)
        }
        Ask::Announce { next } => Answer::Card(store.set_keys(identity.key(), Some(next)).await?),
        Ask::Check => {
            let lines = store.check().await?.into_iter();
            Answer::Checked(lines.map(|line| Checked { what: line.what, good: line.good, seen: line.seen }).collect())
        }
    })
}

async fn facts(store: &Store, identity: &Identity) -> Result<Facts, Error> {
    let card = store.card_facts().await?;
    let zone = store.zone().await?;
    Ok(Facts {
        district: card.district,
        name: card.name,
        addresses: card.addresses,
        identity: identity.fingerprint(),
        next_identity: card.next_identity.map(|next| next.fingerprint()),
        zone: zone.name,
        offsets: zone.offsets,
    })
}

async fn invitees(store: &Store, whom: Whom) -> Result<Vec<Invited>, Error> {
    match whom {
        Whom::Person(what) => Ok(vec![of_person(person(store, &what).await?)]),
        Whom::FirstOfficer => Ok(vec![of_person(store.first_officer().await?)]),
        Whom::Household(what) => {
            let home = group(store, "household", &what, |kind| kind == GroupKind::Household).await?;
            let homes = store.households(home.id).await?;
            Ok(homes.into_iter().map(of_household).collect())
        }
        Whom::Block(what) => {
            let holds = |kind| !matches!(kind, GroupKind::Household | GroupKind::Team);
            let block = group(store, "block", &what, holds).await?;
            homes_below(store, block.id).await
        }
        Whom::All => homes_below(store, store.card_facts().await?.district).await,
    }
}

async fn deliveries(store: &Store, named: &str, notice: Option<NoticeId>) -> Result<Deliveries, Error> {
    let holds = |kind| !matches!(kind, GroupKind::Household | GroupKind::Team);
    let group = group(store, "group", named, holds).await?;
    let blocks = store.deliveries(group.id, notice.map_or(Wanted::Open, Wanted::One)).await?;
    let offsets = store.zone().await?.offsets;
    Ok(Deliveries { group: group.name, blocks, at: store.now(), offsets })
}

/// A household without a listed member has nobody who could join by its sheet.
async fn homes_below(store: &Store, group: kairan_protocol::id::GroupId) -> Result<Vec<Invited>, Error> {
    let homes = store.households(group).await?;
    Ok(homes.into_iter().filter(|home| !home.members.is_empty()).map(of_household).collect())
}

fn of_person(person: PersonFacts) -> Invited {
    let (invitee, household) = (Invitee::Person(person.id), person.name.clone());
    let persons = vec![listed(person)];
    let addressee =
        Addressee { household, household_id: None, association: String::new(), block: String::new(), persons };
    Invited { invitee, addressee }
}

fn of_household(home: HouseholdFacts) -> Invited {
    let HouseholdFacts { id, name, block, association, members } = home;
    let addressee = Addressee {
        household: name,
        household_id: Some(id),
        association: association.map(|association| association.name).unwrap_or_default(),
        block: block.name,
        persons: members.into_iter().map(listed).collect(),
    };
    Invited { invitee: Invitee::Household(id), addressee }
}

fn home_joined(Invitation { home, state, joined }: Invitation) -> HomeJoined {
    let (state, until) = match state {
        InvitationState::None => ("none", None),
        InvitationState::Open { until, passed_on: false, .. } => ("open", Some(until)),
        InvitationState::Open { until, passed_on: true, .. } => ("link", Some(until)),
        InvitationState::UsedUp => ("used_up", None),
        InvitationState::Expired => ("expired", None),
        InvitationState::Void => ("void", None),
    };
    let missing = home.members.iter().filter(|member| joined.iter().all(|joined| joined.person != member.id));
    HomeJoined {
        missing: missing.map(|member| member.name.clone()).collect(),
        block: home.block.name,
        household: home.name,
        state: state.to_owned(),
        until,
        joined: joined
            .into_iter()
            .map(|JoinedBy { name, phone, printed, at, .. }| HomeMember { name, phone, printed, at })
            .collect(),
    }
}

fn listed(person: PersonFacts) -> SheetPerson {
    SheetPerson { id: person.id, name: person.name }
}

async fn person(store: &Store, what: &str) -> Result<PersonFacts, Error> {
    let found = store.find(what).await?.into_iter();
    let people = found.filter_map(|found| match found {
        Found::Person(person) => Some(person),
        _ => None,
    });
    one("person", what, people.collect(), |person| person.id.to_string())
}

async fn group(
    store: &Store,
    wanted: &'static str,
    what: &str,
    fits: impl Fn(GroupKind) -> bool,
) -> Result<Group, Error> {
    let found = store.find(what).await?.into_iter();
    let groups = found.filter_map(|found| match found {
        Found::Group(group) if fits(group.kind) => Some(group),
        _ => None,
    });
    one(wanted, what, groups.collect(), |group| group.id.to_string())
}

fn one<T>(wanted: &'static str, what: &str, mut found: Vec<T>, id: impl Fn(&T) -> String) -> Result<T, Error> {
    let what = what.to_owned();
    match found.len() {
        0 => Err(Error::Unknown { wanted, what }),
        1 => Ok(found.swap_remove(0)),
        _ => Err(Error::Ambiguous { what, found: found.iter().map(id).collect::<Vec<_>>().join(", ") }),
    }
}

fn thing(found: Found) -> Thing {
    match found {
        Found::Group(group) => Thing {
            sort: config::word(group.kind).to_owned(),
            id: group.id.to_string(),
            detail: group.parent.map_or_else(String::new, |parent| format!("below {parent}")),
            name: group.name,
            rev: None,
        },
        Found::Person(person) => Thing {
            sort: "person".into(),
            id: person.id.to_string(),
            name: person.name,
            detail: String::new(),
            rev: None,
        },
        Found::Role(role) => Thing {
            sort: "role".into(),
            id: role.id.to_string(),
            name: role.kind.word().to_owned(),
            detail: format!("{} at {}", role.person, role.group),
            rev: None,
        },
        Found::Device(device) => {
            let held: Vec<String> = device.persons.iter().map(ToString::to_string).collect();
            let revoked = if device.revoked { ", signed off" } else { "" };
            Thing {
                sort: "device".into(),
                id: device.id.to_string(),
                name: device.name,
                detail: format!("of {}{revoked}", held.join(", ")),
                rev: None,
            }
        }
    }
}
