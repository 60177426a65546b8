//! The town's phones as real cores: opened a few at a time, since each holds files and a connection open, and closed again.

use super::{handset, residents::Resident};
use crate::Error;
use kairan_core::{
    Kairan, Options,
    records::{Joining, Mood},
};
use std::{path::Path, sync::Arc};
use tokio::runtime::Handle;

/// Phones that are open at once: with a soft limit of 1,024 open files there is room for the server and the page beside them.
pub(super) const OPEN_AT_ONCE: usize = 12;

/// Opens a core in its folder, on this runtime.
pub(super) async fn open(folder: &Path) -> Result<Arc<Kairan>, Error> {
    let (folder, runtime) = (folder.to_path_buf(), Handle::current());
    let named = folder.display().to_string();
    let opening = move || {
        let platform = Arc::new(handset::platform(&folder)?);
        let options = Options { runtime: Some(runtime), ..Options::default() };
        Kairan::open_with(&folder, platform, options).map_err(Error::phone(&named))
    };
    tokio::task::spawn_blocking(opening).await.map_err(|error| Error::Data(error.to_string()))?
}

/// Joins by the sheet, where the phone has not yet; one that has learns from it where its district is now.
pub(super) async fn join(kairan: &Kairan, resident: &Resident) -> Result<(), Error> {
    let joined = kairan.me().map_err(Error::phone(&resident.name))?.joined;
    let persons = if joined { Vec::new() } else { vec![resident.person.to_string()] };
    match kairan.join(resident.link.clone(), persons).await.map_err(Error::phone(&resident.name))? {
        Joining::Joined { .. } => {}
        Joining::Choose { .. } if joined => {}
        Joining::Choose { .. } | Joining::Waiting { .. } => return Err(Error::Uninvited(resident.name.clone())),
    }
    kairan.sync().await.map_err(Error::phone(&resident.name))?;
    Ok(())
}

/// Somebody takes their phone in the morning: says how they are, seals the circular, and puts it away once both are at the server.
pub(super) async fn answer(folder: &Path, resident: &Resident, mood: Mood, notice: &str) -> Result<(), Error> {
    let kairan = open(folder).await?;
    let person = resident.person.to_string();
    let failed = |error| Error::phone(&resident.name)(error);
    let look = kairan.home(person.clone()).map_err(failed)?;
    if kairan.notice(person.clone(), notice.to_owned()).is_err() {
        // It came out since this phone was in somebody's hand last.
        kairan.sync().await.map_err(failed)?;
    }
    if !look.consent {
        kairan.consent(person.clone(), true).await.map_err(failed)?;
    }
    // Where no team is, the third button is a telephone number.
    let mood = if mood == Mood::Talk && look.team.is_none() { Mood::Fair } else { mood };
    kairan.check_in(person.clone(), mood).await.map_err(failed)?;
    kairan.acknowledge(person, notice.to_owned()).await.map_err(failed)?;
    kairan.sync().await.map_err(failed)?;
    Ok(())
}
