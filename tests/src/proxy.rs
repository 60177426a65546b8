//! A relay in front of the server: the network between phone and server, with switches for everything that goes wrong in it.

use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What the network does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Fair,
    /// No network: open connections end, new ones end at once.
    Cut,
    /// Requests arrive, their answers do not. The handshake still passes, so that a request can be made at all.
    AnswersLost,
    /// Nothing passes and nothing ends.
    Held,
}

/// A listener that relays to the server of the moment.
pub struct Proxy {
    /// Where phones believe the server to be.
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    weather: watch::Sender<Weather>,
    upstream: watch::Sender<Option<SocketAddr>>,
    connections: watch::Sender<usize>,
    /// Connections there ever were, and bytes phones ever sent through them.
    heard: watch::Sender<(usize, usize)>,
}

impl Proxy {
    /// Listens on a free port of its own; nothing is behind it yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            weather: watch::Sender::new(Weather::Fair),
            upstream: watch::Sender::new(None),
            connections: watch::Sender::new(0),
            heard: watch::Sender::new((0, 0)),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                shared.heard.send_modify(|heard| heard.0 += 1);
                tokio::spawn(relay(client, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Puts a server behind it; none: the machine is switched off.
    pub fn lead_to(&self, server: Option<SocketAddr>) {
        self.state.upstream.send_replace(server);
    }

    /// Changes the weather at once, for open connections too.
    pub fn turn(&self, weather: Weather) {
        self.state.weather.send_replace(weather);
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        *self.state.connections.borrow()
    }

    /// How many connections there ever were, and how many bytes phones ever sent through them.
    #[must_use]
    pub fn heard(&self) -> (usize, usize) {
        *self.state.heard.borrow()
    }
}

struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

async fn relay(client: TcpStream, state: Arc<State>) {
    let _counted = Counted::new(&state.connections);
    let mut weather = state.weather.subscribe();
    // A held connection waits before it even reaches the server.
    if weather.wait_for(|now| *now != Weather::Held).await.is_err() || *weather.borrow() == Weather::Cut {
        return;
    }
    let upstream = *state.upstream.borrow();
    let Some(upstream) = upstream else { return };
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // TLS 1.3: the client's second flight carries its first request, the server's first flight ends the handshake.
    let (answered, asked) = (watch::Sender::new(false), watch::Sender::new(false));
    let there = carry(
        from_client,
        to_server,
        state.weather.subscribe(),
        Direction::There { answered: answered.subscribe(), asked: &asked, heard: &state.heard },
    );
    let back = carry(
        from_server,
        to_client,
        state.weather.subscribe(),
        Direction::Back { answered: &answered, asked: asked.subscribe() },
    );
    tokio::select! { () = there => {}, () = back => {} }
}

enum Direction<'a> {
    There { answered: watch::Receiver<bool>, asked: &'a watch::Sender<bool>, heard: &'a watch::Sender<(usize, usize)> },
    Back { answered: &'a watch::Sender<bool>, asked: watch::Receiver<bool> },
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    direction: Direction<'_>,
) {
    let mut buffer = vec![0_u8; 16 * 1024];
    loop {
        let count = tokio::select! {
            read = from.read(&mut buffer) => match read { Ok(count) if count > 0 => count, _ => return },
            cut = weather.wait_for(|now| *now == Weather::Cut) => { drop(cut); return }
        };
        if let Direction::There { heard, .. } = &direction {
            heard.send_modify(|heard| heard.1 += count);
        }
        let now = match weather.wait_for(|now| *now != Weather::Held).await {
            Ok(now) => *now,
            Err(_) => return,
        };
        let passes = match &direction {
            Direction::There { answered, asked, .. } => {
                if *answered.borrow() {
                    asked.send_replace(true);
                }
                true
            }
            Direction::Back { answered, asked } => {
                let passes = now != Weather::AnswersLost || !*asked.borrow();
                answered.send_replace(true);
                passes
            }
        };
        if now == Weather::Cut || (passes && to.write_all(&buffer[..count]).await.is_err()) {
            return;
        }
    }
}
