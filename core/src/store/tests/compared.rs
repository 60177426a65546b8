//! Phones compared: their files as they lie there, all they hold and show, and whether that belongs together.

use super::{town::Town, *};
use crate::records::NoticeFilter;
use kairan_protocol::wire::Cursor;
use std::{collections::BTreeMap, fs};

/// The files as they lie there, whatever is open.
pub(super) fn copy_of(folder: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), &to).unwrap();
            }
        }
    }
    let to = tempfile::tempdir().unwrap();
    copy(folder, to.path());
    to
}

/// Lines of a question.
pub(super) fn lines(database: &super::super::Database, select: &str) -> Vec<String> {
    database
        .read(|connection| {
            let mut select = connection.prepare(select)?;
            let columns = select.column_count();
            let mut rows = select.query([])?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|at| Ok(format!("{:?}", row.get_ref(at)?.as_str_or_debug())));
                lines.push(values.collect::<Result<Vec<_>, rusqlite::Error>>()?.join("|"));
            }
            Ok(lines)
        })
        .unwrap()
}

trait Shown {
    fn as_str_or_debug(&self) -> String;
}

impl Shown for rusqlite::types::ValueRef<'_> {
    fn as_str_or_debug(&self) -> String {
        self.as_str().map_or_else(|_| format!("{self:?}"), str::to_owned)
    }
}

/// All a phone holds and shows, without what chance decides: ids the phone chose, in which order ops were taken.
pub(super) fn all_of(store: &Store) -> Vec<String> {
    let mut all = vec![format!("{:?}", store.sync_state().unwrap())];
    if store.enrolment().unwrap().is_some() {
        all.push(format!("{:?}", store.home(SATO, NOW).unwrap()));
        all.push(format!("{:?}", store.me(NOW).unwrap()));
        all.push(format!("{:?}", store.notices(SATO, NoticeFilter::All, None, 200).unwrap()));
        all.push(format!("{:?}", store.desk(MIDORI, NOW).unwrap()));
    }
    for select in [
        "SELECT feed, kind, id, rev, body FROM row ORDER BY 1, 2, 3",
        "SELECT * FROM shadow",
        "SELECT number, name, version, first_place, hidden, shadow FROM feed ORDER BY 1",
        "SELECT * FROM meta ORDER BY 1",
        "SELECT * FROM reader ORDER BY 1, 2",
        "SELECT * FROM asked ORDER BY 1",
        "SELECT * FROM arrival ORDER BY 1",
        "SELECT number, id, rev, title FROM notice ORDER BY 1",
        "SELECT * FROM standing ORDER BY 1, 2",
        "SELECT * FROM unread ORDER BY 1",
    ] {
        all.push(format!("-- {select}"));
        all.extend(lines(store.mirror_file(), select));
    }
    for select in [
        "SELECT json_remove(text, '$.id') AS said, state, code FROM op ORDER BY 1",
        "SELECT json_remove(text, '$.id') AS said, settled, handing, epoch FROM journal ORDER BY 1",
        "SELECT kind, id, handing FROM handback ORDER BY 1, 2",
        "SELECT handed, slip, restart FROM past",
        "SELECT id, kind FROM alert ORDER BY 1",
        "SELECT person, notice, asks FROM delivered ORDER BY 1, 2",
        "SELECT id, person, draft, saved_at FROM draft ORDER BY number",
        "SELECT enrolment FROM enrolment",
    ] {
        all.push(format!("-- {select}"));
        all.extend(lines(store.outbox_file(), select));
    }
    all
}

/// No cursor without its rows, no row that was taken away, and counts that count what is there.
pub(super) fn belongs_together(town: &Town, store: &Store, when: &str) {
    let state = store.sync_state().unwrap();
    if state.epoch.as_ref().is_none_or(|epoch| epoch.0 != town.epoch) {
        assert!(state.epoch.is_some() || state.cursors.is_empty(), "{when}");
        return;
    }
    for (feed, cursor) in &state.cursors {
        // What is pulled from the start again fills the shadow, and nothing of it is shown before it is whole.
        let begun = matches!(cursor, Cursor::First(_));
        let select = format!(
            "SELECT kind, id, version FROM row
             WHERE feed = {0} AND NOT ({begun} AND (SELECT shadow FROM feed WHERE number = {0}))
             UNION
             SELECT kind, id, version FROM shadow
             WHERE feed = {0} AND {begun} AND (SELECT shadow FROM feed WHERE number = {0})",
            feed.0
        );
        let rows = store.mirror_file().read(|mirror| {
            let mut select = mirror.prepare(&select)?;
            let rows = select.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
            Ok(rows.collect::<Result<BTreeMap<(String, String), i64>, _>>()?)
        });
        let rows = rows.unwrap();
        for wanted in town.held_at(*feed, cursor) {
            let here = rows.get(&(wanted.kind.clone(), wanted.id.clone()));
            let good = match (&wanted.body, here, cursor) {
                (Some(_), Some(version), _) => version.unsigned_abs() >= wanted.version.0,
                (Some(_), None, _) | (None, Some(_), Cursor::At(_)) => false,
                (None, ..) => true,
            };
            assert!(good, "{when}: {feed:?} is at {cursor:?}, and {} {} is not as it was then", wanted.kind, wanted.id);
        }
    }
    let counted = "SELECT person, count(*) FROM standing WHERE unread = 1 GROUP BY 1 ORDER BY 1";
    let kept = "SELECT person, notices FROM unread WHERE notices > 0 ORDER BY 1";
    assert_eq!(lines(store.mirror_file(), kept), lines(store.mirror_file(), counted), "{when}");
}
