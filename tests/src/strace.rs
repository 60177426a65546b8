//! A trace of system calls, read back: what was read, written and synchronised, in the order in which it happened.

use std::{collections::HashMap, path::Path, process::Command};

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    name: String,
    /// Arguments and result as `strace` prints them.
    text: String,
    /// The line on which it began.
    began: usize,
    /// The line on which it was over: the same, unless others came in between.
    ended: usize,
}

/// That a file was synchronised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sync {
    /// The line on which it began.
    pub began: usize,
    /// The line on which it was over.
    pub ended: usize,
}

/// A whole trace.
pub struct Trace(Vec<Call>);

impl Trace {
    /// Whether `strace` is there, and may trace.
    #[must_use]
    pub fn is_possible() -> bool {
        let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    }

    /// Reads what `strace -f -y -o file` wrote.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        Self::of(&String::from_utf8_lossy(&std::fs::read(file).unwrap()))
    }

    fn of(text: &str) -> Self {
        let mut calls: Vec<Call> = Vec::new();
        let mut unfinished: HashMap<&str, usize> = HashMap::new();
        for (line, text) in text.lines().enumerate() {
            let Some((thread, rest)) = text.split_once(' ') else { continue };
            let rest = rest.trim_start();
            if let Some(resumed) = rest.strip_prefix("<... ") {
                let Some(place) = unfinished.remove(thread) else { continue };
                let said = resumed.split_once(" resumed>").map_or(resumed, |(_, said)| said);
                calls[place].text.push_str(said);
                calls[place].ended = line;
            } else if let Some((name, arguments)) = rest.split_once('(') {
                if arguments.ends_with("<unfinished ...>") {
                    unfinished.insert(thread, calls.len());
                }
                let call = Call { name: name.to_owned(), text: arguments.to_owned(), began: line, ended: line };
                calls.push(call);
            }
        }
        Self(calls)
    }

    /// Every time a file was synchronised, by the end of its name.
    #[must_use]
    pub fn syncs_of(&self, file: &str) -> Vec<Sync> {
        let of = format!("{file}>");
        let calls = self.0.iter().filter(|call| matches!(call.name.as_str(), "fdatasync" | "fsync"));
        let good = calls.filter(|call| call.text.contains(&of) && call.text.trim_end().ends_with("= 0"));
        good.map(|call| Sync { began: call.began, ended: call.ended }).collect()
    }

    /// When a text, as `strace` escapes it, had first been read from a socket.
    #[must_use]
    pub fn first_read_of(&self, text: &str) -> Option<usize> {
        let reads = self.0.iter().filter(|call| matches!(call.name.as_str(), "read" | "recvfrom" | "recvmsg"));
        reads.filter(|call| call.text.contains(text)).map(|call| call.ended).min()
    }

    /// When it began to be written to a socket.
    #[must_use]
    pub fn first_write_of(&self, text: &str) -> Option<usize> {
        let writes =
            self.0.iter().filter(|call| matches!(call.name.as_str(), "write" | "writev" | "sendto" | "sendmsg"));
        writes.filter(|call| call.text.contains(text)).map(|call| call.began).min()
    }

    /// When it had first been written to a file, by the end of the file's name.
    #[must_use]
    pub fn first_log_of(&self, file: &str, text: &str) -> Option<usize> {
        let of = format!("{file}>");
        let writes = self.0.iter().filter(|call| call.name == "pwrite64" && call.text.contains(&of));
        writes.filter(|call| call.text.contains(text)).map(|call| call.ended).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
7 recvfrom(9<socket:[1]>, \"POST \\\"id\\\":\\\"x\\\"\", 8192, 0, NULL, NULL) = 20
8 pwrite64(5</data/kairan.db-wal>, \"...title-1-...\", 4096, 32) = 4096
8 fdatasync(5</data/kairan.db-wal> <unfinished ...>
7 recvfrom(10<socket:[2]>, \"POST \", 8192, 0, NULL, NULL) = 5
8 <... fdatasync resumed>)          = 0
7 sendto(9<socket:[1]>, \"HTTP/1.1 200 OK \\\"results\\\"\", 30, MSG_NOSIGNAL, NULL, 0) = 30";

    #[test]
    fn a_sync_that_others_ran_beside_is_over_when_it_is_resumed() {
        let trace = Trace::of(TRACE);
        assert_eq!(trace.syncs_of("kairan.db-wal"), [Sync { began: 2, ended: 4 }]);
        assert_eq!(trace.first_read_of("\\\"id\\\":\\\"x\\\""), Some(0));
        assert_eq!(trace.first_log_of("kairan.db-wal", "title-1-"), Some(1));
        assert_eq!(trace.first_write_of("\\\"results\\\""), Some(5));
    }

    #[test]
    fn a_sync_that_failed_counts_for_nothing() {
        let failed = TRACE.replace("resumed>)          = 0", "resumed>)          = -1 EIO (Input/output error)");
        assert!(Trace::of(&failed).syncs_of("kairan.db-wal").is_empty());
    }
}
