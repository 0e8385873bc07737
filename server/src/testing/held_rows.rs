//! The rows of a client that knows no more than the protocol, tags and events among it. Also used by the workspace's
//! tests.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Rows by their key.
#[derive(Default)]
pub struct HeldRows(BTreeMap<String, Row>);

struct Row {
    value: Map<String, Value>,
    /// By disjunct its positions with their slots; none in a shape without subqueries.
    tags: Vec<Vec<(usize, String)>>,
    conditions: Vec<bool>,
}

impl Row {
    fn new(value: Map<String, Value>) -> Self {
        Self { value, tags: Vec::new(), conditions: Vec::new() }
    }

    fn is_in(&self) -> bool {
        let holds = |tag: &Vec<(usize, String)>| tag.iter().all(|(position, _)| self.conditions[*position]);
        self.tags.is_empty() || self.tags.iter().any(holds)
    }

    fn slots(&self) -> impl Iterator<Item = &(usize, String)> {
        self.tags.iter().flatten()
    }

    fn set_tags(&mut self, headers: &Value) {
        let Some(tags) = headers["tags"].as_array() else { return };
        let slots = |tag: &Value| {
            let slots = tag.as_str().unwrap().split('/').enumerate();
            slots.filter(|(_, slot)| !slot.is_empty()).map(|(at, slot)| (at, slot.to_owned())).collect()
        };
        self.tags = tags.iter().map(slots).collect();
        let conditions = headers["active_conditions"].as_array().unwrap();
        self.conditions = conditions.iter().map(|truth| truth.as_bool().unwrap()).collect();
    }
}

impl HeldRows {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The rows with their keys, in the keys' order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        self.0.iter().map(|(key, row)| (key.as_str(), &row.value))
    }

    /// Takes in a message. One that doesn't fit what is held is a mistake of the service.
    pub fn take(&mut self, message: &Value) {
        let headers = &message["headers"];
        if let Some(event) = headers["event"].as_str() {
            self.moved(event, headers["patterns"].as_array().unwrap());
        }
        let Some(operation) = headers["operation"].as_str() else { return };
        let key = message["key"].as_str().unwrap();
        let value = message["value"].as_object().unwrap().clone();
        match operation {
            "insert" => {
                let mut row = Row::new(value);
                row.set_tags(headers);
                assert!(row.is_in(), "{message}");
                self.0.insert(key.to_owned(), row);
            }
            "update" => {
                let row =
                    self.0.get_mut(key).unwrap_or_else(|| panic!("an update of a row that isn't there: {message}"));
                for removed in headers["removed_tags"].as_array().into_iter().flatten() {
                    let mut removed = removed.as_str().unwrap().split('/');
                    assert!(removed.any(|slot| row.slots().any(|(_, was)| was == slot)), "{message}");
                }
                row.value.extend(value);
                row.set_tags(headers);
            }
            _ => assert!(self.0.remove(key).is_some(), "a delete of a row that isn't there: {message}"),
        }
    }

    fn moved(&mut self, event: &str, patterns: &[Value]) {
        for pattern in patterns {
            let position = usize::try_from(pattern["pos"].as_u64().unwrap()).unwrap();
            let is = |(at, slot): &(usize, String)| *at == position && pattern["value"] == slot.as_str();
            for row in self.0.values_mut().filter(|row| row.slots().any(is)) {
                row.conditions[position] = event == "move-in";
            }
        }
        self.0.retain(|_, row| row.is_in());
    }
}
