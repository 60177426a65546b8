//! The command line: set-up, serve, invitations, checks and the steward's ops.

mod backup;
mod delivery;
mod export;
mod import;
mod invite;
mod moving;
mod people;
mod restore;
mod serve;
mod steward;
mod support;
mod watched;

use crate::{
    Error,
    clock::{Clock, ResumedClock},
    console::{Checked, Console},
    folder,
    http::openapi,
    identity::Identity,
    store,
};
use clap::{Parser, Subcommand};
use kairan_protocol::time::Timestamp;
use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The machine of one district: a folder, a port, and these commands.
#[derive(Debug, Parser)]
#[command(
    name = "kairan-server",
    version,
    about,
    after_help = "Set KAIRAN_LOG to error, warn, info or debug for more or less on stderr."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a district from its district.toml, and print the first officer's invitation.
    SetUp {
        /// The district.toml.
        file: PathBuf,
        /// The folder to make.
        #[arg(long)]
        data: PathBuf,
        /// Print the invitation as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Serve a district until told to stop.
    Serve(serve::Serve),
    /// Print invitations; each voids the older one for the same home.
    Invite(invite::Invite),
    /// Show who joined by which invitation, and who has not.
    Invites(invite::Invites),
    /// Print the first officer's invitation anew; the older one is void.
    Rescue(invite::Rescue),
    /// Look at everything that must hold; exit code 1 when something does not.
    Check {
        /// The district's folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Copy a district into one encrypted file, while its server goes on.
    Backup(backup::Backup),
    /// Open a backup without restoring it, and say whether it is whole.
    Verify(backup::Verify),
    /// Make a recovery key for print, that backups can be made for.
    RecoveryKey(backup::RecoveryKey),
    /// Restore a backup into a new folder, with a new epoch.
    Restore(restore::Restore),
    /// Open the desks after a restore, where no officer's phone is left to tell what has ended.
    OpenDesks(restore::OpenDesks),
    /// Show what an id or a name stands for.
    Find {
        /// The id or the whole name.
        what: String,
        /// The district's folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Give somebody a role.
    GrantRole(steward::GrantRole),
    /// End a role now.
    EndRole(steward::EndRole),
    /// Move a household to another block.
    MoveHousehold(steward::MoveHousehold),
    /// Bring a roster in, from a spreadsheet of any shape; importing again updates and never doubles.
    Import(import::Import),
    /// Write a roster out, in the form an import knows again.
    Export(export::Export),
    /// 転入: a household that is new here, with its people.
    AddHousehold(people::AddHousehold),
    /// Somebody who is new in a household.
    AddPerson(people::AddPerson),
    /// Correct the name, the reading or the place of a household or a person.
    Correct(people::Correct),
    /// Move somebody to another household; one left without anybody is closed.
    MovePerson(people::MovePerson),
    /// Somebody moved away or died: roles, phones and invitations of theirs end.
    Depart(people::Depart),
    /// Two households become one.
    Merge(people::Merge),
    /// Some of a household become one of their own.
    Split(people::Split),
    /// Two entries are the same person.
    SamePerson(people::SamePerson),
    /// Say that a household is served on paper, or no longer.
    Paper(steward::Paper),
    /// Print which paper homes circulars are to be carried to: one page for each block.
    DeliveryList(delivery::DeliveryList),
    /// Sign off a device that is lost or was given away.
    Revoke(steward::Revoke),
    /// Say which telephone number is offered where no commissioners' team can be reached.
    Support(support::Support),
    /// Post a notice in a group's name.
    Post(steward::Post),
    /// Show or change where phones reach the server; they hear of it before it moves.
    Addresses(moving::Addresses),
    /// Renew the TLS key and certificate; phones do not notice.
    Certificate(moving::Certificate),
    /// The district's identity key, and the one that will follow it.
    #[command(subcommand)]
    Identity(moving::IdentityKey),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
}

/// Reads the arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments.command)),
        Err(error) => Err(Error::Making(error.to_string())),
    }
    .map_or_else(
        |error| {
            eprintln!("kairan-server: {error}\n  {}", error.todo());
            ExitCode::from(error.exit_code())
        },
        |()| ExitCode::SUCCESS,
    )
}

/// A line on stdout. A reader that went away (`| head`) is no failure.
fn say(line: &str) {
    let _gone = writeln!(std::io::stdout(), "{line}");
}

