//! One open instance: where it stands, and its batches on their way into the file.

use std::time::Instant;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{Fault, StoreError};
use super::file::corruption;
use super::rows::{self, Generation};
use super::table::{self, Statements};
use super::writer::Reply;
use super::{Batch, Position, Saved, Target};
use crate::definition::ShapeDefinition;

/// An open instance.
pub(super) struct Slot {
    pub(super) shape: &'static ShapeDefinition,
    pub(super) statements: Statements,
    pub(super) key: String,
    pub(super) opened_at: i64,
    pub(super) state: State,
    pub(super) waiting: Vec<(Batch, Reply)>,
    pub(super) due: Option<Instant>,
}

/// What the next batch of an instance is held against; taken over when its transaction is committed.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    /// `_instance.id`
    pub(super) id: i64,
    pub(super) current: Option<Generation>,
    pub(super) filling: Option<Generation>,
    pub(super) sequence: Sequence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    /// Everything so far was written.
    Whole,
    /// The current generation lacks something: it gets nothing more until a new one is complete.
    Renewing,
    /// A batch was not written: only a new generation may begin.
    Broken,
}

/// Writes batches in their order, in one transaction; returns what the slot's state is after it.
pub(super) fn write<'b>(
    connection: &mut Connection,
    slot: &Slot,
    batches: impl Iterator<Item = &'b Batch>,
) -> Result<State, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut state = slot.state;
    for batch in batches {
        write_batch(&transaction, slot, &mut state, batch)?;
    }
    transaction.commit()?;
    Ok(state)
}

fn write_batch(transaction: &Transaction<'_>, slot: &Slot, state: &mut State, batch: &Batch) -> Result<(), Fault> {
    let shape = slot.shape;
    let missing = |generation| Fault::from(StoreError::NoGeneration { shape: shape.name, generation });
    if let Target::Filling { first: true } | Target::Complete { first: true } = batch.target {
        begin(transaction, slot, state)?;
    }
    let refused = match batch.target {
        Target::Current => state.sequence != Sequence::Whole,
        Target::Filling { .. } | Target::Complete { .. } => state.sequence == Sequence::Broken,
    };
    if refused {
        return Err(StoreError::Behind { shape: shape.name }.into());
    }
    let Position { handle, offset, oldest } = &batch.position;
    let oldest = oldest.as_ref().map(|texts| serde_json::Value::from(texts.clone()).to_string());
    let updated = match batch.target {
        Target::Filling { .. } => {
            let filling = state.filling.as_mut().ok_or_else(|| missing("filling"))?;
            rows::write(transaction, shape, &slot.statements, filling, &batch.changes)?;
            transaction
                .prepare_cached(
                    "UPDATE _instance SET filling_g = ?, filling_handle = ?, filling_offset = ? WHERE id = ?",
                )?
                .execute((filling.g, handle, offset, state.id))?
        }
        Target::Complete { .. } => {
            let mut filled = state.filling.take().ok_or_else(|| missing("filling"))?;
            rows::write(transaction, shape, &slot.statements, &mut filled, &batch.changes)?;
            if let Some(old) = state.current.replace(filled) {
                forget(transaction, old.g, shape)?;
            }
            state.sequence = Sequence::Whole;
            table::finish(transaction, shape)?;
            transaction
                .prepare_cached(
                    "UPDATE _instance SET current_g = ?, current_handle = ?, current_offset = ?, current_oldest = ?,
                     filling_g = NULL, filling_handle = NULL, filling_offset = NULL,
                     up_to_date_at = coalesce(?, up_to_date_at) WHERE id = ?",
                )?
                .execute((filled.g, handle, offset, oldest, batch.up_to_date_at, state.id))?
        }
        Target::Current => {
            let current = state.current.as_mut().ok_or_else(|| missing("current"))?;
            rows::write(transaction, shape, &slot.statements, current, &batch.changes)?;
            transaction
                .prepare_cached(
                    "UPDATE _instance SET current_handle = ?, current_offset = ?, current_oldest = ?,
                     up_to_date_at = coalesce(?, up_to_date_at) WHERE id = ?",
                )?
                .execute((handle, offset, oldest, batch.up_to_date_at, state.id))?
        }
    };
    // Its row was deleted under it.
    if updated == 1 { Ok(()) } else { Err(StoreError::Closed.into()) }
}

