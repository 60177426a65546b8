//! What a roster changes in what the association holds: a plan, worked out without touching anything.
//!
//! **The rule by which homes and people are known again**, in this order:
//!
//! 1. by their number, where the roster has the columns of our own export (世帯番号, 氏名番号);
//! 2. a home by its head in its block;
//! 3. somebody by their name in their home;
//! 4. otherwise the same name elsewhere in the association is a question: moved, or another person?
//!
//! Names are compared without their spaces and in their compatible form (NFKC). What is only near, by one character or by an old form
//! such as 髙 and 高, is a question too, and so is a reading that differs. What waits for an answer is left out, and nobody who may be meant
//! by it is proposed for removal. Because whoever is here is always known again, importing once more changes nothing, and an import
//! that was interrupted goes on where it stopped.

mod change;
mod compare;
mod index;
mod matching;
mod named;
mod people;
mod planner;
mod question;
mod removal;
mod roles;
mod same;
#[cfg(test)]
mod tests;

pub use change::{BlockRef, Change, Going, HomeRef, NewPerson, PersonRef, Place};
pub use planner::plan;
pub use question::{Answer, Answers, Key, NoAnswer, Question, to_fill_in};
pub(super) use roles::written as role_word;

use super::reading::{Doubt, Meaning};

/// What is taken of a roster besides names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// 電話 too.
    pub with_telephone: bool,
    /// 備考 too.
    pub with_note: bool,
    /// The block of homes for which the roster names none.
    pub block: Option<String>,
}

/// What a roster comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Every record, in order.
    pub lines: Vec<Planned>,
    /// What is done, in this order.
    pub changes: Vec<Change>,
    /// What somebody has to say first.
    pub questions: Vec<Question>,
    /// Who is held here and not named by the roster, in the blocks it names. Only proposed.
    pub removals: Vec<Removal>,
    /// Blocks that are held and not named: nothing of them is touched.
    pub other_blocks: Vec<String>,
}

/// What a record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its number.
    pub record: usize,
    /// Everything it comes to; never empty.
    pub outcomes: Vec<Outcome>,
    /// What stands in its columns of blocks and names.
    pub named: String,
}

/// One thing a record comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No home and nobody: a title, a sum, an empty home ….
    Nothing(Nothing),
    /// Known, and nothing differs.
    Unchanged,
    /// A home that is new.
    NewHome {
        /// Its block.
        block: String,
        /// How many people of this record are new.
        people: usize,
    },
    /// Somebody of a home that is new, on a record of their own.
    NewMember,
    /// A home that stands in another block now.
    HomeMoved {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// Somebody new in a home that is known.
    NewPerson {
        /// Who.
        name: String,
    },
    /// Somebody who lives in another home now.
    PersonMoved {
        /// Who.
        name: String,
        /// The head of the home they leave.
        from: String,
    },
    /// Something that is corrected.
    Changed {
        /// What.
        field: Field,
        /// As it is.
        from: Option<String>,
        /// As it will be.
        to: Option<String>,
    },
    /// A role, confirmed.
    Role {
        /// Who.
        name: String,
        /// The word under 役職.
        word: String,
    },
    /// A word under 役職 that is no role here.
    Remark(String),
    /// It waits for an answer.
    Asked(Key),
    /// It is left out.
    LeftOut(LeftOut),
}

/// What is no home and nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Above the table.
    Title,
    /// The names of the columns.
    Header,
    /// Nothing in it.
    Blank,
    /// A sum.
    Total,
    /// Nobody lives there.
    Vacant,
    /// The names of the columns once more.
    RepeatedHeader,
    /// Words between the homes.
    Remark,
    /// The same as another record.
    Duplicate {
        /// Which.
        of: usize,
    },
}

/// Why a record is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// As the reader says.
    Doubt(Doubt),
    /// A name over the limits of a name.
    Unfit,
    /// The association has several blocks, and the roster names none.
    WhichBlock,
    /// A 世帯番号 that an earlier record has.
    NumberTwice,
    /// Somebody of a home that waits for an answer.
    WaitingHome,
}

/// What is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A person's name.
    Name,
    /// A person's reading.
    Reading,
    /// A home's name.
    HomeName,
    /// A home's reading.
    HomeReading,
    /// Paper or app.
    Delivery,
    /// 電話.
    Telephone,
    /// 備考.
    Note,
}

/// Somebody who is held here and whom the roster does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The question whether they are to go.
    pub question: Question,
    /// Who.
    pub people: Vec<kairan_protocol::id::PersonId>,
    /// Whether that is everybody of their home.
    pub whole_home: bool,
}

/// The sums of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Homes that are new.
    pub new_homes: usize,
    /// People who are new.
    pub new_people: usize,
    /// Records with something that is corrected or moves.
    pub changed: usize,
    /// Records that are known and stay as they are.
    pub unchanged: usize,
    /// Questions without an answer.
    pub questions: usize,
    /// Records left out.
    pub left_out: usize,
    /// People proposed for removal.
    pub removals: usize,
}

impl Plan {
    /// Its sums.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums {
            questions: self.questions.len(),
            removals: self.removals.iter().map(|removal| removal.people.len()).sum(),
            ..Sums::default()
        };
        for line in &self.lines {
            let mut changed = false;
            for outcome in &line.outcomes {
                match outcome {
                    Outcome::NewHome { people, .. } => {
                        sums.new_homes += 1;
                        sums.new_people += people;
                    }
                    Outcome::NewPerson { .. } | Outcome::NewMember => sums.new_people += 1,
                    Outcome::HomeMoved { .. }
                    | Outcome::PersonMoved { .. }
                    | Outcome::Changed { .. }
                    | Outcome::Role { .. } => changed = true,
                    Outcome::Unchanged => sums.unchanged += 1,
                    Outcome::LeftOut(_) => sums.left_out += 1,
                    Outcome::Nothing(_) | Outcome::Remark(_) | Outcome::Asked(_) => {}
                }
            }
            sums.changed += usize::from(changed);
        }
        sums
    }
}

impl Nothing {
    const fn of(meaning: &Meaning) -> Option<Self> {
        Some(match meaning {
            Meaning::Title => Self::Title,
            Meaning::Header => Self::Header,
            Meaning::Blank => Self::Blank,
            Meaning::Total => Self::Total,
            Meaning::Vacant => Self::Vacant,
            Meaning::RepeatedHeader => Self::RepeatedHeader,
            Meaning::Remark => Self::Remark,
            Meaning::Duplicate { of } => Self::Duplicate { of: *of },
            Meaning::Home(_) | Meaning::Person { .. } | Meaning::Doubtful(_) => return None,
        })
    }
}
