//! What happens by the clock: the store's ticks, the zone's offsets for the coming year, what the journal still waits for, and
//! forgetting idle callers.

use crate::{config::Zone, http::Edge, store::StoreError};
use kairan_protocol::time::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const DAY: i64 = 86_400_000;
/// Fewer days of offsets than this, and the coming year is told anew.
const DAYS_LEFT: i64 = 100;
/// After a tick that failed, before the next.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often idle callers are forgotten.
const SWEEP: Duration = Duration::from_mins(1);

/// Drives the store until `stopping` becomes true.
pub async fn run(edge: Arc<Edge>, mut stopping: watch::Receiver<bool>) {
    let mut sweep = tokio::time::interval(SWEEP);
    let mut zone_at = edge.clock.now();
    let mut journal_waits = true;
    loop {
        if edge.clock.now() >= zone_at {
            if let Err(error) = renew_zone(&edge).await {
                tracing::error!(%error, "the zone could not be renewed");
            }
            zone_at = edge.clock.now().plus_millis(DAY);
        }
        let next = match edge.store.tick().await {
            Ok(next) => next.at.min(zone_at),
            Err(error) => {
                tracing::error!(%error, "a tick of the store failed");
                tokio::select! {
                    () = tokio::time::sleep(AFTER_FAILURE) => continue,
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                }
            }
        };
        let sweeping = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = wait(&edge, next) => false,
            _ = sweep.tick() => true,
        };
        if sweeping {
            edge.sweep();
            journal_waits = journal_waits && hand_back_journal(&edge).await;
        }
    }
}

/// Until the moment the store named, or something stirs before.
async fn wait(edge: &Edge, next: Timestamp) {
    tokio::select! {
        () = edge.clock.sleep_until(next) => {}
        () = edge.store.stirred() => {}
    }
}

/// What the command line did and a restore lost; whether some of it waits for what phones have not handed back yet.
async fn hand_back_journal(edge: &Edge) -> bool {
    match edge.store.hand_back_journal().await {
        Ok(journalled) => {
            for line in &journalled.not_taken {
                tracing::warn!(line, "a line of the journal was not taken");
            }
            !journalled.later.is_empty()
        }
        Err(error) => {
            tracing::error!(%error, "the journal could not be handed back");
            true
        }
    }
}

async fn renew_zone(edge: &Edge) -> Result<(), StoreError> {
    let facts = edge.store.zone().await?;
    let now = edge.clock.now();
    if facts.until.since(now) >= DAYS_LEFT * DAY {
        return Ok(());
    }
    let Some(zone) = Zone::named(&facts.name) else {
        tracing::error!(zone = facts.name, "this program does not know the district's zone");
        return Ok(());
    };
    let (offsets, until) = zone.offsets(now);
    edge.store.set_zone(offsets, until).await
}
