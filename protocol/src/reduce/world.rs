//! A neighbourhood in memory for the reducer's stories: carries out effects as a server would, without a store.

mod homes;

use super::{Recall, reduce};
use crate::{
    case::{CaseState, Support, TalkCase},
    check_in::{CheckIn, CheckIns, Mood},
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    joining::Waiting,
    notice::{NoticeKind, NoticeState, Points},
    op::{Command, Op},
    paper::PaperReceipt,
    people::{Household, Location, Person, Residence, Role, RoleKind},
    receipt::{Receipt, Stage},
    refusal::Refusal,
    row::kind,
    time::{Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
    view::{Context, Effect, Effects, View},
};
use homes::Homes;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

pub(super) const DISTRICT: GroupId = GroupId::from_number(1);
pub(super) const MIDORI: GroupId = GroupId::from_number(10);
pub(super) const MIDORI_1: GroupId = GroupId::from_number(11);
pub(super) const MIDORI_TEAM: GroupId = GroupId::from_number(19);
pub(super) const HIKARI: GroupId = GroupId::from_number(20);
pub(super) const HIKARI_1: GroupId = GroupId::from_number(21);
pub(super) const SATO_HOME: GroupId = GroupId::from_number(101);
pub(super) const SATO: PersonId = PersonId::from_number(1);
pub(super) const CHAIR: PersonId = PersonId::from_number(2);
pub(super) const COMMISSIONER: PersonId = PersonId::from_number(3);
pub(super) const CLERK: PersonId = PersonId::from_number(4);
pub(super) const GUEST: PersonId = PersonId::from_number(5);

pub(super) fn noon() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

#[derive(Default, Clone)]
pub(super) struct World {
    pub now: i64,
    pub groups: BTreeMap<GroupId, Group>,
    pub persons: BTreeMap<PersonId, Person>,
    pub homes: Homes,
    pub guests: Vec<(PersonId, PersonId)>,
    pub locations: Vec<(GroupId, Location)>,
    pub roles: Vec<Role>,
    pub notices: BTreeMap<NoticeId, NoticeState>,
    pub receipts: BTreeMap<(PersonId, NoticeId), Receipt>,
    pub paper: BTreeMap<GroupId, (bool, Commit)>,
    pub paper_receipts: BTreeMap<(GroupId, NoticeId), PaperReceipt>,
    pub check_ins: Vec<(PersonId, CheckIn)>,
    pub devices: BTreeMap<DeviceId, Vec<PersonId>>,
    pub invites: BTreeSet<InviteId>,
    pub waiting: BTreeMap<JoinId, Waiting>,
    pub withdrawn: Vec<(PersonId, Commit)>,
    pub cases: BTreeMap<OpId, TalkCase>,
    pub supports: BTreeMap<GroupId, Support>,
    pub rows: BTreeMap<(FeedName, String, String), String>,
    pub history: Vec<(Commit, Op)>,
    /// Whether a backup was restored not long ago.
    pub more_may_come: bool,
    /// The number of what is carried out.
    pub commit: Commit,
    pub ops: u64,
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self { now: noon().millis(), ..Self::default() };
        for (id, kind, parent, name) in [
            (DISTRICT, GroupKind::District, None, "みどり市"),
            (MIDORI, GroupKind::Association, Some(DISTRICT), "緑ヶ丘町内会"),
            (MIDORI_1, GroupKind::Block, Some(MIDORI), "1班"),
            (MIDORI_TEAM, GroupKind::Team, Some(MIDORI), "緑ヶ丘 民生委員"),
            (HIKARI, GroupKind::Association, Some(DISTRICT), "光が丘町内会"),
            (HIKARI_1, GroupKind::Block, Some(HIKARI), "1班"),
            (SATO_HOME, GroupKind::Household, Some(MIDORI_1), "佐藤"),
        ] {
            world.groups.insert(id, Group { id, kind, parent, name: name.into() });
        }
        let term = Term::since(Timestamp::from_millis(0));
        for (id, name) in
            [(SATO, "佐藤 花"), (CHAIR, "会長"), (COMMISSIONER, "民生委員"), (CLERK, "係員"), (GUEST, "娘")]
        {
            world.persons.insert(id, person(id, name));
            world.devices.insert(DeviceId::from_number(id.number()), vec![id]);
        }
        world.guests.push((GUEST, SATO));
        world.homes.add(SATO_HOME);
        world.homes.lives(SATO, SATO_HOME, term.from, Commit(0));
        world.locations.push((SATO_HOME, Location { block: MIDORI_1, term }));
        for (number, person, group, kind) in [
            (1, CHAIR, MIDORI, RoleKind::Chair),
            (2, COMMISSIONER, MIDORI_TEAM, RoleKind::Commissioner),
            (3, CLERK, DISTRICT, RoleKind::MunicipalStaff),
        ] {
            world.roles.push(Role { id: RoleId::from_number(number), person, group, kind, term });
        }
        world
    }

    pub(super) fn minutes(&mut self, minutes: i64) {
        self.now += minutes * 60_000;
    }

    pub(super) fn op(&mut self, person: PersonId, command: Command) -> Op {
        self.ops += 1;
        let id = OpId::from_bytes(u128::from(self.ops).to_be_bytes());
        Op { id, person, at: Timestamp::from_millis(self.now), command }
    }

    pub(super) fn judge(&self, op: &Op) -> Result<Effects, Refusal> {
        self.judge_on(op, DeviceId::from_number(op.person.number()))
    }

    pub(super) fn judge_on(&self, op: &Op, device: DeviceId) -> Result<Effects, Refusal> {
        let zone = ZoneOffsets::fixed(32_400);
        let context = Context { now: Timestamp::from_millis(self.now), device, zone: &zone };
        reduce(self, op, &context).unwrap()
    }

    /// Judges an op made now and carries its effects out.
    pub(super) fn does(&mut self, person: PersonId, command: Command) -> Result<OpId, Refusal> {
        let op = self.op(person, command);
        let effects = self.judge(&op)?;
        self.commit = Commit(self.ops);
        self.history.push((self.commit, op.clone()));
        self.carry_out(effects);
        Ok(op.id)
    }

    /// A backup was restored: what comes from now on comes after all that was lost.
    pub(super) fn epoch(&mut self) {
        self.ops += 1 << 20;
    }

    pub(super) fn carry_out(&mut self, effects: Effects) {
        self.carry_out_under(effects, Commit(self.ops));
    }

    /// Carries effects out at their place in the order of commits.
    pub(super) fn carry_out_under(&mut self, effects: Effects, commit: Commit) {
        for effect in effects.effects {
            match effect {
                Effect::Receipt { person, notice, receipt } => {
                    self.receipts.insert((person, notice), receipt);
                }
                Effect::CheckIn { person, check_in } => self.check_ins.push((person, check_in)),
                Effect::TakenBack { op, .. } => self.check_ins.retain(|(_, known)| known.op != op),
                Effect::Consent { person, moods_to_team, at } => {
                    let person = self.persons.get_mut(&person).unwrap();
                    person.moods_to_team = moods_to_team;
                    person.consent_at = Some(at);
                }
                Effect::Notice(mut notice) => {
                    notice.published = Some(Commit(1));
                    self.notices.insert(notice.id, *notice);
                }
                Effect::Role(role) => self.roles.push(role),
                Effect::RoleEnded { role, at } => {
                    self.roles.iter_mut().find(|known| known.id == role).unwrap().term.until = Some(at);
                }
                Effect::HouseholdMoved { household, to, at, .. } => {
                    for (known, location) in &mut self.locations {
                        if *known == household && location.term.until.is_none() {
                            location.term.until = Some(at);
                        }
                    }
                    self.locations.push((household, Location { block: to, term: Term::since(at) }));
                    self.groups.get_mut(&household).unwrap().parent = Some(to);
                }
                Effect::Paper { household, paper } => {
                    self.paper.insert(household, (paper, commit));
                }
                Effect::PaperReceipt { household, notice, receipt } => {
                    self.paper_receipts.insert((household, notice), receipt);
                }
                Effect::Invite { invite, .. } => {
                    self.invites.insert(invite);
                }
                Effect::JoinAnswered { join, .. } => {
                    self.waiting.remove(&join);
                }
                Effect::DeviceRevoked { device } => {
                    self.devices.remove(&device);
                }
                Effect::PersonLeft { person, device } => {
                    self.devices.get_mut(&device).unwrap().retain(|known| *known != person);
                }
                Effect::Put { feed, kind, id, body, .. } => {
                    self.rows.insert((feed, kind.into(), id), body);
                }
                Effect::Drop { feed, kind, id } => {
                    self.rows.remove(&(feed, kind.into(), id));
                }
                Effect::MoodsErased(person) => self.erase_moods(person, commit),
                Effect::Case(mut case) => {
                    for entry in &mut case.talk.history {
                        entry.commit = entry.commit.or(Some(commit));
                    }
                    self.cases.insert(case.talk.op, *case);
                }
                Effect::Support { group, support } => {
                    self.supports.remove(&group);
                    self.supports.extend(support.map(|support| (group, support)));
                }
                Effect::Rights(_) | Effect::Mark(_) => {}
                other => self.carry_out_at_home(other),
            }
        }
    }

    fn erase_moods(&mut self, person: PersonId, commit: Commit) {
        self.withdrawn.push((person, commit));
        let of = |op: OpId| self.history.iter().find(|(_, known)| known.id == op).map(|(commit, _)| *commit);
        let goes: Vec<OpId> = self
            .check_ins
            .iter()
            .filter(|(of, said)| *of == person && said.mood != Mood::Talk)
            .map(|(_, said)| said.op)
            .filter(|op| of(*op).is_none_or(|said| said <= commit))
            .collect();
        self.check_ins.retain(|(_, said)| !goes.contains(&said.op));
        let left: Vec<CheckIn> = self.check_ins.iter().filter(|(of, _)| *of == person).map(|(_, said)| *said).collect();
        let place = (FeedName::Mail(person), kind::CHECK_IN.to_owned(), "mine".to_owned());
        self.rows.remove(&place);
        self.rows.extend(CheckIns::told(&left).map(|state| (place, super::json(&state))));
    }

    pub(super) fn row(&self, feed: FeedName, kind: &str, id: &str) -> Option<&str> {
        self.rows.get(&(feed, kind.to_owned(), id.to_owned())).map(String::as_str)
    }

    pub(super) fn mine(&self, person: PersonId) -> Option<CheckIns> {
        self.check_ins(person).unwrap()
    }

    pub(super) fn agree(&mut self) {
        self.does(SATO, Command::Consent { moods_to_team: true }).unwrap();
    }

    pub(super) fn feels(&mut self, mood: Mood) -> Result<OpId, Refusal> {
        let day = ZoneOffsets::fixed(32_400).day_of(Timestamp::from_millis(self.now));
        self.does(SATO, Command::CheckIn { mood, day })
    }

    pub(super) fn circular(
        &mut self,
        by: PersonId,
        from: GroupId,
        audience: Vec<Audience>,
    ) -> Result<NoticeId, Refusal> {
        self.does(by, circular(from, audience)).map(NoticeId::from)
    }

    pub(super) fn taps(&mut self, notice: NoticeId, rev: u32, stage: Stage) -> Result<OpId, Refusal> {
        self.does(SATO, Command::Receipt { notice, rev: crate::id::Rev(rev), stage })
    }
}

