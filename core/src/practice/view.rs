//! What the reducer sees of the pretend district. Nobody moves there, so that where somebody lives and works holds always.

use super::{people, town::Town};
use kairan_protocol::{
    case::{CaseState, Support, TalkCase},
    check_in::{CheckIn, CheckIns},
    feed::FeedName,
    id::{DeviceId, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    joining::Waiting,
    notice::NoticeState,
    paper::PaperReceipt,
    people::{Household, Location, Person, Residence, Role, RoleKind},
    receipt::Receipt,
    row::kind,
    tree::{Group, GroupKind},
    view::View,
};
use std::{cmp::Reverse, convert::Infallible};

impl View for Town {
    type Error = Infallible;

    fn group(&self, id: GroupId) -> Result<Option<Group>, Infallible> {
        Ok(self.groups.get(&id).cloned())
    }

    fn person(&self, id: PersonId) -> Result<Option<Person>, Infallible> {
        Ok(self.persons.get(&id).cloned())
    }

    fn household(&self, id: GroupId) -> Result<Option<Household>, Infallible> {
        let block = Some(people::BLOCK);
        Ok(self.home(id).map(|home| Household { id: home.id, block, rev: Rev::FIRST, into: None }))
    }

    fn residences(&self, person: PersonId) -> Result<Vec<Residence>, Infallible> {
        let home = self.home_of(person);
        Ok(home.map(|home| Residence { household: home.id, term: people::always() }).into_iter().collect())
    }

    fn locations(&self, household: GroupId) -> Result<Vec<Location>, Infallible> {
        let home = self.home(household);
        Ok(home.map(|_| Location { block: people::BLOCK, term: people::always() }).into_iter().collect())
    }

    fn roles(&self, person: PersonId) -> Result<Vec<Role>, Infallible> {
        Ok(people::roles().filter(|role| role.person == person).collect())
    }

    fn role(&self, id: RoleId) -> Result<Option<Role>, Infallible> {
        Ok(people::roles().find(|role| role.id == id))
    }

    fn guest_of(&self, _person: PersonId) -> Result<Vec<PersonId>, Infallible> {
        Ok(Vec::new())
    }

    fn teams(&self, group: GroupId) -> Result<Vec<Group>, Infallible> {
        let below = |team: &&Group| team.kind == GroupKind::Team && team.parent == Some(group);
        Ok(self.groups.values().filter(below).cloned().collect())
    }

    fn staffed_teams(&self, group: GroupId) -> Result<Vec<Group>, Infallible> {
        let mut teams = self.teams(group)?;
        teams.retain(|team| people::roles().any(|role| role.group == team.id && role.kind == RoleKind::Commissioner));
        Ok(teams)
    }

    fn role_holders(&self, group: GroupId) -> Result<Vec<Role>, Infallible> {
        Ok(people::roles().filter(|role| role.group == group).collect())
    }

    fn notice(&self, id: NoticeId) -> Result<Option<NoticeState>, Infallible> {
        Ok(self.notices.get(&id).cloned())
    }

    fn receipt(&self, person: PersonId, notice: NoticeId) -> Result<Option<Receipt>, Infallible> {
        Ok(self.receipts.get(&(person, notice)).copied())
    }

    fn is_paper(&self, household: GroupId) -> Result<bool, Infallible> {
        Ok(self.home(household).is_some_and(|home| home.paper))
    }

    fn block_counted(&self, notice: NoticeId, household: GroupId) -> Result<Option<GroupId>, Infallible> {
        let counts = self.notices.contains_key(&notice) && self.home(household).is_some();
        Ok(counts.then_some(people::BLOCK))
    }

    fn paper_receipt(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, Infallible> {
        Ok(self.entered.get(&(household, notice)).copied())
    }

    fn check_ins(&self, person: PersonId) -> Result<Option<CheckIns>, Infallible> {
        let row = self.feeds.body(FeedName::Mail(person), kind::CHECK_IN, "mine");
        Ok(row.and_then(|body| serde_json::from_str(body).ok()))
    }

    fn check_in_history(&self, person: PersonId) -> Result<Vec<CheckIn>, Infallible> {
        let own = self.check_ins.iter().filter(|(of, _)| *of == person);
        let mut history: Vec<CheckIn> = own.map(|(_, said)| *said).collect();
        history.sort_by_key(|said| Reverse((said.day, said.at)));
        Ok(history)
    }

    fn talk_case(&self, op: OpId) -> Result<Option<TalkCase>, Infallible> {
        Ok(self.cases.get(&op).cloned())
    }

    fn unclosed_cases(&self, team: GroupId) -> Result<Vec<TalkCase>, Infallible> {
        let unclosed = |case: &&TalkCase| case.team == team && case.talk.state != CaseState::Closed;
        Ok(self.cases.values().filter(unclosed).cloned().collect())
    }

    fn support(&self, _group: GroupId) -> Result<Option<Support>, Infallible> {
        // No number that somebody might dial.
        Ok(None)
    }

    fn device_persons(&self, device: DeviceId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.holder(device).into_iter().collect())
    }

    fn devices_of(&self, person: PersonId) -> Result<Vec<DeviceId>, Infallible> {
        Ok(self.persons.contains_key(&person).then(|| people::device_of(person)).into_iter().collect())
    }

    fn guests_of(&self, _person: PersonId) -> Result<Vec<PersonId>, Infallible> {
        Ok(Vec::new())
    }

    fn receipts_of(&self, person: PersonId) -> Result<Vec<(NoticeId, Receipt)>, Infallible> {
        let own = self.receipts.iter().filter(|((of, _), _)| *of == person);
        Ok(own.map(|((_, notice), receipt)| (*notice, *receipt)).collect())
    }

    fn invite_exists(&self, _id: InviteId) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn waiting(&self, _join: JoinId) -> Result<Option<Waiting>, Infallible> {
        Ok(None)
    }

    fn members(&self, household: GroupId) -> Result<Vec<PersonId>, Infallible> {
        Ok(self.home(household).map(|home| home.member).into_iter().collect())
    }
}
