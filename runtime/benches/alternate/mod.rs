//! Programs for the same work, run in turn, and their times side by side.

use std::fmt::Debug;
use std::time::{Duration, Instant};

const RUNS: usize = 11;

/// How long one run took, with a checksum of what came out.
pub type Run<'a, Sum> = Box<dyn FnMut() -> (Duration, Sum) + 'a>;

/// Times the work alone: the checksum and the dropping of the result stay outside.
pub fn timed<T, Sum>(work: impl FnOnce() -> T, sum: impl FnOnce(&T) -> Sum) -> (Duration, Sum) {
    let start = Instant::now();
    let made = work();
    let took = start.elapsed();
    (took, sum(&made))
}

/// Runs the baseline and ours in turn, prints the medians and that of the ratios of the same turn, returns the former.
pub fn compare<Sum: PartialEq + Debug>(
    work: &str,
    promise: impl Into<Option<f64>>,
    mut baseline: Run<Sum>,
    mut ours: Run<Sum>,
) -> (Duration, Duration) {
    let (mut theirs, mut own, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..RUNS {
        // Who comes second finds the other's freed memory in pieces.
        let ((their_time, their_sum), (own_time, own_sum)) = if turn % 2 == 0 {
            let theirs = baseline();
            (theirs, ours())
        } else {
            let own = ours();
            (baseline(), own)
        };
        assert_eq!(their_sum, own_sum, "the baseline and ours made the same");
        theirs.push(their_time);
        own.push(own_time);
        ratios.push(own_time.as_secs_f64() / their_time.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let (least, ratio, most) = (ratios[0], ratios[RUNS / 2], ratios[RUNS - 1]);
    let verdict = promise.into().map_or_else(
        || "no ratio promised".to_owned(),
        |promise| format!("promised {promise:.2}: {}", if ratio <= promise { "held" } else { "missed" }),
    );
    println!("{work}, median of {RUNS} alternating runs");
    let (their_time, own_time) = (median(&mut theirs), median(&mut own));
    println!("  baseline {their_time:>10.3?}   ours {own_time:>10.3?}");
    println!("  ratio {ratio:.2} ({least:.2} to {most:.2}), {verdict}");
    (their_time, own_time)
}

pub fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
