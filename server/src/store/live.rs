//! Live streams: who listens to which feed, and the pokes that wait for them. A poke wakes the feed's listeners and nobody else.

use super::session::Session;
use futures_util::Stream;
use kairan_protocol::{
    id::{DeviceId, FeedNumber, Version},
    wire::Poke,
};
use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// What a live listener hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveEvent {
    /// A feed moved.
    Poke(Poke),
    /// What the device may read changed: its rights have this version now.
    Rights(u64),
}

#[derive(Default)]
struct Waiting {
    /// Newest version of each feed that moved: few at a time, so that a list will do.
    pokes: Vec<Poke>,
    rights: Option<u64>,
    ended: bool,
    waker: Option<Waker>,
}

struct Listener {
    number: u64,
    device: DeviceId,
    waiting: Mutex<Waiting>,
}

impl Listener {
    fn tell(&self, news: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        news(&mut waiting);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A listener with the feeds it is subscribed to.
type Subscribed = (Arc<Listener>, Vec<FeedNumber>);

#[derive(Default)]
struct Lists {
    next: u64,
    by_feed: HashMap<FeedNumber, HashMap<u64, Arc<Listener>>>,
    by_device: HashMap<DeviceId, Vec<Subscribed>>,
    closed: bool,
}

impl Lists {
    fn unsubscribe(&mut self, listener: u64, feeds: &[FeedNumber]) {
        for feed in feeds {
            if let Some(listeners) = self.by_feed.get_mut(feed) {
                listeners.remove(&listener);
                if listeners.is_empty() {
                    self.by_feed.remove(feed);
                }
            }
        }
    }

    fn subscribe(&mut self, listener: &Arc<Listener>, feeds: &[FeedNumber]) {
        for feed in feeds {
            self.by_feed.entry(*feed).or_default().insert(listener.number, Arc::clone(listener));
        }
    }
}

/// Everybody who listens.
#[derive(Default)]
pub(super) struct Hub(Mutex<Lists>);

impl Hub {
    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A device begins to listen.
    pub fn listen(self: &Arc<Self>, session: &Session) -> Live {
        let feeds: Vec<FeedNumber> = session.feeds.keys().copied().collect();
        let mut lists = self.lists();
        lists.next += 1;
        let waiting = Mutex::new(Waiting { ended: lists.closed, ..Waiting::default() });
        let listener = Arc::new(Listener { number: lists.next, device: session.device, waiting });
        lists.subscribe(&listener, &feeds);
        lists.by_device.entry(session.device).or_default().push((Arc::clone(&listener), feeds));
        Live { hub: Arc::clone(self), listener }
    }

    /// Feeds moved.
    pub fn poke(&self, moved: impl IntoIterator<Item = Poke>) {
        let lists = self.lists();
        for poke in moved {
            for listener in lists.by_feed.get(&poke.n).into_iter().flat_map(HashMap::values) {
                listener.tell(|waiting| match waiting.pokes.iter_mut().find(|known| known.n == poke.n) {
                    Some(known) => known.v = Version(known.v.0.max(poke.v.0)),
                    None => waiting.pokes.push(poke),
                });
            }
        }
    }

    /// Which of these devices have somebody listening.
    pub fn listening(&self, devices: impl IntoIterator<Item = DeviceId>) -> Vec<DeviceId> {
        let lists = self.lists();
        devices.into_iter().filter(|device| lists.by_device.contains_key(device)).collect()
    }

    /// Every device that listens.
    pub fn everybody(&self) -> Vec<DeviceId> {
        self.lists().by_device.keys().copied().collect()
    }

    /// A device may read other feeds from now on.
    pub fn rights(&self, session: &Session) {
        let feeds: Vec<FeedNumber> = session.feeds.keys().copied().collect();
        let mut lists = self.lists();
        let mut listeners = lists.by_device.remove(&session.device).unwrap_or_default();
        for (listener, known) in &mut listeners {
            let left: HashSet<FeedNumber> = feeds.iter().copied().collect();
            let lost: Vec<FeedNumber> = known.iter().copied().filter(|feed| !left.contains(feed)).collect();
            lists.unsubscribe(listener.number, &lost);
            lists.subscribe(listener, &feeds);
            known.clone_from(&feeds);
            listener.tell(|waiting| {
                waiting.pokes.retain(|poke| left.contains(&poke.n));
                waiting.rights = Some(session.version);
            });
        }
        if !listeners.is_empty() {
            lists.by_device.insert(session.device, listeners);
        }
    }

    /// A device was signed off: its streams end.
    pub fn end(&self, device: DeviceId) {
        let mut lists = self.lists();
        for (listener, feeds) in lists.by_device.remove(&device).unwrap_or_default() {
            lists.unsubscribe(listener.number, &feeds);
            listener.tell(|waiting| waiting.ended = true);
        }
    }

    /// The store closes: every stream ends.
    pub fn close(&self) {
        let mut lists = self.lists();
        lists.closed = true;
        let everybody = std::mem::take(&mut lists.by_device);
        lists.by_feed.clear();
        for (listener, _) in everybody.into_values().flatten() {
            listener.tell(|waiting| waiting.ended = true);
        }
    }

    fn gone(&self, listener: &Listener) {
        let mut lists = self.lists();
        let Some(listeners) = lists.by_device.get_mut(&listener.device) else { return };
        let Some(place) = listeners.iter().position(|(known, _)| known.number == listener.number) else { return };
        let (_, feeds) = listeners.swap_remove(place);
        if listeners.is_empty() {
            lists.by_device.remove(&listener.device);
        }
        lists.unsubscribe(listener.number, &feeds);
    }
}

/// The live stream of one device: pokes for the feeds it may read. It ends when the device is signed off or the store closes.
pub struct Live {
    hub: Arc<Hub>,
    listener: Arc<Listener>,
}

impl Stream for Live {
    type Item = LiveEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<LiveEvent>> {
        let mut waiting = self.listener.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.ended {
            return Poll::Ready(None);
        }
        if let Some(version) = waiting.rights.take() {
            return Poll::Ready(Some(LiveEvent::Rights(version)));
        }
        if let Some(poke) = waiting.pokes.pop() {
            return Poll::Ready(Some(LiveEvent::Poke(poke)));
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.hub.gone(&self.listener);
    }
}
