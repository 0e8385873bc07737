//! How many connections the process's open files are enough for; shared with the benchmark.

use std::io::Write as _;

/// So many of these connections within one process, two files each, leave some to spare for others.
pub fn affordable_connections(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    let affordable = files.map_or(wanted / 10, |files: usize| (files.saturating_sub(400) / 2).min(wanted));
    if affordable < wanted {
        // Past the test runner, which hides what a test prints that passes.
        let said = format!(
            "FEWER: {affordable} connections in place of {wanted}: the limit of open files is low, or not known\n"
        );
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    affordable
}
