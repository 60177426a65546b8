//! The boundaries of the store's writes, where a kill may find it. Tests stop it at each of them; elsewhere this is nothing.

use crate::error::Error;

/// A boundary: between two transactions or files, or inside a transaction that the kill undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// What joining gave is in `outbox.db`.
    EnrolmentKept,
    /// It is in its second file too.
    EnrolmentCopied,
    /// What somebody said is in `outbox.db`; no screen shows it yet.
    OpHeld,
    /// Broadcasts that waited too long ask again from now on.
    AskedAgain,
    /// Ops that are to go out count as having been on the wire.
    MarkedSent,
    /// Ops that never left count as never sent.
    MarkedUnsent,
    /// Ops the server cannot take are parked.
    Parked,
    /// An op somebody wants sent again is to go out.
    SaidAgain,
    /// An op somebody discarded or took back is forgotten.
    Forgotten,
    /// The outbox knows of a new epoch, the mirror does not yet.
    EpochNoted,
    /// The mirror is of the new epoch; what is read seldom is not read anew yet.
    EpochBegun,
    /// The outbox knows that the server lost something within its epoch.
    LossNoted,
    /// The mirror's cursors are gone, and the outbox knows it.
    RestartNoted,
    /// What became of what was handed back is in `outbox.db`.
    HandedBack,
    /// That the slip was shown is in `outbox.db`.
    SlipShown,
    /// What waits for a target that had not come back is to be asked about again.
    BroughtForward,
    /// That something was raised or seen is in `outbox.db`.
    AlertKept,
    /// A draft is in `outbox.db`, or dropped from it.
    DraftKept,
    /// Drafts of somebody this phone is for no longer are forgotten.
    DraftsForgotten,
    /// Outcomes of ops are in `outbox.db`.
    ResultsKept,
    /// A token's successor is in `outbox.db`.
    TokenKept,
    /// The mirror is of newer rights.
    RightsActedOn,
    /// A part of a lost feed is erased.
    FeedErased,
    /// Rows are written, their cursor is not; inside a transaction.
    RowsWritten,
    /// A shadow took the place of a feed's rows; inside a transaction.
    ShadowFlipped,
    /// The cursor is written with its rows; inside a transaction.
    CursorKept,
    /// A part of a delta is in the mirror.
    RowsTaken,
    /// Who reads which feed is written anew.
    ReadersWritten,
    /// Ops whose effect arrived are settled, old ones forgotten.
    Settled,
    /// Reports of delivery are in `outbox.db`; the mirror still names what arrived.
    Reported,
    /// The mirror names no arrivals any more.
    ArrivalsForgotten,
    /// A tap's file is read.
    SpoolRead,
    /// A tap is in `outbox.db`; its file is still there.
    TapHeld,
    /// A tap's file is removed.
    SpoolRemoved,
    /// A damaged mirror is put aside.
    MirrorPutAside,
    /// An empty one is in its place.
    MirrorMadeAnew,
    /// A new outbox with what could be read of a damaged one is on the disk, under another name.
    Salvaged,
    /// The damaged outbox is put aside.
    DamagedAside,
    /// So is its log.
    LogAside,
    /// What was saved is the outbox now.
    SalvageInPlace,
    /// Erasing: a mark says so.
    ErasingBegun,
    /// Erasing: the enrolment's second file is gone.
    CopyForgotten,
    /// Erasing: the spool is gone.
    SpoolEmptied,
    /// Erasing: the outbox is empty, the mirror is not.
    OutboxEmptied,
    /// Erasing: both are empty, but what stood there is still in free pages.
    StoreEmptied,
    /// Erasing: nothing is in free pages or damaged files any more.
    StoreShrunk,
}

impl Step {
    /// Every step.
    pub const ALL: &[Self] = &[
        Self::EnrolmentKept,
        Self::EnrolmentCopied,
        Self::OpHeld,
        Self::AskedAgain,
        Self::MarkedSent,
        Self::MarkedUnsent,
        Self::Parked,
        Self::SaidAgain,
        Self::Forgotten,
        Self::EpochNoted,
        Self::EpochBegun,
        Self::LossNoted,
        Self::RestartNoted,
        Self::HandedBack,
        Self::SlipShown,
        Self::BroughtForward,
        Self::AlertKept,
        Self::DraftKept,
        Self::DraftsForgotten,
        Self::ResultsKept,
        Self::TokenKept,
        Self::RightsActedOn,
        Self::FeedErased,
        Self::RowsWritten,
        Self::ShadowFlipped,
        Self::CursorKept,
        Self::RowsTaken,
        Self::ReadersWritten,
        Self::Settled,
        Self::Reported,
        Self::ArrivalsForgotten,
        Self::SpoolRead,
        Self::TapHeld,
        Self::SpoolRemoved,
        Self::MirrorPutAside,
        Self::MirrorMadeAnew,
        Self::Salvaged,
        Self::DamagedAside,
        Self::LogAside,
        Self::SalvageInPlace,
        Self::ErasingBegun,
        Self::CopyForgotten,
        Self::SpoolEmptied,
        Self::OutboxEmptied,
        Self::StoreEmptied,
        Self::StoreShrunk,
    ];
    /// Those of making a damaged mirror anew.
    pub const OF_REBUILDING: &[Self] = &[Self::MirrorPutAside, Self::MirrorMadeAnew];
    /// Those of saving a damaged outbox.
    pub const OF_SALVAGING: &[Self] = &[Self::Salvaged, Self::DamagedAside, Self::LogAside, Self::SalvageInPlace];
    /// Those of a phone that is given away.
    pub const OF_ERASING: &[Self] = &[
        Self::ErasingBegun,
        Self::CopyForgotten,
        Self::SpoolEmptied,
        Self::OutboxEmptied,
        Self::StoreEmptied,
        Self::StoreShrunk,
    ];
}

