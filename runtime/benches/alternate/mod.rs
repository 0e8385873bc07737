//! Programs for the same work, run in turn, and their times side by side.

use std::time::{Duration, Instant};

const RUNS: usize = 11;

/// One program: its name, and how long a run took with a checksum of what came out. The first one is the base.
pub type Program<'a, Sum> = (&'a str, Box<dyn FnMut() -> (Duration, Sum) + 'a>);

/// Times the work alone: the checksum and the dropping of the result stay outside.
pub fn timed<T, Sum>(work: impl FnOnce() -> T, sum: impl FnOnce(&T) -> Sum) -> (Duration, Sum) {
    let start = Instant::now();
    let made = work();
    let took = start.elapsed();
    (took, sum(&made))
}

/// Runs the programs in turn and prints medians, and each one's time over the base's of the same turn.
pub fn compare<Sum: PartialEq + std::fmt::Debug>(title: &str, rows: usize, mut programs: Vec<Program<'_, Sum>>) {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); programs.len()];
    let mut expected = None;
    for _ in 0..RUNS {
        for (at, (name, run)) in programs.iter_mut().enumerate() {
            let (took, sum) = run();
            assert_eq!(&sum, expected.get_or_insert_with(|| run().1), "{name} made something else");
            times[at].push(took.as_secs_f64());
        }
    }
    println!("{title}: {rows} rows, median of {RUNS} alternating runs");
    println!("{:<44} {:>9} {:>19} {:>10} {:>8} {:>15}", "", "seconds", "min to max", "krows/s", "ratio", "min to max");
    for ((name, _), own) in programs.iter().zip(&times) {
        let ratios = own.iter().zip(&times[0]).map(|(own, base)| own / base).collect();
        let ([least, median, most], [low, ratio, high]) = (spread(own.clone()), spread(ratios));
        let rate = rows as f64 / median / 1000.0;
        let (range, ratio_range) = (format!("{least:.4} to {most:.4}"), format!("{low:.2} to {high:.2}"));
        println!("{name:<44} {median:>9.4} {range:>19} {rate:>10.0} {ratio:>8.2} {ratio_range:>15}");
    }
}

/// Least, median, most.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}
