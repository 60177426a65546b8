//! The town of the demo: a made-up district with a year behind it, its server, three hundred phones, and the morning they answer.

mod chance;
mod desks;
pub mod district;
mod handset;
mod history;
mod later;
mod morning;
mod phones;
mod residents;
mod year;

pub use morning::{Counted, DeskFigures, Morning, Said, Sealed, State};

use crate::{
    Error,
    news::{News, Piece},
};
use desks::Desk;
use district::Size;
use kairan_server::{
    clock::{Clock, SystemClock},
    console::{Console, Whom},
    folder,
    http::Limits,
    identity::tls::Tls,
    serve::{Running, ServeOptions, start},
    sheet::Sheet,
    store::Store,
};
use residents::{Remembered, Resident};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Stands in the folder until the year has been played whole.
const UNFINISHED: &str = "unfinished";
/// What is made again where the year was not played to its end.
const MADE: [&str; 6] = ["district", "district.part", "phones", "town", "staff", "desks"];

/// What changes while the town is there.
#[derive(Default)]
struct Moving {
    desks: Vec<Arc<Desk>>,
    /// The circular of the morning, by the place of its association.
    circulars: Vec<String>,
    /// Who has answered it, by the place of the phone.
    answered: Vec<bool>,
    work: Option<JoinHandle<()>>,
    /// How many mornings were played to their end.
    mornings: usize,
}

/// The town at work.
pub struct Town {
    folder: PathBuf,
    store: Store,
    server: tokio::sync::Mutex<Option<Running>>,
    residents: Vec<Resident>,
    news: News,
    morning: watch::Sender<Morning>,
    stopping: AtomicBool,
    moving: Mutex<Moving>,
    moved: bool,
}

/// Why a morning cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// The phones have not all joined.
    NotReady,
    /// It goes on already.
    Running,
}

impl Town {
    /// Finds the town of an earlier run in a folder, or makes one with its year behind it, and serves it.
    ///
    /// # Errors
    /// Those of files, store and server.
    pub async fn begin(folder: &Path, size: Size, news: News) -> Result<Arc<Self>, Error> {
        let now = SystemClock.now();
        let unfinished = folder.join(UNFINISHED);
        if unfinished.exists() {
            for made in MADE {
                folder::remove(&folder.join(made))?;
            }
        }
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let remembered = if let Some(remembered) = Remembered::read(folder)? {
            remembered
        } else {
            folder::write_private(&unfinished, b"")?;
            let address = free(anywhere)?;
            let remembered = history::play(folder, &address.to_string(), size, now).await?;
            remembered.write(folder)?;
            folder::remove(&unfinished)?;
            remembered
        };
        let running = serve(folder, &remembered.address).await?;
        let address = running.address.to_string();
        let moved = address != remembered.address;
        let mut residents = remembered.residents;
        if moved {
            running.store().set_addresses(vec![address.clone()]).await.map_err(kairan_server::Error::from)?;
            for resident in &mut residents {
                resident.link = resident.link.replace(&remembered.address, &address);
            }
        }
        let phones = residents.iter().filter(|resident| !resident.on_the_page).count();
        let morning = Morning { state: State::NotReady, phones, answered: 0, seconds: 0.0, seed: 0, desks: Vec::new() };
        Ok(Arc::new(Self {
            folder: folder.to_path_buf(),
            store: running.store().clone(),
            server: tokio::sync::Mutex::new(Some(running)),
            residents,
            news,
            morning: watch::Sender::new(morning),
            stopping: AtomicBool::new(false),
            moving: Mutex::default(),
            moved,
        }))
    }

    /// The folder everything is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The district's folder.
    #[must_use]
    pub fn district(&self) -> PathBuf {
        self.folder.join("district")
    }

    /// Whether the server listens elsewhere than phones of an earlier run believe.
    #[must_use]
    pub const fn has_moved(&self) -> bool {
        self.moved
    }

    /// Opens the desks and lets the town's phones join, a few at a time, telling how many have; then a morning can begin.
    pub fn settle_in(self: &Arc<Self>) {
        let town = Arc::clone(self);
        let work = tokio::spawn(async move {
            if let Err(error) = town.join_all().await {
                tracing::error!(%error, "the town's phones could not join");
            }
        });
        self.moving().work = Some(work);
    }

    async fn join_all(self: &Arc<Self>) -> Result<(), Error> {
        self.open_desks().await?;
        let mut joining: JoinSet<Result<(), Error>> = JoinSet::new();
        let of = self.answering().count();
        let mut joined = 0;
        for place in self.answering().collect::<Vec<_>>() {
            if joining.len() >= phones::OPEN_AT_ONCE {
                joined += usize::from(one(&mut joining).await?);
                self.news.tell(Piece::Town { joined, of });
            }
            if self.is_stopping() {
                break;
            }
            let town = Arc::clone(self);
            joining.spawn(async move {
                let resident = town.resident(place)?;
                let kairan = phones::open(&resident.folder(&town.folder)).await?;
                phones::join(&kairan, resident).await
            });
        }
        while one(&mut joining).await? {
            joined += 1;
            self.news.tell(Piece::Town { joined, of });
        }
        if joined < of {
            return Ok(());
        }
        if self.moved {
            // Every phone has heard of it: the next run begins where this one is.
            let address = self.server.lock().await.as_ref().map(|running| running.address.to_string());
            let remembered = Remembered { address: address.unwrap_or_default(), residents: self.residents.clone() };
            remembered.write(&self.folder)?;
        }
        self.look(Duration::ZERO).await?;
        self.change(|morning| morning.state = State::Ready);
        Ok(())
    }

