//! How much one device, one address and all of them together may ask.

use std::{num::NonZeroU32, time::Duration};

/// A token bucket: so many at once, refilled at so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Refilled, per second.
    pub per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A rate; zeros are taken as one.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        const fn at_least_one(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self { per_second: at_least_one(per_second), burst: at_least_one(burst) }
    }
}

/// What the server takes before it says no. The defaults let a whole association join in one hall behind one address.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Syncs and live streams of one device; none for no limit.
    pub device: Option<Rate>,
    /// What strangers may ask from one address (IPv6: one /64): card, enrol, token, and tokens nobody has.
    pub stranger: Option<Rate>,
    /// Requests worked on at once.
    pub requests: usize,
    /// Live streams at once.
    pub streams: usize,
    /// Live streams of one device at once.
    pub streams_per_device: u32,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (IPv6: one /64).
    pub connections_per_address: u32,
    /// How long a request may take to arrive, and then to be worked on.
    pub request_time: Duration,
    /// How long a request's head may take to arrive; an idle connection is closed after it, too.
    pub head_time: Duration,
    /// How long a TLS handshake may take.
    pub handshake_time: Duration,
    /// How long a client may leave what was sent to it unread.
    pub write_time: Duration,
    /// Between two signs of life on a live stream.
    pub heartbeat: Duration,
    /// How long what is under way may take when the server stops.
    pub farewell: Duration,
    /// Whether `X-Forwarded-For` of the proxy in front names the address.
    pub behind_proxy: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            device: Some(Rate::new(20, 120)),
            stranger: Some(Rate::new(5, 400)),
            requests: 1_024,
            streams: 20_000,
            streams_per_device: 4,
            connections: 25_000,
            connections_per_address: 2_000,
            request_time: Duration::from_secs(15),
            head_time: Duration::from_secs(30),
            handshake_time: Duration::from_secs(10),
            write_time: Duration::from_secs(30),
            heartbeat: Duration::from_secs(25),
            farewell: Duration::from_secs(10),
            behind_proxy: false,
        }
    }
}

impl Limits {
    /// For load on the loopback: no rates, and as much at once as the machine bears.
    #[must_use]
    pub fn unlimited() -> Self {
        Self {
            device: None,
            stranger: None,
            requests: 100_000,
            streams: 100_000,
            streams_per_device: u32::MAX,
            connections: 100_000,
            connections_per_address: u32::MAX,
            ..Self::default()
        }
    }
}
