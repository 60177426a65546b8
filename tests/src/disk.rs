//! A disk so small that it is full when a story wants it to be.

use std::{
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

/// A tmpfs of a few megabytes; gone when it is dropped.
pub struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one. Only root may; anybody else is told so, and gets none.
    ///
    /// # Panics
    /// When root may not either.
    #[must_use]
    pub fn mount(megabytes: u32) -> Option<Self> {
        let owner = std::fs::metadata("/proc/self").unwrap().uid();
        if owner != 0 {
            println!("NOT TESTED: a full disk needs a mount, a mount needs root, and this is user {owner}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "kairan-tests"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "root could not mount a tmpfs");
        Some(Self { folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Leaves no room at all.
    pub fn fill(&self) {
        let mut filler = std::fs::OpenOptions::new().create(true).append(true).open(self.filler()).unwrap();
        for size in [64 * 1024, 4_096, 512, 1] {
            let block = vec![b'x'; size];
            while filler.write_all(&block).is_ok() {}
        }
    }

    /// Somebody makes room.
    pub fn clear(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is still closing its files must not keep the mount for ever.
        if !Command::new("umount").arg("-l").arg(self.folder.path()).status().is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.folder.path().display());
        }
    }
}
