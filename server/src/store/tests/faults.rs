//! Faults: a group with one that always fails, a disk without room, a set-up that was broken off.

use super::house::*;
use crate::store::{Denied, Store, StoreError, schema};
use futures_util::FutureExt;
use kairan_protocol::{check_in::Mood, wire::ProblemCode};
use std::sync::mpsc;

/// Holds the writer up until what is sent meanwhile stands in one group.
async fn together<T>(house: &House, work: impl Future<Output = T>) -> T {
    let (release, released) = mpsc::channel::<()>();
    let store = house.store.clone();
    let (held, holding) = tokio::sync::oneshot::channel();
    let mut held = Some(held);
    let busy = tokio::spawn(async move {
        store
            .0
            .writer
            .ask(move |_| {
                held.take().map(|held| held.send(()));
                let _released = released.recv();
                Ok(())
            })
            .await
    });
    holding.await.unwrap();
    let mut work = std::pin::pin!(work);
    assert!(work.as_mut().now_or_never().is_none());
    release.send(()).unwrap();
    busy.await.unwrap().unwrap();
    work.await
}

#[tokio::test]
async fn one_that_always_fails_harms_nobody_else_of_its_group() {
    let house = House::new();
    let (mut suzuki, mut yamada, mut tanaka) =
        (house.phone(SUZUKI).await, house.phone(YAMADA).await, house.phone(TANAKA).await);
    // Rolls back the whole transaction, as SQLite does by itself when a disk fails.
    let poison = "CREATE TRIGGER poison BEFORE INSERT ON consent_history WHEN NEW.person = 6 \
                  BEGIN SELECT RAISE(ROLLBACK, 'poison'); END";
    house.sqlite().execute_batch(poison).unwrap();
    let [one, bad, other] = [SUZUKI, YAMADA, TANAKA].map(|person| house.consent(person, true));
    let (token, request) = (yamada.token.clone(), yamada.request(std::slice::from_ref(&bad)));
    let all = async {
        tokio::join!(suzuki.send(&house, &one), house.store.sync(&token, request), tanaka.send(&house, &other))
    };
    let (first, failed, second) = together(&house, all).await;
    applied(&first);
    applied(&second);
    let failed = failed.unwrap_err();
    assert_eq!((failed.problem(), failed.op()), (ProblemCode::Internal, Some(bad.id)));
    assert_eq!(house.count("SELECT count(*) FROM consent_history"), 2);
    house.sqlite().execute_batch("DROP TRIGGER poison").unwrap();
    applied(&yamada.send(&house, &bad).await);
    house.holds().await;
}

#[tokio::test]
async fn a_full_disk_keeps_nothing_of_a_request_still_serves_reads_and_recovers() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    phone.send(&house, &house.consent(SUZUKI, true)).await;
    let pages = |pages: &'static str| {
        house.store.0.writer.ask(move |tx| {
            let set = format!("PRAGMA max_page_count = {pages}");
            Ok(tx.connection.query_row(&set, [], |_| Ok(()))?)
        })
    };
    pages("1").await.unwrap();
    let mut failed = None;
    let mut sent = 0;
    while failed.is_none() && sent < 500 {
        let ops: Vec<_> = (0..20).map(|_| house.check_in(SUZUKI, Mood::Good)).collect();
        sent += 1;
        let before = house.count("SELECT count(*) FROM check_in");
        failed = house.store.sync(&phone.token, phone.request(&ops)).await.err();
        if failed.is_some() {
            assert_eq!(house.count("SELECT count(*) FROM check_in"), before, "nothing of the request was kept");
        }
    }
    assert_eq!(failed.unwrap().problem(), ProblemCode::DiskFull);
    phone.catch_up(&house).await;
    pages("1000000").await.unwrap();
    applied(&phone.send(&house, &house.check_in(SUZUKI, Mood::Fair)).await);
    house.holds().await;
}

#[tokio::test]
async fn a_store_that_was_closed_takes_nothing_any_more() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    house.store.clone().close().await.unwrap();
    let answer = house.store.sync(&phone.token, phone.request(&[house.consent(SUZUKI, true)])).await;
    assert!(matches!(answer, Err(Denied::Store(StoreError::Unavailable))));
}

#[tokio::test]
async fn a_district_is_set_up_once() {
    let house = House::new();
    let again = Store::create(house.folder.path(), &plan(), morning());
    assert!(matches!(again, Err(StoreError::Exists)));
}

#[tokio::test]
async fn a_set_up_that_was_broken_off_left_no_district() {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = plan();
    broken.groups[4].parent = Some(SUZUKI_HOME);
    assert!(matches!(Store::create(folder.path(), &broken, morning()), Err(StoreError::Plan(_))));
    let mut doubled = plan();
    doubled.persons.push(doubled.persons[1].clone());
    assert!(Store::create(folder.path(), &doubled, morning()).is_err());
    assert!(matches!(schema::writing(folder.path()), Err(StoreError::Missing)));
    Store::create(folder.path(), &plan(), morning()).unwrap();
}

#[tokio::test]
async fn everything_that_was_answered_is_there_after_a_restart() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let consent = house.consent(SUZUKI, true);
    let answered = phone.send(&house, &consent).await;
    house.restart().await;
    assert_eq!(phone.send(&house, &consent).await, answered);
    assert!(phone.sync(&house, &[]).await.feeds.is_empty(), "cursors go on where they stood");
    house.holds().await;
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let house = House::new();
    house.store.clone().close().await.unwrap();
    house.sqlite().execute_batch("PRAGMA user_version = 999").unwrap();
    assert!(matches!(schema::writing(house.folder.path()), Err(StoreError::TooNew(999))));
}
