//! What officers and the volunteer do in a run.

use super::{counts::Fault, town, world::World};
use kairan_core::records::{Correction, Desk, Draft, GroupKind, NoticeKind, Part, Points, RoleKind, SentState};
use kairan_protocol::{
    feed::Audience,
    id::{DeviceId, GroupId, PersonId, Rev, RoleId},
    notice,
    op::Command,
    people, tree,
};
use kairan_server::clock::Clock as _;
use std::sync::Arc;

/// What is done at a desk.
#[derive(Debug, Clone, Copy)]
enum Done {
    Post,
    Correct,
    Withdraw,
    Grant,
    EndRole,
    Move,
    Revoke,
    EnterOnPaper,
    SetPaper,
    ChangeRoster,
}

const AT_A_DESK: &[(usize, Done)] = &[
    (40, Done::Post),
    (20, Done::Correct),
    (7, Done::Withdraw),
    (9, Done::Grant),
    (7, Done::EndRole),
    (14, Done::Move),
    (2, Done::Revoke),
    (30, Done::EnterOnPaper),
    (9, Done::SetPaper),
    (60, Done::ChangeRoster),
];

const ROLES: &[RoleKind] =
    &[RoleKind::Chair, RoleKind::Officer, RoleKind::BlockLeader, RoleKind::Commissioner, RoleKind::MunicipalStaff];

const PLACES: &[&str] = &["緑ヶ丘公園", "集会所", "東山小学校", "駅前", "北公園"];

impl World {
    /// Somebody who holds a role works at one of their desks; whether there was anybody.
    pub async fn work(&mut self, number: usize) -> bool {
        let kairan = Arc::clone(&self.phones[number].kairan);
        let mut desks = Vec::new();
        for person in self.phones[number].persons() {
            let names = kairan.desks(person.clone()).unwrap_or_default();
            desks.extend(names.into_iter().map(|desk| (person.clone(), desk.group)));
        }
        let Some((person, group)) = self.chance.pick(&desks).cloned() else { return false };
        let Ok(desk) = kairan.desk(group) else { return false };
        if self.chance.percent(75) && self.work_on_a_case(number, person.clone(), &desk).await {
            return true;
        }
        if self.chance.percent(75) && self.answer_at_the_door(number, person.clone(), &desk).await {
            return true;
        }
        match self.chance.weighed(AT_A_DESK) {
            Some(Done::Post) => self.post(number, person, &desk).await,
            Some(Done::Correct) => self.correct(number, person, &desk).await,
            Some(Done::Withdraw) => self.withdraw(number, person, &desk).await,
            Some(Done::Grant) => self.grant(number, person, &desk).await,
            Some(Done::EndRole) => self.end_role(number, person).await,
            Some(Done::Move) => self.move_home(number, person, &desk).await,
            Some(Done::Revoke) => self.sign_off(number, person).await,
            Some(Done::EnterOnPaper) => self.enter_on_paper(number, person, &desk).await,
            Some(Done::SetPaper) => self.set_paper(number, person, &desk).await,
            Some(Done::ChangeRoster) => self.change_roster(number, person, &desk).await,
            None => {}
        }
        true
    }

    /// Somebody waits with a link that was passed on, and is let in or turned away; whether there was anybody.
    async fn answer_at_the_door(&mut self, number: usize, person: String, desk: &Desk) -> bool {
        let Some(join) = self.chance.pick(&desk.joins).cloned() else { return false };
        let admit = self.chance.percent(75);
        let done = self.phones[number].kairan.approve(person, join.id, admit).await.map(Some);
        self.did(number, format!("lets {} in: {admit}", join.phone), "approve", done);
        true
    }

    async fn post(&mut self, number: usize, person: String, desk: &Desk) {
        let places: Vec<_> = desk
            .groups
            .iter()
            .filter(|group| !matches!(group.kind, GroupKind::Household | GroupKind::Team))
            .map(|group| (group.board.clone(), group.staff.clone()))
            .collect();
        let mut audience = Vec::new();
        for _ in 0..=self.chance.below(2) {
            let staff = self.chance.percent(20);
            audience
                .extend(self.chance.pick(&places).map(|(board, of)| if staff { of.clone() } else { board.clone() }));
        }
        audience.dedup();
        let kinds = [(5, NoticeKind::Circular), (3, NoticeKind::Notice), (2, NoticeKind::Emergency)];
        let kind = self.chance.weighed(&kinds).unwrap_or(NoticeKind::Notice);
        let now = self.truth.now().millis();
        let title = format!("回覧 {}", self.next_number());
        let until = (kind == NoticeKind::Emergency).then(|| now + 86_400_000);
        let publish_at = self.chance.percent(20).then(|| now + self.chance.between(1, 90) * 60_000);
        let draft = Draft {
            kind,
            from: desk.name.group.clone(),
            audience,
            title: title.clone(),
            points: Points { place: self.chance.pick(PLACES).map(|place| (*place).to_owned()), ..Points::default() },
            text: "よろしくお願いします。".to_owned(),
            publish_at,
            until,
        };
        let when = if publish_at.is_some() { ", later" } else { "" };
        let done = self.phones[number].kairan.post(person, draft).await.map(Some);
        self.did(number, format!("posts {title}{when}"), "post", done);
    }

