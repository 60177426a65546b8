//! The pinned HTTPS transport: to one district by its identity key, at whichever of its addresses answers.

mod events;
mod failure;
mod http;
mod identity;
#[cfg(feature = "faults")]
mod line;
mod live;
mod network;

#[cfg(feature = "faults")]
pub use line::{Carried, Line, Lost};
pub use network::Network;

pub(crate) use failure::Failure;
pub(crate) use live::{LiveEvent, LiveStream};

use http::{Answer, Ask, Reply, Wire};
pub(crate) use identity::Pinned;

use identity::Trust;
use kairan_protocol::{
    sign::{Purpose, Signed},
    wire::{Card, EnrolRequest, EnrolResponse, SyncRequest, SyncResponse, Token, TokenProof},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

const CARD: &str = "/v1/card";

/// The card somebody shows at an address, over a connection that is not trusted yet. It is signed by the key it names,
/// which proves nothing until that key is compared with the sheet.
pub(crate) async fn card_of_stranger(address: &str, network: &Network) -> Result<Card, Failure> {
    let wire = Wire::new(Trust::NotYet, network.clone())?;
    let answer = wire.ask(address, &Ask::get(CARD)).await?;
    open_card(&answer.bytes)
}

/// The card, signed by the key it names.
fn open_card(bytes: &[u8]) -> Result<Card, Failure> {
    #[derive(Deserialize)]
    struct Named {
        identity: kairan_protocol::sign::Key,
    }
    let signed: Signed = parse(bytes)?;
    let named: Named = parse(signed.payload.as_bytes())?;
    signed.open(&named.identity, Purpose::Card).map_err(|_| Failure::Foreign)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|_| Failure::Own("a request that is no JSON".to_owned()))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|_| Failure::Answer("another shape"))
}

/// A district as a phone reaches it.
#[derive(Debug)]
pub(crate) struct District {
    pinned: Pinned,
    network: Network,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Where it may be reached; the one that answered last comes first.
    addresses: Vec<String>,
    /// Connections to certificates the identity signed; dropped when the network is cut.
    own: Option<Wire>,
    /// Connections by public roots.
    public: Option<Wire>,
    /// Addresses of public names whose card named them under the pinned identity.
    vouched: BTreeSet<String>,
}

impl District {
    pub(crate) fn new(pinned: impl Into<Pinned>, addresses: Vec<String>, network: Network) -> Self {
        Self { pinned: pinned.into(), network, state: Mutex::new(State { addresses, ..State::default() }) }
    }

    /// Other addresses from now on.
    pub(crate) fn set_addresses(&self, addresses: Vec<String>) {
        let mut state = self.state();
        state.vouched.retain(|address| addresses.contains(address));
        state.addresses = addresses;
    }

    /// The card, signed by the pinned identity or one it leads to.
    pub(crate) async fn card(&self) -> Result<Card, Failure> {
        let answer = self.ask(&Ask::get(CARD)).await?;
        self.own_card(&answer)
    }

    pub(crate) async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolResponse, Failure> {
        self.post("/v1/enrol", request).await
    }

    pub(crate) async fn token(&self, proof: &TokenProof) -> Result<Token, Failure> {
        self.post("/v1/token", proof).await
    }

    pub(crate) async fn sync(&self, token: &Token, request: &SyncRequest) -> Result<SyncResponse, Failure> {
        let body = json(request)?;
        let ask = Ask { path: "/v1/sync", token: Some(&token.secret), body: Some(&body), stream: false };
        parse(&self.ask(&ask).await?.bytes)
    }

    /// Opens the live stream.
    pub(crate) async fn live(&self, token: &Token) -> Result<LiveStream, Failure> {
        let ask = Ask { path: "/v1/live", token: Some(&token.secret), body: None, stream: true };
        match self.everywhere(&ask).await? {
            Reply::Open(response) => Ok(LiveStream::new(response, self.network.clone())),
            Reply::Whole(_) => Err(Failure::Answer("no stream")),
        }
    }

