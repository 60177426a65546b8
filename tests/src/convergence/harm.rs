//! What goes wrong in a run beside the weather: phones and machine are killed, clocks jump, hours pass.

use super::{counts::Fault, machine::Machine, world::World};
use kairan_core::store::Step;
use std::sync::Arc;

const HOUR: i64 = 3_600_000;

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
            4..=6 => self.back_up(&machine),
            _ => {
                machine.tick().await;
                self.note("the machine looks at its clock");
            }
        }
    }

    fn back_up(&mut self, machine: &Machine) {
        machine.back_up();
        self.note("a backup is made");
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
