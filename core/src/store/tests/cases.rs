//! Requests for a talk on a phone: what is shown before the server has heard of it, and where the third answer leads.

use super::{
    alerts::{TEAM_DESK, asked, of_a_commissioner},
    *,
};
use crate::records::{CaseState, NewsState, Step, TalkWay};
use kairan_protocol::{
    case::{CaseNews, Reached, Support, Talk, Worker},
    refusal::Refusal,
};

fn first() -> OpId {
    OpId::from(notice_id(1))
}

#[test]
fn a_case_taken_offline_is_shown_as_taken_and_as_waiting() {
    let phone = of_a_commissioner();
    phone.say(&op(SATO, NOW, Command::TakeCase { case: first() }));
    let talks = phone.store.desk(TEAM, NOW).unwrap().talks;
    let states: Vec<_> = talks.iter().map(|talk| (talk.op.clone(), talk.state, talk.waiting)).collect();
    let second = OpId::from(notice_id(2)).to_string();
    assert_eq!(states, [(second, CaseState::Open, false), (first().to_string(), CaseState::Taken, true)]);
    assert_eq!(talks[1].owner, Some(SATO.to_string()));
    assert_eq!(talks[1].history.last().unwrap().what, Step::Taken);
}

#[test]
fn a_case_the_phone_knows_to_be_somebody_elses_is_not_taken() {
    let phone = of_a_commissioner();
    let owner = Some(Worker { id: HANAKO, name: "別の委員".to_owned() });
    let taken = Talk { state: kairan_protocol::case::CaseState::Taken, owner, ..asked(1) };
    phone.take(Answer::new().rows(TEAM_DESK, 3, vec![row(kind::TALK, taken.op, 3, &taken)]));
    let refused = phone.store.enqueue(&op(SATO, NOW, Command::TakeCase { case: first() }), None, NOW);
    assert_eq!(refused.unwrap_err().code(), Refusal::Conflict.code());
}

#[test]
fn a_resident_sees_their_own_request_before_and_after_the_server_has_it() {
    let phone = Phone::of_sato();
    let day = ZoneOffsets::fixed(32_400).day_of(NOW);
    let ask = op(SATO, NOW, Command::CheckIn { mood: Mood::Talk, day });
    phone.say(&ask);
    let waiting = &phone.store.my_talks(SATO, NOW).unwrap()[0];
    assert_eq!((waiting.state, waiting.waiting), (NewsState::Asked, true));
    let news = CaseNews {
        op: ask.id,
        day,
        at: NOW,
        state: kairan_protocol::case::NewsState::Taken,
        by: Some("山本 文子".to_owned()),
        reached: Reached::Team,
        due: None,
        number: None,
    };
    phone.take(Answer::new().applied(ask.id, 1, &[(MAIL, 9)]).rows(MAIL, 9, vec![row(kind::CASE, ask.id, 9, &news)]));
    let taken = &phone.store.my_talks(SATO, NOW).unwrap()[0];
    assert_eq!((taken.state, taken.by.as_deref(), taken.waiting), (NewsState::Taken, Some("山本 文子"), false));
}

#[test]
fn without_a_staffed_team_the_nearest_number_is_offered() {
    let phone = Phone::of_sato();
    assert_eq!(phone.home().talk, TalkWay::Team { name: group(TEAM).name });
    let gone = Row { body: None, ..row(kind::TEAM, TEAM, 20, &"") };
    phone.take(Answer::new().rows(BOARD, 20, vec![gone]));
    assert_eq!(phone.home().talk, TalkWay::Nothing);
    let near = Support {
        name: "みどり 支援センター".into(), telephone: "03-0000-0000".into(), hours: "平日".into()
    };
    phone.take(Answer::new().rows(BOARD, 21, vec![row(kind::SUPPORT, MIDORI, 21, &near)]));
    let Support { name, telephone, hours } = near;
    assert_eq!(phone.home().talk, TalkWay::Number { name, telephone, hours });
}
