//! How identity keys handed over: what each signed for the one that follows it, in `successions.json`.

use super::authority;
use crate::{Error, folder};
use kairan_protocol::{
    sign::{Key, Signed},
    succession,
    time::Timestamp,
};
use p256::ecdsa::SigningKey;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// So many hand-overs lead through a handshake: what is verified behind the public web's software takes no longer chains. Phones that
/// slept through more of them scan an invitation.
const IN_A_HANDSHAKE: usize = 6;

/// One key handed over to the next.
#[derive(Clone)]
pub struct Handover {
    /// [`kairan_protocol::wire::Succession`], signed by the earlier key.
    pub statement: Signed,
    /// The earlier key.
    pub from: Key,
    to: Key,
    /// The certificate the earlier key gave itself.
    earlier: CertificateDer<'static>,
    /// The one it gave the later key.
    later: CertificateDer<'static>,
}

/// As it lies in the file: certificates in PEM.
#[derive(Serialize, Deserialize)]
struct Entry {
    statement: Signed,
    earlier: String,
    later: String,
}

impl Handover {
    /// Signs everything phones need to follow.
    pub fn make(from: &SigningKey, to: &SigningKey, now: Timestamp) -> Result<Self, Error> {
        let statement = succession::hand_over(from, Key::of(to), now).map_err(authority::making)?;
        let earlier = authority::own(from)?.der().clone();
        let later = authority::following(from, to)?.der().clone();
        Ok(Self { statement, from: Key::of(from), to: Key::of(to), earlier, later })
    }

    fn read(Entry { statement, earlier, later }: Entry) -> Option<Self> {
        let said = succession::read(&statement)?;
        let certificate = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).ok();
        let (earlier, later) = (certificate(&earlier)?, certificate(&later)?);
        Some(Self { statement, from: said.from, to: said.to, earlier, later })
    }

    fn entry(&self) -> Entry {
        Entry { statement: self.statement.clone(), earlier: pem(&self.earlier), later: pem(&self.later) }
    }
}

/// What leads to a key. A last hand-over to the key that comes next was broken off, and is left out.
pub fn load(folder: &Path, key: &Key) -> Result<Vec<Handover>, Error> {
    let path = folder::successions(folder);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let wrong = |what: &str| Error::Certificate { path: path.clone(), what: what.to_owned() };
    let entries: Vec<Entry> =
        serde_json::from_str(&folder::read(&path)?).map_err(|_| wrong("not what stands there"))?;
    let handovers: Option<Vec<Handover>> = entries.into_iter().map(Handover::read).collect();
    let mut handovers = handovers.ok_or_else(|| wrong("one of its signatures does not fit"))?;
    if handovers.windows(2).any(|pair| matches!(pair, [one, next] if one.to != next.from)) {
        return Err(wrong("one hand-over does not follow from the one before"));
    }
    let length = match handovers.iter().position(|handover| handover.to == *key) {
        Some(place) => place + 1,
        None if handovers.first().is_none_or(|first| first.from == *key) => 0,
        None => return Err(wrong("it does not lead to the key in identity.pem")),
    };
    handovers.truncate(length);
    Ok(handovers)
}

/// Writes down how keys handed over.
pub fn keep(folder: &Path, handovers: &[Handover]) -> Result<(), Error> {
    let entries: Vec<Entry> = handovers.iter().map(Handover::entry).collect();
    let text = serde_json::to_vec_pretty(&entries).map_err(authority::making)?;
    folder::write_private(&folder::successions(folder), &text)
}

/// The certificates that lead from the key in use to the earliest that phones may have pinned; none where there was none before.
pub fn chain(handovers: &[Handover]) -> Vec<CertificateDer<'static>> {
    let kept = &handovers[handovers.len().saturating_sub(IN_A_HANDSHAKE)..];
    let later = kept.iter().rev().map(|handover| handover.later.clone());
    later.chain(kept.first().map(|first| first.earlier.clone())).collect()
}

/// A certificate as text.
pub fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = BASE64_STANDARD.encode(certificate);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
