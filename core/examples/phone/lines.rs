//! Records as lines of text: the conclusion first.
#![allow(clippy::format_push_string, reason = "writing to a text cannot fail, and nobody waits for a terminal")]

use crate::{phone::Trouble, texts, words};
use kairan_core::records::{
    Alert, AlertKind, Arrival, BlockDelivery, Counts, Desk, DeskNotice, Home, HomeStage, Joining, Me, NoticeDetail,
    NoticeKind, NoticeLine, OpState, PhoneLine, Reach, Salvage, SealState, SearchHit, SentState, WaitingOp,
};

/// The one of an id, of a name, or of a name or given name that begins so (spaces do not count).
pub fn one_of<'a>(wanted: &str, known: impl Iterator<Item = (&'a str, &'a str)>) -> Result<&'a str, Trouble> {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let wished = plain(wanted);
    let named =
        |name: &str| plain(name).starts_with(&wished) || name.split_whitespace().any(|word| word.starts_with(&wished));
    let begins: Vec<_> = known.filter(|(id, name)| *id == wanted || named(name)).collect();
    let exact: Vec<_> = begins.iter().filter(|(id, name)| *id == wanted || plain(name) == wished).collect();
    match (exact.as_slice(), begins.as_slice()) {
        ([(id, _)], _) | ([], [(id, _)]) => Ok(id),
        ([], []) => Err(Trouble::NotFound(wanted.to_owned())),
        _ => Err(Trouble::Several(wanted.to_owned(), begins.iter().map(|(id, name)| format!("{name} {id}")).collect())),
    }
}

/// The one of a number as the list shows it.
pub fn numbered<'a, T>(wanted: &str, lines: &'a [T]) -> Option<&'a T> {
    wanted.parse::<usize>().ok()?.checked_sub(1).and_then(|place| lines.get(place))
}

pub fn choose(joining: &Joining) -> String {
    let Joining::Choose { name, persons } = joining else { return String::new() };
    let mut text = format!("{name}のご案内です。どなたの電話ですか。--who で選んでください。\n");
    for person in persons {
        text += &format!("  {}{}\n", person.name, if person.joined { "（参加しています）" } else { "" });
    }
    text
}

pub fn persons(me: &Me) -> String {
    let mut text = String::new();
    for person in &me.persons {
        let home = person.household.as_deref().map(|home| format!("（{home}）")).unwrap_or_default();
        text += &format!("  {}さん{home}\n", person.name);
        for role in &person.roles {
            text += &format!("    {} {}\n", role.group_name, words::role(role.kind));
        }
    }
    text
}

pub fn home(home: &Home) -> String {
    let mut text = home.salvage.as_ref().map(salvage).unwrap_or_default();
    for emergency in &home.emergencies {
        text += &format!("【緊急のお知らせ】{}\n", line(emergency));
    }
    text += &format!("{}　{}さん\n", words::day(&home.today), home.name);
    if home.can_check_in {
        text += &match &home.check_in {
            Some(said) => format!("今日は「{}」。{}\n", words::mood(said.mood), arrival(said.state, said.at)),
            None => format!(
                "{}。　{} (good)　{} (fair)　{} (talk)\n",
                texts::home::QUESTION,
                texts::terms::mood::GOOD,
                texts::terms::mood::FAIR,
                texts::terms::mood::TALK
            ),
        };
    }
    if home.unread.is_empty() {
        text += &format!("{}\n", texts::home::EMPTY);
    } else {
        text += &format!("新しい回覧 {}件\n", home.unread_count);
        for notice in &home.unread {
            text += &format!("  {}\n", line(notice));
        }
    }
    for event in &home.next_events {
        let place = event.place.as_deref().map(|place| format!("　{place}")).unwrap_or_default();
        text += &format!("予定　{}{place}　{}\n", event.when, event.title);
    }
    text + &strip(home)
}

/// What became of damaged records, and the one thing to do.
fn salvage(salvage: &Salvage) -> String {
    let kept = match salvage.waiting {
        0 => texts::home::SALVAGE_NONE.to_owned(),
        waiting => texts::home::salvage_kept(waiting),
    };
    let todo = if salvage.lost { texts::home::SALVAGE_LOST } else { texts::home::SALVAGE_WHOLE };
    format!("{}（{}）。{kept}{todo}\n", texts::home::SALVAGE_TITLE, words::time(salvage.at))
}

fn arrival(state: Arrival, at: i64) -> String {
    match state {
        Arrival::Waiting => words::SAVED.to_owned(),
        Arrival::Arrived => format!("{}に届きました。", words::time(at)),
    }
}

/// The waiting strip.
fn strip(home: &Home) -> String {
    let mut text = String::new();
    if home.waiting > 0 {
        text += &format!("{}。{}\n", texts::common::waiting_strip(home.waiting), texts::common::WAITING_STRIP_THEN);
    }
    if home.asking > 0 {
        text += &format!("{}　(outbox)\n", texts::common::asking_strip(home.asking));
    }
    if home.refused > 0 {
        text += &format!("{}　(outbox)\n", texts::common::refused_strip(home.refused));
    }
    text
}

