//! Who asks too often: a bucket per device, one per network of strangers, and a count of live streams.

use super::{
    limits::{Limits, Rate},
    problem::Trouble,
};
use axum::http::{Extensions, HeaderMap};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use kairan_protocol::id::DeviceId;
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Who is at the other end of a connection; put into each request by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// An address as limits count it: IPv4 whole, IPv6 by its /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network([u8; 8]);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                // No IPv6 network of this prefix is ever assigned (RFC 4291 §2.5.5.2 maps IPv4 elsewhere in ::/64).
                Self([0, 0, 0, 4, a, b, c, d])
            }
            IpAddr::V6(address) => {
                let mut network = [0; 8];
                network.copy_from_slice(&address.octets()[..8]);
                Self(network)
            }
        }
    }
}

/// The network a request comes from; none in tests that have no connection.
pub fn network(extensions: &Extensions, headers: &HeaderMap, behind_proxy: bool) -> Option<Network> {
    let peer = extensions.get::<Peer>().map(|peer| peer.0.ip());
    if !behind_proxy {
        return peer.map(Network::from);
    }
    // The last entry is the one our own proxy wrote; those before it are anybody's word.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|list| list.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    last.or(peer).map(Network::from)
}

/// One bucket per key.
struct Keyed<K: Hash + Eq + Clone>(Option<DefaultKeyedRateLimiter<K>>);

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(rate: Option<Rate>) -> Self {
        Self(rate.map(|rate| RateLimiter::keyed(Quota::per_second(rate.per_second).allow_burst(rate.burst))))
    }

    fn take(&self, key: &K) -> Result<(), Trouble> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter
            .check_key(key)
            .map_err(|not_until| Trouble::too_many(not_until.wait_time_from(DefaultClock::default().now())))
    }

    fn sweep(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// Every bucket of the server.
pub struct Buckets {
    devices: Keyed<DeviceId>,
    strangers: Keyed<Network>,
    streams: Mutex<HashMap<DeviceId, u32>>,
    streams_per_device: u32,
}

impl Buckets {
    pub fn new(limits: &Limits) -> Self {
        Self {
            devices: Keyed::new(limits.device),
            strangers: Keyed::new(limits.stranger),
            streams: Mutex::default(),
            streams_per_device: limits.streams_per_device,
        }
    }

    pub fn device(&self, device: DeviceId) -> Result<(), Trouble> {
        self.devices.take(&device)
    }

    pub fn stranger(&self, network: Option<Network>) -> Result<(), Trouble> {
        network.map_or(Ok(()), |network| self.strangers.take(&network))
    }

    /// Counts one more live stream of a device.
    pub fn stream_begins(&self, device: DeviceId) -> Result<(), Trouble> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(device).or_default();
        if *count >= self.streams_per_device {
            return Err(Trouble::too_many(Duration::from_secs(30)));
        }
        *count += 1;
        Ok(())
    }

    pub fn stream_ends(&self, device: DeviceId) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&device) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&device);
            }
        }
    }

    pub fn sweep(&self) {
        self.devices.sweep();
        self.strangers.sweep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_home_with_ipv6_is_one_network_and_two_ipv4_addresses_are_two() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }

    #[test]
    fn only_the_last_forwarded_address_is_believed_and_only_behind_a_proxy() {
        let mut extensions = Extensions::new();
        extensions.insert(Peer("127.0.0.1:1".parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9, 192.0.2.7".parse().unwrap());
        assert_eq!(super::network(&extensions, &headers, true), Some(network("192.0.2.7")));
        assert_eq!(super::network(&extensions, &headers, false), Some(network("127.0.0.1")));
    }

    #[test]
    fn one_device_over_its_rate_does_not_hold_up_another() {
        let buckets = Buckets::new(&Limits { device: Some(Rate::new(1, 2)), ..Limits::default() });
        let [one, two] = [1, 2].map(DeviceId::from_number);
        assert!(buckets.device(one).is_ok() && buckets.device(one).is_ok());
        assert!(buckets.device(one).is_err());
        assert!(buckets.device(two).is_ok());
    }

    #[test]
    fn a_stream_that_ended_makes_room_for_the_next() {
        let buckets = Buckets::new(&Limits { streams_per_device: 1, ..Limits::default() });
        let device = DeviceId::from_number(1);
        buckets.stream_begins(device).unwrap();
        assert!(buckets.stream_begins(device).is_err());
        buckets.stream_ends(device);
        buckets.stream_begins(device).unwrap();
    }
}