fn person(id: PersonId, name: &str) -> Person {
    Person { id, name: name.into(), moods_to_team: None, consent_at: None, rev: Rev::FIRST, gone: None, same: None }
}

pub(super) fn circular(from: GroupId, audience: Vec<Audience>) -> Command {
    Command::Post {
        notice: NoticeKind::Circular,
        from,
        audience,
        title: "秋の一斉清掃".into(),
        points: Points { place: Some("中央公園".into()), ..Points::default() },
        text: "みなさまのご参加をお願いします。".into(),
        publish_at: None,
        until: None,
    }
}

impl View for World {
    type Error = Infallible;

    fn group(&self, id: GroupId) -> Result<Option<Group>, Infallible> {
        Ok(self.groups.get(&id).cloned())
    }

    fn person(&self, id: PersonId) -> Result<Option<Person>, Infallible> {
        Ok(self.persons.get(&id).cloned())
    }

    fn household(&self, id: GroupId) -> Result<Option<Household>, Infallible> {
        let home = self.groups.get(&id).filter(|group| group.kind == GroupKind::Household);
        Ok(home.map(|home| self.homes.household(id, home.parent)))
    }

    fn residences(&self, person: PersonId) -> Result<Vec<Residence>, Infallible> {
        Ok(self.homes.residences(person))
    }