    /// The address that answered last, or is tried first.
    pub(crate) fn preferred(&self) -> Option<String> {
        self.state().addresses.first().cloned()
    }

    /// Whose district this is.
    pub(crate) const fn pinned(&self) -> Pinned {
        self.pinned
    }

    async fn post<A: DeserializeOwned>(&self, path: &str, value: &impl Serialize) -> Result<A, Failure> {
        let body = json(value)?;
        parse(&self.ask(&Ask { path, token: None, body: Some(&body), stream: false }).await?.bytes)
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Failure> {
        self.everywhere(ask).await?.whole()
    }

    /// At one address after the other, until somebody answers who is the district.
    async fn everywhere(&self, ask: &Ask<'_>) -> Result<Reply, Failure> {
        let addresses = self.state().addresses.clone();
        let mut failure = Failure::Unreachable("no address");
        for address in addresses {
            match self.at(&address, ask).await {
                Ok(answer) => {
                    self.prefer(&address);
                    return Ok(answer);
                }
                // That somebody else answers is worth more to a person than that a second address does not.
                Err(error) if error.try_elsewhere() => {
                    if failure != Failure::Foreign {
                        failure = error;
                    }
                }
                Err(error) => {
                    if error == Failure::Cut {
                        self.hang_up();
                    }
                    return Err(error);
                }
            }
        }
        Err(failure)
    }

    async fn at(&self, address: &str, ask: &Ask<'_>) -> Result<Reply, Failure> {
        if !self.state().vouched.contains(address) {
            let own = self.wire(Trust::Identity(self.pinned))?;
            match own.reply(address, ask).await {
                Err(Failure::Foreign) => self.vouch(address).await?,
                other => return other,
            }
        }
        let answer = self.wire(Trust::PublicRoots)?.reply(address, ask).await;
        if matches!(answer, Err(Failure::Foreign)) {
            self.state().vouched.remove(address);
        }
        answer
    }

    /// Public roots say who holds the name; only a card of the pinned identity that names this address, or the key just
    /// seen, says that this is the district. Without that somebody could show a copied card under a name of their own; and with
    /// a card from before the newest, under a name that was once the district's.
    async fn vouch(&self, address: &str) -> Result<(), Failure> {
        let public = self.wire(Trust::PublicRoots)?;
        let answer = public.ask(address, &Ask::get(CARD)).await?;
        let card = self.own_card(&answer)?;
        let named = card.addresses.iter().any(|named| named == address);
        let known_key = answer.tls.is_some_and(|key| card.tls.contains(&key));
        if !named && !known_key || card.version < self.pinned.card {
            return Err(Failure::Foreign);
        }
        self.state().vouched.insert(address.to_owned());
        Ok(())
    }

    fn own_card(&self, answer: &Answer) -> Result<Card, Failure> {
        let card = open_card(&answer.bytes)?;
        if self.pinned.leads_to(&card) { Ok(card) } else { Err(Failure::Foreign) }
    }

    fn wire(&self, trust: Trust) -> Result<Wire, Failure> {
        let mut state = self.state();
        let place = if trust == Trust::PublicRoots { &mut state.public } else { &mut state.own };
        if let Some(wire) = place {
            return Ok(wire.clone());
        }
        let wire = Wire::new(trust, self.network.clone())?;
        *place = Some(wire.clone());
        Ok(wire)
    }

    fn prefer(&self, address: &str) {
        let mut state = self.state();
        if let Some(place) = state.addresses.iter().position(|known| known == address) {
            state.addresses[..=place].rotate_right(1);
        }
    }

    /// Closes what is open: with the network cut there is really no connection.
    pub(crate) fn hang_up(&self) {
        let mut state = self.state();
        state.own = None;
        state.public = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod machine;
#[cfg(test)]
mod tests;
