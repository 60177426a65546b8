//! The real server as a process of its own: what its volunteer starts, and what a power cut kills.

use crate::Sheet;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// The server's program: the one `KAIRAN_SERVER` names, as `cargo xtask test` does, or else built here as that would.
///
/// # Panics
/// When it does not build.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(named) = std::env::var_os("KAIRAN_SERVER") {
            return named.into();
        }
        // target/<profile>/deps/<this test>
        let profile = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_path_buf();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = std::process::Command::new(cargo);
        build.args(["build", "--quiet", "--workspace", "--all-features", "--bin", "kairan-server"]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../server")).status().unwrap().success(),
            "the server does not build"
        );
        profile.join("kairan-server")
    })
}

/// A data folder and, while it runs, the process that serves it.
pub struct Machine {
    /// The data folder.
    pub folder: TempDir,
    /// Where it listens, the same after every start.
    pub address: SocketAddr,
    serving: Option<(Child, Lines<BufReader<ChildStdout>>)>,
    /// The process that `strace` runs: it would outlive it.
    traced: Option<String>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(id) = &self.traced {
            // It may have ended already.
            let _ended = std::process::Command::new("kill").args(["-KILL", id]).stderr(Stdio::null()).status();
        }
    }
}

impl Machine {
    /// A district set up on the command line, not serving yet.
    pub async fn set_up(text: &str) -> Self {
        crate::install_cryptography();
        let folder = tempfile::tempdir().unwrap();
        // A free port for the time being: nobody else on this machine asks for it by number.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let plan = folder.path().join("district.toml");
        std::fs::write(&plan, text.replace("ADDRESS", &address.to_string())).unwrap();
        let machine = Self { folder, address, serving: None, traced: None };
        machine.run(&["set-up", plan.to_str().unwrap()]).await.unwrap();
        machine
    }

    /// Where its database lies.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One command on its data folder: what it printed, or what it complained about.
    pub async fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(binary()).args(arguments).arg("--data").arg(self.data()).output().await.unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    }

    /// Starts serving and returns when it says that it listens.
    pub async fn serve(&mut self) {
        self.serve_with(Command::new(binary()), &[]).await;
    }

    /// The same without limits on how often anybody may ask.
    pub async fn serve_unlimited(&mut self) {
        self.serve_with(Command::new(binary()), &["--unlimited"]).await;
    }

    /// The same without TLS either, under `strace`, which writes the system calls of these names to a file.
    pub async fn serve_traced(&mut self, calls: &str, file: &Path) {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-s", "6000", "-e", &format!("trace={calls}"), "-o"]).arg(file).arg(binary());
        self.serve_with(strace, &["--unlimited", "--plain"]).await;
        let id = self.serving.as_ref().and_then(|(strace, _)| strace.id()).unwrap();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        self.traced = Some(children.split_whitespace().next().expect("strace runs the server").to_owned());
    }

    async fn serve_with(&mut self, mut program: Command, options: &[&str]) {
        let mut child = program
            .args(["serve", "--listen", &self.address.to_string()])
            .args(options)
            .arg("--data")
            .arg(self.data())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("it says where it listens");
        let scheme = if options.contains(&"--plain") { "http" } else { "https" };
        assert_eq!(first, format!("listening on {scheme}://{}", self.address));
        self.serving = Some((child, lines));
    }

    /// The program under `strace` is told to stop, and both end.
    pub async fn stop_traced(&mut self) {
        let (mut strace, _) = self.serving.take().unwrap();
        let server = self.traced.take().unwrap();
        assert!(Command::new("kill").args(["-TERM", &server]).status().await.unwrap().success());
        assert!(strace.wait().await.unwrap().success(), "it did not end well");
    }

    /// Whether it runs still.
    pub fn is_serving(&mut self) -> bool {
        self.serving.as_mut().is_some_and(|(child, _)| child.try_wait().unwrap().is_none())
    }

    /// The power fails: `kill -9`.
    pub async fn cut_power(&mut self) {
        let (mut child, _) = self.serving.take().unwrap();
        child.kill().await.unwrap();
    }

    /// Stopped as a volunteer stops it; says what else it printed.
    pub async fn stop(&mut self) -> Vec<String> {
        let (mut child, mut lines) = self.serving.take().unwrap();
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let mut rest = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            rest.push(line);
        }
        assert!(child.wait().await.unwrap().success(), "it did not end well");
        rest
    }

    /// Prints the invitation of a household.
    pub async fn sheet(&self, household: &str) -> Sheet {
        let printed = self.run(&["invite", "--household", household, "--json"]).await.unwrap();
        let sheets: serde_json::Value = serde_json::from_str(&printed).unwrap();
        let text =
            |field: &str| sheets[0][field].as_str().unwrap_or_else(|| panic!("no {field}: {printed}")).to_owned();
        Sheet { link: text("link"), address: text("address"), check: text("check"), secret: text("secret") }
    }
}
