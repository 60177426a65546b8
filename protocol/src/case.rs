//! Cases: what becomes of a request for a talk, who has it, and until when somebody must.

use crate::{
    check_in::{CheckIn, Mood},
    id::{Commit, GroupId, OpId, PersonId},
    people::Person,
    time::{Day, Timestamp, ZoneOffsets},
};
use serde::{Deserialize, Serialize};

/// Most entries of a history; of more the oldest after the first go.
pub const HISTORY: usize = 40;
/// Waking hours the team has to take a case.
pub const TEAM_HOURS: i64 = 4;
/// Waking hours the team's chair has after that, before the telephone number is shown.
pub const CHAIR_HOURS: i64 = 2;
/// From which to which hour of the local day people are awake: nobody watches a screen at night.
pub const WAKING: (i64, i64) = (8, 20);
/// A closed case leaves the desk and the resident's mail so many days later.
pub const SHOWN_DAYS: i64 = 30;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// How far a case is: 未対応・対応中・完了.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// 未対応: nobody has taken it.
    #[default]
    Open,
    /// 対応中: it has an owner.
    Taken,
    /// 完了.
    Closed,
}

/// How far an untaken case was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// The team.
    #[default]
    Team,
    /// The team's chair.
    Chair,
    /// The resident sees the telephone number of the support centre.
    Number,
}

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A resident asked.
    Opened,
    /// Somebody of the team looked at it.
    Seen,
    /// Somebody takes care of it.
    Taken,
    /// Something was written down.
    Noted,
    /// Whoever had it has it no more.
    Released,
    /// Not taken in time: the team's chair hears of it.
    PassedToChair,
    /// Not taken in time by the chair either: the resident sees the telephone number.
    NumberShown,
    /// It is done.
    Closed,
    /// It was a mistaken tap.
    TakenBack,
    /// A step of a newer server.
    #[serde(other)]
    Other,
}

/// Somebody who works on a case, by the name the resident reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who; none: the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Worker>,
    /// What.
    pub what: Step,
    /// What was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Under which number; the store writes it, and none is the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
}

/// The telephone number that is offered where no team can be reached: 地域包括支援センター or the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// Its name.
    pub name: String,
    /// Its number, as people write it.
    pub telephone: String,
    /// When somebody answers; may be empty.
    #[serde(default)]
    pub hours: String,
}

/// Somebody asked for a talk, and what became of it: consent to this one request. The body of a `talk` row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// The check-in's op; the case's id.
    pub op: OpId,
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their household's name, or empty.
    pub household: String,
    /// For which day.
    pub day: Day,
    /// Always [`Mood::Talk`].
    pub mood: Mood,
    /// When they tapped.
    pub at: Timestamp,
    /// How far it is.
    #[serde(default)]
    pub state: CaseState,
    /// Who has it, or closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Worker>,
    /// Who looked at it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Worker>,
    /// How far it was passed on.
    #[serde(default)]
    pub reached: Reached,
    /// Until when somebody must take it; none once somebody has, or nobody is left to pass it on to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What happened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Entry>,
}

/// A case with the team on whose desk it stands, wherever its household moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkCase {
    /// The team.
    pub team: GroupId,
    /// The case.
    pub talk: Talk,
}

/// How far a resident's own request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewsState {
    /// Nobody has looked yet.
    Asked,
    /// 「○○さんが見ました。」
    Seen,
    /// 「○○さんが引き受けました。」
    Taken,
    /// 完了.
    Closed,
    /// A state of a newer server.
    #[serde(other)]
    Other,
}

/// What a resident sees of their own request: the body of a `case` row. Nothing of what the team wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseNews {
    /// The check-in's op.
    pub op: OpId,
    /// For which day.
    pub day: Day,
    /// When they tapped.
    pub at: Timestamp,
    /// How far it is.
    pub state: NewsState,
    /// Who looked, took it or closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How far it was passed on.
    #[serde(default)]
    pub reached: Reached,
    /// Until when it is passed on, if nobody takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The telephone number, once it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Support>,
}

