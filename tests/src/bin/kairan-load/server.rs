//! The server under load: its own process, so that its memory and its disk are its own.

use crate::Failure;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP on loopback.
    Plain,
    /// HTTPS by the district's own key.
    Tls,
}

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is spoken to.
    pub scheme: Scheme,
}

/// The server that was built beside this program.
pub fn beside() -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name("kairan-server");
    if path.exists() {
        return Ok(path);
    }
    Err("build the server first: cargo build --release -p kairan-server".into())
}

/// Starts it on a port of the system's choice and waits for its one line.
pub async fn start(binary: &Path, folder: &Path, scheme: Scheme) -> Result<Server, Failure> {
    let mut command = Command::new(binary);
    command.arg("serve").arg("--data").arg(folder).args(["--listen", "127.0.0.1:0", "--unlimited"]);
    if scheme == Scheme::Plain {
        command.arg("--plain");
    }
    let mut child = command.env("RUST_LOG", "warn").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix("listening on ") {
            let address = address.rsplit('/').next().unwrap_or_default().parse()?;
            return Ok(Server { child, address, scheme });
        }
    }
    Err("the server said nothing and stopped".into())
}

impl Server {
    /// Resident memory in KiB.
    pub fn resident(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().ok_or("it stopped")?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Time its threads have spent on a processor: steadier than a rate where others compute beside it.
    pub fn busy(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id().ok_or("it stopped")?))?;
        // The name in brackets may hold anything; after it stand the state, then user and system time as fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Asks it to stop and waits.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let id = self.child.id().ok_or("it stopped")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}
