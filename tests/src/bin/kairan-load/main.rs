//! The load generator: a real server process on a real disk, 20,000 distinct devices, and tables of what it did.

mod connection;
mod disk;
mod figures;
mod live;
mod rounds;
mod seed;
mod server;

use clap::Parser;
use std::{path::PathBuf, sync::Arc};

/// Everything that can go wrong here ends the run with its sentence.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How large the run is.
#[derive(Debug, Clone, Parser)]
#[command(about = "Loads a Kairan server on this machine and prints what it did; never passes or fails.")]
struct Arguments {
    /// Distinct devices, each of one person.
    #[arg(long, default_value_t = 20_000)]
    devices: usize,
    /// Connections kept open by the generator.
    #[arg(long, default_value_t = 256)]
    connections: usize,
    /// Check-ins to send, one op per request.
    #[arg(long, default_value_t = 100_000)]
    check_ins: usize,
    /// Pulls to send of each kind.
    #[arg(long, default_value_t = 100_000)]
    pulls: usize,
    /// Live listeners to open.
    #[arg(long, default_value_t = 15_000)]
    listeners: usize,
    /// Where the data folder is made (a real disk, not a tmpfs).
    #[arg(long, default_value = "target/load")]
    folder: PathBuf,
    /// Keep the seeded folder and use it again.
    #[arg(long)]
    keep: bool,
    /// The server to load; without it the one built beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Only these: check-ins, pulls, live, tls.
    #[arg(long, value_delimiter = ',', default_value = "check-ins,pulls,live,tls")]
    only: Vec<String>,
}

impl Arguments {
    fn wants(&self, what: &str) -> bool {
        self.only.iter().any(|only| only == what)
    }
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    std::fs::create_dir_all(&arguments.folder)?;
    let folder = arguments.folder.canonicalize()?.join("district");
    let seeded = seed::seed(&folder, arguments.devices, arguments.keep).await?;
    println!("\nfdatasync of 4 KiB appended, alone on this disk: {:.0} /s", disk::syncs_per_second(&arguments.folder)?);

    let binary = arguments.server.clone().map_or_else(server::beside, Ok)?;
    let plain = server::start(&binary, &folder, server::Scheme::Plain).await?;
    let devices = Arc::new(rounds::first_syncs(&plain, &seeded, arguments.connections).await?);
    if arguments.wants("check-ins") {
        rounds::check_ins("check-ins, plain", &plain, &devices, arguments).await?;
    }
    if arguments.wants("pulls") {
        rounds::pulls("plain", &plain, &devices, &seeded, arguments).await?;
        rounds::bytes(&plain, &devices).await?;
    }
    if arguments.wants("live") {
        live::pokes(&plain, &devices, &seeded, arguments.listeners).await?;
    }
    plain.stop().await?;

    if arguments.wants("tls") {
        let tls = server::start(&binary, &folder, server::Scheme::Tls).await?;
        rounds::check_ins("check-ins, TLS", &tls, &devices, arguments).await?;
        rounds::pulls("TLS", &tls, &devices, &seeded, arguments).await?;
        tls.stop().await?;
    }
    if !arguments.keep {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}
