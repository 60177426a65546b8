//! Reading a backup: opened, decrypted, unpacked piece by piece, and every piece compared with what the manifest says.

use super::{FORMAT, HeldFile, MANIFEST, Manifest, OpenedBy, Place, Watch, hex};
use crate::{Error, folder};
use age::DecryptError;
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
};

/// Longest manifest, in bytes.
const MANIFEST_BYTES: u64 = 1024 * 1024;
/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Where the files of a backup go.
pub(super) trait Unpacking {
    /// Into what a file is written.
    type Into: Write;
    /// A file begins.
    fn begin(&mut self, name: &str) -> Result<Self::Into, Error>;
    /// What could not be written.
    fn failed(&self, name: &str, source: io::Error) -> Error;
    /// A file is whole.
    fn end(&mut self, name: &str, into: Self::Into) -> Result<(), Error>;
}

/// To nowhere: they are only looked at.
struct Nowhere;

impl Unpacking for Nowhere {
    type Into = io::Sink;
    fn begin(&mut self, _: &str) -> Result<io::Sink, Error> {
        Ok(io::sink())
    }
    fn failed(&self, name: &str, source: io::Error) -> Error {
        Error::file(name)(source)
    }
    fn end(&mut self, _: &str, _: io::Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// Opens a backup and reads all of it, without writing anything: it is whole, or an error says why not.
///
/// # Errors
/// [`Error::WrongKey`], [`Error::NotWhole`], [`Error::Stopped`], [`Error::File`].
pub fn verify(file: &Path, opened_by: &OpenedBy, watch: &Watch) -> Result<Manifest, Error> {
    unpack(file, opened_by, watch, &mut Nowhere)
}

/// Reads all of a backup; what it holds is right once this has come back.
pub(super) fn unpack<U: Unpacking>(
    file: &Path,
    opened_by: &OpenedBy,
    watch: &Watch,
    to: &mut U,
) -> Result<Manifest, Error> {
    let not_whole = |what: String| Error::NotWhole { path: file.to_path_buf(), what };
    let broken = |error: io::Error| not_whole(format!("cut off or changed ({error})"));
    let opened = File::open(file).map_err(Error::file(file))?;
    let all = opened.metadata().map_err(Error::file(file))?.len();
    let counted = Counted { file: opened, watch: watch.clone(), done: 0, all };
    let plain = decrypt(file, BufReader::with_capacity(PIECE, counted), opened_by)?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(plain)));
    let (mut found, mut manifest) = (Vec::<HeldFile>::new(), None);
    for entry in archive.entries().map_err(broken)? {
        watch.look()?;
        let mut entry = entry.map_err(|error| watch.look().err().unwrap_or_else(|| broken(error)))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let place = Place::of(&name).filter(|_| entry.header().entry_type().is_file());
        let place = place.ok_or_else(|| not_whole(format!("it holds {name:?}, which is not of a backup")))?;
        if manifest.is_some() || found.iter().any(|held| held.name == name) {
            return Err(not_whole(format!("{name} stands in it where it should not")));
        }
        if place == Place::Manifest {
            let mut text = String::new();
            entry.take(MANIFEST_BYTES).read_to_string(&mut text).map_err(broken)?;
            manifest = Some(read_manifest(&text).map_err(not_whole)?);
            continue;
        }
        let mut into = to.begin(&name)?;
        let (mut sha256, mut size) = (Sha256::new(), 0);
        let mut piece = vec![0; PIECE];
        loop {
            watch.look()?;
            let count = entry.read(&mut piece).map_err(|error| watch.look().err().unwrap_or_else(|| broken(error)))?;
            if count == 0 {
                break;
            }
            sha256.update(&piece[..count]);
            size += u64::try_from(count).unwrap_or_default();
            into.write_all(&piece[..count]).map_err(|source| to.failed(&name, source))?;
        }
        to.end(&name, into)?;
        found.push(HeldFile { name, size, sha256: hex(&sha256.finalize()) });
    }
    // The archive ends before the file does: a file that was cut off behind it, or went on, would not be noticed.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    let mut behind = rest.into_inner();
    if io::copy(&mut behind, &mut io::sink()).map_err(broken)? > 0 {
        return Err(not_whole("something stands behind its end".to_owned()));
    }
    let manifest = manifest.ok_or_else(|| not_whole(format!("{MANIFEST} is missing")))?;
    compare(&manifest, &found).map_err(not_whole)?;
    Ok(manifest)
}

fn decrypt<R: io::BufRead>(file: &Path, input: R, opened_by: &OpenedBy) -> Result<age::stream::StreamReader<R>, Error> {
    let told = |error: DecryptError| match error {
        DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed => {
            Error::WrongKey { path: file.to_path_buf(), what: "it was closed with another" }
        }
        DecryptError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Error::file(file)(error),
        DecryptError::Io(_) => Error::NotWhole { path: file.to_path_buf(), what: "cut off in its first lines".into() },
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => {
            Error::NotWhole { path: file.to_path_buf(), what: "no backup, or changed in its first lines".into() }
        }
        other => Error::NotWhole { path: file.to_path_buf(), what: other.to_string() },
    };
    let decryptor = age::Decryptor::new_buffered(input).map_err(told)?;
    let what = match (decryptor.is_scrypt(), opened_by) {
        (true, OpenedBy::RecoveryKey(_)) => Some("it was closed with a passphrase"),
        (false, OpenedBy::Passphrase(_)) => Some("it was closed for a recovery key"),
        _ => None,
    };
    if let Some(what) = what {
        return Err(Error::WrongKey { path: file.to_path_buf(), what });
    }
    decryptor.decrypt(std::iter::once(opened_by.identity().as_ref())).map_err(told)
}

fn read_manifest(text: &str) -> Result<Manifest, String> {
    #[derive(serde::Deserialize)]
    struct Format {
        format: u32,
    }
    let unreadable = |error: serde_json::Error| format!("{MANIFEST}: {error}");
    let Format { format } = serde_json::from_str(text).map_err(unreadable)?;
    if format > FORMAT {
        return Err(format!("of format {format}, which a newer kairan-server reads"));
    }
    serde_json::from_str(text).map_err(unreadable)
}

fn compare(manifest: &Manifest, found: &[HeldFile]) -> Result<(), String> {
    for held in &manifest.files {
        match found.iter().find(|one| one.name == held.name) {
            None => return Err(format!("{} is missing", held.name)),
            Some(one) if one != held => return Err(format!("{} is not what was written", held.name)),
            Some(_) => {}
        }
    }
    if let Some(more) = found.iter().find(|one| !manifest.files.iter().any(|held| held.name == one.name)) {
        return Err(format!("{} is not named in {MANIFEST}", more.name));
    }
    for needed in [folder::DATABASE, "identity.pem"] {
        if !found.iter().any(|one| one.name == needed) {
            return Err(format!("{needed} is missing"));
        }
    }
    Ok(())
}

/// Counts what is read of the encrypted file.
struct Counted {
    file: File,
    watch: Watch,
    done: u64,
    all: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.done += u64::try_from(count).unwrap_or_default();
        self.watch.show("reading", self.done, self.all);
        Ok(count)
    }
}
