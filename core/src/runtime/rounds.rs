//! A sync somebody asked for: full rounds until there is nothing more to send or to get.

use super::{
    engine::{Engine, Round},
    setback::Setback,
};
use crate::{
    error::Error,
    facade::SyncReport,
    plan::{Input, Planner, Step},
};
use std::sync::{Arc, atomic::Ordering};

/// Rounds until nothing is left, driven by a planner of its own that does not wait: the first trouble ends them.
pub(crate) async fn full_round(engine: &Arc<Engine>) -> Result<SyncReport, Error> {
    let mut planner = Planner::new(engine.pace);
    planner.remember_broken(engine.broken.load(Ordering::Relaxed));
    let mut report = SyncReport::default();
    let mut suspect = None;
    let mut failure = None;
    // This planner's clock stands still: what it wants now is done, what it wants later is left to others.
    let renew_in = engine.aside(Engine::token_renew_in).await?;
    planner.take(0, Input::TokenAt { renew_in }, 0.5);
    if engine.aside(|engine| engine.store.owes_slip()).await? {
        planner.take(0, Input::SlipOwed, 0.5);
    }
    planner.take(0, Input::Tapped, 0.5);
    while let Some(step) = planner.next(0) {
        let for_card = step == Step::Card;
        let exchange = match step {
            Step::Sync { batch, renew } => engine.sync(batch, renew).await,
            Step::Token { slip } => engine.renew_token(slip).await,
            Step::Card => engine.read_card().await,
            Step::Park => {
                if let Some((ops, code)) = suspect.take() {
                    engine.park(ops, code).await?;
                }
                continue;
            }
            Step::Erase => {
                engine.erase().await?;
                continue;
            }
            Step::OpenLive | Step::CloseLive => continue,
        };
        let input = match exchange {
            Ok(Round { sent, received, handed_back, more, waiting, slip_owed, newer_card, .. }) => {
                report.sent += sent;
                report.received += received;
                report.handed_back += handed_back;
                if slip_owed {
                    planner.take(0, Input::SlipOwed, 0.5);
                }
                if newer_card.is_some() {
                    planner.take(0, Input::CardOwed, 0.5);
                }
                failure = None;
                Input::Answered { more, waiting }
            }
            Err(Setback { trouble, error, ops }) => {
                let count = ops.len();
                suspect = Some((ops, error.code().to_owned()));
                // What was asked for came about: the card is read another time.
                failure = (!for_card).then_some(error);
                Input::Failed { trouble, ops: count }
            }
        };
        planner.take(0, input, 0.5);
    }
    engine.broken.store(planner.broken(), Ordering::Relaxed);
    failure.map_or(Ok(report), Err)
}
