//! What an officer, a block leader or a commissioner does.

use crate::{
    lines,
    phone::{Phone, Trouble},
};
use clap::{Args, ValueEnum};
use kairan_core::records::{BlockDelivery, Desk, DeskName, DeskNotice, Draft, NoticeKind, Points, Reach};
use serde_json::json;

/// A notice as it is typed.
#[derive(Args)]
pub struct Letter {
    /// 差出人（町内会や班の名前、またはID）
    #[arg(long)]
    from: String,
    /// 宛先（名前、ID、または掲示の名前。いくつでも）
    #[arg(long, required = true, num_args = 1..)]
    to: Vec<String>,
    /// 件名
    #[arg(long)]
    title: String,
    /// 本文
    #[arg(long)]
    text: String,
    /// いつ
    #[arg(long)]
    when: Option<String>,
    /// どこで
    #[arg(long = "where")]
    place: Option<String>,
    /// すること
    #[arg(long)]
    what: Option<String>,
    /// しめきり
    #[arg(long = "by")]
    by_when: Option<String>,
    /// 種類
    #[arg(long, value_enum, default_value_t = Kind::Circular)]
    kind: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// 回覧
    Circular,
    /// お知らせ
    Notice,
    /// 緊急のお知らせ
    Emergency,
}

pub fn post(phone: &Phone, letter: Letter) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let person = phone.person()?;
    let desks: Vec<DeskName> = phone.ask("desks", &json!({ "person": person }))?;
    let known = desks.iter().map(|desk| (desk.group.as_str(), desk.name.as_str()));
    let from = lines::one_of(&letter.from, known)?.to_owned();
    let desk: Desk = phone.ask("desk", &json!({ "group": from }))?;
    let audience = letter.to.iter().map(|to| audience(&desk, to)).collect::<Result<Vec<_>, _>>()?;
    let draft = Draft {
        kind: match letter.kind {
            Kind::Circular => NoticeKind::Circular,
            Kind::Notice => NoticeKind::Notice,
            Kind::Emergency => NoticeKind::Emergency,
        },
        from,
        audience,
        title: letter.title,
        points: Points {
            when: letter.when,
            place: letter.place,
            what: letter.what,
            by_when: letter.by_when,
            ..Points::default()
        },
        text: letter.text,
        publish_at: None,
        until: None,
    };
    let reach: Option<Reach> = phone.ask("reach", &json!({ "person": person, "audience": draft.audience })).ok();
    let op: String = phone.ask("post", &json!({ "person": person, "draft": draft }))?;
    phone.done(&op, &lines::sent_to(reach))
}

/// The lists of every desk of a person; a block on two desks is listed once.
fn deliveries(phone: &Phone) -> Result<Vec<BlockDelivery>, Trouble> {
    let mut lists: Vec<BlockDelivery> = Vec::new();
    let desks: Vec<DeskName> = phone.ask("desks", &json!({ "person": phone.person()? }))?;
    for desk in desks {
        let more: Vec<BlockDelivery> = phone.ask("deliveries", &json!({ "group": desk.group }))?;
        lists.extend(more.into_iter().filter(|list| lists.iter().all(|known| known.id != list.id)).collect::<Vec<_>>());
    }
    Ok(lists)
}

pub fn carry(phone: &Phone) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let text = serde_json::to_string(&deliveries(phone)?).map_err(|error| Trouble::Own(error.to_string()))?;
    phone.show(&text, |lists: &Vec<BlockDelivery>| lines::deliveries(lists))
}

pub fn handed(phone: &Phone, home: &str, notice: &str, proxy: bool) -> Result<(), Trouble> {
    phone.persons()?;
    let lists = deliveries(phone)?;
    let homes = lists.iter().flat_map(|list| &list.homes).map(|home| (home.id.as_str(), home.name.as_str()));
    let home = lines::one_of(home, homes)?;
    let list = lists.iter().find(|list| list.homes.iter().any(|known| known.id == home));
    let notices = list.into_iter().flat_map(|list| &list.notices);
    let known = notices.clone().map(|notice| (notice.notice.as_str(), notice.title.as_str()));
    let notice = lines::one_of(notice, known)?;
    let rev = notices.clone().find(|known| known.notice == notice).map_or(1, |known| known.rev);
    let (stage, said) = if proxy { ("proxy", "代理で確認") } else { ("handed", "紙でお渡し") };
    let person = phone.person()?;
    let entry = json!({ "person": person, "notice": notice, "rev": rev, "household": home, "stage": stage });
    let op: String = phone.ask("paper_receipt", &entry)?;
    phone.done(&op, &format!("「{said}」。届きました。"))
}

/// The board of a group of the desk by its name; the names of boards and staff feeds are taken as they are.
fn audience(desk: &Desk, to: &str) -> Result<String, Trouble> {
    if to.starts_with("board:") || to.starts_with("staff:") {
        return Ok(to.to_owned());
    }
    let known = desk.groups.iter().map(|group| (group.board.as_str(), group.name.as_str()));
    let by_id = desk.groups.iter().find(|group| group.id == to).map(|group| group.board.as_str());
    by_id.map_or_else(|| lines::one_of(to, known).map(str::to_owned), |board| Ok(board.to_owned()))
}

/// Every desk of a person, whole.
fn desks(phone: &Phone) -> Result<Vec<Desk>, Trouble> {
    let desks: Vec<DeskName> = phone.ask("desks", &json!({ "person": phone.person()? }))?;
    desks.into_iter().map(|desk| phone.ask("desk", &json!({ "group": desk.group }))).collect()
}

pub fn desk(phone: &Phone) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let desks = desks(phone)?;
    let text = serde_json::to_string(&desks).map_err(|error| Trouble::Own(error.to_string()))?;
    phone.show(&text, |desks: &Vec<Desk>| lines::desks(desks))?;
    // Whoever reads the desk has seen who asked.
    for talk in desks.iter().flat_map(|desk| &desk.talks) {
        phone.raw("alert_seen", &json!({ "id": talk.op }))?;
    }
    Ok(())
}

pub fn desk_notice(phone: &Phone, wanted: &str) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    for desk in desks(phone)? {
        let known = desk.sent.iter().map(|sent| (sent.notice.as_str(), sent.title.as_str()));
        let found = match lines::numbered(wanted, &desk.sent) {
            Some(sent) => sent.notice.as_str(),
            None => match lines::one_of(wanted, known) {
                Ok(notice) => notice,
                Err(Trouble::NotFound(_)) => continue,
                Err(trouble) => return Err(trouble),
            },
        };
        let followed = phone.raw("desk_notice", &json!({ "group": desk.name.group, "notice": found }))?;
        return phone.show(&followed, |notice: &DeskNotice| lines::desk_notice(notice));
    }
    Err(Trouble::NotFound(wanted.to_owned()))
}
