//! What a resident does.

use crate::{
    lines,
    phone::{Phone, Trouble},
    texts, words,
};
use kairan_core::records::{Home, Joining, Mood, NoticeDetail, NoticePage, PhoneLine, SearchHit};
use serde_json::json;

pub fn join(phone: &Phone, code: &str, who: &[String]) -> Result<(), Trouble> {
    let listed = phone.ask("join", &json!({ "code": code, "persons": [] }))?;
    let (name, persons) = match listed {
        Joining::Choose { name, persons } => (name, persons),
        Joining::Joined { district } => return joined(phone, &district),
        Joining::Waiting { digits, .. } => return waits(phone, &digits),
    };
    let chosen = if let ([], [only]) = (who, persons.as_slice()) {
        vec![only.id.clone()]
    } else if who.is_empty() {
        let choice = serde_json::to_string(&Joining::Choose { name, persons }).unwrap_or_default();
        return phone.show(&choice, lines::choose);
    } else {
        let known = || persons.iter().map(|person| (person.id.as_str(), person.name.as_str()));
        who.iter().map(|name| lines::one_of(name, known()).map(str::to_owned)).collect::<Result<_, _>>()?
    };
    match phone.ask("join", &json!({ "code": code, "persons": chosen }))? {
        Joining::Joined { district } => joined(phone, &district),
        Joining::Waiting { digits, .. } => waits(phone, &digits),
        choice @ Joining::Choose { .. } => {
            phone.show(&serde_json::to_string(&choice).unwrap_or_default(), lines::choose)
        }
    }
}

fn waits(phone: &Phone, digits: &str) -> Result<(), Trouble> {
    let text = format!(
        "班長か役員が確認しています。聞かれたら {digits} とお答えください。あとでもう一度同じリンクで参加してください。\n"
    );
    phone.show(&serde_json::json!({ "answer": "waiting", "digits": digits }).to_string(), |_: &serde_json::Value| {
        text.clone()
    })
}

fn joined(phone: &Phone, district: &str) -> Result<(), Trouble> {
    phone.sync()?;
    let me = phone.raw("me", &json!({}))?;
    phone.show(&me, |me| format!("{district}の回覧に参加しました。\n{}", lines::persons(me)))
}

pub fn home(phone: &Phone) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let home = phone.raw("home", &json!({ "person": phone.person()? }))?;
    phone.show(&home, |home: &Home| lines::home(home))?;
    // Read in words, it is seen; a script may ask again.
    if !phone.json {
        phone.raw("salvage_seen", &json!({}))?;
    }
    Ok(())
}

pub fn list(phone: &Phone) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let page = phone.raw("notices", &json!({ "person": phone.person()?, "filter": "all", "limit": 50 }))?;
    phone.show(&page, |page: &NoticePage| lines::notices(&page.lines, texts::archive::EMPTY))
}

pub fn read(phone: &Phone, wanted: &str) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let person = phone.person()?;
    let id = notice(phone, &person, wanted)?;
    let which = json!({ "person": person, "id": id });
    let detail = phone.raw("notice", &which)?;
    phone.show(&detail, |detail: &NoticeDetail| lines::notice(detail))?;
    phone.raw("displayed", &json!({ "person": person, "notice": id }))?;
    // Out of reach was said already, and 開いた is nothing a person waits for.
    phone.sync_quietly();
    Ok(())
}

pub fn find(phone: &Phone, text: &str) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let found = phone.raw("search", &json!({ "person": phone.person()?, "text": text, "limit": 50 }))?;
    phone.show(&found, |found: &Vec<SearchHit>| lines::found(found, "見つかりません。別の言葉でお試しください。"))
}

pub fn feel(phone: &Phone, mood: Mood, agree: bool) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let person = phone.person()?;
    if agree {
        phone.raw("consent", &json!({ "person": person, "moods_to_team": true }))?;
    }
    let op: String = phone.ask("check_in", &json!({ "person": person, "mood": mood }))?;
    let said = words::mood(mood);
    phone.done(&op, &format!("今日は「{said}」。届きました。"))?;
    if mood == Mood::Talk && !phone.json {
        println!("{}", texts::home::NOTE);
    }
    Ok(())
}

pub fn seen(phone: &Phone, wanted: &str) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let person = phone.person()?;
    let id = notice(phone, &person, wanted)?;
    let op: String = phone.ask("acknowledge", &json!({ "person": person, "notice": id }))?;
    phone.done(&op, "見ました。確認の印が届きました。")
}

pub fn phones(phone: &Phone) -> Result<(), Trouble> {
    phone.persons()?;
    phone.sync()?;
    let phones = phone.raw("phones", &json!({ "person": phone.person()? }))?;
    phone.show(&phones, |phones: &Vec<PhoneLine>| lines::phones(phones))
}

pub fn leave(phone: &Phone) -> Result<(), Trouble> {
    const LEFT: &str = texts::phones::LEFT;
    let op: String = phone.ask("leave", &json!({ "person": phone.person()? }))?;
    match phone.done(&op, LEFT) {
        // The last person's leaving signs the phone off: the sync that learned of it has erased everything.
        Err(Trouble::Call(error)) if error.code == "revoked" => phone.show("null", |(): &()| LEFT.to_owned()),
        other => other,
    }
}

/// A notice by its number in the list, its id, or a part of its title.
fn notice(phone: &Phone, person: &str, wanted: &str) -> Result<String, Trouble> {
    let page: NoticePage = phone.ask("notices", &json!({ "person": person, "filter": "all", "limit": 200 }))?;
    let known = page.lines.iter().map(|line| (line.id.as_str(), line.title.as_str()));
    match lines::numbered(wanted, &page.lines) {
        Some(line) => Ok(line.id.clone()),
        None => lines::one_of(wanted, known).map(str::to_owned),
    }
}
