//! A whole practice in a process of its own: no socket is opened, whatever is tapped.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed test says so")]

use kairan_core::{Kairan, Options, keys::SoftwarePlatform, records::Mood};
use std::{fs, sync::Arc};

/// The sockets this process holds.
fn sockets() -> usize {
    let held = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    held.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[test]
fn a_practice_with_everything_running_holds_no_socket_of_its_own() {
    // The runtime's own, between its threads, are there before.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let before = sockets();
    let dir = tempfile::tempdir().unwrap();
    let platform = Arc::new(SoftwarePlatform::new(dir.path().join("key")).unwrap());
    let options = Options { runtime: Some(runtime.handle().clone()), ..Options::default() };
    let kairan = Kairan::practice_with(dir.path().join("practice"), platform, options).unwrap();
    let person = kairan.me().unwrap().persons[0].id.clone();
    kairan.start();
    for _ in 0..3 {
        runtime.block_on(kairan.check_in(person.clone(), Mood::Talk)).unwrap();
        runtime.block_on(kairan.sync()).unwrap();
        assert_eq!(sockets(), before);
        kairan.network().cut();
        assert!(runtime.block_on(kairan.sync()).is_err());
        kairan.network().restore();
        runtime.block_on(kairan.practice_again()).unwrap();
        assert_eq!(sockets(), before);
    }
}
