//! A phone of a story: a real core with a key of its own and a clock the story sets.

use kairan_core::{
    Kairan,
    error::Error,
    platform::{ClockReading, Platform, PlatformError},
    records::{Correction, Desk, DeskNotice, Draft, Home, Mood, NoticeDetail, NoticeFilter, NoticeLine, WaitingOp},
};
use kairan_server::clock::{Clock as _, ManualClock};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use std::{
    collections::BTreeMap,
    ops::Deref,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;

/// What the operating system is to a phone: a key, a clock through sleep, a name.
pub struct Handset {
    key: SigningKey,
    clock: Arc<ManualClock>,
    skew: AtomicI64,
}

impl Handset {
    /// A new one, whose clock goes with the story's.
    #[must_use]
    pub fn new(clock: Arc<ManualClock>) -> Arc<Self> {
        Arc::new(Self { key: crate::raw::device_key(), clock, skew: AtomicI64::new(0) })
    }

    /// Somebody sets the wall clock so many milliseconds ahead (or behind).
    pub fn set_wall_ahead(&self, millis: i64) {
        self.skew.store(millis, Ordering::SeqCst);
    }
}

impl Platform for Handset {
    fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
        Ok(self.key.verifying_key().to_encoded_point(true).as_bytes().to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
        let signature: Signature = self.key.sign(&message);
        Ok(signature.to_bytes().to_vec())
    }

    fn clock(&self) -> ClockReading {
        let now = self.clock.now().millis();
        let wall_millis = now + self.skew.load(Ordering::SeqCst);
        // The handset was switched on when the year began.
        ClockReading { wall_millis, boot_id: "起動1".to_owned(), since_boot_millis: now - 1_767_193_200_000 }
    }

    fn device_name(&self) -> String {
        "試験の電話".to_owned()
    }
}

/// A phone that has joined.
pub struct Phone {
    /// The facade the screens draw.
    pub kairan: Arc<Kairan>,
    /// What is below it.
    pub handset: Arc<Handset>,
    /// Its only person, or the first of them.
    pub person: String,
    persons: BTreeMap<String, String>,
    dir: TempDir,
}

impl Deref for Phone {
    type Target = Kairan;
    fn deref(&self) -> &Kairan {
        &self.kairan
    }
}

impl Phone {
    /// Joins with the text of a QR or the typed three parts, for those of these names.
    pub async fn join(code: &str, names: &[&str], handset: Arc<Handset>) -> Result<Self, Error> {
        Self::join_in(tempfile::tempdir().unwrap(), code, names, handset).await
    }

    /// The same with the folder of its databases.
    pub async fn join_in(dir: TempDir, code: &str, names: &[&str], handset: Arc<Handset>) -> Result<Self, Error> {
        let platform: Arc<dyn Platform> = handset.clone();
        let kairan = Kairan::open_on(dir.path(), platform, tokio::runtime::Handle::current())?;
        let persons = join(&kairan, code, names).await?;
        let person = persons.get(names[0]).cloned().unwrap();
        Ok(Self { kairan, handset, person, persons, dir })
    }

    /// The folder of its databases.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The id of one of its people.
    #[must_use]
    pub fn id_of(&self, name: &str) -> String {
        self.persons[name].clone()
    }

    /// The battery ran out: everything not on disk is gone. Then it is switched on again.
    #[must_use]
    pub fn restart(self) -> Self {
        let Self { kairan, handset, person, persons, dir } = self;
        drop(kairan);
        let platform: Arc<dyn Platform> = handset.clone();
        let kairan = Kairan::open_on(dir.path(), platform, tokio::runtime::Handle::current()).unwrap();
        Self { kairan, handset, person, persons, dir }
    }

    /// Sends what waits and takes what is there.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub async fn sync(&self) {
        self.kairan.sync().await.unwrap();
    }

    /// Its first screen.
    #[must_use]
    pub fn home(&self) -> Home {
        self.kairan.home(self.person.clone()).unwrap()
    }

    /// Every notice it lists, newest first.
    #[must_use]
    pub fn notices(&self) -> Vec<NoticeLine> {
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let page = self.kairan.notices(self.person.clone(), NoticeFilter::All, after, 50).unwrap();
            lines.extend(page.lines);
            after = page.next;
            if after.is_none() {
                return lines;
            }
        }
    }

    /// The titles it lists, newest first.
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        self.notices().into_iter().map(|line| line.title).collect()
    }

    /// Whether it lists a notice.
    #[must_use]
    pub fn has(&self, notice: &str) -> bool {
        self.notices().iter().any(|line| line.id == notice)
    }

    /// One notice as its person sees it.
    #[must_use]
    pub fn notice(&self, notice: &str) -> NoticeDetail {
        self.kairan.notice(self.person.clone(), notice.to_owned()).unwrap()
    }

    /// The person opens a notice.
    pub async fn open(&self, notice: &str) {
        self.kairan.displayed(self.person.clone(), notice.to_owned()).await.unwrap();
    }

    /// 「見ました」.
    pub async fn acknowledge(&self, notice: &str) -> String {
        self.kairan.acknowledge(self.person.clone(), notice.to_owned()).await.unwrap()
    }

    /// One of the three answers.
    pub async fn check_in(&self, mood: Mood) -> Result<String, Error> {
        self.kairan.check_in(self.person.clone(), mood).await
    }

    /// Agrees, or not any more, that moods reach the team.
    pub async fn consent(&self, yes: bool) {
        self.kairan.consent(self.person.clone(), yes).await.unwrap();
    }

    /// 「○○世帯へ送る」: the notice's id.
    pub async fn post(&self, draft: Draft) -> Result<String, Error> {
        self.kairan.post(self.person.clone(), draft).await
    }

    /// Corrects a notice as this phone shows it.
    pub async fn correct(&self, notice: &str, seen: u32, correction: Correction) -> Result<String, Error> {
        self.kairan.correct(self.person.clone(), notice.to_owned(), seen, correction).await
    }

    /// Takes a notice back.
    pub async fn withdraw(&self, notice: &str, seen: u32, reason: &str) -> Result<String, Error> {
        self.kairan.withdraw(self.person.clone(), notice.to_owned(), seen, reason.to_owned()).await
    }

    /// The names of the desks it may open.
    #[must_use]
    pub fn desk_names(&self) -> Vec<String> {
        self.kairan.desks(self.person.clone()).unwrap().into_iter().map(|desk| desk.name).collect()
    }

    /// One desk.
    #[must_use]
    pub fn desk(&self, group: &str) -> Desk {
        self.kairan.desk(group.to_owned()).unwrap()
    }

    /// Whether a desk can be opened.
    #[must_use]
    pub fn has_desk(&self, group: &str) -> bool {
        self.kairan.desk(group.to_owned()).is_ok()
    }

    /// A notice as one desk follows it up; none while the desk knows nothing of it.
    #[must_use]
    pub fn desk_notice(&self, group: &str, notice: &str) -> Option<DeskNotice> {
        self.kairan.desk_notice(group.to_owned(), notice.to_owned()).ok()
    }

    /// What waits to be sent.
    #[must_use]
    pub fn outbox(&self) -> Vec<WaitingOp> {
        self.kairan.outbox().unwrap()
    }

    /// Whether the phone holds the neighbourhood still.
    #[must_use]
    pub fn joined(&self) -> bool {
        self.kairan.me().is_ok_and(|me| me.joined)
    }
}

async fn join(kairan: &Kairan, code: &str, names: &[&str]) -> Result<BTreeMap<String, String>, Error> {
    use kairan_core::records::Joining;
    let Joining::Choose { persons, .. } = kairan.join(code.to_owned(), Vec::new()).await? else {
        panic!("a phone joined without being told for whom");
    };
    let chosen: BTreeMap<String, String> = persons
        .into_iter()
        .filter(|person| names.contains(&person.name.as_str()))
        .map(|person| (person.name, person.id))
        .collect();
    assert_eq!(chosen.len(), names.len(), "the invitation does not list all of {names:?}");
    match kairan.join(code.to_owned(), chosen.values().cloned().collect()).await? {
        Joining::Joined { .. } => Ok(chosen),
        Joining::Choose { .. } | Joining::Waiting { .. } => panic!("asked again for whom the phone is, or to wait"),
    }
}