    /// A notice of a desk, with the rev somebody saw: now and then an older one.
    fn a_line(&mut self, desk: &Desk) -> Option<(String, String, u32)> {
        let own: Vec<_> =
            desk.sent.iter().filter(|line| line.own && line.state != SentState::Withdrawn).cloned().collect();
        let line = self.chance.pick(&own)?.clone();
        let seen = if self.chance.percent(12) { line.rev.saturating_sub(1).max(1) } else { line.rev };
        Some((line.notice, line.title, seen))
    }

    async fn correct(&mut self, number: usize, person: String, desk: &Desk) {
        let Some((notice, title, seen)) = self.a_line(desk) else { return };
        let mut correction = Correction::default();
        match self.chance.below(4) {
            0 => correction.title = Some(format!("訂正 {}", self.next_number())),
            1 => correction.text = Some(format!("訂正します。{}", self.next_number())),
            2 => correction.clear = vec![Part::Place],
            _ => correction.points.place = self.chance.pick(PLACES).map(|place| (*place).to_owned()),
        }
        let done = self.phones[number].kairan.correct(person, notice, seen, correction).await.map(Some);
        self.did(number, format!("corrects {title} as of {seen}"), "correct", done);
    }

    async fn withdraw(&mut self, number: usize, person: String, desk: &Desk) {
        let Some((notice, title, seen)) = self.a_line(desk) else { return };
        let done = self.phones[number].kairan.withdraw(person, notice, seen, "中止".to_owned()).await.map(Some);
        self.did(number, format!("withdraws {title} as of {seen}"), "withdraw", done);
    }

    async fn grant(&mut self, number: usize, person: String, desk: &Desk) {
        let to = *self.chance.pick(&town::people()).unwrap_or(&PersonId::from_number(1));
        let group = self.chance.pick(&desk.groups).map_or_else(|| desk.name.group.clone(), |group| group.id.clone());
        let kind = *self.chance.pick(ROLES).unwrap_or(&RoleKind::Officer);
        let until = self.chance.percent(40).then(|| self.truth.now().millis() + self.chance.between(1, 600) * 60_000);
        let done = self.phones[number].kairan.grant_role(person, to.to_string(), group, kind, until).await.map(Some);
        self.did(number, format!("makes {} {kind:?}", town::name(to)), "grant_role", done);
    }

