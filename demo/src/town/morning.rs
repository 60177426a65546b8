//! 「朝を再生」: every phone of the town answers within half a minute, and the figures of five desks move beside those of the database.

use super::{
    Town,
    chance::Chance,
    phones::{OPEN_AT_ONCE, answer},
};
use crate::{Error, news::Piece};
use kairan_core::records::Mood;
use serde::Serialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet, time};

/// How often figures are looked at.
const LOOK: Duration = Duration::from_millis(600);
/// How long desks may take to hold what the database holds.
const CATCH_UP: Duration = Duration::from_secs(30);
/// Most requests for a talk on one morning.
const TALKS: u32 = 5;

/// How far the morning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The town's phones have not all joined yet.
    #[default]
    NotReady,
    /// It can begin.
    Ready,
    /// It goes on.
    Running,
    /// Everybody answered.
    Over,
    /// It was stopped before everybody had answered; what was tapped stays.
    Stopped,
}

/// The morning as the page draws it.
#[derive(Debug, Clone, Serialize)]
pub struct Morning {
    /// How far it is.
    pub state: State,
    /// The phones that answer.
    pub phones: usize,
    /// Those that have.
    pub answered: usize,
    /// For how long it has gone on, in seconds.
    pub seconds: f64,
    /// What chance was dealt by: the same seed deals the same moods in the same order.
    pub seed: u64,
    /// The five associations.
    pub desks: Vec<DeskFigures>,
}

/// One association: what its officer's desk shows, and what its server's database holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeskFigures {
    /// The association.
    pub group: String,
    /// Its name.
    pub name: String,
    /// How many take part today, on the desk.
    pub participation: Said,
    /// The circular of the morning, on the desk.
    pub circular: Sealed,
    /// The same, counted in the database by SQL.
    pub database: Counted,
}

/// Of those who agreed, how many have tapped today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Have tapped.
    pub said: u32,
    /// Agreed.
    pub agreed: u32,
}

/// How many homes sealed a circular by app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Its 件名.
    pub title: String,
    /// 確認した.
    pub acknowledged: u32,
    /// Every home.
    pub households: u32,
}

/// The same four figures out of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Have tapped.
    pub said: u32,
    /// Agreed.
    pub agreed: u32,
    /// 確認した.
    pub acknowledged: u32,
    /// Every home.
    pub households: u32,
}

impl DeskFigures {
    /// Whether the desk shows what the database holds.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        let Counted { said, agreed, acknowledged, households } = self.database;
        self.participation.said == said
            && self.participation.agreed == agreed
            && self.circular.acknowledged == acknowledged
            && self.circular.households == households
    }
}

/// What one phone of the morning does, and when.
struct Turn {
    resident: usize,
    mood: Mood,
}

/// Who answers in which order, and how they are.
fn dealt(town: &Town, seed: u64, already: &[bool]) -> Vec<Turn> {
    let mut chance = Chance::new(seed);
    let mut order: Vec<usize> =
        town.answering().filter(|place| !already.get(*place).copied().unwrap_or_default()).collect();
    chance.shuffle(&mut order);
    let mut talks = 0;
    order
        .into_iter()
        .map(|resident| {
            let mood = match chance.below(100) {
                0..63 => Mood::Good,
                63..98 => Mood::Fair,
                _ if talks < TALKS => {
                    talks += 1;
                    Mood::Talk
                }
                _ => Mood::Fair,
            };
            Turn { resident, mood }
        })
        .collect()
}

/// Plays a morning to its end, or until it is stopped.
pub(super) async fn play(town: Arc<Town>, seed: u64, over: Duration) -> Result<(), Error> {
    let began = Instant::now();
    let already = town.answered_before();
    let turns = dealt(&town, seed, &already);
    town.change(|morning| {
        morning.answered = already.iter().filter(|answered| **answered).count();
        morning.seconds = 0.0;
        morning.seed = seed;
    });
    let room = Arc::new(Semaphore::new(OPEN_AT_ONCE));
    let mut answering: JoinSet<Result<usize, Error>> = JoinSet::new();
    let each = over / u32::try_from(turns.len().max(1)).unwrap_or(u32::MAX);
    let mut looks = time::interval(LOOK);
    looks.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
    let mut coming = turns.into_iter().zip(1_u32..).peekable();
    let mut failed = None;
    while (coming.peek().is_some() && !town.is_stopping() && failed.is_none()) || !answering.is_empty() {
        let next = coming.peek().filter(|_| !town.is_stopping() && failed.is_none()).map(|(_, number)| *number);
        let moment = next.map_or_else(Instant::now, |number| began + each * number);
        tokio::select! {
            permit = wait(moment, Arc::clone(&room)), if next.is_some() => {
                if let Some((turn, _)) = coming.next() {
                    let town = Arc::clone(&town);
                    answering.spawn(async move {
                        let _permit = permit;
                        let resident = town.resident(turn.resident)?;
                        let notice = town.circular_of(resident.association)?;
                        answer(&resident.folder(town.folder()), resident, turn.mood, &notice).await?;
                        Ok(turn.resident)
                    });
                }
            }
            Some(done) = answering.join_next() => match done {
                Ok(Ok(resident)) => town.has_answered(resident),
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(error) => failed = failed.or(Some(Error::Data(error.to_string()))),
            },
            _ = looks.tick() => town.look(began.elapsed()).await?,
        }
    }
    catch_up(&town, began).await?;
    let all = coming.peek().is_none() && failed.is_none();
    town.change(|morning| {
        morning.state = if all { State::Over } else { State::Stopped };
        morning.seconds = began.elapsed().as_secs_f64();
    });
    failed.map_or(Ok(()), Err)
}

/// A place among the open phones, not before a moment.
async fn wait(moment: Instant, room: Arc<Semaphore>) -> Option<tokio::sync::OwnedSemaphorePermit> {
    time::sleep_until(moment.into()).await;
    // Nobody closes the room: it is there as long as the morning.
    room.acquire_owned().await.ok()
}

/// Desks are a moment behind: until they hold what the database holds.
async fn catch_up(town: &Town, began: Instant) -> Result<(), Error> {
    let since = Instant::now();
    loop {
        town.look(began.elapsed()).await?;
        if town.morning().desks.iter().all(DeskFigures::agrees) || since.elapsed() > CATCH_UP {
            return Ok(());
        }
        time::sleep(LOOK).await;
    }
}

impl Town {
    /// Changes the morning and tells the page.
    pub(super) fn change(&self, change: impl FnOnce(&mut Morning)) {
        self.morning.send_modify(change);
        self.news.tell(Piece::Morning(Box::new(self.morning())));
    }

    /// How the morning stands.
    #[must_use]
    pub fn morning(&self) -> Morning {
        self.morning.borrow().clone()
    }
}
