//! The program `kairan-demo`: begins, prints and opens one address, and ends at Ctrl-C with nothing left behind.

use clap::Parser;
use kairan_demo::{Demo, Error, Options, town::district::Size};
use std::{io::Write, path::PathBuf, process::ExitCode};
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// A made-up neighbourhood with its server, its phones and its officers' desk, in one page of your browser.
#[derive(Debug, Parser)]
#[command(
    name = "kairan-demo",
    version,
    about,
    after_help = "Set KAIRAN_LOG to error, warn, info or debug for more or less on stderr."
)]
struct Arguments {
    /// The page's port; a taken one is replaced by a free one.
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// Keep the neighbourhood in this folder, and go on with it next time. Otherwise nothing is left when it ends.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// A small town that is there sooner, for tests.
    #[arg(long, hide = true)]
    small: bool,
    /// Print the address only.
    #[arg(long)]
    no_open: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let wanted = std::env::var("KAIRAN_LOG").ok().and_then(|wanted| wanted.parse().ok());
    let levels = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::ERROR));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines).with(levels).init();
    let done = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(Error::Listen(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kairan-demo: {error}\n{}", error.todo());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let Arguments { port, keep, small, no_open } = arguments;
    let size = if small { Size::Small } else { Size::Whole };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Listen)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Listen)?;
    let told = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(told);
    let demo = tokio::select! {
        begun = Demo::begin(Options { port, keep, size }) => begun?,
        () = &mut told => return Ok(()),
    };
    let url = demo.url();
    say(&format!("\nみほん市 is a made-up town. Look at it in your browser:\n\n  {url}\n\nCtrl-C ends it."));
    if !no_open && let Err(error) = open::that_detached(&url) {
        tracing::warn!(%error, "no browser could be opened");
    }
    told.await;
    demo.end().await
}

/// Prints a line. Whoever no longer reads it wants no more of it.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _unread = writeln!(out, "{text}").and_then(|()| out.flush());
}
