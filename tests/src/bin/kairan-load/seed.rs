//! A district of plainly made-up homes, two people each, all of them joined and agreed: made through the store itself.

use crate::Failure;
use kairan_protocol::{
    id::{DeviceId, FeedNumber, GroupId, InviteId, OpId, PersonId},
    invite::Secret,
    op::{Command, Invitee, Op},
    outcome::Outcome,
    sign::{Key, Purpose, sign},
    wire::{EnrolRequest, EnrolResponse, SyncRequest},
};
use kairan_server::{
    clock::{Clock, SystemClock},
    identity::Identity,
    store::Store,
};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use std::{fmt::Write, path::Path, sync::Arc, time::Instant};

/// People per home.
const HOME: usize = 2;
/// Homes per block.
const BLOCK: usize = 20;
/// Blocks per association.
const ASSOCIATION: usize = 25;

/// One joined device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its person.
    pub person: PersonId,
    /// Its token.
    pub token: String,
}

/// A seeded district.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seeded {
    /// The residents' devices.
    pub devices: Vec<Device>,
    /// The clerk's, who may post to the whole district.
    pub clerk: Device,
    /// The district.
    pub district: GroupId,
    /// The board of the whole district.
    pub board: FeedNumber,
}

fn district(homes: usize) -> Result<String, Failure> {
    let mut text = String::from(
        "name = \"見本市\"\nzone = \"Asia/Tokyo\"\naddresses = [\"127.0.0.1:8443\"]\nfirst_officer = \"clerk\"\n\
         [[staff]]\nkey = \"clerk\"\nname = \"見本 係員\"\n[[role]]\nperson = \"clerk\"\ngroup = \"見本市\"\nkind = \"municipal_staff\"\n",
    );
    let mut home = 0;
    let mut association = 0;
    while home < homes {
        association += 1;
        writeln!(text, "[[association]]\nname = \"見本{association}町内会\"")?;
        writeln!(text, "[[association.team]]\nkey = \"t{association}\"\nname = \"見本{association} 民生委員\"")?;
        for block in 1..=ASSOCIATION {
            if home >= homes {
                break;
            }
            writeln!(text, "[[association.block]]\nkey = \"b{association}-{block}\"\nname = \"{block}班\"")?;
            for _ in 0..BLOCK.min(homes - home) {
                home += 1;
                writeln!(
                    text,
                    "[[association.block.household]]\nkey = \"h{home}\"\nname = \"見本{home}\"\npeople = [{{ key = \"p{home}a\", name = \"見本{home} 甲\" }}, {{ key = \"p{home}b\", name = \"見本{home} 乙\" }}]"
                )?;
            }
        }
    }
    for number in 1..=association {
        writeln!(text, "[[staff]]\nkey = \"c{number}\"\nname = \"民生{number}\"")?;
        writeln!(text, "[[role]]\nperson = \"c{number}\"\ngroup = \"t{number}\"\nkind = \"commissioner\"")?;
    }
    Ok(text)
}

