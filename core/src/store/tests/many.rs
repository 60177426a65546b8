//! A phone that holds 100,000 notices: run by hand, in release, with `--ignored --nocapture`.

use super::*;
use std::time::{Duration, Instant};

const NOTICES: u64 = 100_000;

fn best_of(times: usize, mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..times).map(once).min().unwrap_or_default()
}

#[test]
#[ignore = "takes minutes without optimisation; prints a table"]
fn home_and_search_with_a_hundred_thousand_notices() {
    let phone = Phone::of_sato();
    let started = Instant::now();
    for page in 0..NOTICES / 1_000 {
        let rows = (0..1_000).map(|at| {
            let number = page * 1_000 + at;
            let mut body = circular(&format!("第{number}号 防災訓練とゴミ出しのお知らせ"));
            body.text =
                "十一月二十九日の朝九時から、緑ヶ丘公園で総合防災訓練を行います。軍手をお持ちください。".repeat(3);
            // Half of them published within the year the household lives there, all unread.
            body.at = NOW.plus_millis(-i64::try_from(NOTICES - number).unwrap() * 200_000);
            row(kind::NOTICE, NoticeId::from_bytes((u128::from(number) + 1).to_be_bytes()), number + 2, &body)
        });
        phone.take(Answer::new().rows(BOARD, (page + 1) * 1_000 + 1, rows.collect()));
        phone.drain();
    }
    println!("taken          {:>10.1?}", started.elapsed());
    println!("unread         {:>10}", phone.home().unread_count);
    println!("home           {:>10.3?}", best_of(20, || drop(phone.home())));
    println!("防災           {:>10.3?}", best_of(20, || drop(phone.store.search(SATO, "防災", 50).unwrap())));
    println!("総合防災訓練   {:>10.3?}", best_of(20, || drop(phone.store.search(SATO, "総合防災訓練", 50).unwrap())));
    println!("99号           {:>10.3?}", best_of(20, || drop(phone.store.search(SATO, "99号", 50).unwrap())));
    println!("防             {:>10.3?}", best_of(5, || drop(phone.store.search(SATO, "防", 50).unwrap())));
    let list = || phone.store.notices(SATO, crate::records::NoticeFilter::All, None, 50).unwrap();
    println!("list           {:>10.3?}", best_of(20, || drop(list())));
    let seen = op(SATO, NOW, acknowledge(NoticeId::from_bytes(u128::from(NOTICES).to_be_bytes()), 1));
    println!("tap            {:>10.3?}", best_of(1, || phone.say(&seen)));
    let Phone { store, folder } = phone;
    drop(store);
    println!("open           {:>10.3?}", best_of(5, || drop(Store::open(folder.path(), NOW).unwrap())));
}
