//! The feeds of the pretend district: rows with versions from each feed's one counter, and what a phone has not seen of them.

use kairan_protocol::{
    feed::FeedName,
    id::{FeedNumber, Rev, Version},
    row::Row,
    wire::{Cursor, FeedDelta},
};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The state of one thing.
struct Held {
    rev: Rev,
    version: Version,
    body: Option<String>,
    urgent: bool,
}

struct Feed {
    name: FeedName,
    version: Version,
    rows: BTreeMap<(&'static str, String), Held>,
}

/// Every feed; its place is its number.
#[derive(Default)]
pub(super) struct Feeds {
    feeds: Vec<Feed>,
    touched: BTreeMap<FeedName, (FeedNumber, Version)>,
}

impl Feeds {
    /// The number of a feed, given now if it has none.
    pub(super) fn number(&mut self, name: FeedName) -> FeedNumber {
        let place = self.feeds.iter().position(|feed| feed.name == name).unwrap_or_else(|| {
            self.feeds.push(Feed { name, version: Version(0), rows: BTreeMap::new() });
            self.feeds.len() - 1
        });
        FeedNumber(u32::try_from(place + 1).unwrap_or(u32::MAX))
    }

    /// How far a feed has moved.
    pub(super) fn version(&mut self, name: FeedName) -> (FeedNumber, Version) {
        let number = self.number(name);
        (number, self.feed(number).map_or(Version(0), |feed| feed.version))
    }

    /// The new state of one thing in a feed.
    pub(super) fn put(
        &mut self,
        feed: FeedName,
        (kind, id): (&'static str, String),
        rev: Rev,
        urgent: bool,
        body: String,
    ) {
        self.write(feed, (kind, id), |version| Held { rev, version, body: Some(body), urgent });
    }

    /// A thing is no longer in a feed. Where it never was, nothing happens.
    pub(super) fn drop_row(&mut self, feed: FeedName, kind: &'static str, id: String) {
        if self.body(feed, kind, &id).is_some() {
            self.write(feed, (kind, id), |version| Held { rev: Rev::FIRST, version, body: None, urgent: false });
        }
    }

    /// The body of a row that is there.
    pub(super) fn body(&self, feed: FeedName, kind: &'static str, id: &str) -> Option<&str> {
        let feed = self.feeds.iter().find(|known| known.name == feed)?;
        feed.rows.get(&(kind, id.to_owned()))?.body.as_deref()
    }

    /// The feeds written since the last call, with their numbers and versions.
    pub(super) fn take_touched(&mut self) -> BTreeMap<FeedName, (FeedNumber, Version)> {
        std::mem::take(&mut self.touched)
    }

    /// What moved in a feed since a cursor; of one without a cursor everything, emergencies and the newest first.
    pub(super) fn delta(
        &mut self,
        name: FeedName,
        cursor: Option<&Cursor>,
    ) -> Result<Option<FeedDelta>, serde_json::Error> {
        let n = self.number(name);
        let Some(feed) = self.feed(n) else { return Ok(None) };
        let seen = match cursor {
            Some(Cursor::At(seen)) if *seen == feed.version => return Ok(None),
            Some(Cursor::At(seen)) if *seen < feed.version => Some(*seen),
            _ => None,
        };
        let mut rows: Vec<_> = match seen {
            Some(seen) => feed.rows.iter().filter(|(_, held)| held.version > seen).collect(),
            None => feed.rows.iter().filter(|(_, held)| held.body.is_some()).collect(),
        };
        match seen {
            Some(_) => rows.sort_by_key(|(_, held)| held.version),
            None => rows.sort_by_key(|(_, held)| std::cmp::Reverse((held.urgent, held.version))),
        }
        let rows = rows.into_iter().map(|((kind, id), held)| row(kind, id, held)).collect::<Result<_, _>>()?;
        let reset = seen.is_none() && cursor.is_some();
        Ok(Some(FeedDelta { n, rows, version: Some(feed.version), first: None, more: false, reset }))
    }

    fn feed(&self, number: FeedNumber) -> Option<&Feed> {
        self.feeds.get(usize::try_from(number.0).ok()?.checked_sub(1)?)
    }

    fn write(&mut self, name: FeedName, key: (&'static str, String), held: impl FnOnce(Version) -> Held) {
        let number = self.number(name);
        if let Some(feed) = self.feeds.iter_mut().find(|feed| feed.name == name) {
            feed.version = Version(feed.version.0 + 1);
            feed.rows.insert(key, held(feed.version));
            self.touched.insert(name, (number, feed.version));
        }
    }

    /// Every row that is there in a feed: kind, id, body.
    #[cfg(test)]
    pub(super) fn rows(&self, name: FeedName) -> BTreeMap<(String, String), String> {
        let feed = self.feeds.iter().find(|feed| feed.name == name);
        let rows = feed.into_iter().flat_map(|feed| &feed.rows);
        rows.filter_map(|((kind, id), held)| Some((((*kind).to_owned(), id.clone()), held.body.clone()?))).collect()
    }
}

fn row(kind: &str, id: &str, held: &Held) -> Result<Row, serde_json::Error> {
    let body = held.body.clone().map(RawValue::from_string).transpose()?;
    Ok(Row { kind: kind.to_owned(), id: id.to_owned(), rev: held.rev, version: held.version, body })
}
