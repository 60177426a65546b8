//! The year behind the town: played once, in order, by real ops against the server's own store, whose clock is set to each moment.
//! What comes of it is what a server holds that ran all that time.

mod answers;
mod days;

use super::{
    chance::Chance,
    district::{self, Size},
    handset::Handset,
    residents::{PaperHome, Remembered, Resident, dealt},
    year::{self, Circular},
};
use crate::Error;
use futures_util::{StreamExt, TryStreamExt, stream};
use kairan_protocol::{
    feed::Audience,
    id::{GroupId, InviteId, NoticeId, OpId, PersonId, Rev},
    invite::{Invitation, Secret, Whom},
    notice::{Change, NoticePatch, Points},
    op::{Command, Invitee},
    outcome::Outcome,
    sign::Fingerprint,
    time::{Day, Timestamp, ZoneOffsets},
};
use kairan_server::{
    clock::{Clock, ManualClock},
    folder,
    identity::{Identity, tls::Certificates},
    store::{Found, Store},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// After so many hours most homes have answered.
const ANSWERED_AFTER: i64 = 46 * HOUR;
/// Days before today on which people said how they were.
const DAYS: i64 = 30;
/// So many days ago the whole of ひだまり took part, and six asked for a talk: a day whose figures may be shown.
const SHOWN_DAY: i64 = 3;
/// Phones that speak at once.
const AT_ONCE: usize = 64;
/// Invitations in one transaction.
const INVITATIONS: usize = 100;

/// What happens at a moment of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Posted(usize),
    Corrected(usize),
    Withdrawn(usize),
    Answered(usize),
    Evening(Day),
    Noon,
    Asked,
    Today,
}

/// Plays the year of a new district that ends at `now`; who has a phone in it.
pub(super) async fn play(town: &Path, address: &str, size: Size, now: Timestamp) -> Result<Remembered, Error> {
    let folder = town.join("district");
    let begins = year::begins(now);
    let clock = Arc::new(ManualClock::new(begins));
    // As a volunteer sets a district up, but a year ago: `set_up` would take that for a clock that was never set.
    let plan = kairan_server::config::plan(&district::text(address, size)?, begins)?;
    folder::make_private(&folder)?;
    let _lock = folder::lock(&folder)?;
    let identity = Identity::create(&folder)?;
    Certificates::own(&folder, &identity, &plan.addresses)?;
    Store::create(&folder, &plan, begins).map_err(kairan_server::Error::from)?;
    let store = Store::open(&folder, Arc::clone(&clock) as Arc<dyn Clock>, identity.keys())
        .map_err(kairan_server::Error::from)?;
    let played = Player::begin(town, (address, size), store.clone(), clock, identity.fingerprint(), now).await;
    let played = match played {
        Ok(mut begun) => begun.year().await.map(|()| begun.residents),
        Err(error) => Err(error),
    };
    let closed = store.close().await;
    let residents = played?;
    closed.map_err(kairan_server::Error::from)?;
    Ok(Remembered { address: address.to_owned(), residents })
}

/// What is said by whom, each at its moment; phones by their places.
type Said = BTreeMap<usize, Vec<(Timestamp, Command)>>;

struct Player {
    store: Store,
    clock: Arc<ManualClock>,
    now: Timestamp,
    zone: ZoneOffsets,
    residents: Vec<Resident>,
    handsets: Vec<Handset>,
    /// Who works in the team that an association's requests reach, by the association's place.
    teams: BTreeMap<usize, Handset>,
    paper: Vec<PaperHome>,
    circulars: Vec<Circular>,
    groups: Vec<GroupId>,
    sent: BTreeMap<usize, NoticeId>,
    chance: Chance,
}

/// A part of a correction.
fn to<T>(part: Option<T>) -> Change<T> {
    part.map_or(Change::Keep, Change::Set)
}