/// What a notification says.
pub fn alert(alert: &Alert) -> String {
    let from = if alert.from.is_empty() { String::new() } else { format!("（{}）", alert.from) };
    let who = if alert.kind == AlertKind::Talk { "さん" } else { "" };
    format!("【{}】{}{who}{from}　{}", words::alert(alert.kind, alert.again), alert.title, words::time(alert.at))
}

/// One line about a home that changed.
pub fn glance(home: &Home) -> String {
    let mut text = format!("{}さん　", home.name);
    if let Some(emergency) = home.emergencies.first() {
        text += &format!("【緊急のお知らせ】{}　", emergency.title);
    }
    if let Some(said) = &home.check_in {
        text += &format!("今日は「{}」　", words::mood(said.mood));
    }
    text += &format!("新しい回覧 {}件", home.unread_count);
    if let Some(newest) = home.unread.first() {
        text += &format!("（{}）", newest.title);
    }
    if home.waiting > 0 {
        text += &format!("　送信待ち {}件", home.waiting);
    }
    text
}

/// One line about a desk that changed.
pub fn glance_at_desk(desk: &Desk) -> String {
    let mut text = format!("{}　", desk.name.name);
    if !desk.talks.is_empty() {
        text += &format!("相談したい {}件　", desk.talks.len());
    }
    if let Some(newest) = desk.sent.first() {
        text += &newest.title;
        text += &newest.counts.as_ref().map(|counts| format!("　{}", figures(counts))).unwrap_or_default();
    }
    text
}

pub fn notices(lines: &[NoticeLine], nothing: &str) -> String {
    if lines.is_empty() {
        return nothing.to_owned();
    }
    let mut text = String::new();
    for (number, notice) in (1..).zip(lines) {
        text += &format!("{number:>3}. {}\n", line(notice));
    }
    text
}

/// What was found, each with the words around it where 件名 does not have them.
pub fn found(found: &[SearchHit], nothing: &str) -> String {
    if found.is_empty() {
        return nothing.to_owned();
    }
    let mut text = String::new();
    for (number, hit) in (1..).zip(found) {
        text += &format!("{number:>3}. {}\n", line(&hit.line));
        if !hit.excerpt.is_empty() {
            let excerpt = hit.excerpt.iter().map(|piece| piece.text.as_str()).collect::<String>();
            text += &format!("     {excerpt}\n");
        }
    }
    text
}

/// The point first, then 件名, and how it stands.
fn line(notice: &NoticeLine) -> String {
    let mut text = String::new();
    if let Some(when) = &notice.when {
        text += &format!("{when}　");
    } else if let Some(by) = &notice.by_when {
        text += &format!("{by}まで　");
    }
    text += &notice.title;
    if notice.kind != NoticeKind::Circular {
        text += &format!("［{}］", words::kind(notice.kind));
    }
    let state = match (notice.withdrawn, notice.waiting, notice.unread) {
        (true, ..) => "取り下げ",
        (_, true, _) => "送信待ち",
        (_, _, true) => "まだ",
        _ => "済み",
    };
    format!("{text}（{state}）")
}

pub fn notice(detail: &NoticeDetail) -> String {
    let mut text = format!("{}\n{}から　{}\n", detail.line.title, detail.line.from, words::time(detail.line.at));
    if let Some(withdrawn) = &detail.withdrawn {
        text += &format!("{}{}\n", texts::notice::WITHDRAWN, withdrawn.reason);
    }
    let points = &detail.points;
    let by_when = points.by_when.clone();
    for (label, point) in [
        (texts::notice::WHEN, &points.when),
        (texts::notice::PLACE, &points.place),
        (texts::notice::WHAT, &points.what),
        (texts::notice::BY_WHEN, &by_when),
    ] {
        if let Some(point) = point {
            text += &format!("  {label}　{point}\n");
        }
    }
    text += &format!("\n{}\n\n", detail.text);
    text += &match detail.seal {
        SealState::NotYet if detail.line.withdrawn || detail.line.kind == NoticeKind::Notice => String::new(),
        SealState::NotYet => "まだ「見ました」を押していません。(seen)\n".to_owned(),
        SealState::Waiting { .. } => format!("見ました。{}\n", words::SAVED),
        SealState::Acknowledged { at } => format!("見ました。{}に押しました。\n", words::time(at)),
    };
    if let Some(counts) = &detail.seals {
        text += &format!("この班　{}\n", figures(counts));
    }
    text
}

fn figures(counts: &Counts) -> String {
    let Counts { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy } = counts;
    format!(
        "{households}世帯　確認 {acknowledged}・代理で確認 {proxy}・開いた {displayed}・届いた {delivered}・まだ届いていない {not_yet}・紙でお渡し {handed}・紙でこれから {paper}"
    )
}

