//! The messages of a shape log's response body, read in place.
//!
//! A body is a JSON array of messages. [`Log`] walks over it without building a tree: a row's cells borrow from the
//! body and stand at their column's place in the shape. Columns come in an order that repeats from row to row, so
//! each name is compared with the one that is due and looked up only when that fails.

mod json;
mod moves;
#[cfg(test)]
mod tests;
mod visibility;

use crate::cell::Cell;
use crate::columns::Columns;
use crate::definition::ShapeDefinition;
use json::Scanner;
pub use moves::{Moved, Tags};
pub use visibility::Visibility;

/// Names beyond the shape's own that are remembered for the prediction of columns.
const FOREIGN_NAMES: usize = 32;

/// One message of a shape log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A row's change; its cells are in the [`Columns`].
    Change(Change),
    /// Everything up to now was sent.
    UpToDate {
        /// The position of the server's log that it has seen.
        lsn: Option<u64>,
    },
    /// The rows of a snapshot were sent.
    SnapshotEnd,
    /// This log is gone: begin again.
    MustRefetch,
    /// Rows left a shape with a subquery, without a change of their own.
    MoveOut(Vec<Moved>),
    /// Values came into a subquery; rows that are new by that follow as inserts.
    MoveIn(Vec<Moved>),
    /// A control or an event that asks nothing of a client, or one that this version doesn't know.
    Other,
}

/// A row's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened to the row.
    pub operation: Operation,
    /// The transaction's position; rows of a snapshot have none.
    pub lsn: Option<u64>,
    /// The change's place in its transaction.
    pub op_position: Option<u64>,
    /// The transactions that it is of; empty for rows of a snapshot.
    pub txids: Vec<u64>,
    /// The shape's last change of its transaction.
    pub last: bool,
    /// Why the row is there, in a shape with subqueries.
    pub tags: Option<Box<Tags>>,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// All columns came. The row may have been there: an upsert.
    Insert,
    /// The key's columns and those that changed came.
    Update,
    /// At least the key's columns came.
    Delete,
}

/// Why and where a body is no shape log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (byte {at} of the body)")]
pub struct LogError {
    /// Offset in the body, in bytes.
    pub at: usize,
    /// What was wrong.
    pub fault: LogFault,
}

/// What was wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogFault {
    /// A byte that is no UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The body ended before its array did.
    #[error("the body is cut off")]
    Cut,
    /// Something else stood where this was due.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A character below U+0020, which JSON wants escaped.
    #[error("a raw control character in a string")]
    ControlCharacter,
    /// A backslash with something that JSON doesn't know.
    #[error("an invalid escape in a string")]
    Escape,
    /// More nesting than any message has.
    #[error("nested too deep")]
    TooDeep,
    /// Something after the array.
    #[error("more text after the end of the array")]
    Trailing,
    /// A message that can be neither applied nor passed over.
    #[error("a message without {0}")]
    Incomplete(&'static str),
    /// An operation that isn't insert, update or delete.
    #[error("unknown operation `{0}`")]
    Operation(String),
}

/// A cursor over the messages of one response body.
pub struct Log<'a> {
    scanner: Scanner<'a>,
    definition: &'a ShapeDefinition,
    place: Place,
    is_subset: bool,
    /// Column names as they stand in the body, in their order there.
    order: Vec<Name<'a>>,
    /// The headers of the last row of a snapshot: those of the next row are the same bytes.
    repeated: Option<(&'a [u8], Operation)>,
}

enum Place {
    Start,
    Within,
    End,
    Failed(LogError),
}

#[derive(Clone, Copy)]
struct Name<'a> {
    /// With its quotes and its colon.
    written: &'a [u8],
    /// Place in the shape; `None` for a column that the shape doesn't have.
    position: Option<usize>,
}

impl<'a> Log<'a> {
    /// A cursor before the first message. An empty body counts as an empty array.
    pub fn new(body: &'a [u8], definition: &'a ShapeDefinition) -> Result<Self, LogError> {
        let scanner = Scanner::new(body)?;
        let place = if scanner.is_empty() { Place::End } else { Place::Start };
        let order = Vec::with_capacity(definition.columns.len());
        Ok(Self { scanner, definition, place, is_subset: false, order, repeated: None })
    }

    /// A cursor before the first row of a subset, `{"metadata":{…},"data":[…]}`, and what the subset was taken of.
    pub fn of_subset(body: &'a [u8], definition: &'a ShapeDefinition) -> Result<(Self, Visibility), LogError> {
        let mut log = Self::new(body, definition)?;
        (log.place, log.is_subset) = (Place::Start, true);
        log.scanner.take(b'{', "a subset")?;
        let (mut taken, mut first) = (None, true);
        while log.scanner.more(first, b'}')? {
            first = false;
            match (log.scanner.name()?.as_ref(), taken.take()) {
                ("metadata", _) => taken = Some(log.visibility()?),
                ("data", Some(taken)) => return Ok((log, taken)),
                ("data", None) => return Err(log.scanner.error(LogFault::Incomplete("metadata before its data"))),
                (_, known) => {
                    taken = known;
                    log.scanner.skip()?;
                }
            }
        }
        Err(log.scanner.error(LogFault::Incomplete("data")))
    }