/// Begins a generation; after a failure everything that it hangs on is looked up or made again.
fn begin(transaction: &Transaction<'_>, slot: &Slot, state: &mut State) -> Result<(), Fault> {
    if state.sequence == Sequence::Broken {
        table::prepare(transaction, slot.shape)?;
        state.id = find(transaction, slot.shape, &slot.key, slot.opened_at)?;
        state.sequence = Sequence::Renewing;
    }
    if let Some(old) = state.filling.replace(Generation::begin(transaction)?) {
        forget(transaction, old.g, slot.shape)?;
    }
    Ok(())
}

/// What is stored of an instance.
pub(super) struct Stored {
    pub(super) current_g: Option<i64>,
    pub(super) current: Option<Position>,
    pub(super) filling_g: Option<i64>,
    pub(super) filling: Option<Position>,
    pub(super) up_to_date_at: Option<i64>,
}

impl Stored {
    pub(super) fn of(connection: &Connection, id: i64) -> Result<Self, Fault> {
        let position = |handle: Option<String>, offset: Option<String>, oldest| {
            Some(Position { handle: handle?, offset: offset?, oldest })
        };
        let mut select = connection.prepare_cached(
            "SELECT current_g, current_handle, current_offset, current_oldest,
             filling_g, filling_handle, filling_offset, up_to_date_at FROM _instance WHERE id = ?",
        )?;
        let (mut stored, text) = select.query_row([id], |row| {
            let stored = Self {
                current_g: row.get(0)?,
                current: position(row.get(1)?, row.get(2)?, None),
                filling_g: row.get(4)?,
                // A subset comes at once and is never half there.
                filling: position(row.get(5)?, row.get(6)?, None),
                up_to_date_at: row.get(7)?,
            };
            Ok((stored, row.get::<_, Option<String>>(3)?))
        })?;
        if let (Some(current), Some(text)) = (&mut stored.current, text) {
            // Where its rows begin would be a guess.
            let oldest =
                serde_json::from_str(&text).map_err(|error| corruption(&format!("`current_oldest`: {error}")))?;
            current.oldest = Some(oldest);
        }
        Ok(stored)
    }
}

/// Finds or makes the instance's row, and marks it as used.
pub(super) fn find(connection: &Connection, shape: &ShapeDefinition, key: &str, now: i64) -> Result<i64, Fault> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO _instance (key, shape, local, last_used_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at RETURNING id",
    )?;
    Ok(upsert.query_row((key, shape.name, shape.local.table, now), |row| row.get(0))?)
}

/// A changed scope or where is another request: what was fetched for the old one must not be read again.
pub(super) fn drop_other_requests(connection: &Connection, shape: &ShapeDefinition, key: &str) -> Result<(), Fault> {
    let request = |key: &str| key.split('?').next().unwrap_or_default().to_owned();
    let others: Vec<(i64, String)> = connection
        .prepare_cached("SELECT id, key FROM _instance WHERE shape = ?")?
        .query_map([shape.name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, other) in others {
        if request(&other) != request(key) {
            drop_generation(connection, id, Saved::Current)?;
            drop_generation(connection, id, Saved::Filling)?;
            connection.execute("DELETE FROM _instance WHERE id = ?", [id])?;
        }
    }
    Ok(())
}

/// Takes a generation from its instance; its rows go in slices, and nobody reads them.
pub(super) fn drop_generation(connection: &Connection, id: i64, saved: Saved) -> Result<(), Fault> {
    let (g, reset) = match saved {
        Saved::Current => (
            "current_g",
            "current_g = NULL, current_handle = NULL, current_offset = NULL, current_oldest = NULL, up_to_date_at = NULL",
        ),
        Saved::Filling => ("filling_g", "filling_g = NULL, filling_handle = NULL, filling_offset = NULL"),
    };
    connection.execute(
        &format!("INSERT INTO _dropped SELECT {g}, local FROM _instance WHERE id = ? AND {g} IS NOT NULL"),
        [id],
    )?;
    connection.execute(&format!("UPDATE _instance SET {reset} WHERE id = ?"), [id])?;
    Ok(())
}

fn forget(connection: &Connection, g: i64, shape: &ShapeDefinition) -> Result<(), Fault> {
    connection.prepare_cached("INSERT INTO _dropped VALUES (?, ?)")?.execute((g, shape.local.table))?;
    Ok(())
}

/// Rows of unknown age count as old. A clock that went back makes no age; they are stale, not too old.
pub(super) fn too_old(shape: &ShapeDefinition, up_to_date_at: Option<i64>, now: i64) -> bool {
    let Some(max_age) = shape.policy.max_age_s else { return false };
    up_to_date_at.is_none_or(|at| now.saturating_sub(at) > i64::from(max_age))
}
