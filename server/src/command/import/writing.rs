//! An import is written in batches: one question to the server, one transaction, one append to the journal each.

use crate::{
    Error,
    command::{open, say, watched},
    console::{Console, OPS_AT_ONCE},
    roster::commands::Work,
};
use kairan_protocol::{op::Command, outcome::Outcome};
use serde::Serialize;
use std::{
    io::{self, IsTerminal},
    path::Path,
};

/// Most bytes of a batch: a question to the console is not longer than a line may be.
const BYTES: usize = 160 * 1024;

/// Does the work; between two batches it can be stopped, and the same import goes on from there.
pub async fn write(data: &Path, work: Work) -> Result<(), Error> {
    let all = work.commands.len();
    let mut console = open(data).await?;
    let written = batches(&mut console, work).await;
    console.close().await?;
    watched::clear();
    let refused = written?;
    say(&format!("取り込みました（{}件）。", all - refused.len()));
    for line in &refused {
        say(line);
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::NotImported(refused.len())) }
}

async fn batches(console: &mut Console, work: Work) -> Result<Vec<String>, Error> {
    let Work { commands, contacts } = work;
    let watch = watched::watch()?;
    let all = commands.len();
    let (mut done, mut refused) = (0, Vec::new());
    for batch in cut(commands) {
        watch.look().map_err(|_| Error::Interrupted { done, all })?;
        let words: Vec<&'static str> = batch.iter().map(Command::word).collect();
        let results = console.ops(batch).await?;
        for (word, result) in words.iter().zip(&results) {
            match &result.outcome {
                Outcome::Applied { .. } => {}
                Outcome::Refused { code, .. } => refused.push(format!("{word}: {code}")),
                Outcome::Unsupported | Outcome::Later => refused.push(format!("{word}: not yet")),
            }
        }
        let before = done;
        done += words.len();
        progress(&watch, before, done, all);
    }
    for batch in cut(contacts) {
        watch.look().map_err(|_| Error::Interrupted { done, all })?;
        console.keep_contacts(batch).await?;
    }
    Ok(refused)
}

/// On a terminal a line that changes; otherwise a line for every tenth.
fn progress(watch: &crate::backup::Watch, before: usize, done: usize, all: usize) {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    watch.show("importing", count(done), count(all));
    let tenths = |count: usize| (count * 10).checked_div(all).unwrap_or_default();
    if !io::stderr().is_terminal() && tenths(done) > tenths(before) {
        eprintln!("importing: {done} of {all}");
    }
}

/// In pieces that fit into one question.
fn cut<T: Serialize>(all: Vec<T>) -> Vec<Vec<T>> {
    let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
    for one in all {
        let size = serde_json::to_vec(&one).map_or(0, |text| text.len() + 1);
        if !batch.is_empty() && (batch.len() >= OPS_AT_ONCE || bytes + size > BYTES) {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(one);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}
