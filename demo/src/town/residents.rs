//! Who has a phone in the town: whose it is, where they live, the sheet they joined by, and their habits.

use super::{
    chance::Chance,
    district::{self, Home},
};
use crate::Error;
use kairan_protocol::id::{GroupId, PersonId};
use kairan_server::{folder, store::HouseholdFacts};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// So many phones the whole town has, beside those of the page.
pub const PHONES: usize = 300;
/// Everything the town remembers of its phones.
const FILE: &str = "town.json";

/// Somebody with a phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Resident {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Which of the five associations, by its place.
    pub association: usize,
    /// The association.
    pub association_id: GroupId,
    /// The block.
    pub block: GroupId,
    /// The home.
    pub household: GroupId,
    /// Whether they lead the block.
    pub leads: bool,
    /// The folder of their phone, below the town's.
    pub folder: String,
    /// Their invitation, as the QR holds it.
    pub link: String,
    /// Whether it is one of the page's phones: a visitor taps on it, and nobody else.
    pub on_the_page: bool,
    /// How they are with their phone.
    pub habits: Habits,
}

/// How somebody is with their phone; of a hundred times.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Habits {
    /// They seal a circular.
    pub seals: u32,
    /// They say how they are on a day.
    pub says: u32,
    /// Whether they agreed that moods reach the team.
    pub agreed: bool,
}

impl Habits {
    fn deal(chance: &mut Chance) -> Self {
        let says = if chance.percent(24) { chance.below(8) } else { 35 + chance.below(63) };
        Self { seals: 58 + chance.below(41), says, agreed: chance.percent(88) }
    }
}

/// A home on paper, and the leader of its block carries to it.
#[derive(Debug, Clone, Copy)]
pub struct PaperHome {
    /// The home.
    pub household: GroupId,
    /// Its block.
    pub block: GroupId,
}

/// What the town remembers between two runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Remembered {
    /// Where the server was reached when it was written down.
    pub address: String,
    /// The phones, in the order of the tree; those of the page among them.
    pub residents: Vec<Resident>,
}

impl Remembered {
    /// What an earlier run wrote down; none where there was none.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Data`].
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(text) => {
                serde_json::from_slice(&text).map(Some).map_err(|error| Error::Data(format!("{FILE}: {error}")))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(path)(error)),
        }
    }

    /// Writes it down, whole or not at all, for its owner only: the sheets stand in it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Data(error.to_string()))?;
        Ok(folder::write_private(&folder.join(FILE), &text)?)
    }
}

/// The people with phones and the homes on paper, out of the plan's homes and the store's, which stand in the same order.
#[must_use]
pub fn dealt(homes: &[Home], known: &[HouseholdFacts]) -> (Vec<Resident>, Vec<PaperHome>) {
    let chance = Chance::new(0x6b61_6972_616e);
    let (mut residents, mut paper, mut left) = (Vec::new(), Vec::new(), PHONES);
    // Somebody of every home first; then second phones until there are enough.
    for round in 0..2 {
        for (home, facts) in homes.iter().zip(known) {
            let Some(association) = &facts.association else { continue };
            let at = district::ASSOCIATIONS.iter().position(|known| known.key == home.association).unwrap_or_default();
            if home.paper {
                if round == 0 {
                    paper.push(PaperHome { household: facts.id, block: facts.block.id });
                }
                continue;
            }
            let of_page =
                |name: &str| district::ON_THE_PAGE.iter().find(|(_, who)| *who == name).map(|(page, _)| *page);
            let has_visitor = home.people.iter().any(|name| of_page(name).is_some());
            // Nobody but the visitor seals for their home, and the newcomers have no phone yet.
            if (has_visitor && round == 1) || home.name == district::NEWCOMERS.0 {
                continue;
            }
            let Some(member) = facts.members.get(round) else { continue };
            let page = of_page(&member.name);
            if page.is_none() {
                if left == 0 {
                    continue;
                }
                left -= 1;
            }
            let number = PHONES - left;
            let mut habits = Habits::deal(&mut chance.of(residents.len() as u64));
            if page.is_some() {
                habits = Habits { seals: 100, says: 92, agreed: true };
            }
            residents.push(Resident {
                person: member.id,
                name: member.name.clone(),
                association: at,
                association_id: association.id,
                block: facts.block.id,
                household: facts.id,
                leads: round == 0 && home.place == district::LEADER,
                folder: page.map_or_else(|| format!("town/{number:03}"), |page| format!("phones/{page}")),
                link: String::new(),
                on_the_page: page.is_some(),
                habits,
            });
        }
    }
    (residents, paper)
}

impl Resident {
    /// Where their phone lies.
    #[must_use]
    pub fn folder(&self, town: &Path) -> PathBuf {
        town.join(&self.folder)
    }
}
