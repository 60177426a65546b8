//! What lists and search are answered from: each notice once, and how far each person is with it.

use crate::{
    error::Error,
    overlay::{Look, notice_body},
    search::bigrams,
};
use kairan_protocol::{
    feed::FeedName,
    id::{FeedNumber, NoticeId, PersonId, Rev},
    notice::{NoticeBody, NoticeKind},
    receipt::{Receipt, Stage},
    row::kind,
    view::View,
};
use rusqlite::{Connection, OptionalExtension};

/// Numbers per millisecond: so many notices of one moment keep an order.
const PER_MILLISECOND: i64 = 1024;

/// A stage as tables keep it; 0 is none.
pub(crate) const fn stage_number(stage: Option<Stage>) -> i64 {
    match stage {
        None => 0,
        Some(Stage::Delivered) => 1,
        Some(Stage::Displayed) => 2,
        Some(Stage::Acknowledged) => 3,
    }
}

/// The stage of a table's number.
pub(crate) const fn stage_of(number: i64) -> Option<Stage> {
    match number {
        1 => Some(Stage::Delivered),
        2 => Some(Stage::Displayed),
        3 => Some(Stage::Acknowledged),
        _ => None,
    }
}

/// The word of a kind in the index.
const fn kind_word(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Circular => "circular",
        NoticeKind::Notice => "notice",
        NoticeKind::Emergency => "emergency",
    }
}

/// The kind of an index's word.
pub(crate) fn kind_of(word: &str) -> NoticeKind {
    match word {
        "circular" => NoticeKind::Circular,
        "emergency" => NoticeKind::Emergency,
        _ => NoticeKind::Notice,
    }
}

/// What the index holds of a notice already.
struct Known {
    number: i64,
    rev: u32,
    asks: u32,
    at: i64,
}

/// Writes anew what the index holds of one notice, after one of its rows, its feeds or its readers changed.
pub(crate) fn notice(look: &Look<'_>, id: &str) -> Result<(), Error> {
    write_notice(look, id, false)
}

/// As [`notice`], where the rev the index knows may have meant something else.
pub(crate) fn notice_anew(look: &Look<'_>, id: &str) -> Result<(), Error> {
    write_notice(look, id, true)
}

fn write_notice(look: &Look<'_>, id: &str, anew: bool) -> Result<(), Error> {
    let connection = look.connection();
    let known = known(connection, id)?;
    let Some((rev, body)) = newest(connection, id)? else {
        if let Some(known) = known {
            forget(connection, id, known.number)?;
        }
        return Ok(());
    };
    let number = match &known {
        Some(known) if known.rev == rev.0 && !anew => known.number,
        Some(known) if known.at == body.at.millis() => {
            write(connection, known.number, id, rev, &body)?;
            known.number
        }
        _ => {
            if let Some(known) = &known {
                forget(connection, id, known.number)?;
            }
            let number = free_number(connection, body.at.millis())?;
            write(connection, number, id, rev, &body)?;
            number
        }
    };
    if known.is_none_or(|known| known.asks < body.asks.0) {
        connection.prepare_cached("INSERT OR IGNORE INTO arrival VALUES (?1)")?.execute([id])?;
    }
    let readers = readers(connection, id)?;
    connection
        .prepare_cached(
            "DELETE FROM standing WHERE number = ?1 AND person NOT IN
             (SELECT reader.person FROM reader JOIN row ON row.feed = reader.feed JOIN feed ON feed.number = row.feed
              WHERE row.kind = 'notice' AND row.id = ?2 AND feed.hidden = 0)",
        )?
        .execute((number, id))?;
    let Ok(notice) = id.parse::<NoticeId>() else { return Ok(()) };
    readers.into_iter().try_for_each(|person| stand(look, person, number, notice, &body))
}

fn known(connection: &Connection, id: &str) -> Result<Option<Known>, Error> {
    let mut select = connection.prepare_cached("SELECT number, rev, asks, at FROM notice WHERE id = ?1")?;
    let known = select
        .query_row([id], |row| Ok(Known { number: row.get(0)?, rev: row.get(1)?, asks: row.get(2)?, at: row.get(3)? }));
    Ok(known.optional()?)
}

