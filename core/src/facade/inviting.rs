//! Inviting from an officer's phone, and letting in those who came with a link that was passed on.

use super::Kairan;
use crate::{error::Error, records::Invited};
use kairan_protocol::{
    id::InviteId,
    invite::{self, CheckCode, Invitation, Secret, Whom},
    op::{Command, Invitee},
};

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// Makes an invitation for a household or a person (`to`, by id) and puts its op into the outbox; it voids the one before. Shown
    /// on this screen to be scanned it is handed over in person; `passed_on` as a link, whoever comes with it waits for an officer's
    /// tap. The secret is nowhere but in this answer.
    pub async fn invite(&self, person: String, to: String, passed_on: bool) -> Result<Invited, Error> {
        self.engine.is_real()?;
        let enrolment = self.look(|engine| engine.store.enrolment())?.ok_or(Error::NotJoined)?;
        let invitee = to.parse().map(Invitee::Household).or_else(|_| to.parse().map(Invitee::Person))?;
        let secret = Secret::random().map_err(Error::internal)?;
        let invite = InviteId::random().map_err(Error::internal)?;
        let op = self.ask(&person, Command::Invite { invite, to: invitee, secret: secret.hash(), passed_on }).await?;
        let identity = enrolment.identity.fingerprint();
        let address = enrolment.addresses.first().cloned().unwrap_or_default();
        let until = self.look(|engine| Ok(engine.bearings.now()))?.plus_millis(invite::DAYS * 86_400_000).millis();
        let (typed, whom) = (secret.to_string(), Whom::Scanned(identity));
        let link = Invitation { address: address.clone(), whom, secret }.to_string();
        Ok(Invited { op, link, address, check: CheckCode::of(&identity).to_string(), secret: typed, until })
    }

    /// Lets somebody in who waits with a link that was passed on, or turns them away; the op's id.
    pub async fn approve(&self, person: String, join: String, admit: bool) -> Result<String, Error> {
        self.engine.is_real()?;
        self.ask(&person, Command::Approve { join: join.parse()?, admit }).await
    }
}
