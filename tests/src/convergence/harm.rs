//! What goes wrong in a run beside the weather: phones and machine are killed, clocks jump, hours pass.

use super::{counts::Fault, ledger::Author, machine::Machine, world::World};
use kairan_core::store::Step;
use kairan_protocol::{
    id::{Commit, OpId},
    op::{Command, Op},
    replay::Replay,
    wire::SyncRequest,
};
use kairan_server::clock::Clock as _;
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const HOUR: i64 = 3_600_000;
const FORTY_DAYS: i64 = 40 * 24 * HOUR;
/// A little longer than tombstones are kept and tokens work.
const SEASON: i64 = 92 * 24 * HOUR;

impl World {
    /// A phone is killed between two of its calls, or with an exchange under way.
    pub fn kill_phone(&mut self, number: usize) {
        let waiting = if self.phones[number].is_waiting() { " during an exchange" } else { "" };
        let name = self.phones[number].name;
        self.phones[number].kill();
        self.note(format!("{name}: is killed{waiting}, and is opened again"));
    }

    /// What a phone does next is cut short at one of the steps of its writes, if it comes by there.
    pub fn set_trap(&mut self, number: usize) {
        let step = *self.chance.pick(Step::ALL).unwrap_or(&Step::OpHeld);
        let nth = u32::try_from(self.chance.between(1, 3)).unwrap_or(1);
        let name = self.phones[number].name;
        self.phones[number].kairan.store().stop_at(step, nth);
        self.note(format!("{name}: will be killed at {step:?} ({nth})"));
    }

    /// Some clock goes wrong, or time passes in one leap.
    pub fn disturb_clocks(&mut self, number: usize) {
        let name = self.phones[number].name;
        match self.chance.below(6) {
            0 => {
                let ahead = self.chance.between(-48 * 60, 48 * 60) * 60_000;
                self.phones[number].handset.set_wall_ahead(ahead);
                self.fault(Fault::WallClock);
                self.note(format!("{name}: the wall clock is set {} minutes ahead", ahead / 60_000));
            }
            1 => {
                self.phones[number].handset.set_wall_ahead(0);
                self.note(format!("{name}: the wall clock is set right"));
            }
            2 => {
                self.phones[number].handset.start_anew();
                self.kill_phone(number);
                self.fault(Fault::Reboot);
                self.note(format!("{name}: is switched off and on"));
            }
            3 => {
                self.server_ahead = self.chance.between(-90, 90) * 1_000;
                self.pass(1);
                self.fault(Fault::ServerClock);
                let ahead = self.server_ahead / 1_000;
                self.note(format!("the machine's clock is {ahead} s ahead now"));
            }
            _ => {
                let millis = if self.chance.percent(25) {
                    self.chance.between(20, 100) * HOUR / 2
                } else {
                    self.chance.between(11, 300) * 60_000
                };
                self.pass(millis);
                self.fault(Fault::Leap);
                self.note(format!("{} minutes pass", millis / 60_000));
            }
        }
    }

    /// Something happens to the machine.
    pub async fn disturb_machine(&mut self) {
        let machine = Arc::clone(&self.machine);
        match self.chance.below(10) {
            0..=2 => {
                machine.kill();
                machine.start();
                self.fault(Fault::ServerKilled);
                self.note("the machine is killed and started");
            }
            3 => {
                machine.stop().await;
                self.note("the machine is stopped");
            }
            4 | 5 => {
                machine.back_up();
                self.note("a backup is made");
            }
            6 => {
                let rows = [1, 2, 5, 20, 200][self.chance.below(5)];
                machine.serve_helpings_of(rows);
                self.note(format!("answers hold {rows} rows from now on"));
            }
            7 if self.restores => self.restore(&machine).await,
            _ => {
                machine.tick().await;
                self.note("the machine looks at its clock");
            }
        }
    }