    fn locations(&self, household: GroupId) -> Result<Vec<Location>, Infallible> {
        Ok(self.locations.iter().rev().filter(|(of, _)| *of == household).map(|(_, place)| *place).collect())
    }

    fn roles(&self, person: PersonId) -> Result<Vec<Role>, Infallible> {
        Ok(self.roles.iter().filter(|role| role.person == person).copied().collect())
    }

    fn role(&self, id: RoleId) -> Result<Option<Role>, Infallible> {
        Ok(self.roles.iter().find(|role| role.id == id).copied())
    }

    fn role_holders(&self, group: GroupId) -> Result<Vec<Role>, Infallible> {
        Ok(self.roles.iter().filter(|role| role.group == group).copied().collect())
    }

    fn guest_of(&self, person: PersonId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.guests.iter().filter(|(guest, _)| *guest == person).map(|(_, host)| *host).collect())
    }

    fn teams(&self, group: GroupId) -> Result<Vec<Group>, Infallible> {
        let below = |team: &&Group| team.kind == GroupKind::Team && team.parent == Some(group);
        Ok(self.groups.values().filter(below).cloned().collect())
    }

    fn staffed_teams(&self, group: GroupId) -> Result<Vec<Group>, Infallible> {
        let now = Timestamp::from_millis(self.now);
        let mut teams = self.teams(group)?;
        teams.retain(|team| {
            let here =
                |role: &Role| role.group == team.id && role.kind == RoleKind::Commissioner && role.term.holds(now);
            self.roles.iter().any(here)
        });
        Ok(teams)
    }

    fn notice(&self, id: NoticeId) -> Result<Option<NoticeState>, Infallible> {
        Ok(self.notices.get(&id).cloned())
    }

    fn receipt(&self, person: PersonId, notice: NoticeId) -> Result<Option<Receipt>, Infallible> {
        Ok(self.receipts.get(&(person, notice)).copied())
    }

    fn is_paper(&self, household: GroupId) -> Result<bool, Infallible> {
        Ok(self.paper.get(&household).is_some_and(|(paper, _)| *paper))
    }

    fn block_counted(&self, notice: NoticeId, household: GroupId) -> Result<Option<GroupId>, Infallible> {
        let Some(published) = self.notices.get(&notice).map(|notice| notice.body.at) else { return Ok(None) };
        let there = self
            .locations(household)?
            .into_iter()
            .find(|place| place.term.held(published, Timestamp::from_millis(self.now)));
        Ok(there.map(|place| place.block))
    }

    fn paper_receipt(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, Infallible> {
        Ok(self.paper_receipts.get(&(household, notice)).copied())
    }

    fn check_ins(&self, person: PersonId) -> Result<Option<CheckIns>, Infallible> {
        let row = self.row(FeedName::Mail(person), kind::CHECK_IN, "mine");
        Ok(row.map(|body| serde_json::from_str(body).unwrap()))
    }

    fn check_in_history(&self, person: PersonId) -> Result<Vec<CheckIn>, Infallible> {
        let mut history: Vec<CheckIn> =
            self.check_ins.iter().filter(|(of, _)| *of == person).map(|(_, known)| *known).collect();
        history.sort_by_key(|known| std::cmp::Reverse((known.day, known.at)));
        let today = ZoneOffsets::fixed(32_400).day_of(Timestamp::from_millis(self.now));
        history.retain(|known| today.since(known.day) <= 70);
        Ok(history)
    }

    fn talk_case(&self, op: OpId) -> Result<Option<TalkCase>, Infallible> {
        Ok(self.cases.get(&op).cloned())
    }

    fn unclosed_cases(&self, team: GroupId) -> Result<Vec<TalkCase>, Infallible> {
        let unclosed = |case: &&TalkCase| case.team == team && case.talk.state != CaseState::Closed;
        Ok(self.cases.values().filter(unclosed).cloned().collect())
    }

    fn support(&self, group: GroupId) -> Result<Option<Support>, Infallible> {
        Ok(self.supports.get(&group).cloned())
    }

    fn device_persons(&self, device: DeviceId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.devices.get(&device).cloned().unwrap_or_default())
    }

    fn devices_of(&self, person: PersonId) -> Result<Vec<DeviceId>, Infallible> {
        let holding = self.devices.iter().filter(|(_, persons)| persons.contains(&person));
        Ok(holding.map(|(device, _)| *device).collect())
    }

    fn guests_of(&self, person: PersonId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.guests.iter().filter(|(_, host)| *host == person).map(|(guest, _)| *guest).collect())
    }

    fn receipts_of(&self, person: PersonId) -> Result<Vec<(NoticeId, Receipt)>, Infallible> {
        let own = self.receipts.iter().filter(|((of, _), _)| *of == person);
        Ok(own.map(|((_, notice), receipt)| (*notice, *receipt)).collect())
    }

    fn invite_exists(&self, id: InviteId) -> Result<bool, Infallible> {
        Ok(self.invites.contains(&id))
    }

    fn waiting(&self, join: JoinId) -> Result<Option<Waiting>, Infallible> {
        Ok(self.waiting.get(&join).cloned())
    }

    fn members(&self, household: GroupId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.homes.members(household))
    }
}

