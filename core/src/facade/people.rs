//! Who lives where: homes and people that move in and out, are corrected, merged, split, or were known twice.

use super::Kairan;
use crate::{
    error::Error,
    records::{Departure, NewHome, NewPerson, RosterCorrection},
};
use kairan_protocol::{
    id::{GroupId, PersonId, Rev},
    op::Command,
    people::Newcomer,
};

fn newcomer(new: NewPerson) -> Result<Newcomer, Error> {
    let person = PersonId::random().map_err(Error::internal)?;
    Ok(Newcomer { person, name: new.name, reading: new.reading })
}

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// 転入: a household is new in a block; the op's id.
    pub async fn add_household(&self, person: String, block: String, home: NewHome) -> Result<String, Error> {
        let people = home.people.into_iter().map(newcomer).collect::<Result<_, _>>()?;
        let command = Command::AddHousehold {
            household: GroupId::random().map_err(Error::internal)?,
            block: block.parse()?,
            name: home.name,
            reading: home.reading,
            paper: home.paper,
            place: home.place,
            people,
        };
        self.ask(&person, command).await
    }

    /// A block is new in an association; the op's id.
    pub async fn add_block(&self, person: String, association: String, name: String) -> Result<String, Error> {
        let group = GroupId::random().map_err(Error::internal)?;
        self.ask(&person, Command::AddBlock { group, association: association.parse()?, name }).await
    }

    /// Somebody is new in a household; the op's id.
    pub async fn add_person(&self, person: String, household: String, new: NewPerson) -> Result<String, Error> {
        self.ask(&person, Command::AddPerson { household: household.parse()?, newcomer: newcomer(new)? }).await
    }

    /// Corrects what the roster says of a household. `seen`: the rev the roster showed; the op's id.
    pub async fn correct_household(
        &self,
        person: String,
        household: String,
        seen: u32,
        correction: RosterCorrection,
    ) -> Result<String, Error> {
        let reading = correction.reading_change();
        let RosterCorrection { name, place, .. } = correction;
        let household = household.parse()?;
        self.ask(&person, Command::CorrectHousehold { household, seen: Rev(seen), name, reading, place }).await
    }

    /// Corrects what the roster says of somebody. `seen`: the rev the roster showed; the op's id. Their place is their household's.
    pub async fn correct_person(
        &self,
        person: String,
        of: String,
        seen: u32,
        correction: RosterCorrection,
    ) -> Result<String, Error> {
        let reading = correction.reading_change();
        let (of, name) = (of.parse()?, correction.name);
        self.ask(&person, Command::CorrectPerson { person: of, seen: Rev(seen), name, reading }).await
    }

    /// Somebody lives in another household from now on; the op's id.
    pub async fn move_person(&self, person: String, who: String, to: String) -> Result<String, Error> {
        self.ask(&person, Command::MovePerson { person: who.parse()?, to: to.parse()? }).await
    }

    /// Somebody moved away or died. Their phones erase what they hold of them, and it is not undone; the op's id.
    pub async fn depart(&self, person: String, who: String, why: Departure) -> Result<String, Error> {
        self.ask(&person, Command::Depart { person: who.parse()?, why: why.into() }).await
    }

    /// Everybody of one household lives in another, and the first is closed; the op's id.
    pub async fn merge_households(&self, person: String, from: String, into: String) -> Result<String, Error> {
        self.ask(&person, Command::MergeHouseholds { from: from.parse()?, into: into.parse()? }).await
    }

    /// Some of a household become one of their own, in the same block or another; the op's id.
    pub async fn split_household(
        &self,
        person: String,
        from: String,
        block: String,
        name: String,
        people: Vec<String>,
    ) -> Result<String, Error> {
        let people = people.iter().map(|one| one.parse()).collect::<Result<_, _>>()?;
        let household = GroupId::random().map_err(Error::internal)?;
        let (from, block) = (from.parse()?, block.parse()?);
        self.ask(&person, Command::SplitHousehold { from, household, block, name, people }).await
    }

    /// Two entries of a roster are the same person: `twice` is `same` from now on; the op's id.
    pub async fn same_person(&self, person: String, same: String, twice: String) -> Result<String, Error> {
        self.ask(&person, Command::SamePerson { person: same.parse()?, twice: twice.parse()? }).await
    }
}
