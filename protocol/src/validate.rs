//! Limits of every field that comes from outside.

use crate::{
    case::Support,
    notice::{Change, NoticePatch, Points, When},
    op::Command,
    people::Newcomer,
};

/// Longest 件名, in characters.
pub const TITLE: usize = 100;
/// Longest 本文, in characters: about ten A4 pages.
pub const TEXT: usize = 12_000;
/// Longest of the four points, in characters.
pub const POINT: usize = 200;
/// Longest reason of a withdrawal, in characters.
pub const REASON: usize = 400;
/// Longest note about a case, in characters.
pub const NOTE: usize = 400;
/// Longest telephone number, in characters.
pub const TELEPHONE: usize = 30;
/// Most boards and staff feeds one notice stands on.
pub const AUDIENCE: usize = 200;
/// Longest name of a person, group or device, in characters.
pub const NAME: usize = 60;
/// Most people of a household that moves in, or is split off.
pub const PEOPLE: usize = 20;
/// Most ops in one sync.
pub const OPS_PER_SYNC: usize = 100;
/// Most ops one sync hands back after a loss.
pub const REPLAYS_PER_SYNC: usize = 200;
/// Most marks of what has ended one sync hands back.
pub const ENDED_PER_SYNC: usize = 1_000;
/// Largest op, in bytes of JSON.
pub const OP_BYTES: usize = 64 * 1024;
/// Largest body of a sync request after decompression, in bytes.
pub const SYNC_BYTES: usize = 1024 * 1024;
/// Most feeds a device may name in one sync.
pub const CURSORS: usize = 1_000;

/// A field over its limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Longer than allowed.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its limit, in characters.
        limit: usize,
    },
    /// Nothing in it.
    #[error("{field} is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// Too many of them.
    #[error("more than {limit} in {field}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// Its limit.
        limit: usize,
    },
    /// A character that no screen can show.
    #[error("{field} holds a control character")]
    Control {
        /// The field.
        field: &'static str,
    },
    /// The same thing named twice.
    #[error("{field} names the same twice")]
    Twice {
        /// The field.
        field: &'static str,
    },
    /// Ends before it begins.
    #[error("{field} ends before it begins")]
    Backwards {
        /// The field.
        field: &'static str,
    },
}

/// A text people read: not empty, within its limit, no control characters but line breaks and tabs.
///
/// # Errors
/// The limit it breaks.
pub fn text(field: &'static str, text: &str, limit: usize) -> Result<(), Limit> {
    if text.trim().is_empty() {
        return Err(Limit::Empty { field });
    }
    if text.chars().nth(limit).is_some() {
        return Err(Limit::TooLong { field, limit });
    }
    // U+202A–E and U+2066–9 turn the direction of what follows: a name must not rewrite a sentence around it.
    let hostile = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.chars().any(hostile) {
        return Err(Limit::Control { field });
    }
    Ok(())
}

fn when(when: &When) -> Result<(), Limit> {
    text("when", &when.text, POINT)?;
    match (when.starts, when.ends) {
        (Some(starts), Some(ends)) if ends < starts => Err(Limit::Backwards { field: "when" }),
        _ => Ok(()),
    }
}

/// The four points.
///
/// # Errors
/// The limit one of them breaks.
pub fn points(points: &Points) -> Result<(), Limit> {
    points.when.as_ref().map_or(Ok(()), when)?;
    points.place.as_ref().map_or(Ok(()), |place| text("where", place, POINT))?;
    points.what.as_ref().map_or(Ok(()), |what| text("what", what, POINT))?;
    points.by_when.as_ref().map_or(Ok(()), |by| text("by_when", &by.text, POINT))
}

/// As [`text`], of something not finished yet: it may be empty.
fn unfinished(field: &'static str, value: &str, limit: usize) -> Result<(), Limit> {
    match text(field, value, limit) {
        Err(Limit::Empty { .. }) if value.chars().nth(limit).is_some() => Err(Limit::TooLong { field, limit }),
        Err(Limit::Empty { .. }) => Ok(()),
        other => other,
    }
}

