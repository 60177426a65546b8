//! The identity's files, and what is left of them when a hand-over breaks off.

use super::*;
use kairan_protocol::{
    sign::Purpose,
    succession::{heirs, leads},
    wire::Succession,
};
use std::os::unix::fs::PermissionsExt;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn made() -> (tempfile::TempDir, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::create(folder.path()).unwrap();
    (folder, identity)
}

fn names(folder: &Path) -> Vec<String> {
    let files = folder::identity_files(folder).into_iter();
    files.map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn an_identity_reads_back_as_it_was_made() {
    let (folder, made) = made();
    assert_eq!(Identity::load(folder.path()).unwrap().fingerprint(), made.fingerprint());
}

#[test]
fn a_file_that_is_no_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    folder::write_private(&folder::identity(folder.path()), b"hello").unwrap();
    let error = Identity::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("identity.pem"), "{error}");
}

#[test]
fn the_next_key_is_made_once_and_closed_to_others() {
    let (folder, identity) = made();
    assert_eq!(identity.next(), None);
    let next = Identity::make_next(folder.path()).unwrap();
    assert_eq!(Identity::make_next(folder.path()).unwrap(), next);
    assert_eq!(Identity::load(folder.path()).unwrap().next(), Some(next));
    let mode = fs::metadata(folder::identity_next(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["identity.pem", "identity-next.pem"]);
}

#[test]
fn nothing_is_handed_over_to_a_key_that_was_never_made() {
    let (folder, identity) = made();
    assert!(matches!(Identity::switch(folder.path(), NOW), Err(Error::NoNext(_))));
    assert_eq!(Identity::load(folder.path()).unwrap().key(), identity.key());
}

#[test]
fn after_a_switch_the_next_key_is_the_identity_and_the_one_before_leads_to_it() {
    let (folder, first) = made();
    let next = Identity::make_next(folder.path()).unwrap();
    let second = Identity::switch(folder.path(), NOW).unwrap();
    assert_eq!((second.key(), second.next()), (next, None));
    let said: Succession = second.successions()[0].open(&first.key(), Purpose::Succession).unwrap();
    assert_eq!(said, Succession { from: first.key(), to: next, at: NOW });
    assert_eq!(second.keys().all(), [next, first.key()]);

    Identity::make_next(folder.path()).unwrap();
    let third = Identity::switch(folder.path(), NOW).unwrap();
    assert!(leads(&first.fingerprint(), &third.successions(), &third.key()));
    assert_eq!(heirs(&first.fingerprint(), &third.successions()), [next, third.key()]);
    assert_eq!(third.keys().all(), [third.key(), next, first.key()]);
    assert_eq!(names(folder.path()), ["identity.pem", "successions.json"]);
}

#[test]
fn of_an_earlier_key_no_private_half_is_left() {
    let (folder, first) = made();
    Identity::make_next(folder.path()).unwrap();
    Identity::switch(folder.path(), NOW).unwrap();
    let secret = first.signing_key().to_pkcs8_pem(LineEnding::LF).unwrap();
    let line = secret.lines().nth(1).unwrap().to_owned();
    for file in fs::read_dir(folder.path()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(&line));
    }
}

#[test]
fn a_switch_that_broke_off_before_the_keys_changed_places_has_not_happened_and_can_be_done_again() {
    let (folder, first) = made();
    let next = Identity::make_next(folder.path()).unwrap();
    let keys = [folder::identity(folder.path()), folder::identity_next(folder.path())];
    let before = keys.each_ref().map(|file| fs::read(file).unwrap());
    Identity::switch(folder.path(), NOW).unwrap();
    for (file, bytes) in keys.iter().zip(&before) {
        fs::write(file, bytes).unwrap();
    }

    let loaded = Identity::load(folder.path()).unwrap();
    assert_eq!((loaded.key(), loaded.next(), loaded.successions().len()), (first.key(), Some(next), 0));
    let switched = Identity::switch(folder.path(), NOW).unwrap();
    assert_eq!((switched.key(), switched.successions().len()), (next, 1));
}

#[test]
fn hand_overs_that_do_not_lead_to_the_identity_or_were_changed_are_named() {
    let (folder, _) = made();
    Identity::make_next(folder.path()).unwrap();
    Identity::switch(folder.path(), NOW).unwrap();
    let path = folder::successions(folder.path());
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("at\\\":\\\"20", "at\\\":\\\"21")).unwrap();
    let error = Identity::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("successions.json"), "{error}");
    fs::write(&path, good).unwrap();
    Identity::create(folder.path()).unwrap();
    let error = Identity::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("successions.json"), "{error}");
}
