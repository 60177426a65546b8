//! `cargo xtask bindings`: builds the library and has UniFFI write the Kotlin and the Swift that are checked in.

use crate::{run, trouble::Trouble, workshop::Workshop};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// What the generator writes, and where it lies in the repository.
const FILES: [(&str, &str); 4] = [
    ("kotlin/org/kairan/core/kairan_core.kt", "bindings/kotlin/src/main/kotlin/org/kairan/core/kairan_core.kt"),
    ("swift/KairanCore.swift", "bindings/swift/Sources/KairanCore/KairanCore.swift"),
    ("swift/KairanCoreFFI.h", "bindings/swift/Sources/KairanCoreFFI/KairanCoreFFI.h"),
    ("swift/KairanCoreFFI.modulemap", "bindings/swift/Sources/KairanCoreFFI/module.modulemap"),
];

/// Builds the library, the generator and the server, with the features every suite selects.
pub fn build(workshop: &Workshop) -> Command {
    workshop.cargo(&["build", "--locked", "--workspace", "--all-features"])
}

/// Maven on the Kotlin package, with the library and the server of one folder.
pub fn maven(workshop: &Workshop, built: &Path, goals: &[&str]) -> Command {
    let mut command =
        workshop.command("mvn", &["--batch-mode", "--no-transfer-progress", "-Dstyle.color=never", "--file"]);
    command.arg(workshop.path("bindings/kotlin/pom.xml"));
    command.arg(format!("-Dkairan.library.folder={}", built.display()));
    command.args(goals);
    command
}

/// Generates and writes what changed.
///
/// # Errors
/// When the library cannot be built, or a file not be written.
pub fn write(workshop: &Workshop) -> Result<ExitCode, Trouble> {
    for (path, text) in differing(workshop)? {
        let trouble = |error| Trouble::File(path.clone(), error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(trouble)?;
        }
        fs::write(&path, text).map_err(trouble)?;
        println!("wrote {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what differs, and fails when anything does.
///
/// # Errors
/// When the library cannot be built.
pub fn check(workshop: &Workshop) -> Result<ExitCode, Trouble> {
    Ok(if drifted(workshop)?.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The checked-in files that are not what the generator writes today, named on the screen.
///
/// # Errors
/// When the library cannot be built.
pub fn drifted(workshop: &Workshop) -> Result<Vec<PathBuf>, Trouble> {
    let paths: Vec<PathBuf> = differing(workshop)?.into_iter().map(|(path, _)| path).collect();
    for path in &paths {
        println!("{} differs from what the library gives: run `cargo xtask bindings`", path.display());
    }
    if paths.is_empty() {
        println!("the Kotlin and the Swift are what the library gives");
    }
    Ok(paths)
}

fn differing(workshop: &Workshop) -> Result<Vec<(PathBuf, String)>, Trouble> {
    let folder = workshop.target("bindings");
    generate(workshop, &folder)?;
    let mut differing = Vec::new();
    for (generated, checked_in) in FILES {
        let generated = folder.join(generated);
        let text = fs::read_to_string(&generated).map_err(|error| Trouble::File(generated, error))?;
        let path = workshop.path(checked_in);
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            differing.push((path, text));
        }
    }
    Ok(differing)
}

fn generate(workshop: &Workshop, folder: &Path) -> Result<(), Trouble> {
    run::required(build(workshop))?;
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Trouble::File(folder.into(), error)),
        _ => {}
    }
    let (library, configuration) = (workshop.library(), workshop.path("uniffi.toml"));
    for language in ["kotlin", "swift"] {
        let arguments = ["generate", "--no-format", "--language", language];
        let mut command = workshop.command(workshop.program("uniffi-bindgen"), &arguments);
        command.arg("--config").arg(&configuration).arg("--out-dir").arg(folder.join(language)).arg(&library);
        run::required(command)?;
    }
    Ok(())
}
