//! 桜町内会 of the story: its server, its phones by home, and what is done there over and over.

use super::plan::{BLOCKS, Circular, Lists};
use kairan_core::records::{Counts, Desk, Draft, NoticeKind, PaperStage, Points, Reach, RosterHome, SentState};
use kairan_tests::{DAY, HOUR, Neighbourhood, Phone, process};
use std::{cell::RefCell, collections::BTreeMap, path::PathBuf};

pub const NAME: &str = "桜町内会";

const DISTRICT: &str = r#"
name = "見本市"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "市民課 係員"
[[staff]]
name = "市民課 係員"
[[association]]
name = "桜町内会"
[[role]]
person = "市民課 係員"
group = "見本市"
kind = "municipal_staff"
"#;

/// A circular that was sent, and the notice it became.
struct Sent {
    circular: &'static Circular,
    notice: String,
}

pub struct Association {
    pub hood: Neighbourhood,
    /// A phone per home with one, by the home's name.
    phones: BTreeMap<&'static str, Phone>,
    /// The homes in the order of the plan's letters.
    homes: [Vec<&'static str>; 3],
    /// Whose phone has the association's desk.
    pub chair: &'static str,
    /// Whose phone has each block's desk.
    pub leaders: [&'static str; 3],
    /// Whose phone does not go any more.
    pub broken: Option<&'static str>,
    sent: Vec<Sent>,
}

impl Association {
    /// Set up with nobody in it, on the first Sunday of April 2027.
    pub async fn set_up(homes: [&'static str; 3]) -> Self {
        let hood = Neighbourhood::of(DISTRICT).await;
        hood.clock.set("2027-04-03T23:30:00Z".parse().unwrap());
        let homes = homes.map(|block| block.split(' ').collect());
        let (chair, leaders) = ("佐藤", ["鈴木", "吉田", "木村"]);
        Self { hood, phones: BTreeMap::new(), homes, chair, leaders, broken: None, sent: Vec::new() }
    }

    /// A file beside the data folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.hood.folder().with_file_name(name)
    }

    /// The real program on the data folder, beside the running server; what it said.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let mut program = tokio::process::Command::new(process::binary());
        program.args(arguments).arg("--data").arg(self.hood.folder()).stdin(std::process::Stdio::null());
        let done = program.output().await.unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Imports a roster: looks first, answers はい to every question, and brings it in. The questions, and what was said.
    pub async fn import(&self, roster: &str) -> (Vec<String>, String) {
        let [file, questions] = ["roster.csv", "questions.txt"].map(|name| self.file(name));
        std::fs::write(&file, roster).unwrap();
        let [file, questions_at] = [&file, &questions].map(|path| path.to_str().unwrap());
        self.command(&["import", file, "--into", NAME, "--dry-run", "--questions", questions_at]).await;
        let asked = std::fs::read_to_string(&questions).unwrap();
        std::fs::write(&questions, asked.replace("答え: あとで", "答え: はい")).unwrap();
        let said = self.command(&["import", file, "--into", NAME, "--answers", questions_at]).await;
        (asked.lines().filter(|line| line.contains("行目: ")).map(str::to_owned).collect(), said)
    }

    /// A home's phone joins by the printed sheet, for the head of the home.
    pub async fn joins(&mut self, home: &'static str, head: &str) {
        let phone = self.hood.join(&self.hood.sheet_of_home(home).await, &[head]).await.unwrap();
        self.phones.insert(home, phone);
    }

    pub fn phone(&self, home: &str) -> &Phone {
        &self.phones[home]
    }

    /// The association's desk on the chair's phone.
    pub fn desk(&self) -> Desk {
        self.phone(self.chair).desk(&self.hood.group(NAME))
    }

    pub fn block(&self, name: &str) -> String {
        self.desk().groups.into_iter().find(|group| group.name == name).unwrap().id
    }

    pub fn home(&self, name: &str) -> RosterHome {
        let homes = self.desk().rosters.into_iter().flat_map(|block| block.homes);
        homes.into_iter().find(|home| home.name == name).unwrap_or_else(|| panic!("no home {name}"))
    }

    /// The head of a home.
    pub fn head(&self, home: &str) -> String {
        self.home(home).people[0].id.clone()
    }

    /// The homes of the roster, block by block.
    pub fn roster(&self) -> Vec<Vec<String>> {
        let homes = |block: kairan_core::records::RosterBlock| block.homes.into_iter().map(|home| home.name).collect();
        self.desk().rosters.into_iter().map(homes).collect()
    }

    /// What the chair is told before sending to everybody.
    pub fn reach(&self) -> Reach {
        let (chair, board) = (self.phone(self.chair), format!("board:{}", self.hood.group(NAME)));
        chair.reach(chair.person.clone(), vec![board]).unwrap()
    }

    /// From now on a home's letter stands at the end of a block, or nowhere.
    pub fn stands(&mut self, home: &'static str, block: Option<&str>) {
        self.homes.iter_mut().for_each(|homes| homes.retain(|there| *there != home));
        if let Some(place) = block.and_then(|block| BLOCKS.iter().position(|name| *name == block)) {
            self.homes[place].push(home);
        }
    }

    /// Each home a circular goes to, with its letter.
    fn letters(&self, circular: &Circular) -> Vec<(&'static str, &'static str, char)> {
        let blocks = BLOCKS.iter().zip(&self.homes).filter(|(block, _)| circular.to.contains(block));
        let homes: Vec<_> = blocks.flat_map(|(block, homes)| homes.iter().map(|home| (*block, *home))).collect();
        let letters: Vec<char> = circular.homes.chars().filter(|letter| *letter != ' ').collect();
        assert_eq!(homes.len(), letters.len(), "a letter per home: {circular:?}");
        homes.into_iter().zip(letters).map(|((block, home), letter)| (block, home, letter)).collect()
    }

    /// The chair sends a circular.
    pub async fn sends(&mut self, circular: &'static Circular) -> String {
        let from = self.hood.group(NAME);
        let board = if circular.to.len() == BLOCKS.len() { from.clone() } else { self.block(circular.to[0]) };
        let draft = Draft {
            kind: NoticeKind::Circular,
            from,
            audience: vec![format!("board:{board}")],
            title: circular.title.to_owned(),
            points: Points { what: Some("ご確認ください".to_owned()), ..Points::default() },
            text: "よろしくお願いします。".to_owned(),
            publish_at: None,
            until: None,
        };
        self.sends_as(circular, draft).await
    }

    /// The chair sends what is no plain circular.
    pub async fn sends_as(&mut self, circular: &'static Circular, draft: Draft) -> String {
        let chair = self.phone(self.chair);
        let notice = chair.post(draft).await.unwrap();
        chair.sync().await;
        self.sent.push(Sent { circular, notice: notice.clone() });
        self.everybody_looks().await;
        notice
    }

    /// Every phone that goes takes what there is, and says that it arrived.
    pub async fn everybody_looks(&self) {
        for _ in 0..2 {
            for (_, phone) in self.phones.iter().filter(|(home, _)| Some(**home) != self.broken) {
                phone.sync().await;
            }
        }
    }

    /// Everybody does what the plan says, but for these; the leaders enter what they carried.
    pub async fn answers(&self, circular: &Circular, notice: &str, rev: u32, but: &[&str]) {
        self.hood.pass(HOUR);
        for (block, home, letter) in self.letters(circular).into_iter().filter(|(_, home, _)| !but.contains(home)) {
            match letter {
                '見' => drop(self.phone(home).acknowledge(notice).await),
                '開' => self.phone(home).open(notice).await,
                '渡' => self.enters(block, home, notice, rev, PaperStage::Handed).await,
                '代' => self.enters(block, home, notice, rev, PaperStage::Proxy).await,
                '届' | '未' | '紙' => {}
                other => panic!("no such letter: {other}"),
            }
        }
        self.everybody_looks().await;
        for (home, phone) in &self.phones {
            assert_eq!(phone.outbox(), [], "{home}: nothing waits, nothing was refused");
        }
    }

    async fn enters(&self, block: &str, home: &str, notice: &str, rev: u32, stage: PaperStage) {
        let leader = BLOCKS.iter().zip(self.leaders).find(|(name, _)| **name == block).unwrap().1;
        let (phone, household) = (self.phone(leader), self.home(home).id);
        phone.paper_receipt(phone.person.clone(), notice.to_owned(), rev, household, stage).await.unwrap();
    }

    /// Twelve days until the next one.
    pub fn rest(&self) {
        self.hood.pass(DAY * 12);
    }

    /// A plain circular from the sending to the last answer, and twelve days.
    pub async fn goes_round(&mut self, circular: &'static Circular) -> String {
        let notice = self.sends(circular).await;
        self.answers(circular, &notice, 1, &[]).await;
        self.rest();
        notice
    }

    /// What the chair's desk says of a notice: all its homes, then each block's.
    fn figures(&self, notice: &str) -> Vec<[u32; 8]> {
        let Some(seen) = self.phone(self.chair).desk_notice(&self.hood.group(NAME), notice) else { return Vec::new() };
        assert_ne!(seen.line.state, SentState::Waiting);
        [seen.counts].into_iter().chain(seen.blocks.iter().map(|block| block.counts)).map(figures).collect()
    }

    /// Waits for a notice's figures on the chair's desk: they must be these.
    pub async fn shows(&self, circular: &Circular, notice: &str) {
        let seen = RefCell::new(Vec::new());
        self.settles(|| {
            *seen.borrow_mut() = self.figures(notice);
            *seen.borrow() == circular.figures
        })
        .await;
        assert_eq!(*seen.borrow(), circular.figures, "{}", circular.title);
    }

    /// Waits until something holds on the chair's phone, or has not held for long: what comes next says what is wrong.
    pub async fn settles(&self, holds: impl Fn() -> bool) {
        let looks = RefCell::new(0);
        self.hood
            .until("the desk's figures", &[self.phone(self.chair)], || {
                *looks.borrow_mut() += 1;
                holds() || *looks.borrow() > 200
            })
            .await;
    }

    /// Every circular sent so far stands at its figures, on the desk and wherever they are counted anew.
    pub async fn every_figure_stands(&self) {
        for Sent { circular, notice } in &self.sent {
            for [households, stages @ ..] in circular.figures {
                assert_eq!(stages.iter().sum::<u32>(), *households, "each home is in one figure: {circular:?}");
            }
            self.shows(circular, notice).await;
        }
        let bad: Vec<_> = self.hood.check().await.into_iter().filter(|line| !line.good).collect();
        assert_eq!(bad, []);
    }

    /// The delivery lists, of the chair's desk, of each leader's and of the printer, come to these sums.
    pub async fn carries(&self, lists: Lists) {
        let mut console = self.hood.console().await;
        let printed = console.deliveries(NAME, None).await.unwrap().blocks;
        console.close().await.unwrap();
        for ((block, leader), expected) in BLOCKS.iter().zip(self.leaders).zip(lists) {
            let of = |phone: &Phone, desk: &str| {
                let lists = phone.deliveries(desk.to_owned(), None).unwrap();
                let copies = lists.into_iter().find(|list| list.name == *block).map(|list| list.copies);
                copies.map_or([0; 3], |copies| [copies.to_do, copies.handed, copies.proxy])
            };
            self.phone(leader).sync().await;
            assert_eq!(of(self.phone(self.chair), &self.hood.group(NAME)), expected, "the chair's list of {block}");
            assert_eq!(of(self.phone(leader), &self.block(block)), expected, "the leader's list of {block}");
            let on_paper = printed.iter().find(|list| list.name == *block).map(|list| list.copies);
            let on_paper = on_paper.map_or([0; 3], |copies| [copies.to_do, copies.handed, copies.proxy]);
            assert_eq!(on_paper, expected, "the printed list of {block}");
        }
    }
}

const fn figures(counts: Counts) -> [u32; 8] {
    let Counts { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy } = counts;
    [households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy]
}
