//! The description says what the protocol's types say, and what is checked in is what the program prints.

use super::{op::Op as DescribedOp, schema, text};
use kairan_protocol::{
    case::Support,
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, Epoch, FeedNumber, GroupId, InviteId, JoinId, OpId, PersonId, Rev, RoleId, Version},
    notice::{ByWhen, Change, NoticeKind, NoticePatch, Points, When},
    op::{Command, Invitee, Op},
    outcome::{Flag, MacKey, OpResult, Outcome},
    paper::PaperStage,
    people::{Departure, Newcomer, RoleKind},
    receipt::Stage,
    refusal::Refusal,
    replay::{Ended, Replay},
    row::Row,
    sign::{Fingerprint, Key, Signed},
    time::{Timestamp, ZoneOffsets},
    wire,
};
use p256::ecdsa::SigningKey;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// A message of the protocol, read and written again by its description, is the same message.
fn describes<D: Serialize + DeserializeOwned>(message: &impl Serialize) {
    let said = serde_json::to_value(message).unwrap();
    let described: D = serde_json::from_value(said.clone()).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(without_nulls(serde_json::to_value(described).unwrap()), without_nulls(said));
}

fn at() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn key() -> Key {
    Key::of(&SigningKey::from_slice(&[7; 32]).unwrap())
}

fn commands() -> Vec<Command> {
    let (person, group) = (PersonId::from_number(7), GroupId::from_number(1));
    let (op, notice) = (OpId::at(at()).unwrap(), OpId::at(at()).unwrap().into());
    let points = Points {
        when: Some(When { text: "朝9時".into(), starts: Some(at()), ends: Some(at()) }),
        place: Some("公園".into()),
        what: Some("清掃".into()),
        by_when: Some(ByWhen { text: "金曜".into(), day: Some("2026-11-27".parse().unwrap()) }),
    };
    let patch = NoticePatch {
        title: Some("題".into()),
        text: Some("文".into()),
        when: Change::Set(When { text: "朝".into(), starts: None, ends: None }),
        place: Change::Clear,
        what: Change::Set("掃除".into()),
        by_when: Change::Keep,
        until: Change::Set(at()),
    };
    let audience = vec![Audience::Board(group), Audience::Staff(group)];
    let (title, text) = ("題".to_owned(), "文".to_owned());
    let support =
        Support { name: "支援センター".into(), telephone: "03-0000-0000".into(), hours: "平日".into() };
    vec![
        Command::Receipt { notice, rev: Rev::FIRST, stage: Stage::Displayed },
        Command::CheckIn { mood: Mood::Good, day: "2026-11-22".parse().unwrap() },
        Command::Consent { moods_to_team: true },
        Command::TakeBack { op },
        Command::Post {
            notice: NoticeKind::Circular,
            from: group,
            audience,
            title,
            points,
            text,
            publish_at: Some(at()),
            until: Some(at()),
        },
        Command::Correct { notice, seen: Rev::FIRST, patch },
        Command::Withdraw { notice, seen: Rev::FIRST, reason: "雨".into() },
        Command::GrantRole { role: RoleId::from_number(3), person, group, kind: RoleKind::Chair, until: Some(at()) },
        Command::EndRole { role: RoleId::from_number(3) },
        Command::MoveHousehold { household: group, to: group },
        Command::SetPaper { household: group, paper: true },
        Command::PaperReceipt { notice, rev: Rev::FIRST, household: group, stage: PaperStage::Proxy },
        Command::Invite {
            invite: InviteId::from_number(5),
            to: Invitee::Person(person),
            secret: "h".into(),
            passed_on: true,
        },
        Command::Approve { join: JoinId::from_number(6), admit: true },
        Command::Revoke { device: DeviceId::from_number(9) },
        Command::Leave {},
        Command::SeeCase { case: op },
        Command::TakeCase { case: op },
        Command::ReleaseCase { case: op },
        Command::NoteCase { case: op, text: "電話しました".into() },
        Command::CloseCase { case: op, text: Some("お元気でした".into()) },
        Command::SetSupport { group, support: Some(support) },
    ]
    .into_iter()
    .chain(roster_commands())
    .collect()
}