impl Player {
    async fn begin(
        town: &Path,
        (address, size): (&str, Size),
        store: Store,
        clock: Arc<ManualClock>,
        identity: Fingerprint,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let zone = store.zone().await.map_err(kairan_server::Error::from)?.offsets;
        let facts = store.card_facts().await.map_err(kairan_server::Error::from)?;
        let known = store.households(facts.district).await.map_err(kairan_server::Error::from)?;
        let (mut residents, paper) = dealt(&district::homes(size)?, &known);
        let mut player = Self {
            circulars: year::before(now, &zone)?,
            chance: Chance::new(20_260_401),
            groups: Vec::new(),
            sent: BTreeMap::new(),
            teams: BTreeMap::new(),
            handsets: Vec::new(),
            residents: Vec::new(),
            store,
            clock,
            now,
            zone,
            paper,
        };
        for circular in &player.circulars {
            let group = match circular.from.split_once('/') {
                Some((association, block)) => {
                    let block = known.iter().map(|home| (&home.association, &home.block)).find(|(above, here)| {
                        above.as_ref().is_some_and(|above| above.name == association) && here.name == block
                    });
                    block.map(|(_, block)| block.id)
                }
                None => player.group(&circular.from).await?,
            };
            player.groups.push(group.ok_or_else(|| Error::Data(format!("year.toml: nobody is {}", circular.from)))?);
        }
        player.clock.advance(HOUR);
        // One sheet for each home, however many phones join by it.
        let homes: BTreeSet<GroupId> = residents.iter().map(|resident| resident.household).collect();
        let invited: Vec<Invitee> = homes.iter().copied().map(Invitee::Household).collect();
        let sheets: BTreeMap<GroupId, Secret> = homes.into_iter().zip(player.invite(&invited).await?).collect();
        let secrets: Vec<Secret> =
            residents.iter().filter_map(|resident| sheets.get(&resident.household).cloned()).collect();
        player.clock.advance(HOUR);
        for (resident, secret) in residents.iter_mut().zip(&secrets) {
            let whom = Whom::Scanned(identity);
            resident.link = Invitation { address: address.to_owned(), whom, secret: secret.clone() }.to_string();
        }
        let joining = stream::iter(residents.iter().zip(&secrets)).map(|(resident, secret)| {
            let (store, folder) = (player.store.clone(), resident.folder(town));
            async move { Handset::join(&store, identity, (&folder, secret.letters(), resident.person)).await }
        });
        player.handsets = joining.buffered(AT_ONCE).try_collect().await?;
        for (association, name) in district::TEAMS {
            let person = player.person(name).await?;
            let folder = town.join("staff").join(association.to_string());
            for secret in player.invite(&[Invitee::Person(person)]).await? {
                let handset = Handset::join(&player.store, identity, (&folder, secret.letters(), person)).await?;
                player.teams.insert(association, handset);
            }
        }
        player.residents = residents;
        Ok(player)
    }

    async fn group(&self, name: &str) -> Result<Option<GroupId>, Error> {
        let found = self.store.find(name).await.map_err(kairan_server::Error::from)?;
        Ok(found.into_iter().find_map(|found| match found {
            Found::Group(group) => Some(group.id),
            _ => None,
        }))
    }

    async fn person(&self, name: &str) -> Result<PersonId, Error> {
        let found = self.store.find(name).await.map_err(kairan_server::Error::from)?;
        let person = found.into_iter().find_map(|found| match found {
            Found::Person(person) => Some(person.id),
            _ => None,
        });
        person.ok_or_else(|| Error::Uninvited(name.to_owned()))
    }

    /// Prints an invitation for each, and the secrets on them.
    async fn invite(&self, whom: &[Invitee]) -> Result<Vec<Secret>, Error> {
        let mut secrets = Vec::with_capacity(whom.len());
        for some in whom.chunks(INVITATIONS) {
            let mut commands = Vec::with_capacity(some.len());
            for to in some {
                let secret = Secret::random().map_err(Error::Randomness)?;
                let invite = InviteId::random().map_err(Error::Randomness)?;
                commands.push(Command::Invite { invite, to: *to, secret: secret.hash(), passed_on: false });
                secrets.push(secret);
            }
            self.office(commands).await?;
        }
        Ok(secrets)
    }

    /// Something is done on the command line; the ids of what was.
    async fn office(&self, commands: Vec<Command>) -> Result<Vec<OpId>, Error> {
        let results = self.store.console_all(commands).await.map_err(kairan_server::Error::from)?;
        results
            .into_iter()
            .map(|result| match result.outcome {
                Outcome::Applied { .. } => Ok(result.id),
                outcome => Err(Error::Data(format!("what was made up is not taken: {outcome:?}"))),
            })
            .collect()
    }

    /// What the clock asks for at this moment is done, desks too.
    async fn settle(&self) -> Result<(), Error> {
        const ROUNDS: usize = 1_000;
        for _ in 0..ROUNDS {
            if self.store.tick().await.map_err(kairan_server::Error::from)?.at > self.clock.now() {
                break;
            }
        }
        Ok(())
    }

