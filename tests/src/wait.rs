//! Waiting for a condition, never for a time: a story goes on as soon as what it waits for is there.

use std::time::Duration;

/// How long anything may take before the story has failed.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Asks again and again until the answer is yes.
///
/// # Panics
/// When the deadline has passed, naming what was waited for.
pub async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    until_some(what, async || ask().await.then_some(())).await;
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When the deadline has passed, naming what was waited for.
pub async fn until_some<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        // A breath for the other side's threads, not a time the story counts on.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