/// A notice that is being written and goes to so many boards: within the limits of what can be sent, finished or not.
///
/// # Errors
/// The first limit it breaks.
pub fn draft(title: &str, four: &Points, body: &str, boards: usize) -> Result<(), Limit> {
    if boards > AUDIENCE {
        return Err(Limit::TooMany { field: "audience", limit: AUDIENCE });
    }
    unfinished("title", title, TITLE)?;
    unfinished("text", body, TEXT)?;
    let points = [
        ("when", four.when.as_ref().map(|when| &when.text)),
        ("where", four.place.as_ref()),
        ("what", four.what.as_ref()),
        ("by_when", four.by_when.as_ref().map(|by| &by.text)),
    ];
    points.into_iter().try_for_each(|(field, point)| point.map_or(Ok(()), |point| unfinished(field, point, POINT)))
}

fn patch(patch: &NoticePatch) -> Result<(), Limit> {
    patch.title.as_ref().map_or(Ok(()), |title| text("title", title, TITLE))?;
    patch.text.as_ref().map_or(Ok(()), |body| text("text", body, TEXT))?;
    if let Change::Set(value) = &patch.when {
        when(value)?;
    }
    if let Change::Set(place) = &patch.place {
        text("where", place, POINT)?;
    }
    if let Change::Set(what) = &patch.what {
        text("what", what, POINT)?;
    }
    if let Change::Set(by) = &patch.by_when {
        text("by_when", &by.text, POINT)?;
    }
    Ok(())
}

fn name(field: &'static str, name: &str) -> Result<(), Limit> {
    text(field, name, NAME)?;
    // A name is one line.
    if name.contains(['\n', '\r', '\t']) { Err(Limit::Control { field }) } else { Ok(()) }
}

fn names(of: Option<&String>, reading: Option<&String>) -> Result<(), Limit> {
    of.map_or(Ok(()), |of| name("name", of))?;
    reading.map_or(Ok(()), |reading| name("reading", reading))
}

fn newcomer(newcomer: &Newcomer) -> Result<(), Limit> {
    names(Some(&newcomer.name), newcomer.reading.as_ref())
}

fn people(mut people: Vec<crate::id::PersonId>) -> Result<(), Limit> {
    let named = people.len();
    if named > PEOPLE {
        return Err(Limit::TooMany { field: "people", limit: PEOPLE });
    }
    people.sort_unstable();
    people.dedup();
    if people.len() < named { Err(Limit::Twice { field: "people" }) } else { Ok(()) }
}

/// The limits of what is said about a roster.
fn roster(command: &Command) -> Result<(), Limit> {
    let set = |change: &Change<String>| match change {
        Change::Set(reading) => Some(reading.clone()),
        Change::Keep | Change::Clear => None,
    };
    match command {
        Command::AddHousehold { name, reading, people: newcomers, .. } => {
            names(Some(name), reading.as_ref())?;
            newcomers.iter().try_for_each(newcomer)?;
            people(newcomers.iter().map(|newcomer| newcomer.person).collect())
        }
        Command::AddPerson { newcomer: somebody, .. } => newcomer(somebody),
        Command::AddBlock { name, .. } => names(Some(name), None),
        Command::CorrectHousehold { name, reading, .. } | Command::CorrectPerson { name, reading, .. } => {
            names(name.as_ref(), set(reading).as_ref())
        }
        Command::SplitHousehold { name, people: movers, .. } => {
            names(Some(name), None)?;
            if movers.is_empty() {
                return Err(Limit::Empty { field: "people" });
            }
            people(movers.clone())
        }
        Command::MergeHouseholds { from, into } if from == into => Err(Limit::Twice { field: "into" }),
        Command::SamePerson { person, twice } if person == twice => Err(Limit::Twice { field: "twice" }),
        _ => Ok(()),
    }
}

/// A telephone number that is offered.
///
/// # Errors
/// The limit one of its fields breaks.
pub fn support(support: &Support) -> Result<(), Limit> {
    text("name", &support.name, NAME)?;
    text("telephone", &support.telephone, TELEPHONE)?;
    if support.hours.is_empty() { Ok(()) } else { text("hours", &support.hours, NAME) }
}

