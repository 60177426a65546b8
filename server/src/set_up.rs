//! Set-up: from district.toml to a folder with identity, certificates and database, whole or not at all.

use crate::{
    Error,
    clock::{self, Clock},
    config,
    console::{self, Whom},
    folder,
    identity::{Identity, tls::Certificates},
    sheet::Sheet,
    store::Store,
};
use std::{path::Path, sync::Arc};

/// Makes the district of a district.toml's text in a new folder, and prints the first officer's invitation.
///
/// Everything is made in `FOLDER.part` and renamed: a set-up that fails leaves nothing behind.
///
/// # Errors
/// [`Error::District`] for the text, [`Error::Occupied`] when the folder holds anything, [`Error::Clock`], and those of files and store.
pub async fn set_up(folder: &Path, district: &str, clock: Arc<dyn Clock>) -> Result<Sheet, Error> {
    let now = clock.now();
    if !clock::may_be(now) {
        return Err(Error::Clock(now));
    }
    let plan = config::plan(district, now)?;
    folder::ensure_free(folder)?;
    let part = folder::part_of(folder);
    folder::remove(&part)?;
    let made = make(&part, &plan, clock).await;
    let done = made.and_then(|sheet| {
        folder::put_in_place(&part, folder)?;
        Ok(sheet)
    });
    if done.is_err() {
        // The error that led here is the one to tell.
        let _best_effort = folder::remove(&part);
    }
    done
}

async fn make(part: &Path, plan: &crate::store::SetUpPlan, clock: Arc<dyn Clock>) -> Result<Sheet, Error> {
    folder::make_private(part)?;
    let identity = Identity::create(part)?;
    Certificates::own(part, &identity, &plan.addresses)?;
    Store::create(part, plan, clock.now())?;
    let sheets = console::invite(part, clock, Whom::FirstOfficer).await?;
    sheets.into_iter().next().ok_or_else(|| Error::Making("no invitation came out".to_owned()))
}