pub fn outbox(waiting: &[WaitingOp]) -> String {
    if waiting.is_empty() {
        return texts::home::SALVAGE_NONE.to_owned();
    }
    let mut text = String::new();
    for op in waiting {
        let state = match op.state {
            OpState::Waiting => match &op.code {
                Some(code) => format!("送信待ち　{}", words::code(code)),
                None => "送信待ち　つながると自動で送ります。".to_owned(),
            },
            OpState::Sending => "送っています。".to_owned(),
            OpState::AskAgain => "時間がたちました。送る (retry) か、取り消して (discard) ください。".to_owned(),
            OpState::Parked => format!("今は送れません。{}", words::code(op.code.as_deref().unwrap_or_default())),
            OpState::Refused => {
                format!("受け付けられませんでした。{}", words::code(op.code.as_deref().unwrap_or_default()))
            }
        };
        let title = op.title.as_deref().map(|title| format!("「{title}」")).unwrap_or_default();
        text += &format!("{}{title}　{}　{state}\n  {}\n", words::op(&op.what), words::time(op.at), op.id);
    }
    text
}

pub fn phones(phones: &[PhoneLine]) -> String {
    let mut text = String::new();
    for phone in phones {
        let this = if phone.this { "（この電話）" } else { "" };
        text += &format!("{}{this}　{}から　{}\n", phone.name, words::time(phone.since), phone.device);
    }
    text
}

pub fn desks(desks: &[Desk]) -> String {
    if desks.is_empty() {
        return "役職はありません。".to_owned();
    }
    desks.iter().map(desk).collect::<Vec<_>>().join("\n")
}

fn desk(desk: &Desk) -> String {
    let mut text = format!("{}（{}）\n", desk.name.name, words::group(desk.name.kind));
    for talk in &desk.talks {
        text += &format!("  相談したい　{}さん（{}）　{}\n", talk.name, talk.household, words::time(talk.at));
    }
    for status in &desk.statuses {
        let said = status.mood.map_or("まだ", words::mood);
        let day = status.day.as_deref().map(words::day).unwrap_or_default();
        text += &format!("  {}さん（{}）　{said}　{day}\n", status.name, status.household);
    }
    for group in &desk.groups {
        text += &format!("  {}　{}世帯　アプリ {}・紙 {}\n", group.name, group.households, group.app, group.paper);
    }
    if desk.sent.is_empty() && desk.statuses.is_empty() {
        text += &format!("  {}\n", texts::desk::EMPTY);
    }
    for (number, sent) in (1..).zip(&desk.sent) {
        let state = match sent.state {
            SentState::Waiting => texts::desk::sent_state::WAITING,
            SentState::Scheduled => texts::desk::sent_state::SCHEDULED,
            SentState::Published => texts::desk::sent_state::PUBLISHED,
            SentState::Withdrawn => texts::desk::sent_state::WITHDRAWN,
        };
        text += &format!("{number:>3}. {}（{state}）　{}\n", sent.title, words::time(sent.at));
        if let Some(counts) = &sent.counts {
            text += &format!("     {}\n", figures(counts));
        }
    }
    text
}

pub fn desk_notice(notice: &DeskNotice) -> String {
    let mut text = format!("{}\n{}\n", notice.line.title, figures(&notice.counts));
    for block in &notice.blocks {
        text += &format!("{}　{}\n", block.name, figures(&block.counts));
        for home in block.homes.iter().filter(|home| home.stage != HomeStage::Acknowledged) {
            let waiting = if home.waiting { "（送信待ち）" } else { "" };
            text += &format!("  {}　{}{waiting}\n", home.name, words::stage(home.stage));
        }
    }
    text
}

/// 「アプリ 98世帯・紙 22世帯（印刷が必要です）」 where the phone knows the homes.
pub fn sent_to(reach: Option<Reach>) -> String {
    match reach {
        None | Some(Reach { households: 0, .. }) => texts::send::SENT.to_owned(),
        Some(Reach { app, paper: 0, .. }) => texts::send::sent_app(app),
        Some(Reach { app, paper, .. }) => texts::send::sent_sum(app, paper),
    }
}

pub fn deliveries(lists: &[BlockDelivery]) -> String {
    if lists.is_empty() {
        return "お届けする紙はありません。".to_owned();
    }
    let mut text = String::new();
    for list in lists {
        text += &format!(
            "{}　これから {}部・紙でお渡し {}部・代理で確認 {}部\n",
            list.name, list.copies.to_do, list.copies.handed, list.copies.proxy
        );
        for home in &list.homes {
            text += &format!("  {}\n", home.name);
            for copy in &home.copies {
                let title = list.notices.iter().find(|notice| notice.notice == copy.notice);
                let title = title.map(|notice| notice.title.as_str()).unwrap_or_default();
                let waiting = if copy.waiting { "（送信待ち）" } else { "" };
                text += &format!("    {}{waiting}　{title}\n", words::carried(copy.state));
            }
        }
    }
    text
}
