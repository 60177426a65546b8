//! Every line of matrix.csv: by the one function, and as a real op or a real attempt to read at a real server.

use kairan_protocol::{
    case::Support,
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{FeedNumber, GroupId, InviteId, NoticeId, OpId, PersonId, Rev, RoleId},
    invite::Secret,
    notice::{NoticeKind, NoticePatch},
    op::{Command, Invitee},
    outcome::{OpResult, Outcome},
    paper::PaperStage,
    people::{Newcomer, RoleKind},
    receipt::Stage,
    rights::{self, Act, Place, Standing},
    tree::GroupKind,
    wire::EnrolResponse,
};
use kairan_tests::{
    matrix::{self, Line},
    raw,
    scene::{self, RECEIVER, Scene},
};
use std::collections::BTreeMap;

#[test]
fn the_function_says_what_was_written_down_by_hand() {
    let mut wrong = Vec::new();
    for line in matrix::lines() {
        let standing = Standing::from_word(&line.standing).unwrap_or_else(|| panic!("no standing {}", line.standing));
        let act = Act::from_word(&line.act).unwrap_or_else(|| panic!("no act {}", line.act));
        let place = Place::from_word(&line.place).unwrap_or_else(|| panic!("no place {}", line.place));
        if rights::may(standing, act, place) != line.allowed {
            wrong.push(line.to_string());
        }
    }
    assert!(wrong.is_empty(), "the function differs from:\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_was_written_down_by_hand() {
    let scene = Scene::set().await;
    let numbers = feed_numbers(&scene).await;
    let (mut wrong, mut unreal) = (Vec::new(), Vec::new());
    for line in matrix::lines() {
        match play(&scene, &numbers, &line).await {
            Played::As(true) => {}
            Played::As(false) => wrong.push(line.to_string()),
            Played::But(seen) => wrong.push(format!("{line}, but: {seen}")),
            Played::Unreal => unreal.push(line),
        }
    }
    assert!(wrong.is_empty(), "{} lines are otherwise at the server:\n{}", wrong.len(), wrong.join("\n"));
    // What no tree can show: nothing is above the district or below a household or a team, and a team is nobody's own group
    // here but its commissioners'. Nothing of it may be a right, but for those that the one function has to answer anyway.
    let rights: Vec<String> = unreal.iter().filter(|line| line.allowed).map(Line::to_string).collect();
    assert_eq!(
        rights,
        [
            "officer work_case own: yes",
            "chair work_case own: yes",
            "municipal_staff end_commissioner own: yes",
            "steward end_commissioner own: yes"
        ]
    );
}

enum Played {
    As(bool),
    But(String),
    Unreal,
}

async fn play(scene: &Scene, numbers: &BTreeMap<FeedName, FeedNumber>, line: &Line) -> Played {
    if matrix::PERSONAL_ACTS.contains(&line.act.as_str()) {
        return personal(scene, line).await;
    }
    match line.act.as_str() {
        "post_circular" => post(scene, line, NoticeKind::Circular).await,
        "post_notice" => post(scene, line, NoticeKind::Notice).await,
        "post_emergency" => post(scene, line, NoticeKind::Emergency).await,
        "correct" | "withdraw" => change(scene, line).await,
        "grant_role" | "grant_commissioner" => grant(scene, line).await,
        "end_role" | "end_commissioner" => end(scene, line).await,
        "move_household" => move_household(scene, line).await,
        "edit_roster" => edit_roster(scene, line).await,
        "set_paper" | "paper_receipt" => paper(scene, line).await,
        "invite" => invite(scene, line).await,
        "approve" => approve(scene, line).await,
        "revoke" => revoke(scene, line).await,
        "work_case" => work_case(scene, line).await,
        "set_support" => set_support(scene, line).await,
        "read_board" | "read_staff" | "read_desk" => read(scene, numbers, line).await,
        other => panic!("no such act: {other}"),
    }
}

/// Sends a command as the line's standing would.
async fn send(scene: &Scene, line: &Line, command: Command) -> (OpId, Outcome) {
    if let Some(phone) = scene.cast.get(line.standing.as_str()) {
        return phone.act(command).await;
    }
    let OpResult { id, outcome, .. } = scene.hood.steward(command).await;
    (id, outcome)
}

/// Whether an outcome is what the line says. What is hidden may be called unknown; what stands nowhere is wrong for everybody.
fn judge(line: &Line, outcome: &Outcome) -> Played {
    const HIDDEN: [(&str, &[&str]); 9] = [
        ("receipt", &["unknown_notice", "not_on_this_device"]),
        ("check_in", &["no_household", "not_on_this_device"]),
        ("consent", &["no_household", "not_on_this_device"]),
        ("take_back", &["unknown_op", "no_household", "not_on_this_device"]),
        ("leave", &["not_on_this_device"]),
        ("correct", &["unknown_notice"]),
        ("withdraw", &["unknown_notice"]),
        ("end_role", &["unknown_role"]),
        ("revoke", &["unknown_device"]),
    ];
    const NOWHERE: [&str; 10] = [
        "grant_role",
        "grant_commissioner",
        "move_household",
        "edit_roster",
        "set_paper",
        "paper_receipt",
        "post_circular",
        "post_notice",
        "post_emergency",
        "set_support",
    ];
    let code = raw::refusal(outcome);
    let nowhere = code == Some("wrong_place") && NOWHERE.contains(&line.act.as_str());
    let hidden = HIDDEN.iter().find(|(act, _)| *act == line.act).map_or(&[][..], |(_, codes)| codes);
    let right = match (line.allowed, code) {
        (true, None) => matches!(outcome, Outcome::Applied { .. }),
        (true, Some(_)) => nowhere,
        (false, Some("not_allowed")) => true,
        (false, Some(code)) => nowhere || hidden.contains(&code),
        (false, None) => false,
    };
    if right { Played::As(true) } else { Played::But(format!("{outcome:?}")) }
}

/// The steward prepares what a line needs.
async fn prepared(scene: &Scene, command: Command) -> Option<OpId> {
    let OpResult { id, outcome, .. } = scene.hood.steward(command).await;
    match outcome {
        Outcome::Applied { .. } => Some(id),
        Outcome::Refused { .. } | Outcome::Unsupported | Outcome::Later => None,
    }
}

async fn personal(scene: &Scene, line: &Line) -> Played {
    let district = scene.group("広い市");
    let notice = prepared(scene, raw::circular(district, district, "みなさまへ")).await.unwrap();
    let check_in = raw::check_in(Mood::Fair, "2026-11-22");
    // Somebody else of the same home, with a check-in of theirs: not even they are one's own affair.
    let other = scene.hood.raw("住人 同居").await;
    other.act(Command::Consent { moods_to_team: true }).await;
    let (theirs, _) = other.act(check_in.clone()).await;
    let leaving = scene.cast.contains_key(line.standing.as_str()) && line.act == "leave";
    let fresh = if leaving { Some(scene.hood.raw(Scene::person(&line.standing)).await) } else { None };
    let phone = fresh.as_ref().or_else(|| scene.cast.get(line.standing.as_str()));

    let command = match line.act.as_str() {
        "receipt" => raw::receipt(notice, Stage::Acknowledged),
        "check_in" => check_in.clone(),
        "consent" => Command::Consent { moods_to_team: true },
        "take_back" => Command::TakeBack { op: theirs },
        "leave" => Command::Leave {},
        other => panic!("no such act: {other}"),
    };
    let Some(phone) = phone else {
        return match line.place.as_str() {
            "self" => judge(line, &send(scene, line, command).await.1),
            // The command line speaks for nobody but the steward.
            _ => Played::Unreal,
        };
    };
    if line.place == "other" {
        let by_name = phone.act_as(other.person(), command.clone()).await.1;
        let by_reference = phone.act(Command::TakeBack { op: theirs }).await.1;
        if line.act == "take_back" && raw::refusal(&by_reference).is_none() {
            return Played::But(format!("{by_reference:?}"));
        }
        return judge(line, &by_name);
    }
    if line.allowed && matches!(line.act.as_str(), "check_in" | "take_back") {
        phone.act(Command::Consent { moods_to_team: true }).await;
    }
    let command = match (line.act.as_str(), line.allowed) {
        ("take_back", true) => Command::TakeBack { op: phone.act(check_in).await.0 },
        _ => command,
    };
    judge(line, &phone.act(command).await.1)
}

async fn post(scene: &Scene, line: &Line, kind: NoticeKind) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let (own, there) = (scene.group(Scene::own(&line.standing)), scene.group(place));
    let sends = !matches!(place, "隣家" | "住人" | "東町 民生委員");
    // In its own name to that board; in that group's name; and to its officers.
    let mut ways = vec![(own, Audience::Board(there))];
    if sends {
        ways.extend([(there, Audience::Board(there)), (own, Audience::Staff(there))]);
    }
    for (from, to) in ways {
        let outcome = send(scene, line, raw::post(kind, from, to, "お知らせ")).await.1;
        if let Played::But(seen) = judge(line, &outcome) {
            return Played::But(format!("from {from} to {to:?}: {seen}"));
        }
    }
    Played::As(true)
}