/// Every limit of a command.
///
/// # Errors
/// The first limit it breaks.
pub fn command(command: &Command) -> Result<(), Limit> {
    match command {
        Command::Post { audience, title, points: four, text: body, .. } => {
            if audience.is_empty() {
                return Err(Limit::Empty { field: "audience" });
            }
            if audience.len() > AUDIENCE {
                return Err(Limit::TooMany { field: "audience", limit: AUDIENCE });
            }
            text("title", title, TITLE)?;
            text("text", body, TEXT)?;
            points(four)
        }
        Command::Correct { patch: changes, .. } => patch(changes),
        Command::Withdraw { reason, .. } => text("reason", reason, REASON),
        Command::Invite { secret, .. } => text("secret", secret, 64),
        Command::AddHousehold { .. }
        | Command::AddPerson { .. }
        | Command::AddBlock { .. }
        | Command::CorrectHousehold { .. }
        | Command::CorrectPerson { .. }
        | Command::SplitHousehold { .. }
        | Command::MergeHouseholds { .. }
        | Command::SamePerson { .. } => roster(command),
        Command::NoteCase { text: note, .. } | Command::CloseCase { text: Some(note), .. } => text("text", note, NOTE),
        Command::SetSupport { support: Some(number), .. } => support(number),
        Command::Receipt { .. }
        | Command::CheckIn { .. }
        | Command::Consent { .. }
        | Command::TakeBack { .. }
        | Command::GrantRole { .. }
        | Command::EndRole { .. }
        | Command::MoveHousehold { .. }
        | Command::Approve { .. }
        | Command::MovePerson { .. }
        | Command::Depart { .. }
        | Command::SetPaper { .. }
        | Command::PaperReceipt { .. }
        | Command::Revoke { .. }
        | Command::SeeCase { .. }
        | Command::TakeCase { .. }
        | Command::ReleaseCase { .. }
        | Command::CloseCase { text: None, .. }
        | Command::SetSupport { support: None, .. }
        | Command::Leave {} => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_of_a_hundred_letters_fits_and_one_more_does_not() {
        assert_eq!(text("title", &"回".repeat(TITLE), TITLE), Ok(()));
        assert_eq!(text("title", &"回".repeat(TITLE + 1), TITLE), Err(Limit::TooLong { field: "title", limit: TITLE }));
    }

    #[test]
    fn a_draft_may_be_empty_but_no_longer_than_what_can_be_sent() {
        let empty = Points { place: Some(String::new()), ..Points::default() };
        assert_eq!(draft("", &empty, " \n", 0), Ok(()));
        let long = |limit: usize| " ".repeat(limit + 1);
        assert_eq!(draft(&long(TITLE), &empty, "", 0), Err(Limit::TooLong { field: "title", limit: TITLE }));
        let place = Points { place: Some("公".repeat(POINT + 1)), ..Points::default() };
        assert_eq!(draft("", &place, "", 0), Err(Limit::TooLong { field: "where", limit: POINT }));
        assert_eq!(draft("a\u{0}", &empty, "", 0), Err(Limit::Control { field: "title" }));
        assert_eq!(draft("", &empty, "", 201), Err(Limit::TooMany { field: "audience", limit: AUDIENCE }));
    }

    #[test]
    fn a_household_of_twenty_moves_in_and_nobody_twice() {
        let newcomer = |number| Newcomer {
            person: crate::id::PersonId::from_number(number),
            name: "見本 一郎".to_owned(),
            reading: Some("みほん いちろう".to_owned()),
        };
        let home = |people| Command::AddHousehold {
            household: crate::id::GroupId::from_number(1),
            block: crate::id::GroupId::from_number(2),
            name: "見本".to_owned(),
            reading: None,
            paper: false,
            place: None,
            people,
        };
        let many = |count| (1..=count).map(newcomer).collect::<Vec<_>>();
        assert_eq!(command(&home(many(20))), Ok(()));
        assert_eq!(command(&home(many(21))), Err(Limit::TooMany { field: "people", limit: PEOPLE }));
        assert_eq!(command(&home(vec![newcomer(1), newcomer(1)])), Err(Limit::Twice { field: "people" }));
        let two_lines = Newcomer { name: "見本\n一郎".to_owned(), ..newcomer(1) };
        assert_eq!(command(&home(vec![two_lines])), Err(Limit::Control { field: "name" }));
    }

    #[test]
    fn blank_and_unshowable_texts_are_refused() {
        assert_eq!(text("title", " \u{3000}\n", TITLE), Err(Limit::Empty { field: "title" }));
        assert_eq!(text("title", "a\u{0}b", TITLE), Err(Limit::Control { field: "title" }));
        assert_eq!(text("title", "a\u{202e}b", TITLE), Err(Limit::Control { field: "title" }));
        assert_eq!(text("text", "一行目\n二行目", TEXT), Ok(()));
    }
}