    async fn year(&mut self) -> Result<(), Error> {
        self.consent().await?;
        let mut coming = self.plan().into_iter().peekable();
        while let Some((at, happening)) = coming.next() {
            self.clock.set(at);
            match happening {
                Happening::Posted(number) => self.post(number).await?,
                Happening::Corrected(number) => self.correct(number).await?,
                Happening::Withdrawn(number) => self.withdraw(number).await?,
                Happening::Answered(number) => self.answer(number, at).await?,
                Happening::Evening(day) => self.evening(day).await?,
                Happening::Asked => self.ask(at).await?,
                Happening::Today => self.early(at).await?,
                Happening::Noon => {}
            }
            // What happens at the same moment is written to the desks together.
            if coming.peek().is_none_or(|(next, _)| *next > at) {
                self.settle().await?;
            }
        }
        self.clock.set(self.now);
        self.settle().await
    }

    /// What happens when, oldest first.
    fn plan(&self) -> Vec<(Timestamp, Happening)> {
        let mut plan = Vec::new();
        for (number, circular) in self.circulars.iter().enumerate() {
            plan.push((circular.at, Happening::Posted(number)));
            plan.extend(circular.corrected.iter().map(|(at, _)| (*at, Happening::Corrected(number))));
            plan.extend(circular.withdrawn.iter().map(|(at, _)| (*at, Happening::Withdrawn(number))));
            let answered = circular.at.plus_millis(ANSWERED_AFTER).min(self.now.plus_millis(-6 * MINUTE));
            plan.push((answered, Happening::Answered(number)));
        }
        let today = self.zone.day_of(self.now);
        for day in (1..=DAYS).map(|before| today.plus(-before)) {
            let midnight = year::midnight(day, &self.zone);
            plan.push((midnight.plus_millis(20 * HOUR + 30 * MINUTE), Happening::Evening(day)));
            plan.push((midnight.plus_millis(DAY + 12 * HOUR + 5 * MINUTE), Happening::Noon));
        }
        plan.push((self.now.plus_millis(-35 * MINUTE), Happening::Asked));
        plan.push((self.now.plus_millis(-5 * MINUTE), Happening::Today));
        plan.retain(|(at, _)| *at < self.now);
        plan.sort();
        plan
    }

    async fn post(&mut self, number: usize) -> Result<(), Error> {
        let (circular, from) = (&self.circulars[number], self.groups[number]);
        let post = Command::Post {
            notice: circular.kind,
            from,
            audience: vec![Audience::Board(from)],
            title: circular.title.clone(),
            points: circular.points.clone(),
            text: circular.text.clone(),
            publish_at: None,
            until: circular.until,
        };
        let posted = self.office(vec![post]).await?;
        self.sent.extend(posted.first().map(|op| (number, NoticeId::from(*op))));
        Ok(())
    }

    async fn correct(&self, number: usize) -> Result<(), Error> {
        let (Some(notice), Some((_, points))) = (self.sent.get(&number), &self.circulars[number].corrected) else {
            return Ok(());
        };
        let Points { when, place, what, by_when } = points.clone();
        let patch = NoticePatch {
            when: to(when),
            place: to(place),
            what: to(what),
            by_when: to(by_when),
            ..NoticePatch::default()
        };
        self.office(vec![Command::Correct { notice: *notice, seen: Rev::FIRST, patch }]).await.map(drop)
    }

    async fn withdraw(&self, number: usize) -> Result<(), Error> {
        let (Some(notice), Some((_, reason))) = (self.sent.get(&number), &self.circulars[number].withdrawn) else {
            return Ok(());
        };
        let command = Command::Withdraw { notice: *notice, seen: Rev::FIRST, reason: reason.clone() };
        self.office(vec![command]).await.map(drop)
    }

    /// Everybody who is to say something does, some at once; what was said by whom.
    async fn say(&mut self, mut said: Said) -> Result<Vec<(usize, Vec<OpId>)>, Error> {
        let store = &self.store;
        let speaking = self.handsets.iter_mut().enumerate().filter_map(|(place, handset)| {
            let said = said.remove(&place)?;
            Some(async move { Ok::<_, Error>((place, handset.say(store, said).await?)) })
        });
        stream::iter(speaking).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn consent(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let agreeing = self.residents.iter().enumerate().filter(|(_, resident)| resident.habits.agreed);
        let said = agreeing.map(|(place, _)| (place, vec![(now, Command::Consent { moods_to_team: true })])).collect();
        self.say(said).await?;
        self.settle().await
    }
}
