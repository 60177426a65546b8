//! The raw rate of the disk beside which every durable figure is read.

use crate::Failure;
use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// How often in two seconds 4 KiB can be appended and synced.
pub fn syncs_per_second(folder: &Path) -> Result<f64, Failure> {
    let path = folder.join("fdatasync.probe");
    let mut file = File::create(&path)?;
    let page = [7_u8; 4096];
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < Duration::from_secs(2) {
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
