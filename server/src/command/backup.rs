//! Backups from the command line: made, verified, and the recovery key they can be made for.

use super::{say, watched::watched};
use crate::{
    Error,
    backup::{self, ClosedBy, OpenedBy},
    clock::{Clock, SystemClock},
    folder,
};
use clap::Args;
use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
};

#[derive(Debug, Args)]
pub struct Backup {
    /// The district's folder; its server may go on meanwhile.
    #[arg(long)]
    data: PathBuf,
    /// The file to make; an older backup of that name is replaced once the new one is whole.
    #[arg(long)]
    to: PathBuf,
    /// A file whose first line is the passphrase. Without it and --recipient it is asked for, or read from stdin.
    #[arg(long, conflicts_with = "recipient")]
    passphrase_file: Option<PathBuf>,
    /// For whom: `age1…`, or a file that holds a recovery key or its recipient; may be given several times.
    #[arg(long)]
    recipient: Vec<String>,
}

impl Backup {
    pub async fn run(self) -> Result<(), Error> {
        let closed_by = self.closed_by()?;
        let (data, to) = (self.data.clone(), self.to.clone());
        let made = watched(move |watch| backup::make(&data, &to, &closed_by, SystemClock.now(), watch)).await?;
        let size = std::fs::metadata(&self.to).map_or(0, |about| about.len());
        say(&format!("{} is in {}: {} of {}, {size} bytes", made.name, self.to.display(), made.epoch, made.at));
        Ok(())
    }

    fn closed_by(&self) -> Result<ClosedBy, Error> {
        if !self.recipient.is_empty() {
            let recipients = self.recipient.iter().map(|text| {
                if text.starts_with("age1") {
                    ClosedBy::recipient(text)
                } else {
                    ClosedBy::recipient(&folder::read(text.as_ref())?)
                }
            });
            return Ok(ClosedBy::Recipients(recipients.collect::<Result<_, _>>()?));
        }
        if let Some(file) = &self.passphrase_file {
            return ClosedBy::passphrase(&folder::read(file)?);
        }
        let first = ask("Passphrase for the backup: ")?;
        if io::stdin().is_terminal() && ask("The same again: ")? != first {
            return Err(Error::Arguments("the two passphrases differ".to_owned()));
        }
        ClosedBy::passphrase(&first)
    }
}

/// How a backup is opened.
#[derive(Debug, Args)]
pub struct Opening {
    /// A file whose first line is the passphrase. Without it and --recovery-key it is asked for, or read from stdin.
    #[arg(long, conflicts_with = "recovery_key")]
    passphrase_file: Option<PathBuf>,
    /// A file that holds the recovery key. Without it the key can be typed when asked, off its sheet.
    #[arg(long)]
    recovery_key: Option<PathBuf>,
}

impl Opening {
    pub fn opened_by(&self) -> Result<OpenedBy, Error> {
        match (&self.recovery_key, &self.passphrase_file) {
            (Some(file), _) => OpenedBy::recovery_key(&folder::read(file)?),
            (None, Some(file)) => OpenedBy::read(&folder::read(file)?),
            (None, None) => OpenedBy::read(&ask("Passphrase, or recovery key: ")?),
        }
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    opening: Opening,
}

impl Verify {
    pub async fn run(self) -> Result<(), Error> {
        let (file, opened_by) = (self.file.clone(), self.opening.opened_by()?);
        let whole = watched(move |watch| backup::verify(&file, &opened_by, watch)).await?;
        say(&format!("{} is whole: {}, {} of {}", self.file.display(), whole.name, whole.epoch, whole.at));
        say(&format!("  identity     {}", whole.identity));
        say(&format!("  last commit  {}", whole.last_commit.0));
        for held in &whole.files {
            say(&format!("  {}  {} bytes", held.name, held.size));
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct RecoveryKey {
    /// The sheet to make, for print; delete it once it is printed.
    #[arg(long)]
    to: PathBuf,
}

impl RecoveryKey {
    pub fn run(&self) -> Result<(), Error> {
        if self.to.exists() {
            return Err(Error::Occupied(self.to.clone()));
        }
        let (text, recipient) = backup::sheet(&backup::recovery_key(), SystemClock.now());
        folder::write_private(&self.to, text.as_bytes())?;
        if io::stdout().is_terminal() {
            say(&text);
        }
        say(&format!(
            "Print {}, seal it, and delete the file: whoever holds it can read every backup.",
            self.to.display()
        ));
        say(&format!("From now on: kairan-server backup --data FOLDER --to FILE --recipient {recipient}"));
        Ok(())
    }
}

/// One line, typed without echo or from stdin.
fn ask(prompt: &str) -> Result<String, Error> {
    let answer = if io::stdin().is_terminal() {
        rpassword::prompt_password(prompt)
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let answer = answer.map_err(Error::file("stdin"))?;
    if answer.trim().is_empty() {
        return Err(Error::Arguments("no passphrase and no recovery key was given".to_owned()));
    }
    Ok(answer)
}
