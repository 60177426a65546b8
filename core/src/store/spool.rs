//! Taps made outside the app (widget, notification): one small file each, written whole, turned into ops later. What writes
//! them opens no database.

use super::{Step, Store, files::sync_folder_of, outbox};
use crate::{
    error::Error,
    overlay::{World, is_for_the_server},
    records::{Tap, TapKind},
};
use kairan_protocol::{
    id::{NoticeId, OpId, Rev},
    op::{Command, Op},
    receipt::Stage,
    refusal::Refusal,
    time::Timestamp,
};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

/// The folder of the spool inside the phone's.
const FOLDER: &str = "spool";
/// The folder inside it where unreadable files are kept.
const ASIDE: &str = "aside";
/// How the name of a tap's file ends; before it stands the id its op will have.
const ENDING: &str = "tap";

/// Keeps a tap made outside the app: one small file, on the disk when this returns. Opens no database.
pub fn spool_tap(dir: &Path, tap: &Tap) -> Result<(), Error> {
    let folder = dir.join(FOLDER);
    fs::create_dir_all(&folder)?;
    // The id is chosen now: a file ingested twice is one op.
    let id = OpId::at(Timestamp::from_millis(tap.at)).map_err(Error::internal)?;
    let unfinished = folder.join(format!("{id}.part"));
    let whole = folder.join(format!("{id}.{ENDING}"));
    let written =
        write(&unfinished, serde_json::to_string(tap)?.as_bytes()).and_then(|()| fs::rename(&unfinished, &whole));
    if let Err(error) = written {
        // On a full disk the half of it would take the room the next tap needs.
        let _ = fs::remove_file(&unfinished);
        return Err(error.into());
    }
    sync_folder_of(&whole)
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// The files of taps, oldest first.
fn taps(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let mut taps: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|it| it == ENDING)).collect();
    taps.sort();
    Ok(taps)
}

/// The op of a tap; none: the file does not say one.
fn op_of(path: &Path, text: &[u8], world: &World) -> Option<Op> {
    let id: OpId = path.file_stem()?.to_str()?.parse().ok()?;
    let tap: Tap = serde_json::from_slice(text).ok()?;
    let at = Timestamp::from_millis(tap.at);
    let command = match tap.kind {
        TapKind::CheckIn { mood } => Command::CheckIn { mood: mood.into(), day: world.zone.day_of(at) },
        TapKind::Acknowledge { notice, rev } => {
            let notice: NoticeId = notice.parse().ok()?;
            Command::Receipt { notice, rev: Rev(rev), stage: Stage::Acknowledged }
        }
    };
    Some(Op { id, person: tap.person.parse().ok()?, at, command })
}

/// Removes the spool.
pub(super) fn empty(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir.join(FOLDER)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

impl Store {
    /// Turns spooled taps into ops: how many. One that the rules refuse is shown as refused; an unreadable file is put aside.
    pub fn ingest_spool(&self, now: Timestamp) -> Result<u32, Error> {
        let folder = self.folder().join(FOLDER);
        let _guard = self.guard();
        let world = self.scene().world;
        if world.device.is_none() {
            return Ok(0);
        }
        let mut ingested = 0;
        for path in taps(&folder)? {
            let text = fs::read(&path)?;
            self.reach(Step::SpoolRead)?;
            let Some(op) = op_of(&path, &text, &world) else {
                let aside = folder.join(ASIDE);
                fs::create_dir_all(&aside)?;
                fs::rename(&path, aside.join(path.file_name().unwrap_or_default()))?;
                continue;
            };
            if self.hold_tap(&op, now)? {
                self.reach(Step::TapHeld)?;
                ingested += 1;
                self.refresh_overlay();
            }
            // Only now: a crash in between finds the op by its id and goes on.
            fs::remove_file(&path)?;
            self.reach(Step::SpoolRemoved)?;
        }
        Ok(ingested)
    }

    /// Holds a tap as an op, whatever the rules say: what somebody tapped is never dropped without a word.
    fn hold_tap(&self, op: &Op, now: Timestamp) -> Result<bool, Error> {
        let judgement = self.judgement(op, now.max(op.at))?;
        let world = self.scene().world;
        let refusal: Option<Refusal> =
            judgement.and_then(Result::err).filter(|refusal| !is_for_the_server(&world, op, *refusal));
        self.outbox_file().write(|outbox| {
            if outbox::ops::is_known(outbox, op.id)? {
                return Ok(false);
            }
            outbox::ops::hold(outbox, op, None)?;
            if let Some(refusal) = refusal {
                outbox::ops::refuse(outbox, op.id, refusal.code())?;
            }
            Ok(true)
        })
    }
}
