//! A whole neighbourhood: a data folder, the real server behind a relay, and phones that join by printed invitations.

use crate::{MORNING, Phone, RawPhone, district, phone::Handset, proxy::Proxy, wait};
use kairan_core::{
    error::Error,
    records::{Draft, NoticeKind, Points},
};
use kairan_protocol::{
    id::{GroupId, JoinId, PersonId},
    invite::{Invitation, Whom as Pinned},
    op::Command,
    outcome::OpResult,
    sign::{Fingerprint, Key},
    time::Timestamp,
};
use kairan_server::{
    backup::{self, ClosedBy, OpenedBy, Restored, Watch},
    clock::{Clock, ManualClock},
    console::{self, Console, Whom},
    http::Limits,
    identity::{Identity, tls::Tls},
    serve::{Running, ServeOptions},
    store::{CheckLine, Found},
};
use p256::ecdsa::SigningKey;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// The address on the card: nobody is there. Each phone goes its own way through a relay, so that the network of one can be
/// bad while everybody else's is good.
const NOBODY: &str = "127.0.0.1:1";

/// What closes the night's copies.
const PASSPHRASE: &str = "みどりの丘の回覧板 二〇二六";

/// A district of one story: its server, its clock, its network.
pub struct Neighbourhood {
    /// The one clock everybody goes by.
    pub clock: Arc<ManualClock>,
    /// The network in front of the server.
    pub proxy: Proxy,
    text: String,
    folder: PathBuf,
    home: Option<TempDir>,
    limits: Limits,
    running: Mutex<Option<Running>>,
    printer: Mutex<()>,
    groups: BTreeMap<String, GroupId>,
    people: BTreeMap<String, PersonId>,
}

/// A printed invitation.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The text of the QR.
    pub link: String,
    /// The short address.
    pub address: String,
    /// The check code.
    pub check: String,
    /// The twelve characters.
    pub secret: String,
}

impl Sheet {
    /// The district's identity, as the QR pins it.
    #[must_use]
    pub fn identity(&self) -> Fingerprint {
        let invitation: Invitation = self.link.parse().unwrap();
        let Pinned::Scanned(identity) = invitation.whom else { panic!("a QR without the fingerprint: {}", self.link) };
        identity
    }

    /// What somebody types who has no camera.
    #[must_use]
    pub fn typed(&self) -> String {
        format!("{}\n{}\n{}", self.address, self.check, self.secret)
    }

    /// The same sheet with another address: the way through a relay of one's own.
    #[must_use]
    pub fn through(&self, address: SocketAddr) -> Self {
        let link = self.link.replace(&self.address, &address.to_string());
        assert_ne!(link, self.link, "the link holds the address");
        Self { link, address: address.to_string(), ..self.clone() }
    }
}

impl Neighbourhood {
    /// みどり市, with its server running.
    pub async fn midori() -> Self {
        Self::of(district::MIDORI).await
    }

    /// A district by its `district.toml`, with its server running.
    pub async fn of(text: &str) -> Self {
        Self::with_limits(text, Limits::unlimited()).await
    }

