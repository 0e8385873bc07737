//! What a snapshot of the database shows: by its transactions, and by its place in the server's log.

/// What a snapshot shows, as PostgreSQL tells it (`pg_current_snapshot()`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visibility {
    /// The lowest transaction id that was still running. Everything below it is shown, or was rolled back.
    pub xmin: u64,
    /// The first id that was not yet given. It and what is above it is not shown.
    pub xmax: u64,
    /// Ids between the two that were running: not shown.
    pub running: Vec<u64>,
    /// The position of the server's log when it was taken.
    pub lsn: u64,
}

impl Visibility {
    /// The newest of the transactions that a change is of, in 64 bits: of ids that differ by 2³² the one that is nearest to
    /// this snapshot. `None` without transactions.
    pub fn newest(&self, txids: &[u64]) -> Option<u64> {
        txids.iter().map(|&id| self.widened(id)).max()
    }

    fn widened(&self, id: u64) -> u64 {
        let low = |id: u64| (id & u64::from(u32::MAX)) as u32;
        let distance = low(id).wrapping_sub(low(self.xmax)).cast_signed();
        // Before the first wraparound there is nothing below.
        self.xmax.checked_add_signed(distance.into()).unwrap_or(id)
    }

    /// Whether it shows what this transaction, in 64 bits, has done.
    pub fn shows(&self, id: u64) -> bool {
        id < self.xmin || (id < self.xmax && !self.running.contains(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_131_what_was_running_or_came_later_is_not_shown() {
        let taken = Visibility { xmin: 10, xmax: 20, running: vec![10, 15], lsn: 0 };
        for (id, shown) in [(9, true), (10, false), (11, true), (15, false), (19, true), (20, false), (21, false)] {
            assert_eq!(taken.shows(id), shown, "{id}");
        }
    }

    #[test]
    fn c_133_of_ids_that_differ_by_a_wraparound_the_nearest_counts() {
        let wrap = 1_u64 << 32;
        let taken = Visibility { xmin: 3 * wrap + 5, xmax: 3 * wrap + 5, ..Visibility::default() };
        assert_eq!(taken.newest(&[4]), Some(3 * wrap + 4));
        assert_eq!(taken.newest(&[6, 5]), Some(3 * wrap + 6));
        assert_eq!(taken.newest(&[u64::from(u32::MAX)]), Some(3 * wrap - 1));
        assert_eq!(taken.newest(&[]), None);
        let young = Visibility { xmin: 5, xmax: 5, ..Visibility::default() };
        assert_eq!(young.newest(&[u64::from(u32::MAX)]), Some(u64::from(u32::MAX)));
    }
}
