//! Why a row is in a shape with subqueries, and how it leaves without a change of its own.

/// The ways by which a row is in its shape, as the server marks it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Each way is one of the condition's alternatives. `/` parts the places of its tests; an empty place is no test of
    /// this way, `1` one of the row alone, anything else stands for the value that was looked for in a subquery.
    pub ways: Vec<String>,
    /// Whether the test at each place is true; empty where the server doesn't say.
    pub active: Vec<bool>,
}

/// A value that came into a subquery, or went out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The place of the subquery's test.
    pub place: usize,
    /// What stands for the value.
    pub value: String,
}

impl Tags {
    /// Whether the row was looked for by this value.
    pub fn has(&self, moved: &Moved) -> bool {
        self.ways.iter().any(|way| is_at(way, moved))
    }

    /// A test became true or false for the rows with this value.
    pub fn set(&mut self, moved: &Moved, truth: bool) {
        match self.active.get_mut(moved.place) {
            Some(active) => *active = truth,
            // Without a word on each test a way is gone for good.
            None if !truth => self.ways.retain(|way| !is_at(way, moved)),
            None => {}
        }
    }

    /// Whether some way is left on which all tests are true.
    pub fn is_in(&self) -> bool {
        let holds = |(place, value): (usize, &str)| value.is_empty() || self.active.get(place) == Some(&true);
        self.ways.iter().any(|way| self.active.is_empty() || way.split('/').enumerate().all(holds))
    }
}

fn is_at(way: &str, moved: &Moved) -> bool {
    way.split('/').nth(moved.place) == Some(&moved.value)
}
