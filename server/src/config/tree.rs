//! From the entries of district.toml to the plan of the district: ids are given, references resolved, rules checked.

use super::{
    BadAddresses, File, Zone,
    entry::{DistrictEntry, GroupEntry, PersonEntry, RoleEntry, SupportEntry},
    judge_addresses,
    names::Names,
};
use crate::{
    Error,
    store::{PlannedGroup, PlannedGuest, PlannedPerson, PlannedResidence, PlannedRole, PlannedSupport, SetUpPlan},
};
use chrono::NaiveDate;
use kairan_protocol::{
    case::Support,
    id::{DeviceId, Epoch, GroupId, PersonId, RoleId},
    people::RoleKind,
    reduce::{offers_support, stands_at},
    time::Timestamp,
    tree::GroupKind,
    validate,
};
use serde_spanned::Spanned;

/// The name the steward's ops stand under.
const STEWARD: &str = "運営担当";

/// The plan of a whole file.
pub fn plan(file: &File<'_>, entry: &DistrictEntry, now: Timestamp) -> Result<SetUpPlan, Error> {
    name(file, "name", &entry.name)?;
    let zone = Zone::named(entry.zone.get_ref()).ok_or_else(|| {
        file.wrong("zone", &entry.zone, "no such time zone", "Write an IANA name, like \"Asia/Tokyo\".")
    })?;
    let addresses = addresses(file, &entry.addresses)?;

    let mut tree = Tree::new(file);
    let district = tree.group(GroupKind::District, None, entry.name.get_ref(), false)?;
    tree.group_names.add(file, &entry.name, None, entry.name.get_ref(), (district, GroupKind::District))?;
    tree.support(entry.support.as_ref(), (district, GroupKind::District))?;
    let below = [&entry.team, &entry.federation, &entry.association, &entry.block, &entry.household];
    tree.children(below, (district, GroupKind::District))?;
    for person in &entry.staff {
        tree.person("staff", person)?;
    }
    for guest in &entry.guest {
        name(file, "guest.name", &guest.name)?;
        let of = tree.person_names.find(file, "guest.of", &guest.of)?;
        if !tree.residences.iter().any(|residence| residence.person == of) {
            let what = format!("{:?} lives in no household here", guest.of.get_ref());
            return Err(file.wrong("guest.of", &guest.of, what, "A guest is a guest of somebody who lives here."));
        }
        let person = fresh(PersonId::random)?;
        let key = guest.key.as_ref().map(|key| key.get_ref().as_str());
        tree.person_names.add(file, &guest.name, key, guest.name.get_ref(), person)?;
        tree.persons.push(PlannedPerson { id: person, name: guest.name.get_ref().clone() });
        tree.guests.push(PlannedGuest { person, of });
    }
    let mut roles: Vec<PlannedRole> = Vec::new();
    for role in &entry.role {
        let role_planned = tree.role(role, zone, now)?;
        let same = |other: &&PlannedRole| {
            (other.person, other.group, other.kind) == (role_planned.person, role_planned.group, role_planned.kind)
        };
        if roles.iter().find(same).is_some() {
            return Err(file.wrong("role", &role.person, "the same role twice", "Leave one of them out."));
        }
        roles.push(role_planned);
    }
    let first_officer = tree.person_names.find(file, "first_officer", &entry.first_officer)?;
    let leads = |role: &PlannedRole| {
        role.person == first_officer
            && matches!(role.kind, RoleKind::Chair | RoleKind::Officer | RoleKind::MunicipalStaff)
    };
    if !roles.iter().any(leads) {
        let what = format!("{:?} holds no role as chair, officer or municipal_staff", entry.first_officer.get_ref());
        return Err(file.wrong("first_officer", &entry.first_officer, what, "Add a [[role]] for them."));
    }

    let steward = fresh(PersonId::random)?;
    tree.persons.push(PlannedPerson { id: steward, name: STEWARD.to_owned() });
    let kind = RoleKind::Steward;
    roles.push(PlannedRole { id: fresh(RoleId::random)?, person: steward, group: district, kind, until: None });

    let (offsets, offsets_until) = zone.offsets(now);
    let mut mac_key = [0_u8; 32];
    getrandom::fill(&mut mac_key).map_err(|error| Error::Making(error.to_string()))?;
    let Tree { groups, persons, residences, guests, supports, .. } = tree;
    Ok(SetUpPlan {
        name: entry.name.get_ref().clone(),
        zone: entry.zone.get_ref().clone(),
        offsets,
        offsets_until,
        addresses,
        groups,
        persons,
        residences,
        guests,
        roles,
        supports,
        steward,
        console: fresh(DeviceId::random)?,
        first_officer,
        mac_key,
        epoch: epoch()?,
    })
}