    async fn sheet(&self, whom: Whom) -> Result<Sheet, Error> {
        let mut console = Console::open(&self.district(), Arc::new(SystemClock)).await?;
        let sheets = console.invite(whom).await?;
        console.close().await?;
        sheets.into_iter().next().ok_or_else(|| Error::Data("no invitation came out".to_owned()))
    }

    /// A fresh invitation of the home that has no phone yet.
    ///
    /// # Errors
    /// The server's.
    pub async fn invite(&self) -> Result<Sheet, Error> {
        let mut console = Console::open(&self.district(), Arc::new(SystemClock)).await?;
        let home = console.one("household", &["household"], district::NEWCOMERS.0).await?;
        console.close().await?;
        self.sheet(Whom::Household(home.id)).await
    }

    /// Begins a morning that is spread over a time; another circular goes out first where everybody has answered the last one.
    ///
    /// # Errors
    /// [`NotNow`].
    pub fn begin_morning(self: &Arc<Self>, seed: u64, over: Duration) -> Result<(), NotNow> {
        let mut begins = Err(NotNow::NotReady);
        let mut again = false;
        self.morning.send_modify(|morning| {
            begins = match morning.state {
                State::NotReady => Err(NotNow::NotReady),
                State::Running => Err(NotNow::Running),
                State::Ready | State::Over | State::Stopped => Ok(()),
            };
            again = morning.state == State::Over;
            if begins.is_ok() {
                morning.state = State::Running;
            }
        });
        begins?;
        self.stopping.store(false, Ordering::SeqCst);
        let town = Arc::clone(self);
        let work = tokio::spawn(async move {
            let played = async {
                if again {
                    town.post_next().await?;
                }
                morning::play(Arc::clone(&town), seed, over).await
            };
            if let Err(error) = played.await {
                tracing::error!(%error, "the morning broke off");
                town.change(|morning| morning.state = State::Stopped);
            }
        });
        self.moving().work = Some(work);
        Ok(())
    }

    /// Nobody takes up their phone any more; who has is waited for. Whatever was tapped stays. Does nothing where no morning goes on.
    pub async fn stop_morning(&self) {
        if self.morning().state != State::Running {
            return;
        }
        self.stopping.store(true, Ordering::SeqCst);
        let mut morning = self.morning.subscribe();
        // The sender lives in the town.
        let _ended = morning.wait_for(|morning| morning.state != State::Running).await;
    }

    /// Ends everything.
    ///
    /// # Errors
    /// The server's.
    pub async fn end(&self) -> Result<(), Error> {
        self.stopping.store(true, Ordering::SeqCst);
        let (work, desks) = {
            let mut moving = self.moving();
            (moving.work.take(), std::mem::take(&mut moving.desks))
        };
        if let Some(work) = work {
            // What it has begun ends by itself; a task that panicked has nothing left to end.
            let _ended = work.await;
        }
        for desk in desks {
            desk.kairan.stop();
        }
        match self.server.lock().await.take() {
            Some(running) => Ok(running.stop().await?),
            None => Ok(()),
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The places of the phones that answer by themselves.
    fn answering(&self) -> impl Iterator<Item = usize> + '_ {
        self.residents.iter().enumerate().filter(|(_, resident)| !resident.on_the_page).map(|(place, _)| place)
    }

    fn resident(&self, place: usize) -> Result<&Resident, Error> {
        self.residents.get(place).ok_or_else(|| Error::Data("no such phone".to_owned()))
    }

    fn circular_of(&self, association: usize) -> Result<String, Error> {
        self.moving().circulars.get(association).cloned().ok_or_else(|| Error::Data("no circular".to_owned()))
    }

    fn answered_before(&self) -> Vec<bool> {
        self.moving().answered.clone()
    }

    fn has_answered(&self, place: usize) {
        if let Some(answered) = self.moving().answered.get_mut(place) {
            *answered = true;
        }
        self.morning.send_modify(|morning| morning.answered += 1);
    }

    fn moving(&self) -> MutexGuard<'_, Moving> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for one phone; false when none is left.
async fn one(joining: &mut JoinSet<Result<(), Error>>) -> Result<bool, Error> {
    match joining.join_next().await {
        None => Ok(false),
        Some(joined) => joined.map_err(|error| Error::Data(error.to_string()))?.map(|()| true),
    }
}

/// An address of the loopback nobody listens at.
fn free(wanted: SocketAddr) -> Result<SocketAddr, Error> {
    TcpListener::bind(wanted).and_then(|listener| listener.local_addr()).map_err(Error::Listen)
}

/// Serves where phones believe the server to be, or elsewhere if somebody else listens there.
async fn serve(folder: &Path, address: &str) -> Result<Running, Error> {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = |listen| ServeOptions {
        folder: folder.join("district"),
        listen,
        tls: Tls::Own,
        clock: Arc::new(SystemClock),
        limits: Limits::unlimited(),
    };
    match start(options(address.parse().unwrap_or(anywhere))).await {
        Err(kairan_server::Error::Listen { .. }) => Ok(start(options(anywhere)).await?),
        running => Ok(running?),
    }
}
