//! A made-up neighbourhood that serves at once: for a first look, for the demo and for whoever writes a screen.

use crate::{
    Error,
    clock::{Clock, SystemClock},
    config::Zone,
    console::{Console, Whom},
    folder,
    http::Limits,
    identity::tls::Tls,
    serve::{Running, ServeOptions, start},
    set_up,
    sheet::Sheet,
};
use kairan_protocol::{
    feed::Audience,
    id::{GroupId, PersonId},
    notice::{ByWhen, NoticeKind, Points, When},
    op::Command,
    time::{Day, Timestamp},
};
use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};
use tempfile::TempDir;

/// The district.toml of the sample.
pub const DISTRICT: &str = include_str!("district.toml");

/// Who is invited on the welcome: an officer, and residents of two homes.
const OFFICER: (&str, &str) = ("aozora", "青空 はるか");
const RESIDENTS: [(&str, &str, &str); 2] = [("ume", "楓山", "楓山 うめ"), ("nami", "潮風", "潮風 なみ")];

/// A sample district at work.
pub struct Sample {
    running: Running,
    folder: PathBuf,
    /// Removed with the sample.
    temporary: Option<TempDir>,
    /// How the officer joins; none when the folder had been set up before.
    officer: Option<Sheet>,
}

impl Sample {
    /// Sets the sample up in a folder (or a temporary one) and serves it. A taken port is replaced by a free one.
    ///
    /// # Errors
    /// Those of set-up and serving.
    pub async fn begin(folder: Option<PathBuf>, listen: SocketAddr, tls: Tls, limits: Limits) -> Result<Self, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (folder, temporary) = if let Some(folder) = folder {
            (folder, None)
        } else {
            let made = tempfile::Builder::new().prefix("kairan-sample-").tempdir();
            let temporary = made.map_err(Error::file(std::env::temp_dir()))?;
            (temporary.path().join("district"), Some(temporary))
        };
        let listen = free(listen)?;
        let mut officer = None;
        if !folder::holds_district(&folder) {
            let host = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
            let address = SocketAddr::new(host, listen.port()).to_string();
            let district = DISTRICT.replace("127.0.0.1:8443", &address);
            officer = Some(set_up(&folder, &district, Arc::clone(&clock)).await?);
            let mut console = Console::open(&folder, Arc::clone(&clock)).await?;
            let posted = post(&mut console, clock.now()).await;
            console.close().await?;
            posted?;
        }
        let running = start(ServeOptions { folder: folder.clone(), listen, tls, clock, limits }).await?;
        Ok(Self { running, folder, temporary, officer })
    }

    /// The server.
    #[must_use]
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// The district's folder.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// How to join as an officer and as two residents, with commands to paste.
    ///
    /// # Errors
    /// Those of the console.
    pub async fn welcome(&mut self) -> Result<String, Error> {
        let mut console = Console::open(&self.folder, Arc::new(SystemClock)).await?;
        let officer = match self.officer.take() {
            Some(sheet) => sheet,
            None => first(console.invite(Whom::FirstOfficer).await?)?,
        };
        let mut text = String::from("\nみほん市 is a made-up neighbourhood. Join it with phones in other terminals:\n");
        join(&mut text, "an officer", OFFICER, &officer);
        for (key, home, name) in RESIDENTS {
            let sheet = first(console.invite(Whom::Household(home.to_owned())).await?)?;
            join(&mut text, "a resident", (key, name), &sheet);
        }
        let folder = self.folder.display();
        let _infallible = write!(
            text,
            "\nThen, with the same --dir, in place of join: home, read 1, seen 1, feel good --agree, find 清掃, desk, outbox, watch; --offline cuts the network.\n\
             More homes: cargo run -q --release -p kairan-server -- invite --data {folder} --all\n{}",
            if self.temporary.is_some() { "Everything of it is gone when this server stops (Ctrl-C).\n" } else { "" }
        );
        console.close().await?;
        Ok(text)
    }

    /// Stops the server and removes what was temporary.
    ///
    /// # Errors
    /// Those of stopping.
    pub async fn end(self) -> Result<(), Error> {
        let stopped = self.running.stop().await;
        if let Some(temporary) = self.temporary {
            let path = temporary.path().to_path_buf();
            temporary.close().map_err(Error::file(path))?;
        }
        stopped
    }
}

/// The address itself, or one with a free port where it is taken.
fn free(listen: SocketAddr) -> Result<SocketAddr, Error> {
    let taken = |address| move |source| Error::Listen { address, source };
    let listener = TcpListener::bind(listen).or_else(|_| TcpListener::bind(SocketAddr::new(listen.ip(), 0)));
    listener.and_then(|listener| listener.local_addr()).map_err(taken(listen))
}

