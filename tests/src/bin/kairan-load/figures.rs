//! Latencies as a line of a table.

use std::time::Duration;

/// Prints one line: rate, median, 99th percentile, worst, and what one answer cost the server's processor.
pub fn line(what: &str, mut latencies: Vec<Duration>, took: Duration, busy: Duration, refused: usize) {
    latencies.sort_unstable();
    let count = latencies.len();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank"
        )]
        let place = ((count as f64 - 1.0) * share) as usize;
        latencies.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = count as f64 / took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a cost for people")]
    let cost = busy.as_secs_f64() * 1e6 / count.max(1) as f64;
    println!(
        "{what:<28} {rate:>9.0} /s   p50 {:>7.2} ms   p99 {:>7.2} ms   worst {:>7.2} ms   {cost:>5.1} µs busy each   {count} answers, {refused} not applied",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
