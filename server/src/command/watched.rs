//! Long work of the command line: how far it is stands on the terminal, and Ctrl-C ends it without leaving half a file.

use crate::{Error, backup::Watch};
use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
};
use tokio::signal::unix::{SignalKind, signal};

/// Does blocking work away from the runtime; told to stop by Ctrl-C or SIGTERM.
pub async fn watched<T: Send + 'static>(
    work: impl FnOnce(&Watch) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let watch = watch()?;
    let working = watch.clone();
    let done = tokio::task::spawn_blocking(move || work(&working)).await;
    clear();
    done.map_err(|error| Error::Making(error.to_string()))?
}

/// What long work looks at: stopped by a signal, shown where somebody watches.
pub fn watch() -> Result<Watch, Error> {
    let watch = if io::stderr().is_terminal() { shown() } else { Watch::silent() };
    let failed = |error: io::Error| Error::Making(error.to_string());
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let told = watch.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        told.stop();
    });
    Ok(watch)
}

fn shown() -> Watch {
    let last = Mutex::new(String::new());
    Watch::new(move |step, done, all| {
        let text = match (done * 100).checked_div(all) {
            Some(percent) => format!("{step}: {} %", percent.min(100)),
            None => format!("{step} …"),
        };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            // Nobody may be watching any more.
            let _gone = write!(io::stderr(), "\r\x1b[K{text}");
            *last = text;
        }
    })
}

/// The line of progress goes.
pub fn clear() {
    if io::stderr().is_terminal() {
        let _gone = write!(io::stderr(), "\r\x1b[K");
    }
}
