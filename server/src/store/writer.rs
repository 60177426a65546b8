//! The writer: one thread that owns the write connection and commits whatever has gathered in its queue together.
//! An answer leaves only after the COMMIT it stands in.

use super::{
    error::StoreError,
    feeds::Feeds,
    schema::BUSY,
    tx::{Changes, Memory, Tx},
};
use crate::clock::Clock;
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// How many requests may wait; one more is told to come back later.
const QUEUE: usize = 1_024;
/// How many requests are committed together at most.
const GROUP: usize = 128;
/// How long a group takes in requests before it is committed.
const GATHERING: Duration = Duration::from_millis(5);

/// How long whoever writes waits for readers that hold the write-ahead log back.
const READERS_MAY_TAKE: Duration = Duration::from_millis(100);

/// Something to be done inside a write transaction. It may be attempted twice: once in a group, once alone.
trait Work: Send {
    fn attempt(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, ended: Result<(), StoreError>);
}

struct Request<T, F> {
    work: F,
    made: Option<T>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send> Work for Request<T, F> {
    fn attempt(&mut self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.made = None;
        self.made = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, ended: Result<(), StoreError>) {
        let Self { made, answer, .. } = *self;
        // Whoever asked may have gone; the commit stands all the same.
        let _gone = answer.send(ended.and_then(|()| made.ok_or(StoreError::Unavailable)));
    }
}

enum Message {
    Work(Box<dyn Work>),
    Rebuild(oneshot::Sender<Result<bool, StoreError>>),
    Stop,
}

/// The way into the writer's queue.
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

/// What the thread runs with.
pub(super) struct Setting {
    pub connection: Connection,
    pub clock: Arc<dyn Clock>,
    pub feeds: Arc<Feeds>,
    pub memory: Memory,
    /// Told after every COMMIT, before the answers leave.
    pub committed: Box<dyn FnMut(&Changes) + Send>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(setting: Setting) -> Result<(Self, JoinHandle<Result<(), StoreError>>), StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("kairan-writer".to_owned())
            .spawn(move || Thread { setting, requests, waiting: VecDeque::new(), stopping: false }.run())?;
        Ok((Self { queue }, thread))
    }

    /// Has something done inside a transaction; answered once it is on disk.
    pub async fn ask<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let request = Request { work, made: None, answer };
        self.queue.try_send(Message::Work(Box::new(request))).map_err(|_| StoreError::Unavailable)?;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Builds the database anew from what is in it, between two groups, and empties the write-ahead log; false where a reader holds
    /// that back.
    pub async fn rebuild(&self) -> Result<bool, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Message::Rebuild(answer)).map_err(|_| StoreError::Unavailable)?;
        answered.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Lets the thread finish what is queued and end.
    pub async fn stop(&self) {
        // Without a listener it has stopped already.
        let _stopped = self.queue.send(Message::Stop).await;
    }
}

struct Thread {
    setting: Setting,
    requests: mpsc::Receiver<Message>,
    waiting: VecDeque<Box<dyn Work>>,
    stopping: bool,
}

impl Thread {
    fn run(mut self) -> Result<(), StoreError> {
        loop {
            self.gather();
            if self.waiting.is_empty() {
                break;
            }
            let mut group = std::mem::take(&mut self.waiting);
            match self.together(&mut group) {
                Ok(done) => {
                    self.waiting = group.split_off(done);
                    for work in group {
                        work.answer(Ok(()));
                    }
                }
                Err(error) if group.len() == 1 => answer_alone(group, Err(error)),
                Err(_) => self.one_by_one(group),
            }
        }
        self.setting.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Waits for a request, then takes what else is there.
    fn gather(&mut self) {
        while self.waiting.len() < GROUP {
            let next = if self.waiting.is_empty() && !self.stopping {
                self.requests.blocking_recv()
            } else {
                self.requests.try_recv().ok()
            };
            match next {
                Some(Message::Work(work)) => self.waiting.push_back(work),
                Some(Message::Rebuild(answer)) => {
                    // No transaction is open while requests are gathered. Whoever asked may have gone.
                    let _gone = answer.send(self.rebuild());
                }
                Some(Message::Stop) => {
                    self.requests.close();
                    self.stopping = true;
                }
                None => {
                    self.stopping |= self.waiting.is_empty();
                    return;
                }
            }
        }
    }

    /// Overwriting what is deleted is not enough: where pages were split, copies of rows that moved stay in the gaps.
    fn rebuild(&self) -> Result<bool, StoreError> {
        let connection = &self.setting.connection;
        // Not in memory, where a city would not fit.
        connection.pragma_update(None, "temp_store", "FILE")?;
        let rebuilt = connection.execute_batch("VACUUM");
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        rebuilt?;
        connection.busy_timeout(READERS_MAY_TAKE)?;
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        connection.busy_timeout(BUSY)?;
        Ok(emptied? == 0)
    }

    /// One transaction for as many as are done within the gathering time; how many that were.
    fn together(&mut self, group: &mut VecDeque<Box<dyn Work>>) -> Result<usize, StoreError> {
        let Setting { connection, clock, feeds, memory, committed } = &mut self.setting;
        let ended = transaction(connection, clock.as_ref(), feeds, memory, group);
        match ended {
            Ok((done, changes)) => {
                committed(&changes);
                Ok(done)
            }
            Err(error) => {
                memory.desks.forget_teams();
                // SQLite may have rolled back everything by itself already (disk full, input or output errors).
                if !connection.is_autocommit() {
                    connection.execute_batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    /// After a group failed: each alone, so that one that always fails harms nobody else.
    fn one_by_one(&mut self, group: VecDeque<Box<dyn Work>>) {
        for work in group {
            let mut alone = VecDeque::from([work]);
            let ended = self.together(&mut alone).map(|_| ());
            answer_alone(alone, ended);
        }
    }
}

fn answer_alone(mut group: VecDeque<Box<dyn Work>>, ended: Result<(), StoreError>) {
    if let Some(work) = group.pop_front() {
        work.answer(ended);
    }
}

fn transaction(
    connection: &Connection,
    clock: &dyn Clock,
    feeds: &Feeds,
    memory: &mut Memory,
    group: &mut VecDeque<Box<dyn Work>>,
) -> Result<(usize, Changes), StoreError> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let began = Instant::now();
    let mut tx = Tx::new(connection, feeds, memory, clock.now());
    let mut done = 0;
    for work in group.iter_mut() {
        tx.set_now(clock.now());
        let attempt = catch_unwind(AssertUnwindSafe(|| work.attempt(&mut tx)));
        attempt.unwrap_or_else(|_| Err(StoreError::Damaged("a rule broke off".to_owned())))?;
        done += 1;
        if began.elapsed() > GATHERING {
            break;
        }
    }
    tx.seal()?;
    let (commit, changes) = (tx.commit(), std::mem::take(&mut tx.changes));
    connection.prepare_cached("COMMIT")?.execute([])?;
    memory.commit = commit;
    if let Some((offsets, _)) = &changes.zone {
        memory.zone = Arc::new(offsets.clone());
    }
    Ok((done, changes))
}
