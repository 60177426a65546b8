//! Taps made outside the app.

use super::*;
use crate::{
    error::Error,
    records::{OpState, Tap, TapKind},
    store::spool_tap,
};

fn tap(kind: TapKind) -> Tap {
    Tap { person: SATO.to_string(), kind, at: NOW.millis() }
}

fn good() -> Tap {
    tap(TapKind::CheckIn { mood: crate::records::Mood::Good })
}

#[test]
fn a_tap_on_the_widget_becomes_an_op_when_the_app_opens() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(MAIL, 2, vec![consent_row(2)]));
    spool_tap(phone.path(), &good()).unwrap();
    let phone = phone.reopened();
    assert_eq!(phone.going_out().len(), 1);
    assert_eq!(phone.home().check_in.unwrap().at, NOW.millis());
    assert_eq!(phone.store.ingest_spool(NOW).unwrap(), 0);
}

#[test]
fn a_tap_ingested_twice_is_one_op() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(MAIL, 2, vec![consent_row(2)]));
    spool_tap(phone.path(), &good()).unwrap();
    let spool = phone.path().join("spool");
    let file = std::fs::read_dir(&spool).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read(&file).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW).unwrap(), 1);
    // As after a crash between the outbox and the removal of the file.
    std::fs::write(&file, text).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW).unwrap(), 0);
    assert!(!file.exists());
    assert_eq!(phone.going_out().len(), 1);
}

#[test]
fn a_tap_the_rules_refuse_is_shown_not_dropped() {
    let phone = Phone::of_sato();
    spool_tap(phone.path(), &good()).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW), Ok(1));
    let line = &phone.store.outbox().unwrap()[0];
    assert_eq!((line.state, line.code.as_deref()), (OpState::Refused, Some("consent_needed")));
}

#[test]
fn an_unreadable_file_is_put_aside_and_holds_up_nothing() {
    let phone = Phone::of_sato();
    let spool = phone.path().join("spool");
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("0000.tap"), "{").unwrap();
    std::fs::write(spool.join("half.part"), "{").unwrap();
    spool_tap(phone.path(), &tap(TapKind::Acknowledge { notice: notice_id(9).to_string(), rev: 1 })).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW), Ok(1));
    assert!(spool.join("aside/0000.tap").exists());
    assert!(spool.join("half.part").exists(), "somebody may still be writing it");
}

#[test]
fn before_joining_taps_wait() -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    spool_tap(folder.path(), &good())?;
    let store = Store::open(folder.path(), NOW)?;
    assert_eq!(store.ingest_spool(NOW)?, 0);
    assert_eq!(std::fs::read_dir(folder.path().join("spool")).unwrap().count(), 1);
    Ok(())
}
