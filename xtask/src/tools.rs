//! The tools the suites need: found, and on a Debian 12 machine run by root installed when missing, saying so.

use crate::{run, trouble::Trouble, workshop::Workshop};
use std::{fs, os::unix::fs::MetadataExt, process::Command};

/// The version of cargo-deny that is installed where none is.
const DENY_VERSION: &str = "0.20.2";

/// Something a suite cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `cargo fmt`.
    Rustfmt,
    /// `cargo clippy`.
    Clippy,
    /// `cargo deny`.
    Deny,
    /// `mvn`.
    Maven,
    /// `javac`.
    Java,
    /// `strace`.
    Strace,
    /// `chromium`, with the letters of Japanese.
    Chromium,
    /// `node`.
    Node,
    /// `npm`.
    Npm,
}

impl Tool {
    const ALL: [Self; 9] = [
        Self::Rustfmt,
        Self::Clippy,
        Self::Deny,
        Self::Maven,
        Self::Java,
        Self::Strace,
        Self::Chromium,
        Self::Node,
        Self::Npm,
    ];

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
            Self::Deny => "cargo-deny",
            Self::Maven => "maven",
            Self::Java => "a Java development kit",
            Self::Strace => "strace",
            Self::Chromium => "chromium",
            Self::Node => "node",
            Self::Npm => "npm",
        }
    }

    /// Whether it is there.
    pub fn is_there(self, workshop: &Workshop) -> bool {
        let question = match self {
            Self::Rustfmt => workshop.cargo(&["fmt", "--version"]),
            Self::Clippy => workshop.cargo(&["clippy", "--version"]),
            Self::Deny => workshop.cargo(&["deny", "--version"]),
            Self::Maven => workshop.command("mvn", &["--version"]),
            Self::Java => workshop.command("javac", &["-version"]),
            Self::Strace => workshop.command("strace", &["-V"]),
            Self::Chromium => workshop.command("chromium", &["--version"]),
            Self::Node => workshop.command("node", &["--version"]),
            Self::Npm => workshop.command("npm", &["--version"]),
        };
        run::answer(question).is_some()
    }

    fn install(self, workshop: &Workshop) -> Vec<Command> {
        let package = |names: &[&str]| {
            let arguments = [&["install", "--yes", "--no-install-recommends"], names].concat();
            let mut install = workshop.command("apt-get", &arguments);
            install.env("DEBIAN_FRONTEND", "noninteractive");
            vec![workshop.command("apt-get", &["update"]), install]
        };
        match self {
            Self::Rustfmt => vec![workshop.command("rustup", &["component", "add", "rustfmt"])],
            Self::Clippy => vec![workshop.command("rustup", &["component", "add", "clippy"])],
            Self::Deny => vec![workshop.cargo(&["install", "--locked", "cargo-deny", "--version", DENY_VERSION])],
            Self::Maven => package(&["maven"]),
            Self::Java => package(&["openjdk-17-jdk-headless"]),
            Self::Strace => package(&["strace"]),
            Self::Chromium => package(&["chromium", "fonts-noto-cjk"]),
            Self::Node => package(&["nodejs"]),
            Self::Npm => package(&["npm"]),
        }
    }
}

/// Installs what is missing where that is ours to do; elsewhere the suites that need it say so and are not run.
///
/// # Errors
/// [`Trouble::Program`] when an installer is missing itself. One that fails is no trouble: its suite is not run.
pub fn install_missing(workshop: &Workshop) -> Result<(), Trouble> {
    let missing: Vec<Tool> = Tool::ALL.into_iter().filter(|tool| !tool.is_there(workshop)).collect();
    let ours = is_ours();
    for tool in missing {
        if !ours {
            println!("{} is missing; nothing is installed on this machine", tool.name());
            continue;
        }
        println!("{} is missing: installing it", tool.name());
        for command in tool.install(workshop) {
            if !run::streamed(command)?.success {
                println!("{} could not be installed", tool.name());
                break;
            }
        }
    }
    Ok(())
}

/// Root on Debian 12: a machine made for building, where installing takes nothing from anybody.
fn is_ours() -> bool {
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root && fs::read_to_string("/etc/os-release").is_ok_and(|release| is_debian_12(&release))
}

fn is_debian_12(release: &str) -> bool {
    let says = |line: &str| release.lines().any(|known| known.replace('"', "") == line);
    says("ID=debian") && says("VERSION_ID=12")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_12_is_known_by_its_release_file() {
        assert!(is_debian_12("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"));
        assert!(!is_debian_12("ID=debian\nVERSION_ID=\"13\"\n"));
        assert!(!is_debian_12("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"12\"\n"));
    }
}