/// The highest rev of a notice over the feeds that may be read.
fn newest(connection: &Connection, id: &str) -> Result<Option<(Rev, NoticeBody)>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT row.rev, row.body FROM row JOIN feed ON feed.number = row.feed
         WHERE row.kind = 'notice' AND row.id = ?1 AND feed.hidden = 0 ORDER BY row.rev DESC, row.version DESC LIMIT 1",
    )?;
    let newest = select.query_row([id], |row| Ok((Rev(row.get(0)?), row.get::<_, String>(1)?))).optional()?;
    Ok(newest.and_then(|(rev, body)| Some((rev, notice_body(&body)?))))
}

fn readers(connection: &Connection, id: &str) -> Result<Vec<PersonId>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT reader.person FROM row JOIN feed ON feed.number = row.feed JOIN reader ON reader.feed = row.feed
         WHERE row.kind = 'notice' AND row.id = ?1 AND feed.hidden = 0",
    )?;
    let readers = select.query_map([id], |row| Ok(PersonId::from_number(row.get(0)?)))?;
    Ok(readers.collect::<Result<_, _>>()?)
}

fn forget(connection: &Connection, id: &str, number: i64) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM notice WHERE number = ?1")?.execute([number])?;
    connection.prepare_cached("DELETE FROM standing WHERE number = ?1")?.execute([number])?;
    connection.prepare_cached("DELETE FROM word WHERE rowid = ?1")?.execute([number])?;
    connection.prepare_cached("DELETE FROM arrival WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn free_number(connection: &Connection, at: i64) -> Result<i64, Error> {
    // Beyond the year 100,000 or before 1970 a clock was broken; the order of such notices does not matter.
    let first = at.clamp(0, 1 << 52) * PER_MILLISECOND;
    let mut select = connection.prepare_cached("SELECT max(number) FROM notice WHERE number BETWEEN ?1 AND ?2")?;
    let last: Option<i64> = select.query_row((first, first + PER_MILLISECOND - 1), |row| row.get(0))?;
    Ok(last.map_or(first, |last| last + 1))
}

fn write(connection: &Connection, number: i64, id: &str, rev: Rev, body: &NoticeBody) -> Result<(), Error> {
    let when = body.points.when.as_ref();
    let by_when = body.points.by_when.as_ref();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO notice VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .execute(rusqlite::params![
            number,
            id,
            rev.0,
            body.asks.0,
            kind_word(body.kind),
            body.title,
            body.from.name,
            body.at.millis(),
            body.until.map(kairan_protocol::time::Timestamp::millis),
            body.withdrawn.is_some(),
            body.corrected.is_some(),
            when.map(|when| &when.text),
            when.and_then(|when| when.starts).map(kairan_protocol::time::Timestamp::millis),
            when.and_then(|when| when.ends).map(kairan_protocol::time::Timestamp::millis),
            body.points.place,
            by_when.map(|by| &by.text),
            by_when.and_then(|by| by.day).map(|day| day.to_string()),
            !body.must_understand.is_empty(),
            body.points.what,
        ])?;
    let words = [
        Some(body.title.as_str()),
        when.map(|when| when.text.as_str()),
        body.points.place.as_deref(),
        body.points.what.as_deref(),
        by_when.map(|by| by.text.as_str()),
        Some(body.from.name.as_str()),
        Some(body.text.as_str()),
    ];
    let words = words.into_iter().flatten().map(bigrams).collect::<Vec<_>>().join(" ");
    connection.prepare_cached("DELETE FROM word WHERE rowid = ?1")?.execute([number])?;
    connection.prepare_cached("INSERT INTO word(rowid, text) VALUES (?1, ?2)")?.execute((number, words))?;
    Ok(())
}

/// Whether a notice waits for something from its reader.
fn is_unread(body: &NoticeBody, stage: Option<Stage>, asked_since: i64) -> bool {
    let enough = match body.kind {
        NoticeKind::Notice => Stage::Displayed,
        NoticeKind::Circular | NoticeKind::Emergency => Stage::Acknowledged,
    };
    body.withdrawn.is_none() && body.at.millis() >= asked_since && stage.is_none_or(|stage| stage < enough)
}