fn roster_commands() -> Vec<Command> {
    let (person, twice) = (PersonId::from_number(7), PersonId::from_number(8));
    let (household, block) = (GroupId::from_number(1), GroupId::from_number(2));
    let (name, reading) = ("加藤".to_owned(), Some("かとう".to_owned()));
    let newcomer = Newcomer { person, name: name.clone(), reading: reading.clone() };
    let people = vec![newcomer.clone()];
    let seen = Rev::FIRST;
    vec![
        Command::AddHousehold { household, block, name: name.clone(), reading, paper: true, place: Some(3), people },
        Command::AddPerson { household, newcomer },
        Command::AddBlock { group: block, association: household, name: name.clone() },
        Command::CorrectHousehold {
            household,
            seen,
            name: None,
            reading: Change::Set("かとう".into()),
            place: Some(1),
        },
        Command::CorrectPerson { person, seen, name: Some(name.clone()), reading: Change::Keep },
        Command::MovePerson { person, to: household },
        Command::Depart { person, why: Departure::Died },
        Command::MergeHouseholds { from: household, into: block },
        Command::SplitHousehold { from: household, household: block, block, name, people: vec![person] },
        Command::SamePerson { person, twice },
    ]
}

fn ops() -> Vec<Op> {
    let op = |command| Op { id: OpId::at(at()).unwrap(), person: PersonId::from_number(7), at: at(), command };
    commands().into_iter().map(op).collect()
}

fn proof() -> wire::TokenProof {
    wire::TokenProof { device: DeviceId::from_number(9), at: at(), proof: "A".repeat(86), slip: Some(signed()) }
}

fn token() -> wire::Token {
    wire::Token { secret: "s".into(), until: at() }
}

fn signed() -> Signed {
    Signed { payload: "{}".into(), signature: "A".repeat(86) }
}

#[test]
fn every_op_is_described() {
    let words: Vec<&str> = commands().iter().map(Command::word).collect();
    assert_eq!(words, Command::WORDS);
    for op in ops() {
        describes::<DescribedOp>(&op);
    }
}

#[test]
fn a_sync_is_described_both_ways() {
    let raw = |op: &Op| serde_json::value::RawValue::from_string(op.to_text()).unwrap();
    describes::<schema::SyncRequest>(&wire::SyncRequest {
        epoch: Some(Epoch("k1".into())),
        rights: 3,
        cursors: BTreeMap::from([
            (FeedNumber(1), wire::Cursor::At(Version(3))),
            (FeedNumber(2), wire::Cursor::First(wire::FirstPull { as_of: Version(9), place: "n4".into() })),
        ]),
        ops: ops().iter().map(raw).collect(),
        renew: Some(proof()),
        replays: ops().iter().map(|op| Replay { op: raw(op), commit: Commit(4), mac: "m".into() }).collect(),
        ended: vec![MacKey::new([7; 32]).mark(Ended::Revoked(DeviceId::from_number(9)), Commit(5), at())],
        handed: Some(Epoch("k0".into())),
    });
    let row = |body| Row { kind: "notice".into(), id: "x".into(), rev: Rev::FIRST, version: Version(2), body };
    let outcomes = [
        Outcome::Applied {
            commit: Commit(1),
            at: BTreeMap::from([(FeedNumber(1), Version(2))]),
            flags: vec![Flag::Late, Flag::Clock, Flag::Nothing],
        },
        Outcome::Refused { code: Refusal::Conflict, commit: Commit(2) },
        Outcome::Unsupported,
        Outcome::Later,
    ];
    let result =
        |outcome: &Outcome| OpResult { id: OpId::at(at()).unwrap(), outcome: outcome.clone(), mac: Some("m".into()) };
    describes::<schema::SyncResponse>(&wire::SyncResponse {
        epoch: Epoch("k1".into()),
        now: at(),
        results: outcomes.iter().map(result).collect(),
        replayed: outcomes.iter().map(result).collect(),
        resend: true,
        feeds: vec![wire::FeedDelta {
            n: FeedNumber(1),
            rows: vec![row(None), row(serde_json::value::RawValue::from_string("{\"a\":1}".into()).ok())],
            version: Some(Version(3)),
            first: Some(wire::FirstPull { as_of: Version(9), place: "n4".into() }),
            more: true,
            reset: true,
        }],
        rights: Some(wire::Rights {
            version: 2,
            feeds: vec![wire::FeedRight {
                n: FeedNumber(1),
                name: FeedName::Board(GroupId::from_number(1)),
                until: Some(at()),
            }],
            persons: vec![PersonId::from_number(7)],
            zone: ZoneOffsets::fixed(32_400),
            card: 4,
        }),
        token: Some(token()),
    });
}

