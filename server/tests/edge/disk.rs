//! A disk so small that it is full when a story wants it to be.

use std::{fs, io::Write as _, os::unix::fs::MetadataExt as _, path::Path, process::Command};

/// A tmpfs of a few hundred kilobytes; gone when it is dropped.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Mounts one. Only root may; anybody else is told so, and gets none.
    pub fn mount(kilobytes: u32) -> Option<Self> {
        let owner = fs::metadata("/proc/self").unwrap().uid();
        if owner != 0 {
            println!("NOT TESTED: a full disk needs a mount, a mount needs root, and this is user {owner}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "kairan-tests"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "root could not mount a tmpfs");
        Some(Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room at all.
    pub fn fill(&self) {
        let filler = self.path().join("filler");
        let mut filler = fs::OpenOptions::new().create(true).append(true).open(filler).unwrap();
        for size in [64 * 1024, 4_096, 512, 1] {
            let block = vec![b'x'; size];
            while filler.write_all(&block).is_ok() {}
        }
    }

    /// Somebody makes room.
    pub fn clear(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still closing its files must not keep the mount for ever.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.path().display());
        }
    }
}
