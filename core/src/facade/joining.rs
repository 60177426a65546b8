//! Joining a neighbourhood, and leaving it.

use super::Kairan;
use crate::{
    error::Error,
    records::{Joining, ListedPerson},
    runtime::{
        Engine,
        card::{known_addresses, pinned},
        proof,
    },
    store::Enrolment,
    transport::{District, Failure, Network, card_of_stranger},
};
use kairan_protocol::{
    id::PersonId,
    invite::{CheckCode, Invitation, Whom},
    op::Command,
    sign::{Fingerprint, Purpose},
    succession,
    validate::NAME,
    wire::{Card, EnrolRequest, EnrolResponse, Enrolled, Listed, ProblemCode, Slip},
};
use std::sync::Arc;

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// Joins by the QR's text, or by the three typed parts. Without persons it tells who is listed; a listed household of
    /// one is asked about too. Called again after a lost answer it gives the same; with a further invitation of the same
    /// neighbourhood it adds that one's people. Any sheet of the same neighbourhood, used up or not, tells a phone that joined where
    /// its neighbourhood is now.
    pub async fn join(&self, code: String, persons: Vec<String>) -> Result<Joining, Error> {
        self.engine.is_real()?;
        let invitation: Invitation = code
            .parse()
            .map_err(|error: kairan_protocol::invite::BadCode| Error::BadCode { detail: error.to_string() })?;
        let persons = persons.iter().map(|person| person.parse()).collect::<Result<Vec<PersonId>, _>>()?;
        let engine = self.engine.clone();
        let joining = self.on_threads(async move { join(&engine, invitation, persons).await }).await?;
        self.keep_running();
        Ok(joining)
    }

    /// This person leaves this phone. Their things go when the server has confirmed it; the last one's with all the rest.
    pub async fn leave(&self, person: String) -> Result<String, Error> {
        self.engine.is_real()?;
        self.ask(&person, Command::Leave {}).await
    }
}

async fn join(engine: &Arc<Engine>, invitation: Invitation, persons: Vec<PersonId>) -> Result<Joining, Error> {
    let known = engine.aside(|engine| engine.store.enrolment()).await?;
    let identity = whom(&invitation, &engine.network).await?;
    let Invitation { address, secret, .. } = invitation;
    let secret = secret.letters();
    let district = District::new(identity, vec![address.clone()], engine.network.clone());
    let card = district.card().await?;
    if let Some(known) = &known {
        if known.district != card.district || !pinned(known).leads_to(&card) {
            return Err(Error::Problem {
                problem: "another_neighbourhood".to_owned(),
                title: "This phone has joined another neighbourhood here.".to_owned(),
                todo: "Leave it first, or join in a place of its own.".to_owned(),
            });
        }
        // A move may be scanned: whatever becomes of the invitation, the phone knows from here on where its district is.
        engine.found(card.clone(), address.clone()).await?;
    }
    let only_found = known.is_some() && persons.is_empty();

    let request = engine
        .aside(move |engine| {
            let key = proof::key(&*engine.platform)?;
            let proof = proof::of_enrolment(&*engine.platform, &identity, &secret, &key)?;
            let name = engine.platform.device_name().chars().take(NAME).collect();
            Ok(EnrolRequest { secret, key, proof, persons, name })
        })
        .await?;
    let asked = engine.bearings.reading();
    let enrolled = match district.enrol(&request).await {
        Err(Failure::Problem { problem, .. }) if only_found && is_over(problem.code) => {
            return Ok(Joining::Joined { district: card.name });
        }
        answer => answer?,
    };
    let enrolled = match enrolled {
        EnrolResponse::Choose { persons, .. } if only_found && persons.iter().all(|person| person.joined) => {
            return Ok(Joining::Joined { district: card.name });
        }
        EnrolResponse::Choose { name, persons } => {
            let persons = persons.into_iter().map(ListedPerson::from).collect();
            return Ok(Joining::Choose { name, persons });
        }
        EnrolResponse::Waiting { name, digits } => return Ok(Joining::Waiting { name, digits }),
        EnrolResponse::Enrolled(enrolled) => *enrolled,
    };
    engine.bearings.tie(enrolled.now, &asked);

    let Enrolled { district, name, device, token, slip, epoch, .. } = enrolled;
    slip.open::<Slip>(&card.identity, Purpose::Slip).map_err(Error::internal)?;
    let joined = Joining::Joined { district: name.clone() };
    let addresses = known_addresses(card.addresses, Some(address));
    let Card { identity, next_identity, version, .. } = card;
    let enrolment =
        Enrolment { district, name, device, token, slip, addresses, identity, next_identity, card: version, epoch };
    engine.joined(enrolment).await?;
    Ok(joined)
}

/// Whether an invitation lets nobody in any more.
const fn is_over(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::InviteUsed | ProblemCode::InviteExpired | ProblemCode::InviteVoid | ProblemCode::InviteUnknown
    )
}

/// The identity to pin: scanned, or shown at the typed address and compared with the typed check code.
async fn whom(invitation: &Invitation, network: &Network) -> Result<Fingerprint, Error> {
    match &invitation.whom {
        Whom::Scanned(identity) => Ok(*identity),
        Whom::Typed(check) => {
            let card = card_of_stranger(&invitation.address, network).await?;
            // The sheet may be of a time when an earlier key was the identity.
            let earlier = card.successions.iter().filter_map(succession::read).map(|said| said.from.fingerprint());
            let mut shown = std::iter::once(card.identity.fingerprint()).chain(earlier);
            shown.find(|shown| CheckCode::of(shown) == *check).ok_or_else(|| Failure::Foreign.into())
        }
    }
}

impl From<Listed> for ListedPerson {
    fn from(Listed { id, name, joined }: Listed) -> Self {
        Self { id: id.to_string(), name, joined }
    }
}