    /// The machine is lost, and a backup made earlier is restored on another one.
    async fn restore(&mut self, machine: &Machine) {
        let backups = machine.backups();
        if backups == 0 {
            return;
        }
        let backup = self.chance.below(backups);
        let journal_survived = self.chance.percent(50);
        let kept = self.kept_on_phones();
        let newest = machine.restore(backup, journal_survived).await;
        for phone in &mut self.phones {
            phone.remember_stages();
            phone.weather.forget_overtaken();
        }
        let lost = self.ledger().lose_after(newest, (!journal_survived).then_some(&kept));
        // Only in calm, when all is handed back, the machine's receipts are what they were.
        self.receipts.clear();
        self.entries.clear();
        self.fault(Fault::Restored);
        let journal = if journal_survived { "survived" } else { "is lost" };
        self.note(format!("backup {backup} is restored, {lost} ops are lost, the journal {journal}"));
    }

    /// The machine stands broken for forty days before somebody restores a backup: what phones keep is older than 35 days by then,
    /// and is kept all the same, since nobody could hand it back.
    pub async fn stand_broken(&mut self) {
        self.pass(FORTY_DAYS);
        self.note("the machine stands broken for forty days");
        let machine = Arc::clone(&self.machine);
        self.restore(&machine).await;
        self.machine.throw_backups_away();
        self.fault(Fault::StoodBroken);
    }

    /// Somebody makes an op up and hands it back as if the machine had once taken it.
    pub async fn forge(&mut self, number: usize) {
        let phone = &self.phones[number];
        let persons = phone.persons();
        let Some(person) = self.chance.pick(&persons) else { return };
        let at = self.truth.now();
        let id = OpId::at(at).unwrap();
        let op = Op { id, person: person.parse().unwrap(), at, command: Command::Consent { moods_to_team: true } };
        let replay = Replay {
            op: RawValue::from_string(op.to_text()).unwrap(),
            commit: Commit(self.chance.next() >> 12),
            mac: format!("{:022}", self.chance.next()),
        };
        let request = SyncRequest { replays: vec![replay], ..SyncRequest::default() };
        let request = axum::http::Request::post("/v1/sync")
            .header("authorization", format!("Bearer {}", phone.token()))
            .header("content-type", "application/json")
            .body(serde_json::to_vec(&request).unwrap())
            .unwrap();
        let name = phone.name;
        // Whether it was taken is seen in the end.
        if self.machine.answer(request).await.is_some_and(|answer| answer.status().is_success()) {
            self.ledger().forged.insert(id);
            self.fault(Fault::Forged);
        }
        self.note(format!("{name}: somebody forges a consent"));
    }

    /// What the command line did, as far as phones hold it for the machine, and which.
    fn kept_on_phones(&self) -> BTreeMap<OpId, BTreeSet<Author>> {
        let mut kept: BTreeMap<OpId, BTreeSet<Author>> = BTreeMap::new();
        for phone in self.phones.iter().filter(|phone| phone.joined()) {
            // In its mirror, or on its way back to a machine that lost it before.
            for (file, table) in [(phone.mirror_file(), "row"), (phone.outbox_file(), "handback")] {
                let mut select = file.prepare(&format!("SELECT DISTINCT id FROM {table} WHERE kind = 'kept'")).unwrap();
                let ids = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
                for id in ids.map(Result::unwrap) {
                    kept.entry(id.parse().unwrap()).or_default().insert(phone.author());
                }
            }
        }
        kept
    }

    /// A season passes: what went is forgotten at the machine, tokens have run out, and phones that slept begin anew.
    pub async fn sleep_a_season(&mut self) {
        let tombstones = |world: &Self| -> i64 {
            let sql = "SELECT count(*) FROM row WHERE kind <> '' AND body IS NULL";
            world.machine.database().query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let before = tombstones(self);
        self.pass(SEASON);
        // Phones keep for 35 days what a restore may lose.
        self.machine.throw_backups_away();
        for _ in 0..3 {
            self.machine.tick().await;
        }
        let after = tombstones(self);
        if after < before {
            self.fault(Fault::Compacted);
        }
        self.note(format!("a season passes, {} tombstones are forgotten", before - after));
    }

    /// A machine that was stopped is started again.
    pub fn start_machine(&mut self) {
        if !self.machine.is_serving() {
            self.machine.start();
            self.fault(Fault::ServerStopped);
            self.note("the machine is started");
        }
    }
}
