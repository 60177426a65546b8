//! Pokes: how long until the last of many listeners hears that something is there, and what a listener costs.

use crate::{Failure, connection::Connection, figures, rounds, rounds::Phone, seed::Seeded, server::Server};
use std::{sync::Arc, time::Instant};

/// Opens the listeners, posts three circulars, and times each listener's poke from the moment of posting.
pub async fn pokes(
    server: &Server,
    phones: &Arc<Vec<Phone>>,
    seeded: &Seeded,
    listeners: usize,
) -> Result<(), Failure> {
    let before = server.resident()?;
    let mut open = tokio::task::JoinSet::new();
    let mut listening = Vec::with_capacity(listeners);
    for number in 0..listeners {
        let token = phones[number % phones.len()].device.token.clone();
        let mut connection = Connection::open(server).await?;
        open.spawn(async move {
            let status = connection.listen(&token).await?;
            connection.shrink();
            if status == 200 { Ok::<_, Failure>(connection) } else { Err(format!("live: {status}").into()) }
        });
        if open.len() >= 64 {
            listening.push(open.join_next().await.ok_or("nothing to wait for")???);
        }
    }
    while let Some(connection) = open.join_next().await {
        listening.push(connection??);
    }
    let each = (server.resident()?.saturating_sub(before)) * 1024 / listeners.max(1) as u64;
    println!("{} listeners, {each} B resident each at the server", listening.len());
    let mut officer = Connection::open(server).await?;
    for number in 0..3 {
        let mut tasks = tokio::task::JoinSet::new();
        let (began, busy) = (Instant::now(), server.busy()?);
        for mut connection in listening.drain(..) {
            tasks.spawn(async move {
                connection.poked().await?;
                Ok::<_, Failure>((began.elapsed(), connection))
            });
        }
        rounds::post(&mut officer, seeded, 100 + number).await?;
        let mut heard = Vec::with_capacity(listeners);
        while let Some(one) = tasks.join_next().await {
            let (latency, mut connection) = one??;
            connection.shrink();
            heard.push(latency);
            listening.push(connection);
        }
        let busy = server.busy()?.saturating_sub(busy);
        figures::line("poke to every listener", heard, began.elapsed(), busy, 0);
    }
    Ok(())
}
