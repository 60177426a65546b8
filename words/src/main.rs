//! `cargo run -p kairan-words`: checks the words and writes them for every UI; with `--check` only says what differs.

use kairan_words::{
    Mistake,
    book::{Book, Language},
    check, phone,
    write::{ecmascript, rust},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only_check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("kairan-words [--check]");
            return ExitCode::FAILURE;
        }
    };
    match run(only_check) {
        Ok(code) => code,
        Err(mistakes) => {
            for mistake in mistakes {
                eprintln!("{mistake}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(only_check: bool) -> Result<ExitCode, Vec<Mistake>> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = house.parent().unwrap_or(house);
    let book = Book::read(house)?;
    let mistakes = check::mistakes(&book);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut code = ExitCode::SUCCESS;
    for (path, text) in files(&book) {
        let path = root.join(path);
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            continue;
        }
        if only_check {
            println!("{} differs from what the words give: run `cargo xtask words`", path.display());
            code = ExitCode::FAILURE;
        } else {
            write(&path, &text).map_err(|error| vec![Mistake::File { path: path.clone(), error }])?;
            println!("wrote {}", path.display());
        }
    }
    println!("{} words in two languages", book.entries.len());
    Ok(code)
}

/// Every generated file, from the root of the repository.
fn files(book: &Book) -> Vec<(PathBuf, String)> {
    vec![
        (PathBuf::from("web/words/ja.js"), ecmascript::module(book, Language::Japanese)),
        (PathBuf::from("web/words/en.js"), ecmascript::module(book, Language::English)),
        (PathBuf::from("core/examples/phone/texts.rs"), rust::module(book, phone::WANTED)),
    ]
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