/// Seeds the folder, or reads what an earlier run kept there.
pub async fn seed(folder: &Path, devices: usize, keep: bool) -> Result<Seeded, Failure> {
    let kept = folder.with_extension("devices.json");
    if keep && kept.exists() {
        let seeded: Seeded = serde_json::from_slice(&std::fs::read(&kept)?)?;
        if seeded.devices.len() == devices {
            println!("{devices} devices kept from an earlier run");
            return Ok(seeded);
        }
    }
    let began = Instant::now();
    let _ = std::fs::remove_dir_all(folder);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    kairan_server::set_up(folder, &district(devices.div_ceil(HOME))?, Arc::clone(&clock)).await?;
    let identity = Identity::load(folder)?;
    let store = Store::open(folder, Arc::clone(&clock), identity.signing_key())?;
    println!("district of {devices} people set up in {:.1} s", began.elapsed().as_secs_f64());

    let facts = store.card_facts().await?;
    let clerk_id = person(&store, "見本 係員").await?;
    let clerk = join(&store, &identity, Invitee::Person(clerk_id), &[clerk_id]).await?.remove(0);
    let homes = store.households(facts.district).await?;
    let mut joined = Vec::with_capacity(devices);
    let mut waiting = tokio::task::JoinSet::new();
    for home in homes {
        let (store, identity, clock) = (store.clone(), identity.clone(), Arc::clone(&clock));
        waiting.spawn(async move {
            let members: Vec<PersonId> = home.members.iter().map(|member| member.id).collect();
            let devices = join(&store, &identity, Invitee::Household(home.id), &members).await?;
            for device in &devices {
                agree(&store, device, clock.as_ref()).await?;
            }
            Ok::<_, Failure>(devices)
        });
        if waiting.len() >= 128 {
            joined.extend(waiting.join_next().await.ok_or("nothing to wait for")???);
        }
    }
    while let Some(devices) = waiting.join_next().await {
        joined.extend(devices??);
    }
    joined.truncate(devices);
    let rights = store.sync(&clerk.token, SyncRequest::default()).await.map_err(|denied| format!("{denied:?}"))?.rights;
    let board_name = kairan_protocol::feed::FeedName::Board(facts.district);
    let feeds = rights.ok_or("no rights")?.feeds;
    let board = feeds.iter().find(|feed| feed.name == board_name).ok_or("no board")?.n;
    store.close().await?;
    println!("{} devices joined and agreed in {:.1} s", joined.len(), began.elapsed().as_secs_f64());
    let seeded = Seeded { devices: joined, clerk, district: facts.district, board };
    std::fs::write(kept, serde_json::to_vec(&seeded)?)?;
    Ok(seeded)
}

async fn person(store: &Store, name: &str) -> Result<PersonId, Failure> {
    for found in store.find(name).await? {
        if let kairan_server::store::Found::Person(person) = found {
            return Ok(person.id);
        }
    }
    Err(format!("nobody is called {name}").into())
}

async fn join(store: &Store, identity: &Identity, to: Invitee, persons: &[PersonId]) -> Result<Vec<Device>, Failure> {
    let secret = Secret::random().map_err(|error| error.to_string())?;
    let invite = InviteId::random().map_err(|error| error.to_string())?;
    let result = store.console(Command::Invite { invite, to, secret: secret.hash(), passed_on: false }).await?;
    if !matches!(result.outcome, Outcome::Applied { .. }) {
        return Err(format!("the invite was not applied: {:?}", result.outcome).into());
    }
    let mut devices = Vec::with_capacity(persons.len());
    for person in persons {
        let mut bytes = [1_u8; 32];
        bytes[8..16].copy_from_slice(&person.number().to_be_bytes());
        let signing = SigningKey::from_slice(&bytes)?;
        let key = Key::of(&signing);
        let payload = EnrolRequest::payload(&identity.fingerprint(), &secret.letters(), &key);
        let request = EnrolRequest {
            secret: secret.letters(),
            key,
            proof: sign(&signing, Purpose::Enrol, &payload),
            persons: vec![*person],
            name: "load".into(),
        };
        match store.enrol(request).await.map_err(|denied| format!("{denied:?}"))? {
            EnrolResponse::Enrolled(enrolled) => {
                devices.push(Device { id: enrolled.device, person: *person, token: enrolled.token.secret });
            }
            EnrolResponse::Choose { .. } | EnrolResponse::Waiting { .. } => return Err("asked to choose".into()),
        }
    }
    Ok(devices)
}

async fn agree(store: &Store, device: &Device, clock: &dyn Clock) -> Result<(), Failure> {
    let id = OpId::at(clock.now()).map_err(|error| error.to_string())?;
    let op = Op { id, person: device.person, at: clock.now(), command: Command::Consent { moods_to_team: true } };
    let ops = vec![serde_json::value::RawValue::from_string(op.to_text())?];
    store
        .sync(&device.token, SyncRequest { ops, ..SyncRequest::default() })
        .await
        .map_err(|denied| format!("{denied:?}"))?;
    Ok(())
}
