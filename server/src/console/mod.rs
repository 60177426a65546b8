//! What the command line asks of a district, whether its server runs or not: one question, one answer.

mod perform;
mod socket;

pub use socket::{Listening, listen};

use crate::{
    Error,
    clock::Clock,
    folder,
    held::{Contact, Held},
    identity::Identity,
    sheet::{Addressee, Sheet},
    store::Store,
};
use kairan_protocol::{
    delivery::BlockDelivery,
    id::{GroupId, InviteId, NoticeId},
    invite::Secret,
    op::{Command, Invitee},
    outcome::{OpResult, Outcome},
    sign::{Fingerprint, Key},
    time::{Timestamp, ZoneOffsets},
};
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc};

/// Most ops in one question.
pub const OPS_AT_ONCE: usize = 100;

/// A question of the command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Who the district is.
    Facts,
    /// Who is to be invited.
    Invitees {
        /// Whom.
        whom: Whom,
    },
    /// Who joined by which invitation, and who has not.
    Invitations {
        /// Of every household at or below this group, by id or name.
        group: String,
    },
    /// What a key, name or id stands for.
    Find {
        /// The id or name.
        what: String,
    },
    /// What is to be carried to the paper homes below a group.
    Deliveries {
        /// The group, by id or name.
        group: String,
        /// One notice; none: all that homes still wait for.
        notice: Option<NoticeId>,
    },
    /// Do this as the steward.
    Op {
        /// What.
        command: Box<Command>,
    },
    /// Do these as the steward, in one transaction; at most [`OPS_AT_ONCE`].
    Ops {
        /// What, in this order.
        commands: Vec<Command>,
    },
    /// What an association holds.
    Roster {
        /// Which.
        association: GroupId,
        /// With telephones and remarks.
        contacts: bool,
        /// To be taken away: that it was read is on record.
        export: bool,
    },
    /// Keep telephones and remarks of homes.
    KeepContacts {
        /// Each home with all of it.
        contacts: Vec<(GroupId, Contact)>,
    },
    /// Put other addresses on the card, best first.
    SetAddresses {
        /// Where the server can be reached.
        addresses: Vec<String>,
    },
    /// Announce on the card which identity key will follow.
    Announce {
        /// Its public half.
        next: Key,
    },
    /// Look at everything that must hold.
    Check,
    /// Open the desks after a restore.
    OpenDesks,
}

/// Whom to invite, by ids or names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// One household.
    Household(String),
    /// One person, for a sheet of their own.
    Person(String),
    /// Every household of a block, or of a larger group.
    Block(String),
    /// Every household of the district.
    All,
    /// The first officer of set-up, for a sheet of their own.
    FirstOfficer,
}

/// The answer to a question.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Facts`].
    Facts(Facts),
    /// To [`Ask::Invitees`].
    Invitees(Vec<Invited>),
    /// To [`Ask::Invitations`].
    Invitations(Vec<HomeJoined>),
    /// To [`Ask::Find`].
    Found(Vec<Thing>),
    /// To [`Ask::Deliveries`].
    Deliveries(Deliveries),
    /// To [`Ask::Op`].
    Op(OpResult),
    /// To [`Ask::Ops`], in their order.
    Ops(Vec<OpResult>),
    /// To [`Ask::Roster`].
    Roster(Box<Held>),
    /// To [`Ask::KeepContacts`]: of how many homes.
    Kept(usize),
    /// To [`Ask::SetAddresses`] and [`Ask::Announce`]: whether the card is another now.
    Card(bool),
    /// To [`Ask::Check`].
    Checked(Vec<Checked>),
    /// To [`Ask::OpenDesks`]: whether they were closed.
    Opened(bool),
    /// It could not be done.
    Failed {
        /// What happened.
        what: String,
        /// The one thing to do.
        todo: String,
    },
}

/// Who the district is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    /// Its root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// Where it can be reached, best first; never empty.
    pub addresses: Vec<String>,
    /// What phones pin.
    pub identity: Fingerprint,
    /// What they will pin, once announced.
    #[serde(default)]
    pub next_identity: Option<Fingerprint>,
    /// Its zone by name.
    pub zone: String,
    /// Its zone's offsets.
    pub offsets: ZoneOffsets,
}

/// One sheet to be printed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invited {
    /// Whom the op names.
    pub invitee: Invitee,
    /// Whom the sheet names.
    #[serde(flatten)]
    pub addressee: Addressee,
}

/// A home, what its invitation still does, and who joined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HomeJoined {
    /// The block's name.
    pub block: String,
    /// The household's name.
    pub household: String,
    /// `none`, `open`, `link`, `used_up`, `expired` or `void`.
    pub state: String,
    /// Up to which moment it opens; none where it does not.
    pub until: Option<Timestamp>,
    /// Who joined.
    pub joined: Vec<HomeMember>,
    /// Who is listed and has not.
    pub missing: Vec<String>,
}