async fn change(scene: &Scene, line: &Line) -> Played {
    // Below a block there are homes, in whose name nobody writes, and teams.
    let place = match (line.standing.as_str(), line.place.as_str()) {
        ("block_leader", "below") => Some("東1班 民生委員"),
        _ => Scene::place(line),
    };
    let Some(place) = place else { return Played::Unreal };
    let board = if place.ends_with("民生委員") { "東1班" } else { place };
    let Some(op) = prepared(scene, raw::circular(scene.group(place), scene.group(board), "直すもの")).await else {
        return Played::Unreal;
    };
    let notice = NoticeId::from(op);
    let command = if line.act == "correct" {
        let patch = NoticePatch { title: Some("直したもの".to_owned()), ..NoticePatch::default() };
        Command::Correct { notice, seen: Rev::FIRST, patch }
    } else {
        Command::Withdraw { notice, seen: Rev::FIRST, reason: "間違いです".to_owned() }
    };
    judge(line, &send(scene, line, command).await.1)
}

fn kind_at(place: &str) -> RoleKind {
    match place {
        team if team.ends_with("民生委員") => RoleKind::Commissioner,
        block if block.ends_with('班') => RoleKind::BlockLeader,
        _ => RoleKind::Officer,
    }
}

fn granting(scene: &Scene, place: &str, kind: RoleKind) -> (RoleId, Command) {
    let role = RoleId::random().unwrap();
    let (person, group) = (scene.hood.person_id(RECEIVER), scene.group(place));
    (role, Command::GrantRole { role, person, group, kind, until: None })
}