impl Recall for World {
    fn moved_under(&self, person: PersonId) -> Result<Option<Commit>, Infallible> {
        Ok(self.homes.moved_under(person))
    }

    fn consent_commit(&self, person: PersonId) -> Result<Option<Commit>, Infallible> {
        let consents = self.history.iter().rev();
        let newest = consents.filter(|(_, op)| op.person == person && op.command.word() == "consent");
        Ok(newest.map(|(commit, _)| *commit).max())
    }

    fn paper_commit(&self, household: GroupId) -> Result<Option<Commit>, Infallible> {
        Ok(self.paper.get(&household).map(|(_, commit)| *commit))
    }

    fn withdrew_after(&self, person: PersonId, commit: Commit) -> Result<bool, Infallible> {
        Ok(self.withdrawn.iter().any(|(of, withdrawn)| *of == person && *withdrawn > commit))
    }

    fn support_commit(&self, group: GroupId) -> Result<Option<Commit>, Infallible> {
        let about = |op: &Op| matches!(op.command, Command::SetSupport { group: of, .. } if of == group);
        Ok(self.history.iter().filter(|(_, op)| about(op)).map(|(commit, _)| *commit).max())
    }

    fn notice_history(&self, notice: NoticeId) -> Result<Vec<(Commit, Op)>, Infallible> {
        let about = |op: &Op| match &op.command {
            Command::Post { .. } => NoticeId::from(op.id) == notice,
            Command::Correct { notice: of, .. } | Command::Withdraw { notice: of, .. } => *of == notice,
            _ => false,
        };
        Ok(self.history.iter().filter(|(_, op)| about(op)).cloned().collect())
    }

    fn check_ins_ever(&self, person: PersonId) -> Result<Vec<CheckIn>, Infallible> {
        Ok(self.check_ins.iter().filter(|(of, _)| *of == person).map(|(_, known)| *known).collect())
    }

    fn is_known(&self, op: OpId) -> Result<bool, Infallible> {
        Ok(self.history.iter().any(|(_, known)| known.id == op))
    }

    fn stood(&self, household: GroupId, commit: Commit) -> Result<Option<GroupId>, Infallible> {
        let moved =
            self.history.iter().rev().filter(|(number, _)| *number < commit).find_map(|(_, op)| match op.command {
                Command::MoveHousehold { household: moved, to } if moved == household => Some(to),
                _ => None,
            });
        let first = self.locations.iter().find(|(of, _)| *of == household).map(|(_, location)| location.block);
        Ok(moved.or(first))
    }

    fn more_may_come(&self) -> Result<bool, Infallible> {
        Ok(self.more_may_come)
    }
}