    /// The roles the machine knows of that have not ended, the steward's left out.
    fn roles(&self) -> Vec<(RoleId, String)> {
        let database = self.machine.database();
        let sql = "SELECT id, person, kind FROM role WHERE (until IS NULL OR until > ?1) AND kind <> 'steward' \
                   ORDER BY since, person, grp, kind";
        let mut select = database.prepare(sql).unwrap();
        let now = self.machine.clock.now().millis();
        let rows = select.query_map([now], |row| {
            let name = town::name(PersonId::from_number(row.get(1)?));
            Ok((RoleId::from_number(row.get(0)?), format!("{name}'s {}", row.get::<_, String>(2)?)))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    async fn end_role(&mut self, number: usize, person: String) {
        let roles = self.roles();
        let Some((role, name)) = self.chance.pick(&roles).cloned() else { return };
        let done = self.phones[number].kairan.end_role(person, role.to_string()).await.map(Some);
        if done.is_ok() {
            self.fault(Fault::RoleEnded);
        }
        self.did(number, format!("ends {name}"), "end_role", done);
    }

    async fn move_home(&mut self, number: usize, person: String, desk: &Desk) {
        let homes: Vec<_> = desk.rosters.iter().flat_map(|block| block.homes.clone()).collect();
        let Some(home) = self.chance.pick(&homes).cloned() else { return };
        let blocks = town::groups(tree::GroupKind::Block);
        let to = *self.chance.pick(&blocks).unwrap_or(&blocks[0]);
        let done = self.phones[number].kairan.move_household(person, home.id, to.to_string()).await.map(Some);
        if done.is_ok() {
            self.fault(Fault::Moved);
        }
        self.did(number, format!("moves {} to {}", home.name, town::group_name(to)), "move_household", done);
    }

    /// The devices the machine knows of that were not signed off, the command line's left out.
    fn devices(&self) -> Vec<(DeviceId, String)> {
        let database = self.machine.database();
        let sql = "SELECT id, name FROM device WHERE revoked IS NULL AND key IS NOT NULL ORDER BY since, name";
        let mut select = database.prepare(sql).unwrap();
        let rows = select.query_map([], |row| Ok((DeviceId::from_number(row.get(0)?), row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    async fn sign_off(&mut self, number: usize, person: String) {
        let devices = self.devices();
        let Some((device, name)) = self.chance.pick(&devices).cloned() else { return };
        let done = self.phones[number].kairan.revoke(person, device.to_string()).await.map(Some);
        self.did(number, format!("signs {name} off"), "revoke", done);
    }

    /// The volunteer does something on the command line.
    pub async fn volunteer(&mut self) {
        let blocks = town::groups(tree::GroupKind::Block);
        let homes = town::groups(tree::GroupKind::Household);
        let district = GroupId::from_number(1);
        let command = match self.chance.below(14) {
            0..=3 => Command::Post {
                notice: notice::NoticeKind::Notice,
                from: district,
                audience: vec![Audience::Board(
                    *self.chance.pick(&[district, blocks[0], blocks[1]]).unwrap_or(&district),
                )],
                title: format!("世話人より {}", self.next_number()),
                points: notice::Points::default(),
                text: "サーバーのお知らせです。".to_owned(),
                publish_at: None,
                until: None,
            },
            4..=5 => Command::MoveHousehold {
                household: *self.chance.pick(&homes).unwrap_or(&homes[0]),
                to: *self.chance.pick(&blocks).unwrap_or(&blocks[0]),
            },
            6 => Command::GrantRole {
                role: RoleId::random().unwrap(),
                person: *self.chance.pick(&town::people()).unwrap_or(&PersonId::from_number(1)),
                group: GroupId::from_number(4),
                kind: people::RoleKind::Commissioner,
                until: None,
            },
            7 => match self.chance.pick(&self.roles()) {
                Some((role, _)) => Command::EndRole { role: *role },
                None => return,
            },
            8 => match self.chance.pick(&self.devices()) {
                Some((device, _)) if self.chance.percent(40) => Command::Revoke { device: *device },
                _ => return,
            },
            9 => Command::MovePerson {
                person: *self.chance.pick(&town::people()).unwrap_or(&PersonId::from_number(1)),
                to: *self.chance.pick(&homes).unwrap_or(&homes[0]),
            },
            10 => Command::SetPaper {
                household: *self.chance.pick(&homes).unwrap_or(&homes[0]),
                paper: self.chance.percent(50),
            },
            11 => match self.two_people() {
                Some((person, twice)) => Command::SamePerson { person, twice },
                None => return,
            },
            12 if self.chance.percent(35) => Command::MergeHouseholds {
                from: *self.chance.pick(&homes).unwrap_or(&homes[0]),
                into: *self.chance.pick(&homes).unwrap_or(&homes[0]),
            },
            _ => match self.a_posted_notice() {
                Some((id, rev)) => Command::Correct {
                    notice: id,
                    seen: rev,
                    patch: notice::NoticePatch {
                        title: Some(format!("世話人の訂正 {}", self.next_number())),
                        ..notice::NoticePatch::default()
                    },
                },
                None => return,
            },
        };
        let fault = match &command {
            Command::MoveHousehold { .. } | Command::MovePerson { .. } => Some(Fault::Moved),
            Command::EndRole { .. } => Some(Fault::RoleEnded),
            _ => None,
        };
        if self.steward(command).await
            && let Some(fault) = fault
        {
            self.fault(fault);
        }
    }

    /// Somebody of the first day, and somebody who came since.
    fn two_people(&mut self) -> Option<(PersonId, PersonId)> {
        let database = self.machine.database();
        let sql = "SELECT id FROM person WHERE gone IS NULL AND id > 100 ORDER BY name";
        let mut select = database.prepare(sql).unwrap();
        let rows = select.query_map([], |row| row.get(0).map(PersonId::from_number)).unwrap();
        let newcomers: Vec<PersonId> = rows.map(Result::unwrap).collect();
        Some((*self.chance.pick(&town::people())?, *self.chance.pick(&newcomers)?))
    }

    fn a_posted_notice(&mut self) -> Option<(kairan_protocol::id::NoticeId, Rev)> {
        let database = self.machine.database();
        let mut select = database.prepare("SELECT state FROM notice ORDER BY id").unwrap();
        let states = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let known: Vec<notice::NoticeState> =
            states.map(|state| serde_json::from_str(&state.unwrap()).unwrap()).collect();
        self.chance.pick(&known).map(|known| (known.id, known.rev))
    }
}