async fn grant(scene: &Scene, line: &Line) -> Played {
    let commissioner = line.act == "grant_commissioner";
    let place = if commissioner { Scene::team(line).or_else(|| Scene::place(line)) } else { Scene::place(line) };
    let Some(place) = place else { return Played::Unreal };
    let kind = match (commissioner, kind_at(place)) {
        (true, _) => RoleKind::Commissioner,
        (false, RoleKind::Commissioner) => RoleKind::Officer,
        (false, kind) => kind,
    };
    let (role, command) = granting(scene, place, kind);
    let outcome = send(scene, line, command).await.1;
    if matches!(outcome, Outcome::Applied { .. }) {
        prepared(scene, Command::EndRole { role }).await;
    }
    judge(line, &outcome)
}

async fn end(scene: &Scene, line: &Line) -> Played {
    let commissioner = line.act == "end_commissioner";
    let place = if commissioner { Scene::team(line) } else { Scene::place(line) };
    let Some(place) = place else { return Played::Unreal };
    let kind = if commissioner { RoleKind::Commissioner } else { kind_at(place) };
    if !commissioner && kind == RoleKind::Commissioner {
        return Played::Unreal;
    }
    let (role, command) = granting(scene, place, kind);
    if prepared(scene, command).await.is_none() {
        return Played::Unreal;
    }
    let outcome = send(scene, line, Command::EndRole { role }).await.1;
    if !matches!(outcome, Outcome::Applied { .. }) {
        prepared(scene, Command::EndRole { role }).await;
    }
    judge(line, &outcome)
}