#[cfg(any(test, feature = "faults"))]
mod stops {
    use super::{Error, Step};
    use std::{
        collections::BTreeMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
    };

    /// What happens at a step.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Fault {
        /// The app is killed.
        Kill,
        /// There is no room on the disk, once.
        Full,
    }

    #[derive(Debug, Default)]
    struct State {
        fault: Option<(Step, u32, Fault)>,
        killed: bool,
        reached: BTreeMap<Step, u32>,
    }

    /// Counts what is reached, and stops for good where it was told to.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Steps(Arc<Mutex<State>>);

    impl Steps {
        fn state(&self) -> MutexGuard<'_, State> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Something happens when a step is reached for the `nth` time from now, counted from 1.
        pub(crate) fn at(&self, step: Step, nth: u32, fault: Fault) {
            let mut state = self.state();
            let before = state.reached.get(&step).copied().unwrap_or(0);
            state.fault = Some((step, before + nth, fault));
        }

        /// Forgets what was reached.
        pub(crate) fn count_anew(&self) {
            self.state().reached.clear();
        }

        /// How often each step was reached.
        pub(crate) fn reached(&self) -> BTreeMap<Step, u32> {
            self.state().reached.clone()
        }

        /// Whether it was stopped.
        pub(crate) fn is_killed(&self) -> bool {
            self.state().killed
        }

        /// Nothing is read or written after a kill.
        pub(crate) fn alive(&self) -> Result<(), Error> {
            if self.state().killed { Err(Error::internal("killed here")) } else { Ok(()) }
        }

        /// A step is reached.
        pub(crate) fn reach(&self, step: Step) -> Result<(), Error> {
            self.alive()?;
            let mut state = self.state();
            let times = state.reached.entry(step).or_default();
            *times += 1;
            let here = (step, *times);
            match state.fault {
                Some((step, nth, fault)) if (step, nth) == here => {
                    state.fault = None;
                    state.killed = fault == Fault::Kill;
                    drop(state);
                    self.alive()?;
                    Err(Error::DiskFull)
                }
                _ => Ok(()),
            }
        }
    }
}

#[cfg(not(any(test, feature = "faults")))]
mod stops {
    #![allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "with the hook they do something")]
    use super::{Error, Step};

    /// Nothing.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Steps();

    impl Steps {
        pub(crate) const fn alive(&self) -> Result<(), Error> {
            Ok(())
        }

        pub(crate) const fn reach(&self, _step: Step) -> Result<(), Error> {
            Ok(())
        }
    }
}

pub(crate) use stops::Steps;

#[cfg(any(test, feature = "faults"))]
use stops::Fault;

#[cfg(any(test, feature = "faults"))]
impl super::Store {
    /// Opens a folder and stops at a step of opening, as [`super::Store::stop_at`] does.
    pub fn open_to_stop_at(
        dir: &std::path::Path,
        now: kairan_protocol::time::Timestamp,
        step: Step,
        nth: u32,
    ) -> Result<Self, Error> {
        let steps = Steps::default();
        steps.at(step, nth, Fault::Kill);
        Self::open_under(dir, now, steps)
    }

    /// Stops the store as a kill would, when it reaches a step for the `nth` time from now (counted from 1): that call
    /// fails, and so does every later one. What lies on the disk then is what a killed app leaves; open it anew.
    pub fn stop_at(&self, step: Step, nth: u32) {
        self.steps.at(step, nth, Fault::Kill);
    }

    /// There is no room on the disk when a step is reached for the `nth` time from now (counted from 1), and again afterwards.
    pub fn fill_at(&self, step: Step, nth: u32) {
        self.steps.at(step, nth, Fault::Full);
    }

    /// Forgets which steps were reached so far.
    pub fn count_steps_anew(&self) {
        self.steps.count_anew();
    }

    /// How often each step was reached since the store was opened or the count began anew.
    #[must_use]
    pub fn steps_reached(&self) -> std::collections::BTreeMap<Step, u32> {
        self.steps.reached()
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.steps.is_killed()
    }
}