#[test]
fn joining_and_tokens_are_described() {
    let person = PersonId::from_number(7);
    describes::<schema::EnrolRequest>(&wire::EnrolRequest {
        secret: "K7QF2M9XABCD".into(),
        key: key(),
        proof: "A".repeat(86),
        persons: vec![person],
        name: "電話".into(),
    });
    let listed = wire::Listed { id: person, name: "佐藤".into(), joined: true };
    describes::<schema::EnrolResponse>(&wire::EnrolResponse::Choose { name: "佐藤".into(), persons: vec![listed] });
    describes::<schema::EnrolResponse>(&wire::EnrolResponse::Waiting { name: "佐藤".into(), digits: "07".into() });
    describes::<schema::EnrolResponse>(&wire::EnrolResponse::Enrolled(Box::new(wire::Enrolled {
        district: GroupId::from_number(1),
        name: "市".into(),
        device: DeviceId::from_number(9),
        token: token(),
        slip: signed(),
        epoch: Epoch("k1".into()),
        now: at(),
    })));
    describes::<schema::TokenProof>(&proof());
    describes::<schema::Token>(&token());
}

#[test]
fn what_is_signed_and_what_fails_is_described() {
    let (district, epoch) = (GroupId::from_number(1), Epoch("k1".into()));
    describes::<schema::Signed>(&signed());
    describes::<schema::Card>(&wire::Card {
        district,
        name: "市".into(),
        epoch: epoch.clone(),
        addresses: vec!["a:1".into()],
        identity: key(),
        next_identity: Some(key()),
        tls: vec![Fingerprint::of(b"k")],
        version: 4,
        successions: vec![signed()],
        at: at(),
    });
    let (device, persons) = (DeviceId::from_number(9), vec![PersonId::from_number(7)]);
    let commit = Commit(6);
    describes::<schema::Slip>(&wire::Slip { district, device, key: key(), persons, epoch, commit, at: at() });
    describes::<schema::Succession>(&wire::Succession { from: key(), to: key(), at: at() });
    describes::<schema::Poke>(&wire::Poke { n: FeedNumber(1), v: Version(2) });
    for code in wire::ProblemCode::ALL {
        let mut problem = code.problem(Some("here".into()));
        problem.op = Some(OpId::at(at()).unwrap());
        describes::<schema::Problem>(&problem);
    }
}

/// `KAIRAN_WRITE=1 cargo test -p kairan-server openapi` writes it anew.
#[test]
fn the_description_checked_in_is_the_one_of_this_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = text().unwrap();
    if std::env::var_os("KAIRAN_WRITE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "openapi.json is out of date: run this test with KAIRAN_WRITE=1");
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let api: Value = serde_json::from_str(&text().unwrap()).unwrap();
    let mut references = Vec::new();
    gather(&api, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(api.pointer(pointer).is_some(), "{reference}");
    }
}

fn gather(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| gather(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| gather(value, references)),
        _ => {}
    }
}
