//! temporary
use super::house::*;
use crate::{
    clock::{Clock, SystemClock},
    store::{PlannedGroup, PlannedPerson, PlannedResidence, Store, schema, session::token_hash},
};
use kairan_protocol::{check_in::Mood, id::*, op::*, time::ZoneOffsets, tree::GroupKind, wire::SyncRequest};
use p256::ecdsa::SigningKey;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn pace() {
    let people: i64 = std::env::var("PEOPLE").map_or(6000, |v| v.parse().unwrap());
    let seconds: u64 = std::env::var("SECONDS").map_or(8, |v| v.parse().unwrap());
    let ticking = std::env::var("TICK").is_ok();
    let mut plan = plan();
    for b in 0..people / 30 {
        let block = GroupId::from_number(10_000 + b);
        plan.groups.push(PlannedGroup {
            id: block,
            kind: GroupKind::Block,
            parent: Some(ASSOCIATION),
            name: format!("{b}"),
            paper: false,
        });
        for h in 0..15 {
            let home = GroupId::from_number(1_000_000 + b * 15 + h);
            plan.groups.push(PlannedGroup {
                id: home,
                kind: GroupKind::Household,
                parent: Some(block),
                name: format!("{b}-{h}"),
                paper: false,
            });
            for p in 0..2 {
                let person =
                    PersonId::from_number(((b * 15 + h) * 2 + p + 1).wrapping_mul(0x5851_F42D_4C95_7F2D) & i64::MAX);
                plan.persons.push(PlannedPerson { id: person, name: "人".into() });
                plan.residences.push(PlannedResidence { person, household: home });
            }
        }
    }
    let folder = tempfile::tempdir_in("/work").unwrap();
    let began = Instant::now();
    Store::create(folder.path(), &plan, SystemClock.now()).unwrap();
    println!("set-up {:?}", began.elapsed());
    let db = schema::writing(folder.path()).unwrap();
    db.execute_batch("BEGIN").unwrap();
    let all: Vec<PersonId> = plan.persons.iter().skip(8).map(|p| p.id).collect();
    for (n, person) in all.iter().enumerate() {
        let d = 1_000 + n as i64;
        db.prepare_cached("INSERT INTO device(id,name,since,rights,proved) VALUES(?1,'x',0,1,0)")
            .unwrap()
            .execute([d])
            .unwrap();
        db.prepare_cached("INSERT INTO device_person VALUES(?1,?2,0)").unwrap().execute([d, person.number()]).unwrap();
        db.prepare_cached("INSERT INTO token VALUES(?1,?2,?3)")
            .unwrap()
            .execute(rusqlite::params![token_hash(&format!("t{n}")), d, i64::MAX])
            .unwrap();
    }
    if std::env::var("NOCONSENT").is_err() {
        db.execute_batch("UPDATE person SET moods_to_team=1, consent_at=1").unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
    drop(db);
    let store =
        Store::open(folder.path(), Arc::new(SystemClock), Arc::new(SigningKey::from_slice(&[9; 32]).unwrap())).unwrap();
    let t0 = Instant::now();
    while store.tick().await.unwrap().at <= SystemClock.now() {}
    println!("first tick {:?}", t0.elapsed());
    let next = Arc::new(AtomicUsize::new(0));
    let lat = Arc::new(Mutex::new(Vec::new()));
    let stop = Instant::now() + std::time::Duration::from_secs(seconds);
    let ticker = ticking.then(|| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut worst = std::time::Duration::ZERO;
            loop {
                store.stirred().await;
                let b = Instant::now();
                let n = store.tick().await.unwrap();
                worst = worst.max(b.elapsed());
                let _ = n;
                if Instant::now() > stop {
                    break worst;
                }
            }
        })
    });
    let all = Arc::new(all);
    let began = Instant::now();
    let tasks: Vec<_> = (0..256)
        .map(|_| {
            let (store, next, lat, all) = (store.clone(), next.clone(), lat.clone(), all.clone());
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while Instant::now() < stop {
                    let n = next.fetch_add(1, Ordering::Relaxed).wrapping_mul(7919) % all.len();
                    let at = SystemClock.now();
                    let day = ZoneOffsets::fixed(32_400).day_of(at);
                    let op = Op {
                        id: OpId::at(at).unwrap(),
                        person: all[n],
                        at,
                        command: Command::CheckIn { mood: Mood::Good, day },
                    };
                    let request = SyncRequest {
                        epoch: Some(Epoch("k1".into())),
                        rights: u64::MAX,
                        ops: vec![text(&op)],
                        cursors: Default::default(),
                        renew: None,
                    };
                    let b = Instant::now();
                    let answer = if std::env::var("PULL").is_ok() {
                        store.sync(&format!("t{n}"), request).await.unwrap().results
                    } else {
                        store.0.apply_for_test(&format!("t{n}"), request).await
                    };
                    mine.push(b.elapsed().as_micros() as u64);
                    applied(&answer[0]);
                }
                lat.lock().unwrap().extend(mine);
            })
        })
        .collect();
    for t in tasks {
        t.await.unwrap();
    }
    let el = began.elapsed();
    let mut lat = std::mem::take(&mut *lat.lock().unwrap());
    lat.sort();
    println!(
        "{} check-ins/s  p50 {} ms p99 {} ms max {} ms",
        lat.len() as f64 / el.as_secs_f64(),
        lat[lat.len() / 2] as f64 / 1e3,
        lat[lat.len() * 99 / 100] as f64 / 1e3,
        lat[lat.len() - 1] as f64 / 1e3
    );
    if let Some(t) = ticker {
        println!("worst tick {:?}", t.await.unwrap());
    }
    // idle
    let mut cursors = std::collections::BTreeMap::new();
    let session = store.0.session(&token_hash("t5")).await.unwrap();
    for n in session.feeds.keys() {
        cursors.insert(*n, kairan_protocol::wire::Cursor::At(store.0.shared.feeds.version(*n)));
    }
    let b = Instant::now();
    for _ in 0..100_000 {
        let r = SyncRequest {
            epoch: Some(Epoch("k1".into())),
            rights: u64::MAX,
            cursors: cursors.clone(),
            ops: vec![],
            renew: None,
        };
        assert!(store.sync("t5", r).await.unwrap().feeds.is_empty());
    }
    println!("idle pulls/s one thread {}", 100_000.0 / b.elapsed().as_secs_f64());
    // 20 row pulls
    for i in 0..20 {
        let op = Op {
            id: OpId::at(SystemClock.now()).unwrap(),
            person: STEWARD,
            at: SystemClock.now(),
            command: Command::Post {
                notice: kairan_protocol::notice::NoticeKind::Circular,
                from: ASSOCIATION,
                audience: vec![kairan_protocol::feed::Audience::Board(ASSOCIATION)],
                title: format!("{i}"),
                points: Default::default(),
                text: "本文".repeat(50),
                publish_at: None,
                until: None,
            },
        };
        store.console(op.command).await.unwrap();
    }
    let b = Instant::now();
    for _ in 0..20_000 {
        let r = SyncRequest {
            epoch: Some(Epoch("k1".into())),
            rights: u64::MAX,
            cursors: cursors.clone(),
            ops: vec![],
            renew: None,
        };
        let a = store.sync("t5", r).await.unwrap();
        assert_eq!(a.feeds.iter().map(|f| f.rows.len()).sum::<usize>(), 20);
    }
    println!("20-row pulls/s one thread {}", 20_000.0 / b.elapsed().as_secs_f64());
    // live
    let mut lives = Vec::new();
    let b = Instant::now();
    let rss = || {
        std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let r0 = rss();
    for n in 0..all.len() {
        lives.push(store.live(&store.authenticate(&format!("t{n}")).await.unwrap()));
    }
    println!("{} listeners in {:?}, {} B each", lives.len(), b.elapsed(), (rss() - r0) / lives.len());
    let done = Arc::new(AtomicUsize::new(0));
    let b = Instant::now();
    let tasks: Vec<_> = lives
        .into_iter()
        .map(|mut l| {
            let d = done.clone();
            tokio::spawn(async move {
                use futures_util::StreamExt;
                l.next().await;
                d.fetch_add(1, Ordering::Relaxed);
                l.next().await;
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let _ = b;
    let b = Instant::now();
    store
        .console(Command::Post {
            notice: kairan_protocol::notice::NoticeKind::Emergency,
            from: ASSOCIATION,
            audience: vec![kairan_protocol::feed::Audience::Board(DISTRICT)],
            title: "x".into(),
            points: Default::default(),
            text: "x".into(),
            publish_at: None,
            until: None,
        })
        .await
        .unwrap();
    store
        .console(Command::Post {
            notice: kairan_protocol::notice::NoticeKind::Emergency,
            from: DISTRICT,
            audience: vec![kairan_protocol::feed::Audience::Board(DISTRICT)],
            title: "x".into(),
            points: Default::default(),
            text: "x".into(),
            publish_at: None,
            until: None,
        })
        .await
        .unwrap();
    println!("posted {:?}", b.elapsed());
    while done.load(Ordering::Relaxed) < all.len() && b.elapsed().as_secs() < 3 {
        tokio::task::yield_now().await;
    }
    println!("last of {} heard after {:?}", done.load(Ordering::Relaxed), b.elapsed());
    drop(tasks);
}
