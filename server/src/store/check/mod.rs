//! Looking at everything that must hold in the database, without changing anything: every table has a line, and each can fail.

mod cases;
mod desks;
mod feeds;
mod lines;
mod mails;
mod notices;
mod ops;
mod people;
mod waiting;

use super::{
    error::StoreError,
    look::Look,
    records::CheckLine,
    sql::{many, number},
};
use lines::Lines;

/// Every check, each with what was seen.
pub(super) fn check(look: &Look<'_>) -> Result<Vec<CheckLine>, StoreError> {
    let connection = look.connection;
    let mut lines = Lines::new();
    lines.say("the file is whole", || {
        let found = many(connection, "PRAGMA integrity_check(5)", [], |row| row.get::<_, String>(0))?;
        Ok((found == ["ok"], found.join("; ")))
    });
    lines.say("what is referred to is there", || {
        let orphans = many(connection, "PRAGMA foreign_key_check", [], |_| Ok(()))?.len();
        Ok((orphans == 0, format!("{orphans} without")))
    });
    ops::check(look, &mut lines);
    people::check(look, &mut lines);
    waiting::check(look, &mut lines);
    feeds::check(look, &mut lines);
    notices::check(look, &mut lines);
    // What the clock has not come to yet is no fault of what was written before.
    if waits_for_the_clock(look)? {
        lines.say("the clock's work is done", || {
            Ok((true, "not yet: profiles and statuses are not compared".to_owned()))
        });
    } else {
        lines.say("the clock's work is done", || Ok((true, "yes".to_owned())));
        mails::check_profiles(look, &mut lines);
        desks::check_statuses(look, &mut lines);
    }
    mails::check(look, &mut lines);
    desks::check(look, &mut lines);
    cases::check(look, &mut lines);
    // The desks of a restored district wait for somebody: no fault, but worth saying.
    lines.say("desks are open", || {
        let waits = "closed since the restore, until an officer's phone has handed back what it knows";
        Ok((true, if look.desks_are_open()? { "yes" } else { waits }.to_owned()))
    });
    Ok(lines.done())
}

/// Whether a term is over, or a notice's hour came, and the schedule has not been there since; or the clock went back.
fn waits_for_the_clock(look: &Look<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM role WHERE (over = 0 AND until <= ?1) OR (over = 1 AND until > ?1)) \
               OR EXISTS (SELECT 1 FROM notice WHERE phase = 'scheduled' AND hour <= ?1)";
    Ok(number(look.connection, sql, [look.now.millis()])? == 1)
}