async fn move_household(scene: &Scene, line: &Line) -> Played {
    let moves = Scene::moves(line);
    if moves.is_empty() {
        return Played::Unreal;
    }
    for (household, to) in moves {
        let command = Command::MoveHousehold { household: scene.group(household), to: scene.group(to) };
        let outcome = send(scene, line, command).await.1;
        if matches!(outcome, Outcome::Applied { .. }) {
            let home = scene.group("東1班");
            prepared(scene, Command::MoveHousehold { household: scene.group(household), to: home }).await;
        }
        if let Played::But(seen) = judge(line, &outcome) {
            return Played::But(format!("{household} to {to}: {seen}"));
        }
    }
    Played::As(true)
}

/// A home moves in at the line's place, or where that is a home somebody is added to it; nowhere else do homes stand.
async fn edit_roster(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let there = scene.group(place);
    let newcomer = Newcomer { person: PersonId::random().unwrap(), name: "転入 人".to_owned(), reading: None };
    let command = if kind_of(scene, there).await == GroupKind::Household {
        Command::AddPerson { household: there, newcomer }
    } else {
        Command::AddHousehold {
            household: GroupId::random().unwrap(),
            block: there,
            name: "転入".to_owned(),
            reading: None,
            paper: false,
            place: None,
            people: vec![newcomer],
        }
    };
    judge(line, &send(scene, line, command).await.1)
}

async fn kind_of(scene: &Scene, group: GroupId) -> GroupKind {
    match scene.hood.find(&group.to_string()).await.into_iter().next() {
        Some(kairan_server::store::Found::Group(group)) => group.kind,
        other => panic!("not a group: {other:?}"),
    }
}

async fn paper(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    // A home at the place; a group that is none where no home can be.
    let home = match (line.place.as_str(), place) {
        ("below", "東1班" | "東町") => "隣家",
        ("beside", "東2班") => "二班",
        ("beside", "南町") => "南家",
        ("beside", "西連合") => "西家",
        _ => place,
    };
    let household = scene.group(home);
    let command = if line.act == "set_paper" {
        Command::SetPaper { household, paper: true }
    } else {
        let district = scene.group("広い市");
        let notice = prepared(scene, raw::circular(district, district, "配るもの")).await.unwrap();
        let stage = PaperStage::Handed;
        Command::PaperReceipt { notice: notice.into(), rev: Rev::FIRST, household, stage }
    };
    judge(line, &send(scene, line, command).await.1)
}

async fn invite(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let to = if kind_of(scene, scene.group(place)).await == GroupKind::Household {
        Invitee::Household(scene.group(place))
    } else {
        Invitee::Person(scene.hood.person_id(&scene::holder(place)))
    };
    let (invite, secret) = (InviteId::random().unwrap(), Secret::random().unwrap().hash());
    judge(line, &send(scene, line, Command::Invite { invite, to, secret, passed_on: false }).await.1)
}

/// Somebody waits with a link that the steward passed on.
async fn approve(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let household = kind_of(scene, scene.group(place)).await == GroupKind::Household;
    let person = scene.hood.person_id(&if household { scene::member(place) } else { scene::holder(place) });
    let to = if household { Invitee::Household(scene.group(place)) } else { Invitee::Person(person) };
    let (invite, secret) = (InviteId::random().unwrap(), Secret::random().unwrap());
    let hash = secret.hash();
    let passed_on = Command::Invite { invite, to, secret: hash, passed_on: true };
    assert!(matches!(scene.hood.steward(passed_on).await.outcome, Outcome::Applied { .. }));
    let (http, key) = (raw::client(), raw::device_key());
    let (base, identity) = (scene.hood.base(), scene.cast["chair"].identity);
    let answer = raw::enrol(&http, &base, &identity, &secret.letters(), &key, vec![person]).await.unwrap();
    let EnrolResponse::Waiting { .. } = answer else { panic!("let in without a tap") };
    let join = scene.hood.waiting(&key);
    judge(line, &send(scene, line, Command::Approve { join, admit: true }).await.1)
}