    /// Room for the cells of this log's rows.
    pub fn columns(&self) -> Columns<'a> {
        Columns::new(self.definition.columns.len())
    }

    /// The next message, `None` at the end of a complete body. A change's cells are in `columns`, and nothing else is.
    ///
    /// After an error the log is at its end: the error comes again.
    pub fn next(&mut self, columns: &mut Columns<'a>) -> Result<Option<Message>, LogError> {
        let read = self.read(columns);
        if let Err(error) = &read {
            self.place = Place::Failed(error.clone());
        }
        read
    }

    fn read(&mut self, columns: &mut Columns<'a>) -> Result<Option<Message>, LogError> {
        let first = match &self.place {
            Place::Start => {
                self.scanner.take(b'[', "an array of messages")?;
                self.place = Place::Within;
                true
            }
            Place::Within => false,
            Place::End => return Ok(None),
            Place::Failed(error) => return Err(error.clone()),
        };
        columns.clear();
        if self.scanner.more(first, b']')? {
            return self.message(columns).map(Some);
        }
        if self.is_subset {
            self.scanner.take(b'}', "the end of a subset")?;
        }
        if self.scanner.peek().is_some() {
            return Err(self.scanner.error(LogFault::Trailing));
        }
        self.place = Place::End;
        Ok(None)
    }

    fn message(&mut self, columns: &mut Columns<'a>) -> Result<Message, LogError> {
        let start = self.scanner.at();
        self.scanner.take(b'{', "a message")?;
        let (mut message, mut has_value, mut first) = (None, false, true);
        while self.scanner.more(first, b'}')? {
            first = false;
            match self.scanner.name()?.as_ref() {
                "value" => {
                    self.cells(columns)?;
                    has_value = true;
                }
                "headers" => message = Some(self.headers()?),
                _ => self.scanner.skip()?,
            }
        }
        let fault = match message {
            None => "headers",
            Some(Message::Change(_)) if !has_value => "value",
            Some(message) => return Ok(message),
        };
        Err(LogError { at: start, fault: LogFault::Incomplete(fault) })
    }

    fn cells(&mut self, columns: &mut Columns<'a>) -> Result<(), LogError> {
        self.scanner.take(b'{', "the columns of a row")?;
        let (mut due, mut first) = (0, true);
        while self.scanner.more(first, b'}')? {
            first = false;
            let Some(position) = self.column(&mut due)? else {
                self.scanner.skip()?;
                continue;
            };
            let cell = if self.scanner.peek() == Some(b'n') {
                self.scanner.literal("null")?;
                Cell::Null
            } else {
                Cell::Text(self.scanner.string("a column's text or null")?)
            };
            columns.set(position, cell);
        }
        Ok(())
    }

    /// Takes a column's name: the one that is due, one that was seen before, or a new one.
    fn column(&mut self, due: &mut usize) -> Result<Option<usize>, LogError> {
        self.scanner.peek();
        let rest = self.scanner.rest();
        if let Some(name) = self.order.get(*due)
            && rest.starts_with(name.written)
        {
            *due += 1;
            self.scanner.advance(name.written.len());
            return Ok(name.position);
        }
        let (before, after) = self.order.split_at(*due);
        let seen = after.iter().chain(before).position(|name| rest.starts_with(name.written));
        if let Some(steps) = seen {
            let found = (*due + steps) % self.order.len();
            *due = found + 1;
            let Name { written, position } = self.order[found];
            self.scanner.advance(written.len());
            return Ok(position);
        }
        let start = self.scanner.at();
        let name = self.scanner.name()?;
        let position = self.definition.columns.iter().position(|column| column.name == name);
        if self.order.len() < self.definition.columns.len() + FOREIGN_NAMES {
            self.order.insert(*due, Name { written: self.scanner.since(start), position });
            *due += 1;
        }
        Ok(position)
    }

    fn headers(&mut self) -> Result<Message, LogError> {
        self.scanner.peek();
        if let Some((written, operation)) = self.repeated
            && self.scanner.rest().starts_with(written)
        {
            self.scanner.advance(written.len());
            return Ok(Message::Change(Change::of_snapshot(operation)));
        }
        let start = self.scanner.at();
        self.scanner.take(b'{', "the headers of a message")?;
        let (mut operation, mut control, mut event, mut seen_lsn, mut moved) = (None, None, None, None, None);
        let mut change = Change::of_snapshot(Operation::Insert);
        let mut first = true;
        while self.scanner.more(first, b'}')? {
            first = false;
            match self.scanner.name()?.as_ref() {
                "operation" => operation = Some(self.operation()?),
                "control" => control = Some(self.scanner.string("the name of a control")?),
                "event" => event = Some(self.scanner.string("the name of an event")?),
                "lsn" => change.lsn = Some(self.scanner.integer()?),
                "op_position" => change.op_position = Some(self.scanner.integer()?),
                "global_last_seen_lsn" => seen_lsn = Some(self.scanner.integer()?),
                "last" => change.last = self.scanner.boolean()?,
                "txids" => self.txids(&mut change.txids)?,
                "tags" => change.tags.get_or_insert_default().ways = self.ways()?,
                "active_conditions" => change.tags.get_or_insert_default().active = self.active()?,
                "patterns" => moved = Some(self.moved()?),
                _ => self.scanner.skip()?,
            }
        }
        if let Some(operation) = operation {
            change.operation = operation;
            if change == Change::of_snapshot(operation) {
                self.repeated = Some((self.scanner.since(start), operation));
            }
            return Ok(Message::Change(change));
        }
        Ok(match (control.as_deref(), event.as_deref()) {
            (Some("up-to-date"), _) => Message::UpToDate { lsn: seen_lsn },
            (Some("snapshot-end"), _) => Message::SnapshotEnd,
            (Some("must-refetch"), _) => Message::MustRefetch,
            (None, Some(event @ ("move-out" | "move-in"))) => match moved {
                Some(moved) if event == "move-out" => Message::MoveOut(moved),
                Some(moved) => Message::MoveIn(moved),
                None => return Err(LogError { at: start, fault: LogFault::Incomplete("patterns") }),
            },
            (None, None) => {
                return Err(LogError { at: start, fault: LogFault::Incomplete("operation, control or event") });
            }
            _ => Message::Other,
        })
    }

    fn operation(&mut self) -> Result<Operation, LogError> {
        self.scanner.peek();
        let at = self.scanner.at();
        match self.scanner.string("an operation")?.as_ref() {
            "insert" => Ok(Operation::Insert),
            "update" => Ok(Operation::Update),
            "delete" => Ok(Operation::Delete),
            other => Err(LogError { at, fault: LogFault::Operation(other.chars().take(40).collect()) }),
        }
    }

    fn txids(&mut self, txids: &mut Vec<u64>) -> Result<(), LogError> {
        self.scanner.take(b'[', "an array of transaction ids")?;
        txids.clear();
        while self.scanner.more(txids.is_empty(), b']')? {
            txids.push(self.scanner.integer()?);
        }
        Ok(())
    }
}

