//! What a phone of a run showed, held against what it shows now: nothing vanishes from an outbox without a word, and no receipt
//! goes back.

use super::phone::Phone;
use kairan_core::records::{NoticeLine, OpState, Stage};
use kairan_protocol::{
    id::{OpId, PersonId},
    op::{Command, Op},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
};

/// A person, a notice and its rev.
pub(super) type Place = (String, String, u32);

/// How far a person is with one rev of a notice, as a screen showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    stage: Option<Stage>,
    waiting: bool,
}

impl Phone {
    /// What its screens show now is held against what they showed before.
    pub fn look(&mut self) {
        if !self.joined() {
            self.look_erased();
            return;
        }
        self.was_in = true;
        self.look_at_outbox();
        self.look_at_stages();
    }

    /// Erased: what it held ends with it, as everybody was told.
    fn look_erased(&mut self) {
        if !std::mem::take(&mut self.was_in) {
            return;
        }
        let ended = self.author();
        self.ledger().ended.insert(ended);
        self.life += 1;
        self.weather.set_author(self.author());
        self.outbox.clear();
        self.stages.clear();
        self.before_restore.clear();
    }

    /// The machine was restored: what this phone showed as sent must be there again once everything is handed back.
    pub fn remember_stages(&mut self) {
        self.restored = true;
        for (place, seen) in &self.stages {
            if let Some(stage) = seen.stage.filter(|_| !seen.waiting) {
                let known = self.before_restore.entry(place.clone()).or_insert(stage);
                *known = stage.max(*known);
            }
        }
    }

    /// What it showed as sent before the machine was restored.
    #[must_use]
    pub const fn stages_before_restore(&self) -> &BTreeMap<Place, Stage> {
        &self.before_restore
    }

    fn look_at_outbox(&mut self) {
        let shown: BTreeMap<OpId, OpState> =
            self.kairan.outbox().unwrap().into_iter().map(|op| (op.id.parse().unwrap(), op.state)).collect();
        let author = self.author();
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        for id in shown.keys() {
            ledger.shown.entry(*id).or_insert(author);
        }
        // What is no longer in the outbox is shown as sent, unless somebody took it away.
        for (id, state) in &self.outbox {
            if shown.contains_key(id) || ledger.told.contains_key(id) || ledger.taken_away.contains(id) {
                continue;
            }
            let (name, word) = (self.name, ledger.word(*id));
            ledger.problem(format!("{name}: {id} ({word}, {state:?}) vanished from the outbox"));
        }
        drop(ledger);
        self.outbox = shown;
    }

    /// The notices that a correction or withdrawal of this phone changes, and whose row does not say so yet.
    fn changing(&self) -> BTreeSet<String> {
        let outbox = self.outbox_file();
        let sql = "SELECT text FROM op UNION ALL SELECT text FROM journal WHERE settled = 0";
        let mut select = outbox.prepare(sql).unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        let ops = texts.filter_map(|text| Op::parse(&text).ok());
        ops.filter_map(|op| match op.command {
            Command::Correct { notice, .. } | Command::Withdraw { notice, .. } => Some(notice.to_string()),
            _ => None,
        })
        .collect()
    }

    /// What it holds about a notice, for whoever looks into a red seed.
    fn held_about(&self, notice: &str) -> String {
        let outbox = self.outbox_file();
        let sql = "SELECT id || ' ' || word || ' ' || state || ' ' || coalesce(code, '') || ' ' || attempts, text FROM op \
                   UNION ALL SELECT id || ' ' || word || ' in the journal, settled: ' || settled || ', at ' || at, text \
                   FROM journal";
        let mut select = outbox.prepare(sql).unwrap();
        let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        let about = rows.map(Result::unwrap).filter(|(_, text)| text.contains(notice));
        let held = about.fold(String::new(), |held, (op, text)| format!("{held}\n      {op}: {text}"));
        let mirror = self.mirror_file();
        let sql = "SELECT feed.number || ' ' || feed.name || ' up to ' || coalesce(feed.version, '-') || ': ' || coalesce( \
                   (SELECT kind || ' ' || row.version || ' ' || body FROM row WHERE feed = feed.number AND id = ?1), '-') \
                   FROM feed";
        let mut select = mirror.prepare(sql).unwrap();
        let rows = select.query_map([notice], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).fold(held, |held, row| format!("{held}\n      {row}"))
    }

    /// Whether what this phone once showed of a receipt is what was said on it.
    fn said_receipt(&self, person: PersonId, line: &NoticeLine, seen: Seen) -> bool {
        let outbox = self.outbox_file();
        let mut select = outbox.prepare("SELECT text FROM op UNION ALL SELECT text FROM journal").unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        texts.filter_map(|text| Op::parse(&text).ok()).any(|op| {
            op.person == person
                && matches!(&op.command, Command::Receipt { notice, rev, stage }
                    if notice.to_string() == line.id && rev.0 == line.rev && Some(Stage::from(*stage)) >= seen.stage)
        })
    }

    fn look_at_stages(&mut self) {
        let changing = self.changing();
        for person in self.persons() {
            // A correction that is not at the server yet may have to give way to another with the same rev.
            for line in self.notices(&person).into_iter().filter(|line| !changing.contains(&line.id)) {
                let now = Seen { stage: line.stage, waiting: line.waiting };
                let place = (person.clone(), line.id.clone(), line.rev);
                let before = self.stages.insert(place, now);
                let Some(before) = before.filter(|before| before.stage > now.stage) else { continue };
                let parsed: Option<PersonId> = person.parse().ok();
                let refused = parsed.is_some_and(|person| self.ledger().receipt_refused(person, &line.id));
                // After a restore another phone of theirs may not have handed its own back yet.
                let own = !self.restored || parsed.is_some_and(|person| self.said_receipt(person, &line, before));
                if own && (!before.waiting || !refused) {
                    let (name, held) = (self.name, self.held_about(&line.id));
                    self.ledger().problem(format!(
                        "{name}: the receipt for {} (rev {}) went back from {before:?} to {now:?}; it holds{held}",
                        line.title, line.rev
                    ));
                }
            }
        }
    }
}