async fn revoke(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let household = kind_of(scene, scene.group(place)).await == GroupKind::Household;
    let person = if household { scene::member(place) } else { scene::holder(place) };
    let device = scene.hood.raw(&person).await.device;
    judge(line, &send(scene, line, Command::Revoke { device }).await.1)
}

async fn work_case(scene: &Scene, line: &Line) -> Played {
    let Some(team) = Scene::team(line) else { return Played::Unreal };
    // Whose talks go to that team.
    let asks = match team {
        "東町 民生委員" => "二班 人",
        "東1班 民生委員" => "隣家 人",
        "南町 民生委員" => "南家 人",
        _ => return Played::Unreal,
    };
    let (case, _) = scene.hood.raw(asks).await.act(raw::check_in(Mood::Talk, "2026-11-22")).await;
    for command in [
        Command::SeeCase { case },
        Command::TakeCase { case },
        Command::NoteCase { case, text: "電話しました".to_owned() },
        Command::ReleaseCase { case },
        Command::CloseCase { case, text: None },
    ] {
        let word = command.word();
        if let Played::But(seen) = judge(line, &send(scene, line, command).await.1) {
            return Played::But(format!("{word}: {seen}"));
        }
    }
    Played::As(true)
}

async fn set_support(scene: &Scene, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    let (name, telephone) = ("支援センター".to_owned(), "03-0000-0000".to_owned());
    let support = Some(Support { name, telephone, hours: String::new() });
    judge(line, &send(scene, line, Command::SetSupport { group: scene.group(place), support }).await.1)
}

/// The numbers of all feeds anybody may read; the steward's are told on the command line's own.
async fn feed_numbers(scene: &Scene) -> BTreeMap<FeedName, FeedNumber> {
    let mut numbers = BTreeMap::new();
    for phone in scene.cast.values() {
        numbers.extend(phone.feeds().await);
    }
    for place in ["広い市", "東連合", "西連合", "東町", "南町", "東1班", "東2班"] {
        numbers.extend(scene.hood.raw(&scene::holder(place)).await.feeds().await);
    }
    for household in ["隣家", "住人"] {
        numbers.extend(scene.hood.raw(&scene::member(household)).await.feeds().await);
    }
    numbers
}

async fn read(scene: &Scene, numbers: &BTreeMap<FeedName, FeedNumber>, line: &Line) -> Played {
    let Some(place) = Scene::place(line) else { return Played::Unreal };
    // The command line reads no feed at all: it has no token.
    let Some(phone) = scene.cast.get(line.standing.as_str()) else { return Played::As(!line.allowed) };
    let group = scene.group(place);
    let name = match line.act.as_str() {
        "read_board" => FeedName::Board(group),
        "read_staff" => FeedName::Staff(group),
        _ => FeedName::Desk(group),
    };
    let listed = phone.feeds().await.contains_key(&name);
    if listed != line.allowed {
        return Played::But(format!("{name} is {}in the rights", if listed { "" } else { "not " }));
    }
    if matches!(name, FeedName::Board(_) | FeedName::Staff(_)) {
        let to = if line.act == "read_board" { Audience::Board(group) } else { Audience::Staff(group) };
        prepared(scene, raw::post(NoticeKind::Notice, scene.group("広い市"), to, "読めるか")).await;
    }
    let Some(number) = numbers.get(&name) else {
        return if line.allowed { Played::But(format!("{name} has no number")) } else { Played::As(true) };
    };
    // Asked for by its number, whatever the rights say. Homes and teams are sent nothing, fresh desks are empty.
    let rows = phone.pull(*number).await.len();
    let may_be_empty = matches!(place, "住人" | "東町 民生委員") || line.act == "read_desk";
    match (line.allowed, rows) {
        (false, 1..) => Played::But(format!("{rows} rows of {name} were given")),
        (true, 0) if !may_be_empty => Played::But(format!("no row of {name} was given")),
        _ => Played::As(true),
    }
}
