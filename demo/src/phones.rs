//! The phones of the page: real cores, each with a folder, a key and a network of its own.

use crate::{
    Error,
    news::{News, Piece},
    town::Town,
};
use kairan_core::{
    Kairan, Listener, Options,
    keys::SoftwarePlatform,
    records::{Joining, Screen},
};
use kairan_server::{
    clock::SystemClock,
    console::{Console, Whom},
};
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::runtime::Handle;

/// Whose phone one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A resident's.
    Resident,
    /// An officer's.
    Officer,
    /// A welfare commissioner's.
    Commissioner,
    /// One in the practice neighbourhood: nothing of it is ever sent.
    Practice,
    /// One that has not joined yet.
    New,
}

/// How a phone's network stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NetworkState {
    /// Whether it is cut.
    pub cut: bool,
    /// How many requests went out through it so far.
    pub requests: u64,
}

/// What a switch is set to.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Whether it is cut.
    pub cut: bool,
}

/// A phone as the page lists it.
#[derive(Debug, Clone, Serialize)]
pub struct PhoneLine {
    /// What the page calls it.
    pub name: &'static str,
    /// Whose it is.
    pub kind: Kind,
    /// Its first person's id; none before it joined.
    pub person: Option<String>,
    /// Their name.
    pub person_name: Option<String>,
}

/// One phone.
pub struct Phone {
    name: &'static str,
    kind: Kind,
    kairan: Arc<Kairan>,
}

impl Phone {
    /// What the page calls it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its facade.
    #[must_use]
    pub const fn kairan(&self) -> &Arc<Kairan> {
        &self.kairan
    }

    /// How its network stands.
    #[must_use]
    pub fn network(&self) -> NetworkState {
        let network = self.kairan.network();
        NetworkState { cut: network.is_cut(), requests: network.requests() }
    }

    /// Cuts its network, or gives it back.
    pub fn switch(&self, switch: Switch) {
        let network = self.kairan.network();
        if switch.cut { network.cut() } else { network.restore() }
    }

    fn line(&self) -> Result<PhoneLine, kairan_core::error::Error> {
        let person = self.kairan.me()?.persons.into_iter().next();
        let (person, person_name) = person.map_or((None, None), |person| (Some(person.id), Some(person.name)));
        Ok(PhoneLine { name: self.name, kind: self.kind, person, person_name })
    }
}

/// Tells the page what a core tells its screens.
struct Teller {
    phone: &'static str,
    news: News,
}

impl Listener for Teller {
    fn on_change(&self, screens: Vec<Screen>) {
        self.news.tell(Piece::Changed { phone: self.phone, screens });
    }
}

/// All of them, in the order they were added.
pub struct Phones {
    folder: PathBuf,
    news: News,
    all: RwLock<Vec<Arc<Phone>>>,
}

impl Phones {
    /// None yet; their folders are made in this one.
    #[must_use]
    pub fn new(folder: PathBuf, news: News) -> Self {
        Self { folder, news, all: RwLock::default() }
    }

    /// Adds a phone as it stands in its folder, and lets it keep itself up to date.
    ///
    /// # Errors
    /// [`Error::Phone`] where its folder cannot be used.
    pub fn add(&self, name: &'static str, kind: Kind) -> Result<Arc<Phone>, Error> {
        let folder = self.folder.join(name);
        let key = |error: kairan_core::platform::PlatformError| kairan_core::error::Error::internal(error);
        let platform = SoftwarePlatform::new(&folder).map_err(key).map_err(Error::phone(name))?;
        let options = Options { runtime: Some(Handle::current()), ..Options::default() };
        let (platform, open) =
            (Arc::new(platform), if kind == Kind::Practice { Kairan::practice_with } else { Kairan::open_with });
        let kairan = open(&folder, platform, options).map_err(Error::phone(name))?;
        let teller = Teller { phone: name, news: self.news.clone() };
        kairan.set_listener(Arc::new(teller)).map_err(Error::phone(name))?;
        kairan.start();
        let phone = Arc::new(Phone { name, kind, kairan });
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&phone));
        Ok(phone)
    }

    /// Adds somebody's phone; one that has not joined yet does so by a fresh invitation, and one that has
    /// learns from it where a town that moved is now.
    ///
    /// # Errors
    /// [`Error::Phone`], and the server's.
    pub async fn join(&self, name: &'static str, kind: Kind, who: &str, town: &Town) -> Result<(), Error> {
        let phone = self.add(name, kind)?;
        let joined = phone.kairan.me().map_err(Error::phone(name))?.joined;
        if joined && !town.has_moved() {
            return Ok(());
        }
        let mut console = Console::open(&town.district(), Arc::new(SystemClock)).await?;
        let sheets = console.invite(Whom::Person(who.to_owned())).await?;
        console.close().await?;
        let sheet = sheets.into_iter().next().ok_or_else(|| Error::Uninvited(who.to_owned()))?;
        let listed = sheet.to.persons.iter().map(|person| person.id.to_string());
        let persons = if joined { Vec::new() } else { listed.collect() };
        match phone.kairan.join(sheet.link, persons).await.map_err(Error::phone(name))? {
            Joining::Joined { .. } => {}
            Joining::Choose { .. } if joined => {}
            Joining::Choose { .. } | Joining::Waiting { .. } => return Err(Error::Uninvited(who.to_owned())),
        }
        phone.kairan.sync().await.map_err(Error::phone(name))?;
        Ok(())
    }

    /// The one of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<Phone>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).iter().find(|phone| phone.name == name).cloned()
    }

    /// All, as the page lists them.
    ///
    /// # Errors
    /// A phone's own.
    pub fn lines(&self) -> Result<Vec<PhoneLine>, kairan_core::error::Error> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).iter().map(|phone| phone.line()).collect()
    }

    /// None of them keeps itself up to date any more.
    pub fn stop(&self) {
        for phone in self.all.write().unwrap_or_else(PoisonError::into_inner).drain(..) {
            phone.kairan.stop();
        }
    }
}
