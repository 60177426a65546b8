//! Rounds of requests over kept-alive connections: first syncs, check-ins, delta pulls, idle pulls, and bytes counted.

use crate::{
    Arguments, Failure,
    connection::Connection,
    figures,
    seed::{Device, Seeded},
    server::Server,
};
use kairan_protocol::{
    check_in::Mood,
    feed::Audience,
    id::{FeedNumber, OpId, Version},
    notice::{NoticeKind, Points, When},
    op::{Command, Op},
    time::{Timestamp, ZoneOffsets},
    wire::{Cursor, FirstPull, SyncResponse},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A device with what its phone would remember.
#[derive(Debug, Clone)]
pub struct Phone {
    /// The device.
    pub device: Device,
    /// `"epoch":…,"rights":…,"cursors":{…}` as its next sync begins.
    pub state: String,
    /// How far it is with each feed.
    pub cursors: BTreeMap<FeedNumber, Version>,
    /// Where it is in feeds whose first pull is not over.
    unfinished: BTreeMap<FeedNumber, FirstPull>,
    epoch: String,
    rights: u64,
}

fn now() -> Timestamp {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

impl Phone {
    fn told(&mut self) {
        let reached = self.cursors.iter().map(|(feed, version)| (*feed, Cursor::At(*version)));
        let unfinished = self.unfinished.iter().map(|(feed, first)| (*feed, Cursor::First(first.clone())));
        let cursors: BTreeMap<FeedNumber, Cursor> = reached.chain(unfinished).collect();
        let cursors = serde_json::to_string(&cursors).unwrap_or_default();
        self.state = format!("\"epoch\":\"{}\",\"rights\":{},\"cursors\":{cursors}", self.epoch, self.rights);
    }
}

/// Every device pulls everything once, as after joining.
pub async fn first_syncs(server: &Server, seeded: &Seeded, connections: usize) -> Result<Vec<Phone>, Failure> {
    let (began, busy) = (Instant::now(), server.busy()?);
    let mut tasks = tokio::task::JoinSet::new();
    for part in seeded.devices.chunks(seeded.devices.len().div_ceil(connections)) {
        let part = part.to_vec();
        let mut connection = Connection::open(server).await?;
        tasks.spawn(async move {
            let mut phones = Vec::with_capacity(part.len());
            for device in part {
                phones.push(first_sync(&mut connection, device).await?);
            }
            Ok::<_, Failure>(phones)
        });
    }
    let mut phones = Vec::with_capacity(seeded.devices.len());
    while let Some(part) = tasks.join_next().await {
        phones.extend(part??);
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (rate, cost) = {
        let count = phones.len().max(1) as f64;
        (count / began.elapsed().as_secs_f64(), server.busy()?.saturating_sub(busy).as_secs_f64() * 1e6 / count)
    };
    println!("{:<28} {rate:>9.0} /s   {cost:>5.1} µs busy each", "first pulls, whole");
    Ok(phones)
}

async fn first_sync(connection: &mut Connection, device: Device) -> Result<Phone, Failure> {
    let mut phone = Phone {
        device,
        state: "\"rights\":0".into(),
        cursors: BTreeMap::new(),
        unfinished: BTreeMap::new(),
        epoch: String::new(),
        rights: 0,
    };
    loop {
        let (status, body) = connection.sync(&phone.device.token, &format!("{{{}}}", phone.state), false).await?;
        if status != 200 {
            return Err(format!("first sync: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        let answer: SyncResponse = serde_json::from_slice(&body)?;
        phone.epoch = answer.epoch.0;
        if let Some(rights) = &answer.rights {
            phone.rights = rights.version;
        }
        let mut more = answer.rights.is_some();
        for feed in answer.feeds {
            more |= feed.more;
            phone.unfinished.remove(&feed.n);
            phone.cursors.extend(feed.version.map(|version| (feed.n, version)));
            phone.unfinished.extend(feed.first.map(|first| (feed.n, first)));
        }
        phone.told();
        if !more {
            return Ok(phone);
        }
    }
}

/// Sends `count` requests over the connections; `body` makes the n-th for a phone.
async fn round<F>(
    what: &str,
    server: &Server,
    phones: &Arc<Vec<Phone>>,
    (connections, count): (usize, usize),
    wanted: &'static str,
    body: F,
) -> Result<(), Failure>
where
    F: Fn(&Phone) -> Result<String, Failure> + Clone + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(server).await?);
    }
    let (began, busy) = (Instant::now(), server.busy()?);
    let mut tasks = tokio::task::JoinSet::new();
    for mut connection in open {
        let (next, phones, body) = (Arc::clone(&next), Arc::clone(phones), body.clone());
        tasks.spawn(async move {
            let (mut latencies, mut missed) = (Vec::<Duration>::new(), 0_usize);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok::<_, Failure>((latencies, missed));
                }
                let phone = &phones[number % phones.len()];
                let text = body(phone)?;
                let sent = Instant::now();
                let (status, answer) = connection.sync(&phone.device.token, &text, false).await?;
                latencies.push(sent.elapsed());
                let good = status == 200 && answer.windows(wanted.len()).any(|window| window == wanted.as_bytes());
                if !good {
                    missed += 1;
                    if missed == 1 {
                        eprintln!("not as wanted: {status} {}", String::from_utf8_lossy(&answer));
                    }
                }
            }
        });
    }
    let (mut latencies, mut missed) = (Vec::with_capacity(count), 0);
    while let Some(part) = tasks.join_next().await {
        let (some, not) = part??;
        latencies.extend(some);
        missed += not;
    }
    figures::line(what, latencies, began.elapsed(), server.busy()?.saturating_sub(busy), missed);
    Ok(())
}

/// Durable check-ins, one op per request.
pub async fn check_ins(
    what: &str,
    server: &Server,
    phones: &Arc<Vec<Phone>>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let zone = ZoneOffsets::fixed(9 * 3_600);
    let size = (arguments.connections, arguments.check_ins);
    round(what, server, phones, size, "\"outcome\":\"applied\"", move |phone| {
        let at = now();
        let op = Op {
            id: OpId::at(at).map_err(|error| error.to_string())?,
            person: phone.device.person,
            at,
            command: Command::CheckIn { mood: Mood::Good, day: zone.day_of(at) },
        };
        Ok(format!("{{{},\"ops\":[{}]}}", phone.state, op.to_text()))
    })
    .await
}

/// A circular of ordinary length, posted by the clerk; the district's newest version afterwards.
pub async fn post(connection: &mut Connection, seeded: &Seeded, number: usize) -> Result<(), Failure> {
    let op = Op {
        id: OpId::at(now()).map_err(|error| error.to_string())?,
        person: seeded.clerk.person,
        at: now(),
        command: Command::Post {
            notice: NoticeKind::Circular,
            from: seeded.district,
            audience: vec![Audience::Board(seeded.district)],
            title: format!("第{number}回 一斉清掃のお知らせ"),
            points: Points {
                when: Some(When { text: "11月29日（日）朝9時".into(), starts: None, ends: None }),
                place: Some("中央公園".into()),
                what: Some("軍手とほうきをお持ちください".into()),
                by_when: None,
            },
            text: "落ち葉の季節になりました。今年も皆さまのご協力をお願いします。雨の場合は翌週に延期します。".into(),
            publish_at: None,
            until: None,
        },
    };
    let body = format!("{{\"rights\":0,\"ops\":[{}]}}", op.to_text());
    let (status, answer) = connection.sync(&seeded.clerk.token, &body, false).await?;
    let text = String::from_utf8_lossy(&answer);
    if status != 200 || !text.contains("\"outcome\":\"applied\"") {
        return Err(format!("the circular was not applied: {status} {text}").into());
    }
    Ok(())
}

/// Delta pulls of twenty rows, and idle pulls.
pub async fn pulls(
    what: &str,
    server: &Server,
    phones: &Arc<Vec<Phone>>,
    seeded: &Seeded,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let mut connection = Connection::open(server).await?;
    for number in 0..20 {
        post(&mut connection, seeded, number).await?;
    }
    let fresh = first_sync(&mut connection, phones[0].device.clone()).await?;
    let newest = fresh.cursors.get(&seeded.board).copied().ok_or("the board has no version")?;
    let size = (arguments.connections, arguments.pulls);
    let at = |version: Version| {
        let board = seeded.board;
        let behind = Version(newest.0.saturating_sub(20));
        move |phone: &Phone| {
            let mut phone = phone.clone();
            phone.cursors.insert(board, version.min(newest));
            // Their own mail moved by check-ins: a phone that just synced has it.
            let _ = behind;
            phone.told();
            Ok(format!("{{{}}}", phone.state))
        }
    };
    let behind = at(Version(newest.0.saturating_sub(20)));
    round(&format!("pulls of 20 rows, {what}"), server, phones, size, "\"rows\"", behind).await?;
    let synced = Arc::new(synced(server, seeded, phones, arguments.connections).await?);
    round(&format!("idle pulls, {what}"), server, &synced, size, "\"now\"", |phone| Ok(format!("{{{}}}", phone.state)))
        .await
}

async fn synced(
    server: &Server,
    seeded: &Seeded,
    phones: &Arc<Vec<Phone>>,
    connections: usize,
) -> Result<Vec<Phone>, Failure> {
    let some =
        Seeded { devices: phones.iter().take(2_000).map(|phone| phone.device.clone()).collect(), ..seeded.clone() };
    first_syncs(server, &some, connections).await
}

/// Bytes of an idle pull both ways, and of twenty notices as they travel.
pub async fn bytes(server: &Server, phones: &Arc<Vec<Phone>>) -> Result<(), Failure> {
    let mut connection = Connection::open(server).await?;
    let phone = first_sync(&mut connection, phones[0].device.clone()).await?;
    let ask = format!("{{{}}}", phone.state);
    let (_, answer) = connection.sync(&phone.device.token, &ask, false).await?;
    println!(
        "idle pull, {} feeds: {} B asked, {} B answered (bodies, not compressed)",
        phone.cursors.len(),
        ask.len(),
        answer.len()
    );
    let mut behind = phone.clone();
    if let Some(version) = behind.cursors.values_mut().max_by_key(|version| version.0) {
        *version = Version(version.0.saturating_sub(20));
    }
    behind.told();
    let (_, answer) = connection.sync(&phone.device.token, &format!("{{{}}}", behind.state), true).await?;
    println!("twenty notices as they travel: {} B", answer.len());
    Ok(())
}