fn first(sheets: Vec<Sheet>) -> Result<Sheet, Error> {
    sheets.into_iter().next().ok_or_else(|| Error::Making("no invitation came out".to_owned()))
}

fn join(text: &mut String, who: &str, (key, name): (&str, &str), sheet: &Sheet) {
    let person = sheet.to.persons.iter().find(|person| person.name == name).map(|person| person.id);
    let id = person.as_ref().map_or_else(String::new, PersonId::to_string);
    let _infallible = write!(
        text,
        "\n# {name}, {who}\ncargo run -q -p kairan-core --features json --example phone -- --dir /tmp/kairan-{key} join \"{}\" --who {id}\n",
        sheet.link
    );
}

/// A few notices, so that nobody's home is empty.
async fn post(console: &mut Console, now: Timestamp) -> Result<(), Error> {
    let facts = console.facts().await?;
    let today = facts.offsets.day_of(now);
    let hidamari: GroupId = group(console, "ひだまり町内会").await?;
    let east: GroupId = group(console, "みほん東部連合町内会").await?;

    let cleaning = today.plus(6);
    let starts = begin_of(&facts.zone, cleaning).map(|midnight| midnight.plus_millis(9 * 3_600_000));
    let points = Points {
        when: Some(When {
            text: format!("{} 朝9時から1時間ほど", said(cleaning)),
            starts,
            ends: starts.map(|starts| starts.plus_millis(3_600_000)),
        }),
        place: Some("ひだまり公園（雨のときは集会所）".into()),
        what: Some("軍手と飲み物をお持ちください".into()),
        by_when: Some(ByWhen {
            text: format!("欠席の方は{}までに班長へ", said(today.plus(4))),
            day: Some(today.plus(4)),
        }),
    };
    let text =
        "年に2回の公園清掃です。草取りと落ち葉集めをします。\n無理のない範囲でご参加ください。小さなお子さんもどうぞ。";
    send(console, NoticeKind::Circular, hidamari, "秋の公園清掃のお知らせ", points, text).await?;

    let points = Points {
        when: Some(When { text: format!("{} 午後1時30分から", said(today.plus(12))), starts: None, ends: None }),
        place: Some("東部コミュニティセンター 2階".into()),
        ..Points::default()
    };
    let text = "消防署の方から、家庭での消火と避難のしかたを教わります。申し込みはいりません。";
    send(console, NoticeKind::Circular, east, "防災講習会のご案内", points, text).await?;

    let text = "来月から、燃やせるごみの収集が朝8時までになります。ネットは班長宅にあります。";
    let points = Points { what: Some("ごみは朝8時までに出してください".into()), ..Points::default() };
    send(console, NoticeKind::Notice, facts.district, "ごみ収集の時間が変わります", points, text).await
}

async fn group(console: &mut Console, name: &str) -> Result<GroupId, Error> {
    let thing = console.one("group", &["association", "federation"], name).await?;
    thing.id.parse().map_err(|_| Error::Unknown { wanted: "group", what: name.to_owned() })
}

async fn send(
    console: &mut Console,
    notice: NoticeKind,
    from: GroupId,
    title: &str,
    points: Points,
    text: &str,
) -> Result<(), Error> {
    let (title, text) = (title.to_owned(), text.to_owned());
    let audience = vec![Audience::Board(from)];
    console.op(Command::Post { notice, from, audience, title, points, text, publish_at: None, until: None }).await?;
    Ok(())
}

/// 「11月29日（日）」.
fn said(day: Day) -> String {
    use chrono::{Datelike, Weekday};
    let weekday = match day.date().weekday() {
        Weekday::Mon => '月',
        Weekday::Tue => '火',
        Weekday::Wed => '水',
        Weekday::Thu => '木',
        Weekday::Fri => '金',
        Weekday::Sat => '土',
        Weekday::Sun => '日',
    };
    format!("{}月{}日（{weekday}）", day.date().month(), day.date().day())
}

fn begin_of(zone: &str, day: Day) -> Option<Timestamp> {
    Zone::named(zone)?.end_of(day.plus(-1).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_district_has_two_associations_five_blocks_and_some_homes_on_paper() {
        use kairan_protocol::tree::GroupKind::{Association, Block, Household};
        let plan = crate::config::plan(DISTRICT, SystemClock.now()).unwrap();
        let count = |kind| plan.groups.iter().filter(|group| group.kind == kind).count();
        assert_eq!((count(Association), count(Block), count(Household)), (2, 5, 24));
        assert_eq!(plan.groups.iter().filter(|group| group.paper).count(), 5);
    }

    #[test]
    fn a_day_is_said_as_on_a_sheet() {
        assert_eq!(said("2026-11-29".parse().unwrap()), "11月29日（日）");
    }

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let held = TcpListener::bind(taken);
        let free = free(taken).unwrap();
        assert!(held.is_err() || free != taken);
    }
}