/// Until when the team must take a case that came at a moment.
#[must_use]
pub fn due(zone: &ZoneOffsets, at: Timestamp) -> Timestamp {
    after_waking_hours(zone, at, TEAM_HOURS)
}

/// Until when the team's chair must take a case that reached them at a moment.
#[must_use]
pub fn due_by_chair(zone: &ZoneOffsets, at: Timestamp) -> Timestamp {
    after_waking_hours(zone, at, CHAIR_HOURS)
}

/// The moment when so many waking hours have passed: at half past seven in the evening, half an hour of them are left.
fn after_waking_hours(zone: &ZoneOffsets, at: Timestamp, hours: i64) -> Timestamp {
    let offset = |moment| i64::from(zone.seconds_at(moment)) * 1_000;
    let local = at.millis() + offset(at);
    let (mut midnight, mut time) = (local - local.rem_euclid(DAY), local.rem_euclid(DAY));
    let mut left = hours * HOUR;
    time = time.max(WAKING.0 * HOUR);
    loop {
        let today = (WAKING.1 * HOUR - time).max(0);
        if left <= today {
            break;
        }
        left -= today;
        midnight += DAY;
        time = WAKING.0 * HOUR;
    }
    let due = midnight + time + left;
    // The zone's offset is the one of then.
    Timestamp::from_millis(due - offset(Timestamp::from_millis(due - offset(at))))
}

impl Talk {
    /// A request that nobody has looked at yet.
    #[must_use]
    pub fn asked(person: &Person, household: String, check_in: &CheckIn) -> Self {
        let by = Some(Worker { id: person.id, name: person.name.clone() });
        Self {
            op: check_in.op,
            person: person.id,
            name: person.name.clone(),
            household,
            day: check_in.day,
            mood: Mood::Talk,
            at: check_in.at,
            state: CaseState::Open,
            owner: None,
            seen: None,
            reached: Reached::Team,
            due: None,
            history: vec![Entry { at: check_in.at, by, what: Step::Opened, text: None, commit: None }],
        }
    }

    /// Adds a line at its place in the order of commits, and works out anew how the case stands.
    pub fn add(&mut self, entry: Entry) {
        let place = entry.commit.map_or(self.history.len(), |commit| {
            self.history
                .iter()
                .position(|known| known.commit.is_none_or(|known| known > commit))
                .unwrap_or(self.history.len())
        });
        self.history.insert(place, entry);
        self.stand();
        if self.history.len() > HISTORY {
            self.history.remove(self.oldest_to_spare());
        }
    }

    /// The oldest line that says neither who asked nor how the case stands.
    fn oldest_to_spare(&self) -> usize {
        let last = |of: fn(Step) -> bool| self.history.iter().rposition(|entry| of(entry.what));
        let kept = [
            last(|what| what == Step::Taken),
            last(|what| matches!(what, Step::Taken | Step::Released | Step::Closed | Step::TakenBack)),
        ];
        (1..self.history.len()).find(|place| !kept.contains(&Some(*place))).unwrap_or(1)
    }

    /// How the case stands by its history: of what was taken twice the later stands, and what is closed stays so.
    fn stand(&mut self) {
        let (mut state, mut owner) = (CaseState::Open, None);
        let mut seen = self.seen.take();
        for Entry { what, by, .. } in &self.history {
            match what {
                _ if state == CaseState::Closed => {}
                Step::Taken => {
                    state = CaseState::Taken;
                    owner.clone_from(by);
                }
                Step::Released => {
                    state = CaseState::Open;
                    owner = None;
                }
                Step::Closed => {
                    state = CaseState::Closed;
                    owner = by.clone().or(owner);
                }
                Step::TakenBack => state = CaseState::Closed,
                Step::Seen if seen.is_none() => seen.clone_from(by),
                _ => {}
            }
        }
        (self.state, self.owner, self.seen) = (state, owner, seen);
        if self.state != CaseState::Open {
            self.due = None;
        }
    }

