//! Looking through every byte a folder holds, databases and their write-ahead logs too: what is not there cannot leak.

use std::path::Path;

/// The files below a folder that hold these bytes anywhere.
#[must_use]
pub fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && holds(&std::fs::read(entry.path()).unwrap(), needle) {
                found.push(entry.path().strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

/// Whether the bytes stand somewhere in the others.
#[must_use]
pub fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_a_file_of_a_folder_below_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/a.db-wal"), b"..\"mood\":\"good\"..").unwrap();
        assert_eq!(files_with(folder.path(), b"\"mood\""), ["deep/a.db-wal"]);
        assert!(files_with(folder.path(), b"\"moon\"").is_empty());
    }
}
