//! The lines of a check: what was looked at, whether it is as it should be, and what was seen. A line that cannot look is bad.

use crate::store::{
    error::StoreError,
    records::CheckLine,
    sql::{many, number},
};
use rusqlite::{Connection, Params};
use std::fmt::Display;

/// How many of what is wrong are named.
const NAMED: usize = 5;

/// What a line counted.
#[derive(Default)]
pub struct Counted {
    all: usize,
    wrong: usize,
    named: Vec<String>,
}

impl Counted {
    /// One more, right or wrong.
    pub fn add(&mut self, right: bool, name: impl Display) {
        self.all += 1;
        if !right {
            self.wrong += 1;
            if self.named.len() < NAMED {
                self.named.push(name.to_string());
            }
        }
    }

    /// Something about all of them: named where it is wrong.
    pub fn must(&mut self, right: bool, name: impl Display) {
        if !right {
            self.add(false, name);
        }
    }

    fn said(self) -> (bool, String) {
        match self.wrong {
            0 => (true, format!("{} looked at", self.all)),
            wrong => (false, format!("{wrong} of {} wrong: {}", self.all, self.named.join(", "))),
        }
    }
}

/// The lines so far.
pub struct Lines(Vec<CheckLine>);

impl Lines {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A line that says whether and what.
    pub fn say(&mut self, what: &str, look: impl FnOnce() -> Result<(bool, String), StoreError>) {
        let (good, seen) = look().unwrap_or_else(|error| (false, error.to_string()));
        self.0.push(CheckLine { what: what.to_owned(), good, seen });
    }

    /// A line that looks at one after the other.
    pub fn each(&mut self, what: &str, look: impl FnOnce(&mut Counted) -> Result<(), StoreError>) {
        self.say(what, || {
            let mut counted = Counted::default();
            look(&mut counted)?;
            Ok(counted.said())
        });
    }

    /// A line of a query for what should not be: it names what is wrong in its first column, as text.
    pub fn none(&mut self, what: &str, connection: &Connection, sql: &str, parameters: impl Params) {
        self.say(what, || {
            let wrong = many(connection, sql, parameters, |row| row.get::<_, String>(0))?;
            let named: Vec<&str> = wrong.iter().take(NAMED).map(String::as_str).collect();
            let seen = format!("{} wrong: {}", wrong.len(), named.join(", "));
            Ok(if wrong.is_empty() { (true, "as it should be".to_owned()) } else { (false, seen) })
        });
    }

    /// A line of a query that counts what should not be.
    pub fn zero(&mut self, what: &str, connection: &Connection, sql: &str, parameters: impl Params) {
        self.say(what, || {
            let wrong = number(connection, sql, parameters)?;
            Ok((wrong == 0, if wrong == 0 { "as it should be".to_owned() } else { format!("{wrong} wrong") }))
        });
    }

    pub fn done(self) -> Vec<CheckLine> {
        self.0
    }
}
