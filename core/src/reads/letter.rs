//! One notice, whole: its points, its letter sentence by sentence, and the seals on it.

use super::{
    face::{point_of, seal_turn},
    notices::{LINE, lines},
    person_here,
};
use crate::{
    error::Error,
    overlay::{Look, Seen, notice_body},
    records::{NoticeDetail, NoticeLine, Points, SealState, Sentence, SentencePart, WithdrawnLine},
    sentences::sentences,
    store::Store,
};
use kairan_protocol::{
    body::Sent,
    feed::FeedName,
    id::{NoticeId, PersonId},
    notice::NoticeBody,
    receipt::Stage,
    row::kind,
    tally::Seals,
    time::Timestamp,
    view::View,
};

impl Store {
    /// One notice, whole.
    pub fn notice(&self, person: PersonId, notice: NoticeId) -> Result<NoticeDetail, Error> {
        self.look(|look| {
            person_here(look, person)?;
            detail(look, person, notice)
        })
    }
}

fn detail(look: &Look<'_>, person: PersonId, notice: NoticeId) -> Result<NoticeDetail, Error> {
    let id = notice.to_string();
    let select = format!(
        "SELECT {LINE} FROM notice JOIN standing ON standing.number = notice.number
         WHERE notice.id = ?1 AND standing.person = ?2"
    );
    let known = lines(look, &select, (&id, person.number()))?.pop().map(|(_, line)| line);
    let stands = look.everywhere(kind::NOTICE, &id)?;
    let newest = stands.into_iter().max_by_key(|(_, row)| row.rev).map(|(_, row)| row);
    let found = match newest.and_then(|row| notice_body(&row.body).map(|body| (row, body))) {
        None => kept_on_desk(look, &id)?,
        // Of another person of this phone, or an officer's own that is still waiting: it stands in no list.
        Some((row, _)) if known.is_none() && !row.waiting => None,
        found => found,
    };
    let (row, body) = found.ok_or_else(|| Error::unknown("notice"))?;
    let line = known.unwrap_or_else(|| off_the_lists(&row, &body));
    let points = if line.needs_update { Points::default() } else { Points::from(body.points) };
    let receipt = look.receipt(person, notice)?.filter(|receipt| receipt.counts_for(body.asks).is_some());
    let sealed = receipt.filter(|receipt| receipt.stage == Stage::Acknowledged).map(|receipt| receipt.at.millis());
    let waiting = look.overlay().row(FeedName::Mail(person), kind::RECEIPT, &id).is_some_and(|laid| laid.waiting);
    let withdrawn = body.withdrawn.map(|it| WithdrawnLine { reason: it.reason, at: it.at.millis() });
    Ok(NoticeDetail {
        sentences: read_aloud(&line.title, &points, &body.text),
        household: household(look, person),
        points,
        text: body.text,
        seal: match sealed {
            None => SealState::NotYet,
            Some(at) if waiting => SealState::Waiting { at },
            Some(at) => SealState::Acknowledged { at },
        },
        seals: seals(look, person, &id)?.map(|seals| seals.counts.into()),
        withdrawn,
        corrected: body.corrected.map(Timestamp::millis),
        from_group: body.from.id.to_string(),
        line,
    })
}

/// A notice that waits for its hour, as the desk it goes out from keeps it.
fn kept_on_desk(look: &Look<'_>, id: &str) -> Result<Option<(Seen, NoticeBody)>, Error> {
    let kept = look.everywhere(kind::SENT, id)?.into_iter().map(|(_, row)| row).next();
    Ok(kept.and_then(|row| row.parsed::<Sent>().map(|sent| (row, sent.notice.body))))
}

/// The line of a notice no list has yet.
fn off_the_lists(row: &Seen, body: &NoticeBody) -> NoticeLine {
    let points = Points::from(body.points.clone());
    let needs_update = !body.must_understand.is_empty();
    let point = point_of(&points, needs_update);
    let Points { when, by_when, by_day, .. } = points;
    NoticeLine {
        point,
        seal_turn: seal_turn(&row.id),
        id: row.id.clone(),
        rev: row.rev.0,
        kind: body.kind.into(),
        title: body.title.clone(),
        from: body.from.name.clone(),
        at: body.at.millis(),
        unread: false,
        stage: None,
        waiting: row.waiting,
        withdrawn: body.withdrawn.is_some(),
        corrected: body.corrected.is_some(),
        when,
        by_when,
        by_day,
        until: body.until.map(Timestamp::millis),
        needs_update,
    }
}

/// The seals of the person's own block.
fn seals(look: &Look<'_>, person: PersonId, notice: &str) -> Result<Option<Seals>, Error> {
    let home = super::profile(look, person).and_then(|profile| profile.residence);
    let Some(household) = home.and_then(|home| look.world().groups.get(&home.household)) else { return Ok(None) };
    let Some(block) = household.parent else { return Ok(None) };
    Ok(look.row(FeedName::Board(block), kind::SEALS, notice)?.and_then(|row| row.parsed()))
}

/// The name of a person's household.
fn household(look: &Look<'_>, person: PersonId) -> String {
    let home = super::profile(look, person).and_then(|profile| profile.residence);
    let group = home.and_then(|home| look.world().groups.get(&home.household));
    group.map(|group| group.name.clone()).unwrap_or_default()
}

/// What is read aloud of a notice, in order.
fn read_aloud(title: &str, points: &Points, text: &str) -> Vec<Sentence> {
    let whole = |part, text: &str| Sentence { part, paragraph: 0, text: text.to_owned() };
    let points = [
        (SentencePart::When, &points.when),
        (SentencePart::Place, &points.place),
        (SentencePart::What, &points.what),
        (SentencePart::ByWhen, &points.by_when),
    ];
    let points = points.into_iter().filter_map(|(part, point)| Some(whole(part, point.as_deref()?)));
    let letter = sentences(text).into_iter().map(|sentence| Sentence {
        part: SentencePart::Text,
        paragraph: sentence.paragraph,
        text: sentence.text.to_owned(),
    });
    [whole(SentencePart::Title, title)].into_iter().chain(points).chain(letter).collect()
}