impl Log<'_> {
    fn visibility(&mut self) -> Result<Visibility, LogError> {
        self.scanner.take(b'{', "a subset's metadata")?;
        let (mut taken, mut first) = (Visibility::default(), true);
        while self.scanner.more(first, b'}')? {
            first = false;
            match self.scanner.name()?.as_ref() {
                "xmin" => taken.xmin = self.scanner.integer()?,
                "xmax" => taken.xmax = self.scanner.integer()?,
                "database_lsn" => taken.lsn = self.scanner.integer()?,
                "xip_list" => self.txids(&mut taken.running)?,
                _ => self.scanner.skip()?,
            }
        }
        Ok(taken)
    }

    fn ways(&mut self) -> Result<Vec<String>, LogError> {
        self.scanner.take(b'[', "an array of tags")?;
        let mut ways = Vec::new();
        while self.scanner.more(ways.is_empty(), b']')? {
            ways.push(self.scanner.string("a tag")?.into_owned());
        }
        Ok(ways)
    }

    fn active(&mut self) -> Result<Vec<bool>, LogError> {
        self.scanner.take(b'[', "an array of conditions")?;
        let mut active = Vec::new();
        while self.scanner.more(active.is_empty(), b']')? {
            active.push(self.scanner.boolean()?);
        }
        Ok(active)
    }

    fn moved(&mut self) -> Result<Vec<Moved>, LogError> {
        self.scanner.take(b'[', "an array of patterns")?;
        let mut moved = Vec::new();
        while self.scanner.more(moved.is_empty(), b']')? {
            self.scanner.peek();
            let at = self.scanner.at();
            self.scanner.take(b'{', "a pattern")?;
            let (mut place, mut value, mut first) = (None, None, true);
            while self.scanner.more(first, b'}')? {
                first = false;
                match self.scanner.name()?.as_ref() {
                    "pos" => place = usize::try_from(self.scanner.integer()?).ok(),
                    "value" => value = Some(self.scanner.string("a pattern's value")?.into_owned()),
                    _ => self.scanner.skip()?,
                }
            }
            let (Some(place), Some(value)) = (place, value) else {
                return Err(LogError { at, fault: LogFault::Incomplete("a pattern's place and value") });
            };
            moved.push(Moved { place, value });
        }
        Ok(moved)
    }
}

impl Change {
    fn of_snapshot(operation: Operation) -> Self {
        Self { operation, lsn: None, op_position: None, txids: Vec::new(), last: false, tags: None }
    }
}
