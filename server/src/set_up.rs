//! Set-up: from district.toml to a folder with identity, certificates and database, whole or not at all.

use crate::{
    Error,
    clock::Clock,
    config,
    console::{self, Whom},
    folder,
    identity::{Identity, tls::Certificates},
    sheet::Sheet,
    store::Store,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Makes the district of a district.toml's text in a new folder, and prints the first officer's invitation.
///
/// Everything is made in `FOLDER.part` and renamed: a set-up that fails leaves nothing behind.
///
/// # Errors
/// [`Error::District`] for the text, [`Error::Occupied`] when the folder holds anything, and those of files and store.
pub async fn set_up(folder: &Path, district: &str, clock: Arc<dyn Clock>) -> Result<Sheet, Error> {
    let now = clock.now();
    let plan = config::plan(district, now)?;
    ensure_free(folder)?;
    let part = part_of(folder);
    remove(&part)?;
    let made = make(&part, &plan, clock).await;
    let done = made.and_then(|sheet| {
        fs::rename(&part, folder).and_then(|()| sync_parent(folder)).map_err(Error::file(folder))?;
        Ok(sheet)
    });
    if done.is_err() {
        // The error that led here is the one to tell.
        let _best_effort = remove(&part);
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

/// An empty folder may be there already.
fn ensure_free(folder: &Path) -> Result<(), Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::Occupied(folder.to_path_buf())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(folder)(error)),
    }
}

/// The rename itself is on disk only with the folder it happened in.
fn sync_parent(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

fn part_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn remove(part: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(part)(error)),
        _ => Ok(()),
    }
}