/// The first epoch: `k1-` and eight random letters, so that two districts never share one.
fn epoch() -> Result<Epoch, Error> {
    let mut bytes = [0_u8; 4];
    getrandom::fill(&mut bytes).map_err(|error| Error::Making(error.to_string()))?;
    Ok(Epoch(format!("k1-{:08x}", u32::from_le_bytes(bytes))))
}

fn fresh<I>(random: impl FnOnce() -> Result<I, getrandom::Error>) -> Result<I, Error> {
    random().map_err(|error| Error::Making(error.to_string()))
}

fn name(file: &File<'_>, field: &'static str, name: &Spanned<String>) -> Result<(), Error> {
    one_line(file, field, name, name.get_ref())
}

fn one_line<T>(file: &File<'_>, field: &'static str, at: &Spanned<T>, name: &str) -> Result<(), Error> {
    validate::text(field, name, validate::NAME).map_err(|limit| {
        file.wrong(field, at, limit.to_string(), format!("Write a name of 1 to {} characters.", validate::NAME))
    })?;
    if name.contains(['\n', '\r', '\t']) {
        return Err(file.wrong(field, at, "a name is one line", "Leave out line breaks and tabs."));
    }
    Ok(())
}

fn addresses(file: &File<'_>, list: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>, Error> {
    let todo = "Write where phones reach the server, like \"kairan.example:8443\".";
    let addresses: Vec<String> = list.get_ref().iter().map(|one| one.get_ref().clone()).collect();
    match judge_addresses(&addresses) {
        Ok(()) => Ok(addresses),
        Err(wrong) => {
            let (place, todo) = match &wrong {
                BadAddresses::Count => (None, todo),
                BadAddresses::One { place, .. } => (Some(*place), todo),
                BadAddresses::Twice { place } => (Some(*place), "Leave one of them out."),
            };
            let one = place.and_then(|place| list.get_ref().get(place));
            let what = wrong.to_string();
            Err(one.map_or_else(
                || file.wrong("addresses", list, &what, todo),
                |one| file.wrong("addresses", one, &what, todo),
            ))
        }
    }
}

/// Its word in the file and on the command line.
pub const fn word(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::District => "district",
        GroupKind::Federation => "federation",
        GroupKind::Association => "association",
        GroupKind::Block => "block",
        GroupKind::Household => "household",
        GroupKind::Team => "team",
    }
}

/// The tree as it grows.
struct Tree<'a> {
    file: &'a File<'a>,
    groups: Vec<PlannedGroup>,
    persons: Vec<PlannedPerson>,
    residences: Vec<PlannedResidence>,
    guests: Vec<PlannedGuest>,
    supports: Vec<PlannedSupport>,
    group_names: Names<(GroupId, GroupKind)>,
    person_names: Names<PersonId>,
}

impl<'a> Tree<'a> {
    fn new(file: &'a File<'a>) -> Self {
        Self {
            file,
            groups: Vec::new(),
            persons: Vec::new(),
            residences: Vec::new(),
            guests: Vec::new(),
            supports: Vec::new(),
            group_names: Names::new("group"),
            person_names: Names::new("person"),
        }
    }

    fn group(&mut self, kind: GroupKind, parent: Option<GroupId>, name: &str, paper: bool) -> Result<GroupId, Error> {
        let id = fresh(GroupId::random)?;
        self.groups.push(PlannedGroup { id, kind, parent, name: name.to_owned(), paper });
        Ok(id)
    }

    /// Everything written below a group: teams, federations, associations, blocks, households.
    fn children(&mut self, entries: [&Vec<GroupEntry>; 5], parent: (GroupId, GroupKind)) -> Result<(), Error> {
        use GroupKind::{Association, Block, Federation, Household, Team};
        for (kind, entries) in [Team, Federation, Association, Block, Household].into_iter().zip(entries) {
            for entry in entries {
                self.child(kind, entry, parent)?;
            }
        }
        Ok(())
    }