fn log() {
    let wanted = std::env::var("KAIRAN_LOG").ok().and_then(|wanted| wanted.parse().ok());
    let levels = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false);
    tracing_subscriber::registry().with(lines).with(levels).init();
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::SetUp { file, data, json } => invite::set_up(&file, &data, json).await,
        Command::Serve(serve) => serve.run().await,
        Command::Invite(invite) => invite.run().await,
        Command::Invites(invites) => invites.run().await,
        Command::Rescue(rescue) => rescue.run().await,
        Command::Check { data } => check(&data).await,
        Command::Backup(backup) => backup.run().await,
        Command::Verify(verify) => verify.run().await,
        Command::RecoveryKey(key) => key.run(),
        Command::Restore(restore) => restore.run().await,
        Command::OpenDesks(open) => open.run().await,
        Command::Find { what, data } => find(&what, &data).await,
        Command::GrantRole(grant) => grant.run().await,
        Command::EndRole(end) => end.run().await,
        Command::MoveHousehold(move_household) => move_household.run().await,
        Command::Import(import) => import.run().await,
        Command::Export(export) => export.run().await,
        Command::AddHousehold(add) => add.run().await,
        Command::AddPerson(add) => add.run().await,
        Command::Correct(correct) => correct.run().await,
        Command::MovePerson(move_person) => move_person.run().await,
        Command::Depart(depart) => depart.run().await,
        Command::Merge(merge) => merge.run().await,
        Command::Split(split) => split.run().await,
        Command::SamePerson(same) => same.run().await,
        Command::Paper(paper) => paper.run().await,
        Command::DeliveryList(list) => list.run().await,
        Command::Revoke(revoke) => revoke.run().await,
        Command::Support(support) => support.run().await,
        Command::Post(post) => post.run().await,
        Command::Addresses(addresses) => addresses.run().await,
        Command::Certificate(certificate) => certificate.run().await,
        Command::Identity(identity) => identity.run().await,
        Command::Openapi => {
            say(openapi::text().map_err(|error| Error::Making(error.to_string()))?.trim_end());
            Ok(())
        }
    }
}

async fn open(data: &Path) -> Result<Console, Error> {
    Console::open(data, clock(data)).await
}

/// The machine's clock; where it was never set, the time goes on from what the folder's district saw last. Whoever opens the
/// folder next says what is wrong with one that cannot be read.
fn clock(data: &Path) -> Arc<dyn Clock> {
    let last = store::last_moment(data).ok().flatten().unwrap_or(Timestamp::from_millis(0));
    Arc::new(ResumedClock::from(last))
}

async fn check(data: &Path) -> Result<(), Error> {
    let mut console = open(data).await?;
    let lines = console.check().await;
    console.close().await?;
    let mut lines = lines?;
    let keys = Identity::load(data);
    lines.push(Checked {
        what: "identity".into(),
        good: keys.is_ok(),
        seen: keys.map_or_else(|error| error.to_string(), |identity| identity.fingerprint().to_string()),
    });
    let private = folder::is_private(data);
    lines.push(Checked {
        what: "folder is closed to others".into(),
        good: private,
        seen: if private { "yes".into() } else { format!("chmod -R go= {}", data.display()) },
    });
    let width = lines.iter().map(|line| line.what.chars().count()).max().unwrap_or_default();
    for line in &lines {
        say(&format!("{}  {:width$}  {}", if line.good { "good" } else { "BAD " }, line.what, line.seen));
    }
    match lines.iter().filter(|line| !line.good).count() {
        0 => Ok(()),
        bad => Err(Error::Check(bad)),
    }
}

async fn find(what: &str, data: &Path) -> Result<(), Error> {
    let mut console = open(data).await?;
    let found = console.find(what).await;
    console.close().await?;
    let found = found?;
    if found.is_empty() {
        return Err(Error::Unknown { wanted: "group, person, role or device", what: what.to_owned() });
    }
    for thing in found {
        say(&format!("{}  {}  {}  {}", thing.sort, thing.id, thing.name, thing.detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_invitation_is_for_exactly_one_choice_of_homes() {
        let parse = |more: &[&str]| {
            Arguments::try_parse_from(["kairan-server", "invite", "--data", "d"].iter().chain(more)).is_ok()
        };
        assert!(parse(&["--all"]));
        assert!(parse(&["--household", "佐藤", "--json"]));
        assert!(!parse(&[]));
        assert!(!parse(&["--all", "--block", "1班"]));
    }

    #[test]
    fn addresses_are_separated_by_commas_and_a_certificate_is_only_ever_renewed() {
        let parse = |more: &[&str]| Arguments::try_parse_from(["kairan-server"].iter().chain(more));
        let parsed = parse(&["addresses", "--data", "d", "--set", "new:8443,old:8443"]).unwrap();
        assert!(format!("{parsed:?}").contains(r#"["new:8443", "old:8443"]"#));
        assert!(parse(&["addresses", "--data", "d"]).is_ok());
        assert!(parse(&["certificate", "--data", "d", "--renew"]).is_ok());
        assert!(parse(&["certificate", "--data", "d"]).is_err());
        assert!(parse(&["identity", "switch", "--data", "d"]).is_ok());
    }

    #[test]
    fn plain_and_certificates_do_not_go_together() {
        let parse = |more: &[&str]| Arguments::try_parse_from(["kairan-server", "serve"].iter().chain(more)).is_ok();
        assert!(parse(&["--data", "d"]));
        assert!(parse(&["--sample"]));
        assert!(!parse(&[]));
        assert!(!parse(&["--data", "d", "--tls-cert", "c"]));
        assert!(!parse(&["--data", "d", "--tls-cert", "c", "--tls-key", "k", "--plain"]));
    }
}
