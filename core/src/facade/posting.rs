//! What an officer sends, corrects and withdraws.

use super::Kairan;
use crate::{
    error::Error,
    records::{Correction, Draft},
};
use kairan_protocol::{
    feed::{Audience, FeedName},
    id::{NotAnId, Rev},
    op::Command,
    time::Timestamp,
};

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// Sends a notice; its id is the op's.
    pub async fn post(&self, person: String, draft: Draft) -> Result<String, Error> {
        let Draft { kind, from, audience, title, points, text, publish_at, until } = draft;
        let audience = audience.iter().map(|name| audience_of(name)).collect::<Result<Vec<_>, _>>()?;
        let command = Command::Post {
            notice: kind.into(),
            from: from.parse()?,
            audience,
            title,
            points: points.into(),
            text,
            publish_at: publish_at.map(Timestamp::from_millis),
            until: until.map(Timestamp::from_millis),
        };
        self.ask(&person, command).await
    }

    /// Corrects a notice; `seen` is the rev the officer saw, and changing a point asks everyone again. The op's id.
    pub async fn correct(
        &self,
        person: String,
        notice: String,
        seen: u32,
        correction: Correction,
    ) -> Result<String, Error> {
        let command = Command::Correct { notice: notice.parse()?, seen: Rev(seen), patch: correction.into() };
        self.ask(&person, command).await
    }

    /// Takes a notice back, with a reason readers will see. The op's id.
    pub async fn withdraw(&self, person: String, notice: String, seen: u32, reason: String) -> Result<String, Error> {
        self.ask(&person, Command::Withdraw { notice: notice.parse()?, seen: Rev(seen), reason }).await
    }
}

pub(super) fn audience_of(name: &str) -> Result<Audience, NotAnId> {
    name.parse::<FeedName>()?.try_into()
}