/// Somebody who joined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HomeMember {
    /// Their name.
    pub name: String,
    /// What their phone calls itself.
    pub phone: String,
    /// When the invitation was printed.
    pub printed: Timestamp,
    /// When they joined.
    pub at: Timestamp,
}

/// What is to be carried below a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deliveries {
    /// The group's name.
    pub group: String,
    /// The list of each block, in the order of the tree.
    pub blocks: Vec<BlockDelivery>,
    /// When it was counted.
    pub at: Timestamp,
    /// The zone its days are of.
    pub offsets: ZoneOffsets,
}

/// Something found by a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Thing {
    /// district, federation, association, block, household, team, person, role, device.
    pub sort: String,
    /// Its id.
    pub id: String,
    /// Its name, or what it is.
    pub name: String,
    /// More of it, for the reader.
    pub detail: String,
    /// Of a household or a person: what a correction names as seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u32>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checked {
    /// What.
    pub what: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// What was seen.
    pub seen: String,
}

/// A way to ask a district: through its running server, or by opening its folder.
pub struct Console {
    way: Way,
    clock: Arc<dyn Clock>,
}

enum Way {
    Running(socket::Line),
    Folder { store: Store, identity: Identity, _lock: folder::Lock },
}

impl Console {
    /// Reaches the running server of a folder, or takes the folder itself.
    ///
    /// # Errors
    /// [`Error::NoDistrict`]; [`Error::Locked`] when something holds the folder and does not listen.
    pub async fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        if !folder::holds_district(folder) {
            return Err(Error::NoDistrict(folder.to_path_buf()));
        }
        if let Some(line) = socket::Line::connect(folder).await {
            return Ok(Self { way: Way::Running(line), clock });
        }
        let lock = folder::lock(folder)?;
        let identity = Identity::load(folder)?;
        let store = Store::open(folder, Arc::clone(&clock), identity.keys())?;
        store.set_keys(identity.key(), identity.next()).await?;
        Ok(Self { way: Way::Folder { store, identity, _lock: lock }, clock })
    }

    /// Asks one question.
    ///
    /// # Errors
    /// Whatever the answer says, and [`Error::Silent`] without one.
    pub async fn ask(&mut self, ask: Ask) -> Result<Answer, Error> {
        match &mut self.way {
            Way::Running(line) => match line.ask(&ask).await? {
                Answer::Failed { what, todo } => Err(Error::Console { what, todo }),
                answer => Ok(answer),
            },
            Way::Folder { store, identity, .. } => perform::perform(store, identity, ask).await,
        }
    }

    /// Who the district is.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn facts(&mut self) -> Result<Facts, Error> {
        match self.ask(Ask::Facts).await? {
            Answer::Facts(facts) => Ok(facts),
            other => Err(unexpected(&other)),
        }
    }

    /// What a name stands for.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn find(&mut self, what: &str) -> Result<Vec<Thing>, Error> {
        match self.ask(Ask::Find { what: what.to_owned() }).await? {
            Answer::Found(things) => Ok(things),
            other => Err(unexpected(&other)),
        }
    }

    /// The one thing of a sort that a name stands for. `sorts` are the words of [`Thing::sort`] that fit.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::Ambiguous`], and as [`Console::ask`].
    pub async fn one(&mut self, wanted: &'static str, sorts: &[&str], what: &str) -> Result<Thing, Error> {
        let found = self.find(what).await?;
        let mut fitting: Vec<Thing> = found.into_iter().filter(|thing| sorts.contains(&thing.sort.as_str())).collect();
        match (fitting.pop(), fitting.is_empty()) {
            (Some(thing), true) => Ok(thing),
            (None, _) => Err(Error::Unknown { wanted, what: what.to_owned() }),
            (Some(last), false) => {
                fitting.push(last);
                let found: Vec<String> =
                    fitting.iter().map(|thing| format!("{} ({})", thing.id, thing.detail)).collect();
                Err(Error::Ambiguous { what: what.to_owned(), found: found.join(", ") })
            }
        }
    }

    /// What is to be carried to the paper homes below a group: of one notice, or of all that homes still wait for.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn deliveries(&mut self, group: &str, notice: Option<NoticeId>) -> Result<Deliveries, Error> {
        match self.ask(Ask::Deliveries { group: group.to_owned(), notice }).await? {
            Answer::Deliveries(deliveries) => Ok(deliveries),
            other => Err(unexpected(&other)),
        }
    }

    /// Does something as the steward.
    ///
    /// # Errors
    /// [`Error::Refused`] when the rules say no, and as [`Console::ask`].
    pub async fn op(&mut self, command: Command) -> Result<OpResult, Error> {
        let result = match self.ask(Ask::Op { command: Box::new(command) }).await? {
            Answer::Op(result) => result,
            other => return Err(unexpected(&other)),
        };
        match result.outcome {
            Outcome::Refused { code, .. } => Err(Error::Refused(code)),
            Outcome::Unsupported => Err(Error::Silent("it does not know this op".to_owned())),
            Outcome::Later => Err(Error::Silent("what it speaks about has not come back since the restore".to_owned())),
            Outcome::Applied { .. } => Ok(result),
        }
    }

    /// Does several things as the steward, in one transaction; each with its outcome, refusals among them.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn ops(&mut self, commands: Vec<Command>) -> Result<Vec<OpResult>, Error> {
        match self.ask(Ask::Ops { commands }).await? {
            Answer::Ops(results) => Ok(results),
            other => Err(unexpected(&other)),
        }
    }

    /// What an association holds; `export` puts on record that it was taken away.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a group of another kind, and as [`Console::ask`].
    pub async fn roster(&mut self, association: GroupId, contacts: bool, export: bool) -> Result<Held, Error> {
        match self.ask(Ask::Roster { association, contacts, export }).await? {
            Answer::Roster(held) => Ok(*held),
            other => Err(unexpected(&other)),
        }
    }

    /// Keeps telephones and remarks of homes; of how many.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn keep_contacts(&mut self, contacts: Vec<(GroupId, Contact)>) -> Result<usize, Error> {
        match self.ask(Ask::KeepContacts { contacts }).await? {
            Answer::Kept(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }

    /// Prints invitations: the secrets are made here, the server only ever sees their hashes.
    ///
    /// # Errors
    /// As [`Console::op`].
    pub async fn invite(&mut self, whom: Whom) -> Result<Vec<Sheet>, Error> {
        let facts = self.facts().await?;
        let address = facts.addresses.first().cloned().unwrap_or_default();
        let invited = match self.ask(Ask::Invitees { whom }).await? {
            Answer::Invitees(invited) => invited,
            other => return Err(unexpected(&other)),
        };
        let mut sheets = Vec::with_capacity(invited.len());
        for Invited { invitee, addressee } in invited {
            let making = |error: getrandom::Error| Error::Making(error.to_string());
            let secret = Secret::random().map_err(making)?;
            let invite = InviteId::random().map_err(making)?;
            self.op(Command::Invite { invite, to: invitee, secret: secret.hash(), passed_on: false }).await?;
            let now = self.clock.now();
            sheets.push(Sheet::new(addressee, (&facts.name, &address), &facts.identity, &secret, now));
        }
        Ok(sheets)
    }

    /// Who joined by which invitation at or below a group, and who has not.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn invitations(&mut self, group: &str) -> Result<Vec<HomeJoined>, Error> {
        match self.ask(Ask::Invitations { group: group.to_owned() }).await? {
            Answer::Invitations(homes) => Ok(homes),
            other => Err(unexpected(&other)),
        }
    }

    /// Puts other addresses on the card; whether they are others.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn set_addresses(&mut self, addresses: Vec<String>) -> Result<bool, Error> {
        self.change_card(Ask::SetAddresses { addresses }).await
    }

    /// Announces the identity key that will follow; whether that is news.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn announce(&mut self, next: Key) -> Result<bool, Error> {
        self.change_card(Ask::Announce { next }).await
    }

    async fn change_card(&mut self, ask: Ask) -> Result<bool, Error> {
        match self.ask(ask).await? {
            Answer::Card(changed) => Ok(changed),
            other => Err(unexpected(&other)),
        }
    }

    /// Looks at everything that must hold.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn check(&mut self) -> Result<Vec<Checked>, Error> {
        match self.ask(Ask::Check).await? {
            Answer::Checked(lines) => Ok(lines),
            other => Err(unexpected(&other)),
        }
    }

    /// Opens the desks after a restore, where no officer's phone is left; whether they were closed.
    ///
    /// # Errors
    /// As [`Console::ask`].
    pub async fn open_desks(&mut self) -> Result<bool, Error> {
        match self.ask(Ask::OpenDesks).await? {
            Answer::Opened(were_closed) => Ok(were_closed),
            other => Err(unexpected(&other)),
        }
    }

    /// Lets go of the folder, with everything written.
    ///
    /// # Errors
    /// The store's.
    pub async fn close(self) -> Result<(), Error> {
        match self.way {
            Way::Running(_) => Ok(()),
            Way::Folder { store, .. } => Ok(store.close().await?),
        }
    }
}

/// Opens a console, prints invitations and lets go again.
///
/// # Errors
/// As [`Console::invite`].
pub async fn invite(folder: &Path, clock: Arc<dyn Clock>, whom: Whom) -> Result<Vec<Sheet>, Error> {
    let mut console = Console::open(folder, clock).await?;
    let sheets = console.invite(whom).await;
    console.close().await?;
    sheets
}

fn unexpected(_: &Answer) -> Error {
    Error::Silent("it is of another version and answered something else".to_owned())
}