    /// Whether it was a mistaken tap.
    #[must_use]
    pub fn is_taken_back(&self) -> bool {
        self.history.iter().any(|entry| entry.what == Step::TakenBack)
    }

    /// When it was closed.
    #[must_use]
    pub fn closed(&self) -> Option<Timestamp> {
        let end = |entry: &&Entry| matches!(entry.what, Step::Closed | Step::TakenBack);
        self.history.iter().find(end).map(|entry| entry.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Rev;

    fn due_of(local: &str) -> String {
        let japan = ZoneOffsets::fixed(32_400);
        let at: Timestamp = format!("{local}:00+09:00").parse().unwrap();
        let due = due(&japan, at).plus_millis(9 * HOUR).to_string();
        due[..16].to_owned()
    }

    #[test]
    fn the_team_has_four_waking_hours() {
        assert_eq!(due_of("2026-11-22T09:00"), "2026-11-22T13:00");
        assert_eq!(due_of("2026-11-22T16:00"), "2026-11-22T20:00");
        assert_eq!(due_of("2026-11-22T19:30"), "2026-11-23T11:30");
        assert_eq!(due_of("2026-11-22T23:00"), "2026-11-23T12:00");
        assert_eq!(due_of("2026-11-22T03:00"), "2026-11-22T12:00");
    }

    fn talk() -> Talk {
        let person = Person {
            id: PersonId::from_number(1),
            name: "佐藤 花".to_owned(),
            moods_to_team: None,
            consent_at: None,
            rev: Rev::FIRST,
            gone: None,
            same: None,
        };
        let (op, at) = (OpId::from_bytes([1; 16]), Timestamp::from_millis(0));
        let check_in = CheckIn { op, day: "2026-11-22".parse().unwrap(), mood: Mood::Talk, at };
        Talk { history: Vec::new(), ..Talk::asked(&person, "佐藤".to_owned(), &check_in) }
    }

    fn entry(commit: u64, what: Step, name: &str) -> Entry {
        let by = Some(Worker { id: PersonId::from_number(2), name: name.to_owned() });
        Entry { at: Timestamp::from_millis(0), by, what, text: None, commit: Some(Commit(commit)) }
    }

    #[test]
    fn what_comes_back_late_undoes_nothing_that_came_after_it() {
        let mut talk = talk();
        talk.add(entry(1, Step::Opened, "佐藤"));
        talk.add(entry(9, Step::Taken, "山本"));
        talk.add(entry(3, Step::Taken, "木村"));
        talk.add(entry(4, Step::Released, "木村"));
        assert_eq!((talk.state, talk.owner.unwrap().name.as_str()), (CaseState::Taken, "山本"));
        assert!(talk.history.is_sorted_by_key(|entry| entry.commit));
    }

    #[test]
    fn a_history_is_bounded_and_keeps_how_the_case_stands() {
        let mut talk = talk();
        talk.add(entry(1, Step::Opened, "佐藤"));
        talk.add(entry(2, Step::Taken, "山本"));
        for commit in 3..3 + 2 * HISTORY as u64 {
            talk.add(entry(commit, Step::Noted, "山本"));
        }
        assert_eq!(talk.history.len(), HISTORY);
        assert_eq!(talk.state, CaseState::Taken);
        assert_eq!(talk.history[0].what, Step::Opened);
    }

    #[test]
    fn a_row_of_an_older_server_is_an_open_case() {
        let old = r#"{"op":"0197a1b2c3d47e5f8a9b0c1d2e3f4a5b","person":"p0000000000007","name":"佐藤","household":"佐藤",
            "day":"2026-11-22","mood":"talk","at":"2026-11-22T00:00:00Z"}"#;
        let talk: Talk = serde_json::from_str(old).unwrap();
        assert_eq!((talk.state, talk.reached, talk.due), (CaseState::Open, Reached::Team, None));
    }
}
