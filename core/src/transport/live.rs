//! The live stream: pokes that say where something is new, never what.

use super::{
    events::{Event, EventParser},
    failure::Failure,
    network::Network,
};
use kairan_protocol::wire::Poke;
use reqwest::Response;
use std::{collections::VecDeque, time::Duration};

/// The server says something at least every half minute, if only a comment; after so long a silence nobody is there.
const LONGEST_SILENCE: Duration = Duration::from_secs(100);

/// What the stream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveEvent {
    /// A feed has a new version.
    Poke(Poke),
    /// What the device may read changed, or something this program has no word for.
    Other,
}

impl From<Event> for LiveEvent {
    fn from(event: Event) -> Self {
        match event.name.as_str() {
            "poke" => serde_json::from_str(&event.data).map_or(Self::Other, Self::Poke),
            _ => Self::Other,
        }
    }
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct LiveStream {
    response: Response,
    network: Network,
    parser: EventParser,
    waiting: VecDeque<Event>,
}

impl LiveStream {
    pub(crate) fn new(response: Response, network: Network) -> Self {
        Self { response, network, parser: EventParser::default(), waiting: VecDeque::new() }
    }

    /// The next event; none when the server ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<LiveEvent>, Failure> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event.into()));
            }
            let piece = tokio::select! {
                biased;
                () = self.network.until_cut() => return Err(Failure::Cut),
                piece = tokio::time::timeout(LONGEST_SILENCE, self.response.chunk()) => piece,
            };
            match piece {
                Ok(Ok(Some(piece))) => {
                    let events = self.parser.push(&piece).map_err(|_| Failure::Answer("an event too long"))?;
                    self.waiting.extend(events);
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(error)) => return Err(Failure::of(&error)),
                Err(_) => return Err(Failure::Broken("silence")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairan_protocol::id::{FeedNumber, Version};

    #[test]
    fn a_poke_names_feed_and_version_and_anything_else_is_a_reason_to_look() {
        let event = |name: &str, data: &str| LiveEvent::from(Event { name: name.to_owned(), data: data.to_owned() });
        assert_eq!(event("poke", r#"{"n":3,"v":9}"#), LiveEvent::Poke(Poke { n: FeedNumber(3), v: Version(9) }));
        assert_eq!(event("rights", "{}"), LiveEvent::Other);
        assert_eq!(event("poke", "?"), LiveEvent::Other);
    }
}