    /// The same with limits on how often anybody may ask.
    pub async fn with_limits(text: &str, limits: Limits) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data");
        let mut hood = Self::build(text, limits, &folder).await;
        hood.home = Some(home);
        hood
    }

    /// The same with its data below a folder of the story's.
    pub async fn in_folder(text: &str, parent: &Path) -> Self {
        Self::build(text, Limits::unlimited(), &parent.join("data")).await
    }

    async fn build(text: &str, limits: Limits, folder: &Path) -> Self {
        crate::install_cryptography();
        let proxy = Proxy::start().await;
        let text = text.replace("ADDRESS", NOBODY);
        let now: Timestamp = MORNING.parse().unwrap();
        let clock = Arc::new(ManualClock::new(now));
        kairan_server::set_up(folder, &text, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
        let mut hood = Self {
            clock,
            proxy,
            text,
            folder: folder.to_path_buf(),
            home: None,
            limits,
            running: Mutex::new(None),
            printer: Mutex::new(()),
            groups: BTreeMap::new(),
            people: BTreeMap::new(),
        };
        hood.begin().await;
        hood.learn_names().await;
        hood
    }

    /// Starts the server and puts it behind the relay.
    pub async fn begin(&self) {
        self.begin_behind(&self.proxy, Tls::Own).await;
    }

    /// Starts the server behind a relay, with a certificate of the district's own or another.
    pub async fn begin_behind(&self, proxy: &Proxy, tls: Tls) {
        let running = kairan_server::serve::start(ServeOptions {
            folder: self.folder.clone(),
            listen: "127.0.0.1:0".parse().unwrap(),
            tls,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            limits: self.limits.clone(),
        })
        .await
        .unwrap();
        proxy.lead_to(Some(running.address));
        assert!(self.running.lock().await.replace(running).is_none(), "the server runs already");
    }

    /// Stops the server as its volunteer would.
    pub async fn halt(&self) {
        self.proxy.lead_to(None);
        let running = self.running.lock().await.take().unwrap();
        running.stop().await.unwrap();
    }

    /// The night's copy, as the volunteer's timer makes it: closed by a passphrase.
    pub async fn backup(&self) -> PathBuf {
        let (folder, to, now) = (self.folder.clone(), self.folder.with_file_name("night.kairan"), self.clock.now());
        let made = to.clone();
        let closed_by = ClosedBy::passphrase(PASSPHRASE).unwrap();
        let making = move || backup::make(&folder, &to, &closed_by, now, &Watch::silent()).unwrap();
        tokio::task::spawn_blocking(making).await.unwrap();
        made
    }

    /// The machine is gone with everything on it; the night's copy is restored on another one, which listens on another port with
    /// another certificate. The server runs again afterwards.
    pub async fn restore_on_another_machine(&mut self, copy: &Path) -> Restored {
        let before = self.server_address().await;
        self.halt().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
        // Somebody else has the old port.
        let _taken = std::net::TcpListener::bind(before).unwrap();
        self.folder = self.folder.with_file_name("other-machine");
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let opened_by = OpenedBy::read(PASSPHRASE).unwrap();
        let restored =
            backup::restore(copy, &self.folder, opened_by, &[], None, clock, &Watch::silent()).await.unwrap();
        self.begin().await;
        restored
    }

    /// The data folder is carried to another machine, and nothing stays at the old one.
    pub fn carry_to(&mut self, folder: &Path) {
        std::fs::rename(&self.folder, folder).unwrap();
        self.folder = folder.to_path_buf();
    }

    /// The volunteer's command line in the data folder, beside the running server or without it.
    pub async fn console(&self) -> Console {
        Console::open(&self.folder, Arc::clone(&self.clock) as Arc<dyn Clock>).await.unwrap()
    }

    /// Puts other addresses on the card.
    pub async fn set_addresses(&self, addresses: &[&Proxy]) {
        let addresses = addresses.iter().map(|proxy| proxy.address.to_string()).collect();
        let mut console = self.console().await;
        assert!(console.set_addresses(addresses).await.unwrap(), "the addresses were these already");
        console.close().await.unwrap();
    }

    /// Makes the next identity key and announces it; its fingerprint.
    pub async fn announce_identity(&self) -> Fingerprint {
        let next = Identity::make_next(&self.folder).unwrap();
        let mut console = self.console().await;
        console.announce(next).await.unwrap();
        console.close().await.unwrap();
        next.fingerprint()
    }

    /// The announced key becomes the identity, while the server stands still.
    pub fn switch_identity(&self) {
        Identity::switch(&self.folder, self.now()).unwrap();
    }

    async fn learn_names(&mut self) {
        let names: Vec<String> =
            self.text.split('"').skip(1).step_by(2).map(str::to_owned).filter(|name| !name.contains(':')).collect();
        for name in names {
            for found in self.find(&name).await {
                match found {
                    Found::Group(group) => {
                        self.groups.insert(name.clone(), group.id);
                    }
                    Found::Person(person) => {
                        self.people.insert(name.clone(), person.id);
                    }
                    Found::Role(_) | Found::Device(_) => {}
                }
            }
        }
    }

    /// What the volunteer's command line finds by a name or an id.
    pub async fn find(&self, what: &str) -> Vec<Found> {
        self.running.lock().await.as_ref().unwrap().store().find(what).await.unwrap()
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the server can be reached, through the relay.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://{}", self.proxy.address)
    }

    /// Where the server itself listens.
    pub async fn server_address(&self) -> SocketAddr {
        self.running.lock().await.as_ref().unwrap().address
    }

    /// The id of a group by its name.
    #[must_use]
    pub fn group_id(&self, name: &str) -> GroupId {
        *self.groups.get(name).unwrap_or_else(|| panic!("no group {name}"))
    }

    /// The id of a group by its name, as screens carry it.
    #[must_use]
    pub fn group(&self, name: &str) -> String {
        self.group_id(name).to_string()
    }

    /// The id of a person by name.
    #[must_use]
    pub fn person_id(&self, name: &str) -> PersonId {
        *self.people.get(name).unwrap_or_else(|| panic!("no person {name}"))
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Time passes.
    pub fn pass(&self, time: std::time::Duration) {
        self.clock.advance(i64::try_from(time.as_millis()).unwrap());
    }

    /// The steward asks for something on the command line.
    pub async fn steward(&self, command: Command) -> OpResult {
        self.running.lock().await.as_ref().unwrap().store().console(command).await.unwrap()
    }

    /// What the volunteer's check of the whole store says.
    pub async fn check(&self) -> Vec<CheckLine> {
        self.running.lock().await.as_ref().unwrap().store().check().await.unwrap()
    }

    /// Prints the invitation of a person, and leads it through the relay.
    pub async fn sheet(&self, name: &str) -> Sheet {
        self.printed(name).await.through(self.proxy.address)
    }

    /// Prints the invitation of a person: of their household, or their own if they have none.
    pub async fn printed(&self, name: &str) -> Sheet {
        let whom = match household_of(&self.text, name) {
            Some(household) => Whom::Household(household),
            None => Whom::Person(name.to_owned()),
        };
        self.printed_for(whom).await
    }

    /// Prints the invitation of a household that may have moved in since, and leads it through the relay.
    pub async fn sheet_of_home(&self, household: &str) -> Sheet {
        self.printed_for(Whom::Household(household.to_owned())).await.through(self.proxy.address)
    }

    async fn printed_for(&self, whom: Whom) -> Sheet {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        // One at a time, as a printer does; the console takes few questions at once.
        let _printer = self.printer.lock().await;
        let mut sheets = console::invite(&self.folder, clock, whom).await.unwrap();
        assert_eq!(sheets.len(), 1);
        let sheet = sheets.remove(0);
        Sheet { link: sheet.link, address: sheet.address, check: sheet.check, secret: sheet.secret }
    }

    /// Who waits to be let in with a key, as the database knows it.
    #[must_use]
    pub fn waiting(&self, key: &SigningKey) -> JoinId {
        let database = rusqlite::Connection::open(self.folder.join("kairan.db")).unwrap();
        let sql = "SELECT id FROM waiting WHERE key = ?1";
        database.query_row(sql, [Key::of(key).sec1()], |row| row.get(0).map(JoinId::from_number)).unwrap()
    }

    /// A phone of one person's own.
    pub async fn phone(&self, name: &str) -> Phone {
        self.shared_phone(&[name]).await
    }

    /// A phone of one person's own whose databases lie in a folder of the story's.
    pub async fn phone_in(&self, parent: &Path, name: &str) -> Phone {
        let sheet = self.sheet(name).await;
        let handset = Handset::new(Arc::clone(&self.clock));
        let phone = Phone::join_in(tempfile::tempdir_in(parent).unwrap(), &sheet.link, &[name], handset).await.unwrap();
        phone.sync().await;
        phone
    }

    /// A phone several people of a household share.
    pub async fn shared_phone(&self, names: &[&str]) -> Phone {
        let sheet = self.sheet(names[0]).await;
        self.join(&sheet, names).await.unwrap()
    }

    /// A phone of one person's own with a relay of its own: its network can be bad while everybody else's is good.
    pub async fn phone_elsewhere(&self, name: &str) -> (Phone, Proxy) {
        let proxy = Proxy::start().await;
        proxy.lead_to(Some(self.server_address().await));
        let sheet = self.sheet(name).await.through(proxy.address);
        (self.join(&sheet, &[name]).await.unwrap(), proxy)
    }

    /// Joins by a sheet and pulls what there is.
    pub async fn join(&self, sheet: &Sheet, names: &[&str]) -> Result<Phone, Error> {
        let phone = Phone::join(&sheet.link, names, Handset::new(Arc::clone(&self.clock))).await?;
        phone.sync().await;
        Ok(phone)
    }

    /// A device of one person's that speaks the wire by hand.
    pub async fn raw(&self, name: &str) -> RawPhone {
        let sheet = self.sheet(name).await;
        RawPhone::join(&self.base(), &sheet.identity(), &sheet.secret, &[name]).await.unwrap()
    }

    /// A circular in a group's name to boards of groups.
    #[must_use]
    pub fn circular(&self, from: &str, to: &[&str], title: &str) -> Draft {
        Draft {
            kind: NoticeKind::Circular,
            from: self.group(from),
            audience: to.iter().map(|group| format!("board:{}", self.group(group))).collect(),
            title: title.to_owned(),
            points: Points {
                when: Some("11月29日（日）朝9時".to_owned()),
                starts: Some("2026-11-29T00:00:00Z".parse::<Timestamp>().unwrap().millis()),
                place: Some("緑ヶ丘公園".to_owned()),
                what: Some("軍手をお持ちください".to_owned()),
                by_when: Some("11月27日（金）".to_owned()),
                by_day: Some("2026-11-27".to_owned()),
                ..Points::default()
            },
            text: "雨のときは翌週に行います。".to_owned(),
            publish_at: None,
            until: None,
        }
    }

    /// Time passes second by second, and these phones look again, until something holds.
    pub async fn until(&self, what: &str, phones: &[&Phone], holds: impl Fn() -> bool) {
        wait::until(what, async || {
            for phone in phones {
                phone.sync().await;
            }
            let held = holds();
            if !held {
                self.clock.advance(1_000);
            }
            held
        })
        .await;
    }
}

/// The household whose `people` name somebody; none for staff and guests.
fn household_of(text: &str, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    let mut household = None;
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("name = ") {
            household = Some(named.trim_matches('"').to_owned());
        } else if line.starts_with("people = ") && line.contains(&quoted) {
            return household;
        }
    }
    None
}
