//! Rosters brought in and taken out by the program itself, beside a running server.

use crate::house::{morning, pinned, serve};
use encoding_rs::SHIFT_JIS;
use kairan_protocol::{id::GroupId, op::Command as Op, outcome::Outcome};
use kairan_server::{
    clock::{Clock, ManualClock},
    console::Console,
    held::{Held, HeldHome},
    http::Limits,
    identity::tls::Tls,
    serve::Running,
    set_up,
};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Instant,
};
use tempfile::TempDir;

/// An association that nobody has written anything of yet.
const EMPTY: &str = r#"
name = "みどり市"
zone = "Asia/Tokyo"
addresses = ["127.0.0.1:8443"]
first_officer = "kakari"
staff = [{ key = "kakari", name = "市民課 見本" }]

[[association]]
key = "midori"
name = "緑ヶ丘町内会"

[[role]]
person = "kakari"
group = "midori"
kind = "chair"
"#;

struct Town {
    running: Running,
    clock: Arc<ManualClock>,
    temporary: TempDir,
}

impl Town {
    async fn open() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(morning()));
        set_up(&temporary.path().join("district"), EMPTY, clock.clone()).await.unwrap();
        let running = serve(&temporary.path().join("district"), &clock, Limits::default(), Tls::Own).await;
        // It serves: the certificate is there.
        pinned(&temporary.path().join("district"));
        Self { running, clock, temporary }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    async fn console(&self) -> Console {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Console::open(&self.path("district"), clock).await.unwrap()
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_kairan-server"));
        program.args(arguments).arg("--data").arg(self.path("district")).env_remove("KAIRAN_LOG");
        program.stdin(Stdio::null());
        // The server it asks runs in this very process.
        tokio::task::spawn_blocking(move || program.output()).await.unwrap().unwrap()
    }

    async fn import(&self, file: &Path, more: &[&str]) -> String {
        let mut arguments = vec!["import", file.to_str().unwrap(), "--into", "緑ヶ丘町内会"];
        arguments.extend(more);
        let imported = self.run(&arguments).await;
        assert!(imported.status.success(), "{}: {}{}", file.display(), text(&imported.stdout), text(&imported.stderr));
        text(&imported.stdout)
    }

    async fn export(&self, to: &Path, more: &[&str]) -> Vec<u8> {
        let mut arguments = vec!["export", "--from", "緑ヶ丘町内会", "--to", to.to_str().unwrap()];
        arguments.extend(more);
        let exported = self.run(&arguments).await;
        assert!(exported.status.success(), "{}", text(&exported.stderr));
        fs::read(to).unwrap()
    }

    async fn held(&self) -> Held {
        let mut console = self.console().await;
        let association = console.one("association", &["association"], "緑ヶ丘町内会").await.unwrap();
        console.roster(association.id.parse().unwrap(), true, false).await.unwrap()
    }

    async fn checks(&self) {
        let lines = self.console().await.check().await.unwrap();
        let bad: Vec<_> = lines.into_iter().filter(|line| !line.good).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }

    async fn stop(self) {
        self.running.stop().await.unwrap();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn homes(held: &Held) -> Vec<&HeldHome> {
    held.blocks.iter().flat_map(|block| &block.homes).collect()
}

/// Blocks, homes, people, and homes served on paper.
fn counts(held: &Held) -> [usize; 4] {
    let homes = homes(held);
    let people = homes.iter().map(|home| home.people.len()).sum();
    [held.blocks.len(), homes.len(), people, homes.iter().filter(|home| home.paper).count()]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_roster_comes_in_as_its_author_counted_it_and_only_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rosters");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    files.sort();
    assert_eq!(files.len(), 22);
    for file in files {
        let town = Town::open().await;
        let expected: Value = serde_json::from_slice(&fs::read(file.with_extension("expected.json")).unwrap()).unwrap();
        let summary = ["blocks", "households", "people", "paper"].map(|key| expected["summary"][key].as_u64().unwrap());
        let mut summary = summary.map(|count| usize::try_from(count).unwrap());
        // A roster without blocks is one block's.
        summary[0] = if summary[1] > 0 { summary[0].max(1) } else { 0 };
        town.import(&file, &[]).await;
        let first = town.held().await;
        assert_eq!(counts(&first), summary, "{file:?}");
        let again = town.import(&file, &["--with", "telephone,note"]).await;
        assert!(again.contains("取り込みました（0件）"), "{file:?}: {again}");
        let kept = town.held().await;
        assert_eq!(counts(&kept), summary, "{file:?}");
        town.checks().await;
        town.stop().await;
    }
}

/// A town of so many people: its roster, people and homes.
fn town_of(many: u64) -> (String, usize, usize) {
    const FAMILIES: [&str; 12] =
        ["見本", "例示", "架空", "雛形", "試作", "模擬", "仮野", "空見", "計見", "様式", "練習", "下書"];
    // Seeded: the same town every time.
    let mut seed = 20_261_124_u64;
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let mut text = String::from("班,世帯主,氏名,ふりがな,続柄,配布\r\n");
    let (mut rows, mut homes) = (0, 0);
    while rows < many {
        homes += 1;
        let block = homes / 25 + 1;
        let family = FAMILIES[usize::try_from(next(12)).unwrap()];
        let head = format!("{family} 太{homes}");
        let paper = if next(3) == 0 { "紙" } else { "アプリ" };
        let _ = write!(text, "{block}班,{head},{head},みほん たろう,世帯主,{paper}\r\n");
        rows += 1;
        for member in 0..next(4).min(many - rows) {
            let _ = write!(text, "{block}班,{head},{family} 子{homes}の{member},みほん こ,子,\r\n");
            rows += 1;
        }
    }
    (text, usize::try_from(rows).unwrap(), usize::try_from(homes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_people_come_in_beside_a_running_server_and_nobody_twice() {
    let town = Town::open().await;
    let (roster, people, families) = town_of(20_000);
    let file = town.path("roster.csv");
    fs::write(&file, roster).unwrap();
    let began = Instant::now();
    let imported = town.run(&["import", file.to_str().unwrap(), "--into", "緑ヶ丘町内会"]).await;
    let (took, said) = (began.elapsed(), text(&imported.stderr));
    assert!(imported.status.success(), "{said}");
    assert!(said.contains("importing: ") && said.lines().count() >= 9, "{said}");
    assert!(text(&imported.stdout).lines().count() < 10, "what is simply new stands in the sums");
    let [_, homes, counted, _] = counts(&town.held().await);
    assert_eq!((counted, homes), (people, families));
    let began = Instant::now();
    let again = town.import(&file, &[]).await;
    assert!(again.contains("取り込みました（0件）"), "{again}");
    println!("{people} rows, {families} homes: imported in {took:.1?}, again in {:.1?}", began.elapsed());
    town.checks().await;
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_interrupted_goes_on_where_it_stopped() {
    let town = Town::open().await;
    let (roster, people, families) = town_of(3_000);
    let file = town.path("roster.csv");
    fs::write(&file, roster).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_kairan-server"));
    program.args(["import", file.to_str().unwrap(), "--into", "緑ヶ丘町内会", "--data"]).arg(town.path("district"));
    let mut program = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let interrupted = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.next().unwrap().starts_with("importing: "));
        Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap();
        let said: Vec<String> = lines.collect();
        (program.wait().unwrap(), said.join("\n"))
    });
    let (ended, said) = interrupted.await.unwrap();
    assert_eq!(ended.code(), Some(130), "{said}");
    assert!(said.contains("goes on where it stopped"), "{said}");
    let [_, homes, ..] = counts(&town.held().await);
    assert!(homes > 0 && homes < families, "{homes} of {families}");
    town.import(&file, &[]).await;
    let [_, homes, counted, _] = counts(&town.held().await);
    assert_eq!((homes, counted), (families, people));
    town.checks().await;
    town.stop().await;
}

const ROSTER: &str = "班,世帯主,家族,電話,役職,備考,配布
1班,見本 太郎,花子（妻）,03-0000-0001,会長,,
1班,例示 次郎,,,,耳が遠い,紙
";

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_everything_and_writes_nothing() {
    let town = Town::open().await;
    let file = town.path("roster.csv");
    fs::write(&file, ROSTER).unwrap();
    let questions = town.path("questions.txt");
    let said = town.import(&file, &["--dry-run", "--questions", questions.to_str().unwrap()]).await;
    for part in [
        "文字コード UTF-8、改行 LF、見出し 1行目、1行に1世帯",
        "取り込まない列: 電話（--with telephone）、備考（--with note）",
        "2行目「1班 見本 太郎 花子(妻)」: 確かめるまで取り込みません。見本 太郎さんを緑ヶ丘町内会の会長にしますか。",
        "新しい世帯 2、新しい方 3人",
        "確かめたいこと 1件",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(fs::read_to_string(&questions).unwrap().contains("答え: あとで"));
    assert_eq!(counts(&town.held().await), [0, 0, 0, 0]);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_removals_are_done_as_answered_in_a_file_and_remarks_go_with_their_home() {
    let town = Town::open().await;
    let (file, questions) = (town.path("roster.csv"), town.path("questions.txt"));
    let (file_text, questions_text) = (file.to_str().unwrap().to_owned(), questions.to_str().unwrap().to_owned());
    fs::write(&file, ROSTER).unwrap();
    town.import(&file, &["--dry-run", "--questions", &questions_text]).await;
    let yes = fs::read_to_string(&questions).unwrap().replace("答え: あとで", "答え: はい");
    fs::write(&questions, yes).unwrap();
    town.import(&file, &["--with", "telephone,note", "--answers", &questions_text]).await;
    let held = town.held().await;
    assert_eq!(counts(&held), [1, 2, 3, 1]);
    assert_eq!(homes(&held)[0].people[0].roles.len(), 1);
    assert_eq!(homes(&held)[1].contact.note.as_deref(), Some("耳が遠い"));
    let journals = fs::read_dir(town.path("district/journal")).unwrap();
    let journal: String = journals.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert!(journal.contains("例示") && !journal.contains("耳が遠い"), "what may be health stands in no journal");

    // Next year 例示 is gone. Nobody goes unless it is said twice.
    fs::write(&file, ROSTER.lines().take(2).collect::<Vec<_>>().join("\n")).unwrap();
    town.import(&file, &["--dry-run", "--questions", &questions_text]).await;
    let yes = fs::read_to_string(&questions).unwrap().replace("答え: あとで", "答え: はい");
    // Saved by an old editor of Windows.
    fs::write(&questions, SHIFT_JIS.encode(&yes).0).unwrap();
    town.import(&file, &["--answers", &questions_text]).await;
    town.import(&file, &["--remove"]).await;
    assert_eq!(counts(&town.held().await)[1], 2);
    town.import(&file, &["--answers", &questions_text, "--remove"]).await;
    assert_eq!(counts(&town.held().await), [1, 1, 2, 0]);
    town.checks().await;
    let database = town.path("district/kairan.db");
    let open = rusqlite::Connection::open_with_flags(&database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let kept: i64 =
        open.query_row("SELECT count(*) FROM contact WHERE note IS NOT NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0, "{file_text}");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_back_and_is_on_record() {
    let town = Town::open().await;
    let (file, out) = (town.path("roster.csv"), town.path("out.csv"));
    fs::write(&file, ROSTER).unwrap();
    town.import(&file, &["--with", "telephone,note"]).await;
    let plain = town.export(&out, &[]).await;
    assert!(plain.starts_with(b"\xEF\xBB\xBF") && !text(&plain).contains("耳が遠い"));
    let whole = text(&town.export(&out, &["--with", "telephone,note", "--encoding", "utf8"]).await);
    assert!(whole.contains("耳が遠い") && whole.contains("03-0000-0001"));
    let again = town.import(&out, &["--with", "telephone,note", "--remove"]).await;
    assert!(again.contains("取り込みました（0件）") && again.contains("名簿にない方 0人"), "{again}");
    let windows = town.export(&out, &["--encoding", "cp932"]).await;
    assert!(std::str::from_utf8(&windows).is_err());
    let again = town.import(&out, &[]).await;
    assert!(again.contains("取り込みました（0件）"), "{again}");

    // An officer corrects a name, adds a child and gives up the paper in the file itself.
    let edited = whole.replace("見本 花子", "見本 華子").replace(",紙,", ",アプリ,")
        + "1班,,見本 太郎,,見本 さくら,みほん さくら,長女,,,,\r\n";
    fs::write(&file, edited).unwrap();
    town.import(&file, &[]).await;
    let held = town.held().await;
    let names: Vec<&str> = homes(&held)[0].people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["見本 太郎", "見本 華子", "見本 さくら"]);
    assert_eq!(counts(&held)[3], 0, "nobody on paper any more");

    let database = town.path("district/kairan.db");
    let open = rusqlite::Connection::open_with_flags(&database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let exports: i64 =
        open.query_row("SELECT count(*) FROM audit WHERE what = 'export'", [], |row| row.get(0)).unwrap();
    assert_eq!(exports, 3);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_roster_is_named_with_what_to_do() {
    let town = Town::open().await;
    let file = town.path("accounts.csv");
    fs::write(&file, "日付,金額\n4月1日,300\n").unwrap();
    let imported = town.run(&["import", file.to_str().unwrap(), "--into", "緑ヶ丘町内会"]).await;
    assert_eq!(imported.status.code(), Some(2));
    assert!(text(&imported.stderr).contains("班, 氏名"), "{}", text(&imported.stderr));
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_to_the_console_holds_at_most_a_hundred_ops_and_refusals_stop_no_others() {
    let town = Town::open().await;
    let held = town.held().await;
    let block = |number: i64| Op::AddBlock {
        group: GroupId::from_number(number),
        association: held.association,
        name: "1班".to_owned(),
    };
    let mut console = town.console().await;
    assert!(console.ops((1..=101).map(|number| block(9_000 + number)).collect()).await.is_err());
    let results = console.ops(vec![block(7_001), block(7_001), block(7_002)]).await.unwrap();
    let applied = |outcome: &Outcome| matches!(outcome, Outcome::Applied { .. });
    assert_eq!(results.iter().map(|result| applied(&result.outcome)).collect::<Vec<_>>(), [true, false, true]);
    town.checks().await;
    town.stop().await;
}