fn stand(look: &Look<'_>, person: PersonId, number: i64, notice: NoticeId, body: &NoticeBody) -> Result<(), Error> {
    let connection = look.connection();
    let receipt: Option<Receipt> = look.receipt(person, notice)?;
    let id = notice.to_string();
    let asks = look.overlay().asks(&id).map_or(body.asks, |asks| asks.max(body.asks));
    let counting = receipt.filter(|receipt| receipt.counts_for(asks).is_some());
    let laid = look.overlay().row(FeedName::Mail(person), kind::RECEIPT, &id);
    // What hangs on an op the server does not have may have to be written anew at the next opening.
    let waiting = asks > body.asks || (counting.is_some() && laid.is_some_and(|laid| laid.waiting));
    let mut select = connection.prepare_cached("SELECT since FROM asked WHERE person = ?1")?;
    let asked_since = select.query_row([person.number()], |row| row.get(0)).optional()?.unwrap_or(0);
    let stage = counting.map(|receipt| receipt.stage);
    connection
        .prepare_cached(
            "INSERT INTO standing VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (person, number) DO UPDATE SET
             stage = excluded.stage, at = excluded.at, waiting = excluded.waiting, unread = excluded.unread",
        )?
        .execute(rusqlite::params![
            person.number(),
            number,
            stage_number(stage),
            counting.map(|receipt| receipt.at.millis()),
            waiting,
            is_unread(body, stage, asked_since),
        ])?;
    Ok(())
}

/// Writes anew how far one person is with one notice, after their receipt changed or a pending correction did.
pub(crate) fn receipt(look: &Look<'_>, person: PersonId, notice: NoticeId) -> Result<(), Error> {
    let connection = look.connection();
    let id = notice.to_string();
    let mut select = connection.prepare_cached(
        "SELECT notice.number FROM notice JOIN standing ON standing.number = notice.number
         WHERE notice.id = ?1 AND standing.person = ?2",
    )?;
    let number: Option<i64> = select.query_row((&id, person.number()), |row| row.get(0)).optional()?;
    match (number, newest(connection, &id)?) {
        (Some(number), Some((_, body))) => stand(look, person, number, notice, &body),
        _ => Ok(()),
    }
}

/// Writes anew how far one person is with every notice.
pub(crate) fn receipts_of(look: &Look<'_>, person: PersonId) -> Result<(), Error> {
    let ids = texts(
        look.connection(),
        "SELECT notice.id FROM standing JOIN notice ON notice.number = standing.number WHERE standing.person = ?1",
        person.number(),
    )?;
    ids.iter().filter_map(|id| id.parse().ok()).try_for_each(|notice| receipt(look, person, notice))
}

/// Writes anew every notice of a feed.
pub(crate) fn notices_of(look: &Look<'_>, feed: FeedNumber) -> Result<(), Error> {
    let ids = texts(look.connection(), "SELECT id FROM row WHERE feed = ?1 AND kind = 'notice'", i64::from(feed.0))?;
    ids.iter().try_for_each(|id| notice(look, id))
}

/// What hangs on ops that wait: receipts shown as waiting, and the lack of those that a pending correction asks for again.
pub(crate) fn waiting(connection: &Connection) -> Result<Vec<(PersonId, NoticeId)>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT standing.person, notice.id FROM standing JOIN notice ON notice.number = standing.number
         WHERE standing.waiting = 1",
    )?;
    let rows = select.query_map([], |row| Ok((PersonId::from_number(row.get(0)?), row.get::<_, String>(1)?)))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter_map(|(person, id)| Some((person, id.parse().ok()?))).collect())
}

fn texts(connection: &Connection, select: &str, of: i64) -> Result<Vec<String>, Error> {
    let mut select = connection.prepare_cached(select)?;
    let texts = select.query_map([of], |row| row.get(0))?;
    Ok(texts.collect::<Result<_, _>>()?)
}
