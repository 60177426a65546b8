//! The console of a running server: a unix socket in its folder that only the folder's owner can reach.

use super::{Answer, Ask, perform};
use crate::{Error, folder, identity::Identity, store::Store};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

/// Longest line, in bytes: the largest op with room around it.
const LINE: u64 = 256 * 1024;
/// Longest answer, in bytes: every household of a large district.
const ANSWER: u64 = 64 * 1024 * 1024;
/// How long a line may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take: a check looks at everything.
const WAIT: Duration = Duration::from_mins(5);
/// Consoles at once.
const AT_ONCE: usize = 16;

/// The console of a running server.
pub struct Listening {
    path: PathBuf,
    task: Option<JoinHandle<()>>,
}

impl Listening {
    /// Ends it; its socket is gone afterwards.
    pub async fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _aborted = task.await;
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        // Nobody can be connected to a socket of a stopped server: leaving the file would only mislead.
        let _gone_already = fs::remove_file(&self.path);
    }
}

/// Listens in a folder whose lock the caller holds. Ends when `stopping` becomes true.
///
/// # Errors
/// [`Error::File`].
pub fn listen(
    folder: &Path,
    store: Store,
    identity: Identity,
    stopping: watch::Receiver<bool>,
) -> Result<Listening, Error> {
    let path = folder::console(folder);
    let bind = || {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    let listener = bind().map_err(Error::file(&path))?;
    let task = tokio::spawn(accept(listener, store, identity, stopping));
    Ok(Listening { path, task: Some(task) })
}

async fn accept(listener: UnixListener, store: Store, identity: Identity, mut stopping: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut consoles = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            accepted = listener.accept() => accepted,
            Some(_ended) = consoles.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (store, identity) = (store.clone(), identity.clone());
        consoles.spawn(async move {
            let _permit = permit;
            if let Err(error) = converse(stream, &store, &identity).await {
                tracing::debug!(%error, "a console broke off");
            }
        });
    }
}

async fn converse(stream: UnixStream, store: &Store, identity: &Identity) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(line) = timeout(PATIENCE, read_line(&mut reader, LINE)).await?? {
        let answer = match serde_json::from_str::<Ask>(&line) {
            Ok(ask) => perform::perform(store, identity, ask)
                .await
                .unwrap_or_else(|error| Answer::Failed { what: error.to_string(), todo: error.todo() }),
            Err(error) => Answer::Failed {
                what: format!("the question is not understood: {error}"),
                todo: "Use the program of the same version as the server.".to_owned(),
            },
        };
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        timeout(PATIENCE, writer.write_all(&text)).await??;
    }
    Ok(())
}

/// One line without its end; none at the end of the stream. A longer one is an error.
async fn read_line(reader: &mut (impl AsyncBufReadExt + Unpin), limit: u64) -> io::Result<Option<String>> {
    let mut line = String::new();
    let count = reader.take(limit).read_line(&mut line).await?;
    if count == 0 {
        return Ok(None);
    }
    line.pop().filter(|end| *end == '\n').ok_or(io::ErrorKind::InvalidData)?;
    Ok(Some(line))
}

/// The command line's end of a console.
pub struct Line {
    reader: BufReader<tokio::net::unix::OwnedReadHalf>,
    writer: tokio::net::unix::OwnedWriteHalf,
}

impl Line {
    /// To the running server of a folder; none when no server listens there.
    pub async fn connect(folder: &Path) -> Option<Self> {
        let stream = UnixStream::connect(folder::console(folder)).await.ok()?;
        let (reader, writer) = stream.into_split();
        Some(Self { reader: BufReader::new(reader), writer })
    }

    /// Asks one question.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer, Error> {
        let silent = |error: &dyn std::fmt::Display| Error::Silent(error.to_string());
        let mut text = serde_json::to_vec(ask).map_err(|error| silent(&error))?;
        text.push(b'\n');
        timeout(PATIENCE, self.writer.write_all(&text))
            .await
            .map_err(|error| silent(&error))?
            .map_err(|error| silent(&error))?;
        let line = timeout(WAIT, read_line(&mut self.reader, ANSWER))
            .await
            .map_err(|error| silent(&error))?
            .map_err(|error| silent(&error))?;
        let line = line.ok_or_else(|| silent(&"it hung up"))?;
        serde_json::from_str(&line).map_err(|error| silent(&error))
    }
}