    fn child(&mut self, kind: GroupKind, entry: &GroupEntry, parent: (GroupId, GroupKind)) -> Result<(), Error> {
        let file = self.file;
        if !kind.may_hang_below(parent.1) {
            let what = format!("a {} does not hang below a {}", word(kind), word(parent.1));
            let todo = "The order is district, federation, association, block, household; a team hangs below any but a household.";
            return Err(file.wrong(word(kind), &entry.name, what, todo));
        }
        name(file, "name", &entry.name)?;
        if kind != GroupKind::Household {
            let todo = "Move it into a [[…block.household]].";
            if let Some(paper) = &entry.paper {
                return Err(file.wrong("paper", paper, "only a household is served on paper", todo));
            }
            if let Some(people) = &entry.people {
                return Err(file.wrong(
                    "people",
                    people,
                    format!("people live in households, not in a {}", word(kind)),
                    todo,
                ));
            }
        }
        let paper = entry.paper.as_ref().is_some_and(|paper| *paper.get_ref());
        let id = self.group(kind, Some(parent.0), entry.name.get_ref(), paper)?;
        let key = entry.key.as_ref().map(|key| key.get_ref().as_str());
        self.group_names.add(file, entry.key.as_ref().unwrap_or(&entry.name), key, entry.name.get_ref(), (id, kind))?;
        self.support(entry.support.as_ref(), (id, kind))?;
        for person in entry.people.iter().flat_map(Spanned::get_ref) {
            let person = self.person("people", person)?;
            self.residences.push(PlannedResidence { person, household: id });
        }
        let below = [&entry.team, &entry.federation, &entry.association, &entry.block, &entry.household];
        self.children(below, (id, kind))
    }

    fn support(
        &mut self,
        entry: Option<&Spanned<SupportEntry>>,
        (group, kind): (GroupId, GroupKind),
    ) -> Result<(), Error> {
        let Some(entry) = entry else { return Ok(()) };
        if !offers_support(kind) {
            let what = format!("a {} offers no telephone number of its own", word(kind));
            return Err(self.file.wrong("support", entry, what, "Move it to a district, federation or association."));
        }
        let SupportEntry { name, telephone, hours } = entry.get_ref();
        let support = Support { name: name.clone(), telephone: telephone.clone(), hours: hours.clone() };
        validate::support(&support).map_err(|limit| {
            let todo = "Write { name = \"…\", telephone = \"…\", hours = \"…\" }.";
            self.file.wrong("support", entry, limit.to_string(), todo)
        })?;
        self.supports.push(PlannedSupport { group, support });
        Ok(())
    }

    fn person(&mut self, field: &'static str, entry: &Spanned<PersonEntry>) -> Result<PersonId, Error> {
        let PersonEntry { key, name } = entry.get_ref();
        one_line(self.file, field, entry, name)?;
        let id = fresh(PersonId::random)?;
        self.person_names.add(self.file, entry, key.as_deref(), name, id)?;
        self.persons.push(PlannedPerson { id, name: name.clone() });
        Ok(id)
    }

    fn role(&self, entry: &RoleEntry, zone: Zone, now: Timestamp) -> Result<PlannedRole, Error> {
        let file = self.file;
        let person = self.person_names.find(file, "role.person", &entry.person)?;
        let (group, group_kind) = self.group_names.find(file, "role.group", &entry.group)?;
        if self.guests.iter().any(|guest| guest.person == person) {
            return Err(file.wrong(
                "role.person",
                &entry.person,
                "a guest holds no role",
                "Name somebody who lives or works here.",
            ));
        }
        let granted: Vec<RoleKind> = RoleKind::ALL.into_iter().filter(|kind| *kind != RoleKind::Steward).collect();
        let kind =
            RoleKind::from_word(entry.kind.get_ref()).filter(|kind| granted.contains(kind)).ok_or_else(|| {
                let words: Vec<&str> = granted.iter().map(|kind| kind.word()).collect();
                let what = format!("{:?} is no kind of role", entry.kind.get_ref());
                file.wrong("role.kind", &entry.kind, what, format!("Write one of {}.", words.join(", ")))
            })?;
        if !stands_at(kind, group_kind) {
            let places: Vec<&str> = PLACES.into_iter().filter(|place| stands_at(kind, *place)).map(word).collect();
            let what = format!("a {} does not stand at a {}", kind.word(), word(group_kind));
            let todo = format!("Name a group that is a {}.", places.join(" or a "));
            return Err(file.wrong("role.group", &entry.group, what, todo));
        }
        let until = entry.until.as_ref().map(|until| {
            let date = until.get_ref().0;
            NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
                .and_then(|day| zone.end_of(day))
                .filter(|end| *end > now)
                .ok_or_else(|| file.wrong("role.until", until, "this day is over", "Write the last day of the term."))
        });
        Ok(PlannedRole { id: fresh(RoleId::random)?, person, group, kind, until: until.transpose()? })
    }
}

const PLACES: [GroupKind; 6] = [
    GroupKind::District,
    GroupKind::Federation,
    GroupKind::Association,
    GroupKind::Block,
    GroupKind::Household,
    GroupKind::Team,
];
