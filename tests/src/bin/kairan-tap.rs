//! A widget beside the app: a process of its own that leaves one tap in a phone's spool and is gone.
#![allow(clippy::unwrap_used, reason = "a helper of the stories")]

use kairan_core::{
    records::{Mood, Tap, TapKind},
    spool_tap,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (dir, person, at) = (arguments[0].clone(), arguments[1].clone(), arguments[2].parse().unwrap());
    let kind = match arguments.get(3) {
        None => TapKind::CheckIn { mood: Mood::Good },
        Some(notice) => TapKind::Acknowledge { notice: notice.clone(), rev: 1 },
    };
    spool_tap(dir, Tap { person, kind, at }).unwrap();
}
